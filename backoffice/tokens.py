"""Tokens of the API: made here, shown once, revoked here. What is kept of one tells nobody what it was."""

from datetime import datetime
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.base import Act, HouseAdmin
from backoffice.bot_forms import site_of
from backoffice.boxes import Boxes
from backoffice.chips import ANY, Chip, Chips
from common.sealing import seal_text, unseal_text
from trays.requests import agent_of
from wittybots import tokens
from wittybots.models import Bot, Token

SHOW_ONCE = "tokens_to_show"
SCOPE_WORDS = {
    Token.Scope.CONVERSATIONS: gettext_lazy("leer y contestar los chats que tiene el bot, y pasarlos a una bandeja"),
    Token.Scope.TRAYS: gettext_lazy("las bandejas, quién está disponible y si están en horario"),
    Token.Scope.CONTACTS: gettext_lazy("la lista de contactos con su estado previo y actual"),
}


class TokenForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        choices=[(scope, f"{scope.label}: {SCOPE_WORDS[scope]}") for scope in Token.Scope],
        widget=Boxes,
        label=gettext_lazy("Permisos"),
        error_messages={"required": gettext_lazy("Elegí al menos uno: sin permisos no sirve para nada.")},
    )

    class Meta:
        model = Token
        fields = ("name", "bot", "scopes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "bot" in self.fields:
            field = cast(forms.ModelChoiceField, self.fields["bot"])
            field.queryset = Bot.objects.exclude(kind=Bot.Kind.MENU)
            field.empty_label = _("Ninguno: es de una integración")

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        is_of_none = not found.get("bot") and "bot" not in self.errors
        if is_of_none and Token.Scope.CONVERSATIONS in found.get("scopes", []):
            words = _("Conversaciones es solo para la clave de un bot: una integración no atiende chats.")
            self.add_error("scopes", words)
        return found


def shown_time(at: datetime | None) -> str:
    return timezone.localtime(at).strftime("%d/%m/%Y %H:%M") if at else ""


def revoke_token(request: HttpRequest, token: Token) -> str:
    tokens.revoke_token(token)
    return _("revocada; quien la use recibe 401")


class InUse(Chips):
    parameter_name = "revocados"
    chips = (
        Chip("", gettext_lazy("Todas"), ANY),
        Chip("no", gettext_lazy("Valen"), Q(revoked_at=None)),
        Chip("si", gettext_lazy("Revocadas"), Q(revoked_at__isnull=False)),
    )


@admin.register(Token)
class TokenAdmin(HouseAdmin):
    form = TokenForm
    change_form_template = "backoffice/token_form.html"
    list_display = ("name", "of_bot", "starts", "shown_scopes", "made", "created_by", "used", "revoked")
    new_label, another_label = gettext_lazy("Nueva clave"), gettext_lazy("Guardar y crear otra")
    list_filter = (InUse, ("bot", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("bot", "created_by")
    search_fields = ("name__folds", "hint__folds", "bot__name__folds")
    acts: ClassVar = (
        Act(
            "revoke",
            gettext_lazy("Revocar"),
            revoke_token,
            lambda token: _("deja de servir en el momento y no se puede volver atrás"),
            lambda token: token.revoked_at is None,
        ),
    )

    @admin.display(description=gettext_lazy("bot"), ordering="bot__name")
    def of_bot(self, token: Token) -> str:
        return str(token.bot or _("integración"))

    @admin.display(description=gettext_lazy("empieza con"))
    def starts(self, token: Token) -> str:
        return f"{token.hint}…"

    @admin.display(description=gettext_lazy("permisos"))
    def shown_scopes(self, token: Token) -> str:
        return ", ".join(token.scopes)

    @admin.display(description=gettext_lazy("creada"), ordering="created_at")
    def made(self, token: Token) -> str:
        return shown_time(token.created_at)

    @admin.display(description=gettext_lazy("último uso"), ordering="last_used_at")
    def used(self, token: Token) -> str:
        return shown_time(token.last_used_at) or _("ninguno")

    @admin.display(description=gettext_lazy("revocada"), ordering="revoked_at")
    def revoked(self, token: Token) -> str:
        return shown_time(token.revoked_at) or _("Vale")

    def get_fields(self, request: HttpRequest, obj: Token | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("name", "bot", "scopes")
        return ("name", "of_bot", "starts", "shown_scopes", "made", "created_by", "used", "revoked")

    def get_readonly_fields(self, request: HttpRequest, obj: Token | None = None) -> tuple[str, ...]:
        return self.get_fields(request, obj) if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        found = super().get_changeform_initial_data(request)
        scopes = list(Token.Scope.values) if found.get("bot") else [Token.Scope.TRAYS, Token.Scope.CONTACTS]
        return {"scopes": scopes, **found}

    # --- made and revoked, never changed -------------------------------------------------------

    def may_act(self, request: HttpRequest, thing: Token | None = None) -> bool:
        return bool(request.user.has_perm("wittybots.add_token"))

    def has_change_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Token, form: Any, change: bool) -> None:
        made, raw = tokens.issue_token(obj.name, obj.bot, form.cleaned_data["scopes"], agent_of(request))
        for field in Token._meta.concrete_fields:
            setattr(obj, field.attname, getattr(made, field.attname))
        # sealed, as sessions are kept in the database
        request.session[SHOW_ONCE] = {**request.session.get(SHOW_ONCE, {}), str(made.pk): seal_text(raw)}

    def response_add(self, request: HttpRequest, obj: Token, post_url_continue: str | None = None) -> HttpResponse:
        messages.success(request, _("Se creó la clave %(name)s.") % {"name": obj.name})
        return HttpResponseRedirect(self.url("change", obj))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        token = kwargs.get("obj")
        to_show = request.session.get(SHOW_ONCE, {})
        if token is not None and request.method == "GET" and str(token.pk) in to_show:
            context |= {"raw": unseal_text(to_show[str(token.pk)]), "example": f"{site_of(request)}/api/v1/me"}
            request.session[SHOW_ONCE] = {pk: raw for pk, raw in to_show.items() if pk != str(token.pk)}
        return super().render_change_form(request, context, *args, **kwargs)
