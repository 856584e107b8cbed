"""Forms of bots: the fields that each connector needs, and what to paste on the other side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.addresses import AsksSecretAgain, check_address, secret_field
from backoffice.boxes import Boxes
from backoffice.line_forms import server_of
from origins import public_address
from wittybots.connectors import chatwoot, connector_of
from wittybots.models import EVENTS, Bot, Endpoint, most_events
from wittybots.signing import new_secret

MAX_URL_CHARS = 500

EVENT_WORDS = {
    "conversation_created": gettext_lazy("Empieza una conversación"),
    "message_created": gettext_lazy("El cliente escribe (mientras el chat es del bot)"),
    "message_updated": gettext_lazy("Un mensaje cambia: entregado, leído, corregido, retirado"),
    "conversation_opened": gettext_lazy("El chat pasa a las personas"),
    "conversation_returned": gettext_lazy("El chat vuelve al bot"),
    "conversation_closed": gettext_lazy("Se cierra la conversación"),
    "conversation_expired": gettext_lazy("Pasan las 24 h sin mensajes del cliente"),
}


@dataclass(frozen=True)
class Field:
    """A field of the endpoint, as the other side calls it."""

    label: Any
    help: Any = ""
    default: str = ""
    required: bool = True


@dataclass(frozen=True)
class Needs:
    """What a connector's form shows, in order; `signs`: what we send carries a signature of a secret made here."""

    fields: dict[str, Field]
    signs: bool = False


NEEDS: dict[str, Needs] = {
    Bot.Kind.WEBHOOK: Needs(
        {
            "url": Field(
                gettext_lazy("Dirección del bot"),
                gettext_lazy(
                    "Adonde se le avisa por POST; tiene 5 segundos para responder. "
                    "Sin dirección, el bot tiene que preguntar por la API con un token."
                ),
                required=False,
            ),
            "events": Field(gettext_lazy("Qué se le avisa")),
        },
        signs=True,
    ),
    Bot.Kind.RASA: Needs(
        {
            "url": Field(
                gettext_lazy("Dirección de Rasa"),
                gettext_lazy("Como https://rasa.ejemplo.com. El canal REST tiene que estar en credentials.yml."),
            ),
            "access_token": Field(
                gettext_lazy("Token de Rasa"), gettext_lazy("El de --auth-token, si se usa."), required=False
            ),
        }
    ),
    Bot.Kind.TYPEBOT: Needs(
        {
            "url": Field(
                gettext_lazy("Dirección de Typebot"),
                gettext_lazy("La del visor. La de la nube es https://typebot.io."),
                "https://typebot.io",
            ),
            "remote_id": Field(
                gettext_lazy("Public ID"), gettext_lazy("En Typebot: Share › API, lo que va detrás de /typebots/.")
            ),
            "access_token": Field(
                gettext_lazy("Token de la API"),
                gettext_lazy("Settings › API tokens. Solo para probar uno sin publicar."),
                required=False,
            ),
        }
    ),
    Bot.Kind.BOTPRESS: Needs(
        {
            "url": Field(
                gettext_lazy("Dirección de la Chat API"),
                gettext_lazy("La de la nube es https://chat.botpress.cloud."),
                "https://chat.botpress.cloud",
            ),
            "remote_id": Field(
                gettext_lazy("Webhook ID"),
                gettext_lazy("En Botpress: Integrations › Chat › Webhook URL, lo último de la dirección."),
                required=False,
            ),
            "access_token": Field(
                gettext_lazy("Encryption key"),
                gettext_lazy("La de la integración Chat, si tiene una."),
                required=False,
            ),
        }
    ),
    Bot.Kind.CHATWOOT: Needs(
        {
            "url": Field(
                gettext_lazy("Dirección del bot"),
                gettext_lazy("La que en Chatwoot se pone como Webhook URL (outgoing_url) del agent bot."),
            ),
        },
        signs=True,
    ),
}  # fmt: skip

ENDPOINT_FIELDS = ("url", "remote_id", "access_token", "events")


def outside_address(url: str) -> str:
    """An address that may be called, as it is kept. Raises ValidationError in words."""
    if any(character.isspace() for character in url) or len(url) > MAX_URL_CHARS:
        raise ValidationError(_("Eso no es una dirección: empieza con https:// y no lleva espacios."))
    return check_address(url)


def url_input() -> forms.URLInput:
    return forms.URLInput(attrs={"class": "vURLField"})


def endpoint_of(thing: Bot | Endpoint) -> Endpoint | None:
    """Where a bot is told what happens; an endpoint is its own."""
    return thing if isinstance(thing, Endpoint) else getattr(thing, "endpoint", None)


def events_field(offered: tuple[str, ...]) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        choices=[(event, EVENT_WORDS[event]) for event in EVENTS if event in offered],
        widget=Boxes,
        label=gettext_lazy("Qué se le avisa"),
    )


class BotForm(AsksSecretAgain):
    """A bot, and of its endpoint what its connector needs. Its access token is written and never shown again."""

    addresses = ("url", "remote_id")
    url = forms.URLField(required=False, max_length=MAX_URL_CHARS, assume_scheme="https", widget=url_input())
    remote_id = forms.CharField(required=False, max_length=200)
    access_token = secret_field()
    events = events_field(EVENTS)

    class Meta:
        model = Bot
        fields = ("name", "kind", "farewell", "most_per_minute", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "is_active" in self.fields:
            self.fields["is_active"].help_text = _("Desactivado, los chats de sus líneas van directo a las personas.")
        if "most_per_minute" in self.fields:
            # with 0 each of its answers would be one too many
            self.fields["most_per_minute"].validators.append(MinValueValidator(1))
        self.endpoint = endpoint_of(self.instance) if self.instance.pk else None
        self.not_there_yet = () if self.endpoint else ENDPOINT_FIELDS
        needed = NEEDS[self.instance.kind].fields if self.instance.pk and self.instance.is_external else {}
        if not self.signing_secret():
            self.fields.pop("current_secret", None)
        for name in ENDPOINT_FIELDS:
            if name in needed:
                self._fit(name, needed[name])
            else:
                # a forged form must not set what its page does not show
                self.fields.pop(name, None)

    def signing_secret(self) -> str:
        return self.endpoint.secret if self.endpoint and NEEDS[self.instance.kind].signs else ""

    def _fit(self, name: str, needs: Field) -> None:
        field = self.fields.get(name)
        if field is None:
            return
        field.label, field.help_text = needs.label, needs.help
        kept = getattr(self.endpoint, name, "")
        if name == "access_token":
            field.widget.attrs["placeholder"] = _("hay uno guardado") if kept else ""
            field.help_text = f"{needs.help} {_('Hay uno guardado: vacío, queda ese.') if kept else ''}".strip()
            return
        field.required = needs.required or (name == "url" and self.endpoint is not None)
        field.widget.is_required = field.required
        self.initial.setdefault(name, kept or (most_events() if name == "events" else needs.default))

    def clean_url(self) -> str:
        url = self.cleaned_data["url"].strip()
        return outside_address(url) if url and "url" in self.changed_data else url

    def clean_remote_id(self) -> str:
        value = self.cleaned_data["remote_id"].strip()
        if "/" in value or not value.isprintable() or " " in value:
            raise ValidationError(_("Solo el id, sin la dirección que lo rodea."))
        return value

    def clean_access_token(self) -> str:
        value = "".join(self.cleaned_data["access_token"].split())
        if not (value.isascii() and value.isprintable()):
            raise ValidationError(_("Tiene caracteres que no son de un token. Copialo de nuevo, entero."))
        return value

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        kept = self.endpoint.access_token if self.endpoint else ""
        is_botpress = self.instance.kind == Bot.Kind.BOTPRESS and "remote_id" in self.fields
        if is_botpress and not found.get("remote_id") and not urlsplit(found.get("url") or "//x/y").path.strip("/"):
            self.add_error("remote_id", _("Falta: sin él no se sabe a qué bot escribirle."))
        # who may change the address could else have the token sent to a server of their own
        if kept and "access_token" in self.fields and not found.get("access_token") and self.goes_elsewhere(found):
            self.add_error("access_token", _("Escribí de nuevo el token: con otra dirección no se usa el guardado."))
        return found

    def goes_elsewhere(self, found: Mapping[str, Any]) -> bool:
        """Whether it is to call another server, or another's bot there."""
        url = found.get("url")
        if not (self.endpoint and url):
            return False
        return server_of(url) != server_of(self.endpoint.url) or "remote_id" in self.changed_data


def save_endpoint(bot: Bot, form: BotForm) -> Endpoint | None:
    """Keep what the form says of the bot's endpoint. Returns it where it was made just now."""
    given = {name: form.cleaned_data[name] for name in ENDPOINT_FIELDS if name in form.cleaned_data}
    if not given.get("access_token"):
        given.pop("access_token", None)
    events = [event for event in EVENTS if event in connector_of(bot.kind).EVENTS]
    if form.endpoint is None:
        if not given.get("url"):
            return None
        secret = new_secret() if NEEDS[bot.kind].signs else ""
        return Endpoint.objects.create(bot=bot, name=bot.name, secret=secret, **{"events": events, **given})
    # what another has changed meanwhile stays
    changed = {name: value for name, value in given.items() if name in form.changed_data}
    if form.endpoint.name != bot.name:
        changed["name"] = bot.name
    useful = [event for event in form.endpoint.events if event in events]
    if "events" not in given and useful != form.endpoint.events:
        # the others would only fill the log
        changed["events"] = useful or events
    for name, value in changed.items():
        setattr(form.endpoint, name, value)
    if changed:
        form.endpoint.save(update_fields=list(changed))
    return None


def paste_rows(bot: Bot, site: str) -> SafeString | str:
    """What the other side needs of us. `site`: our address, as the other side calls it, without a slash."""
    rows: list[tuple[Any, str]] = []
    if bot.kind == Bot.Kind.WEBHOOK:
        rows = [(_("La API, con una clave de este bot"), f"{site}/api/v1/")]
    elif bot.kind == Bot.Kind.CHATWOOT:
        rows = [
            (_("Dirección de Chatwoot (base URL), en la configuración del bot"), site),
            (_("Account ID"), str(chatwoot.ACCOUNT["id"])),
            (_("Token (api_access_token)"), _("una clave de este bot: Nueva clave, arriba")),
        ]
    if not rows:
        return ""
    return format_html("<dl>{}</dl>", format_html_join("", "<dt>{}</dt><dd><pre>{}</pre></dd>", rows))


def site_of(request: HttpRequest) -> str:
    """Our address, as the other side calls it, without a slash."""
    return public_address.url_for(request, "/").rstrip("/")
