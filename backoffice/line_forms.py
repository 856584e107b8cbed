"""Connecting a line to its network: the form of each kind, its secrets, and what to paste where, step by step."""

import re
import secrets
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.addresses import LeadsElsewhere, check_address, secret_field
from chats.messages.opting_out import MAX_WORD_CHARS
from origins import public_address
from origins.models import Origin, new_secret
from wittybots.menu.intents import fold_words

MAX_SESSION_HOURS = 30 * 24
# written, and never shown again
SECRETS = ("access_token", "secret")
META_ID = re.compile(r"[0-9]{5,25}")
BOT_TOKEN = re.compile(r"[0-9]{5,20}:[A-Za-z0-9_-]{10,80}")
# an access token of Meta begins so; its app secret does not
TOKEN_HEAD = "EAA"  # noqa: S105


@dataclass(frozen=True)
class Words:
    """How a network calls what we need of it: (label, help) by the field's name, in the order of its form."""

    app_id: tuple[Any, Any] | None = None
    line_id: tuple[Any, Any] | None = None
    account_id: tuple[Any, Any] | None = None
    access_token: tuple[Any, Any] | None = None
    secret: tuple[Any, Any] | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(
            name for name in ("app_id", "secret", "line_id", "account_id", "access_token") if getattr(self, name)
        )


APP_ID = (
    gettext_lazy("App ID"),
    gettext_lazy("App settings › Basic › App ID. Con él se comprueba y se suscribe solo; sin él, a mano."),
)
APP_SECRET = (gettext_lazy("App secret"), gettext_lazy("App settings › Basic › App secret › Show. Firma lo que llega."))
WORDS = {
    "whatsapp": Words(
        line_id=(gettext_lazy("Phone number ID"), gettext_lazy("No es el teléfono: es el id que figura debajo.")),
        account_id=(gettext_lazy("WhatsApp Business Account ID"), gettext_lazy("De ella son las plantillas.")),
        access_token=(gettext_lazy("Token de acceso"), gettext_lazy("El permanente, del usuario del sistema.")),
        app_id=APP_ID,
        secret=APP_SECRET,
    ),
    "telegram": Words(
        access_token=(gettext_lazy("Token del bot"), gettext_lazy("Como 123456789:AAH…, entero.")),
    ),
    "messenger": Words(
        line_id=(gettext_lazy("Page ID"), gettext_lazy("El id de la página, solo números.")),
        access_token=(gettext_lazy("Token de la página"), gettext_lazy("El Page access token, de esa misma página.")),
        app_id=APP_ID,
        secret=APP_SECRET,
    ),
    "instagram": Words(
        line_id=(gettext_lazy("Instagram account ID"), gettext_lazy("El id de la cuenta profesional, solo números.")),
        account_id=(
            gettext_lazy("Page ID"),
            gettext_lazy("Si la cuenta está unida a una página y el token es de ella. Vacío: con Instagram Login."),
        ),
        access_token=(gettext_lazy("Token de acceso"), gettext_lazy("El de la página, o el de Instagram Login.")),
        app_id=APP_ID,
        secret=(gettext_lazy("App secret"), gettext_lazy("Con Instagram Login, el Instagram app secret.")),
    ),
}  # fmt: skip


def server_of(url: str) -> tuple[str, str, int | None]:
    """Who is called at an address: scheme, host and port."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)


class LineForm(forms.ModelForm):
    """What all kinds have."""

    class Meta:
        model = Origin
        fields: tuple[str, ...] = ("kind", "name", "is_active", "session_hours", "asks_score", "opt_out_words")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "asks_score" in self.fields:
            self.fields["asks_score"].required = False  # a form that says nothing of it leaves it as it is
        if "session_hours" in self.fields:
            self.fields["session_hours"].validators += [MinValueValidator(1), MaxValueValidator(MAX_SESSION_HOURS)]
        if "opt_out_words" in self.fields:
            self.fields["opt_out_words"].widget.attrs["placeholder"] = ", ".join(settings.OPT_OUT_WORDS)

    def clean_opt_out_words(self) -> str:
        words = [" ".join(word.split()) for word in self.cleaned_data["opt_out_words"].split(",")]
        if bad := next((word for word in words if word and not fold_words(word)), ""):
            raise ValidationError(_("“%(word)s” no es una palabra que alguien pueda escribir.") % {"word": bad})
        if any(len(word) > MAX_WORD_CHARS for word in words):
            raise ValidationError(_("Cada palabra tiene hasta %(most)s letras.") % {"most": MAX_WORD_CHARS})
        return ", ".join(dict.fromkeys(filter(None, words)))


class NetworkForm(LeadsElsewhere, LineForm):
    addresses = ("api_url",)
    access_token = secret_field()
    secret = secret_field()

    class Meta(LineForm.Meta):
        fields = (
            *LineForm.Meta.fields,
            "app_id",
            "line_id",
            "account_id",
            "access_token",
            "secret",
            "api_url",
            "human_agent",
        )
        field_classes: ClassVar = {"api_url": partial(forms.URLField, assume_scheme="https")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = WORDS[self.instance.kind]
        for name in SECRETS:
            if name not in words.fields:
                # a forged form must not set what its page does not show
                del self.fields[name]
                continue
            self.initial[name] = ""
            is_there = bool(getattr(self.instance, name))
            state = _("hay uno guardado") if is_there else _("falta")
            self.fields[name].widget.attrs["placeholder"] = state
            kept = _("Hay uno guardado: vacío, queda ese.") if is_there else _("Falta.")
            label, help_text = getattr(words, name)
            self.fields[name].label, self.fields[name].help_text = label, f"{help_text} {kept}"
        for name in ("app_id", "line_id", "account_id"):
            if name in self.fields and getattr(words, name):
                self.fields[name].label, self.fields[name].help_text = getattr(words, name)

    # --- each on its own; what was typed is never quoted -----------------------------------------

    def _meta_id(self, name: str) -> str:
        value = "".join(self.cleaned_data[name].split())
        if value and not META_ID.fullmatch(value):
            raise ValidationError(_("Solo números, como los muestra Meta: sin +, espacios ni letras."))
        return value

    def clean_app_id(self) -> str:
        return self._meta_id("app_id")

    def clean_line_id(self) -> str:
        return self._meta_id("line_id")

    def clean_account_id(self) -> str:
        return self._meta_id("account_id")

    def _secret(self, name: str) -> str:
        value = "".join(self.cleaned_data[name].split())
        if not (value.isascii() and value.isprintable()):
            raise ValidationError(_("Tiene caracteres que no son de un token. Copialo de nuevo, entero."))
        return value

    def clean_access_token(self) -> str:
        value = self._secret("access_token")
        if value and self.instance.kind == Origin.Kind.TELEGRAM and not BOT_TOKEN.fullmatch(value):
            raise ValidationError(
                _("No es un token de BotFather: son números, dos puntos y letras, como 123456789:AAH…")
            )
        return value or self.instance.access_token

    def clean_secret(self) -> str:
        value = self._secret("secret")
        if value.startswith(TOKEN_HEAD):
            raise ValidationError(_("Eso es un token de acceso. El App secret está en App settings › Basic."))
        return value or self.instance.secret

    def clean_api_url(self) -> str:
        url = self.cleaned_data["api_url"].rstrip("/")
        return check_address(url) if url and "api_url" in self.changed_data else url

    # --- together ------------------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        line = found.get("line_id") or self.instance.line_id
        if self.instance.kind == Origin.Kind.TELEGRAM and found.get("access_token"):
            # the number before the colon is the bot's
            line = found["access_token"].partition(":")[0]
            self.instance.line_id = line
        if line and found.get("is_active"):
            others = Origin.objects.filter(kind=self.instance.kind, line_id=line, is_active=True)
            if other := others.exclude(pk=self.instance.pk).first():
                where = "line_id" if "line_id" in self.fields else "access_token"
                self.add_error(where, _("Ya está conectada en la línea %(name)s.") % {"name": other})
        # who may change the address could else have what is kept sent to a server of their own
        if self.goes_elsewhere():
            if self.instance.access_token and "access_token" not in self.changed_data:
                words = _("Escribí de nuevo el token: con otra dirección no se usa el guardado.")
                self.add_error("access_token", words)
            # with the app's id it is a token as well (origins/meta/app.py)
            if "secret" in self.fields and self.instance.secret and "secret" not in self.changed_data:
                self.add_error("secret", _("Escribí de nuevo el App secret: con otra dirección no se usa el guardado."))
        return found

    def goes_elsewhere(self) -> bool:
        """Whether the line is to call another server than it does; what stands behind the server is a version."""
        url = self.cleaned_data.get("api_url")
        return url is not None and server_of(url) != server_of(self.initial.get("api_url") or "")

    def has_new_address(self) -> bool:
        return self.goes_elsewhere()


def save(origin: Origin, form: NetworkForm) -> None:
    """What its person changed, of the secrets those that were typed. The app secret before stays accepted."""
    fields = [field.name for field in origin._meta.concrete_fields if field.name in form.changed_data]
    if origin.kind == Origin.Kind.TELEGRAM:
        fields.append("line_id")
        if form.goes_elsewhere():
            # the webhook's secret is told to that server; it gets one that nobody else has
            origin.previous_secret, origin.secret = origin.secret, new_secret()
            fields += ["secret", "previous_secret"]
    elif "secret" in fields:
        before = Origin.objects.select_for_update().get(pk=origin.pk).secret
        if before and before != origin.secret:
            origin.previous_secret = before
            fields.append("previous_secret")
    origin.save(update_fields=fields)


def prepare_line(origin: Origin) -> None:
    """A new line of a network: what we make ourselves is made, what the network gives is missing."""
    if origin.kind in Origin.META:
        origin.secret, origin.verify_token = "", secrets.token_urlsafe(24)


# --- acts ----------------------------------------------------------------------------------------


def forget_previous(request: Any, origin: Origin) -> str:
    Origin.objects.filter(pk=origin.pk).update(previous_secret="")
    return _("el secreto anterior ya no se acepta")


def renew_verify_token(request: Any, origin: Origin) -> str:
    Origin.objects.filter(pk=origin.pk).update(verify_token=secrets.token_urlsafe(24))
    return _("Verify token cambiado; pegalo en Meta y volvé a verificar")


def address_of_line(request: HttpRequest, name: str, origin: Origin) -> str:
    """One of ours, as the other side calls it."""
    return public_address.url_for(request, reverse(name, args=[origin.key]))
