"""Integrations: the endpoints that belong to no bot."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters

from backoffice.addresses import AsksSecretAgain
from backoffice.base import Act, HouseAdmin, shorten_text
from backoffice.bot_forms import MAX_URL_CHARS, events_field, outside_address, url_input
from backoffice.chips import active_chips
from backoffice.endpoint_acts import CHANGE_SECRET, FORGET_SECRET, SWITCH_ON, on_endpoint, show_secret_once, switch_off
from backoffice.endpoint_probe import ProbesEndpoint
from gateway.endpoints.removal import remove_endpoint
from wittybots.models import EVENTS, Endpoint
from wittybots.signing import new_secret

# an integration attends no chats, so it gets no messages
TOLD = tuple(event for event in EVENTS if event.startswith("conversation_"))


class EndpointForm(AsksSecretAgain):
    addresses = ("url",)
    url = forms.URLField(
        max_length=MAX_URL_CHARS,
        assume_scheme="https",
        widget=url_input(),
        label=gettext_lazy("Dirección"),
        help_text=gettext_lazy("Adonde se avisa por POST, firmado; tiene 5 segundos para responder 2xx."),
    )
    events = events_field(TOLD)

    class Meta:
        model = Endpoint
        fields = ("name", "url", "events")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            del self.fields["current_secret"]
        if "events" in self.fields:
            self.fields["events"].help_text = _("Se entera de los cambios de estado, nunca de mensajes.")

    def signing_secret(self) -> str:
        return self.instance.secret if self.instance.pk else ""

    def clean_url(self) -> str:
        url = self.cleaned_data["url"].strip()
        return outside_address(url) if "url" in self.changed_data else url


@admin.register(Endpoint)
class EndpointAdmin(ProbesEndpoint, HouseAdmin):
    """Those of bots are in their bot's page."""

    form = EndpointForm
    change_form_template = "backoffice/endpoint_form.html"
    list_display = ("name", "url", "how", "heard_at")
    list_filter = (active_chips(gettext_lazy("Todos"), gettext_lazy("Activos"), gettext_lazy("Apagados")),)
    new_label = gettext_lazy("Nuevo webhook")
    search_fields = ("name__folds", "url__folds")
    acts: ClassVar = (
        CHANGE_SECRET,
        FORGET_SECRET,
        SWITCH_ON,
        Act(
            "off",
            gettext_lazy("Desactivar"),
            on_endpoint(switch_off),
            lambda endpoint: _("no se le avisa nada más hasta encenderlo de nuevo; lo que espera se descarta"),
            lambda endpoint: endpoint.is_active,
        ),
    )

    @admin.display(description=gettext_lazy("cómo está"))
    def how(self, endpoint: Endpoint) -> str:
        if endpoint.switched_off_at and not endpoint.is_active:
            return _("apagado por fallas")
        return _("desactivado") if not endpoint.is_active else shorten_text(endpoint.trouble) or _("activo")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(bot=None, removed_at=None)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().get_changeform_initial_data(request), "events": list(TOLD)}

    def get_fields(self, request: HttpRequest, obj: Endpoint | None = None) -> tuple[str, ...]:
        return ("name", "url", *(("current_secret",) if obj else ()), "events")

    @method_decorator(sensitive_post_parameters())
    def changeform_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().changeform_view(*args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: bool) -> None:
        if not change:
            obj.secret = new_secret()
        super().save_model(request, obj, form, change)
        if not change:
            show_secret_once(request, obj)

    def response_add(self, request: HttpRequest, obj: Endpoint, post_url_continue: str | None = None) -> HttpResponse:
        messages.success(request, _("Se creó %(name)s. Guardá su secreto y probá la conexión.") % {"name": obj})
        return HttpResponseRedirect(self.url("change", obj))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        endpoint = kwargs.get("obj")
        if endpoint is not None:
            context |= self.panel(request, endpoint)
        return super().render_change_form(request, context, *args, **kwargs)

    # --- deleting --------------------------------------------------------------------------------

    def delete_model(self, request: HttpRequest, obj: Endpoint) -> None:
        remove_endpoint(obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for pk in list(queryset.values_list("pk", flat=True)):
            remove_endpoint(pk)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Its log goes with it, without being read first: it may be long."""
        gone = [_("%(name)s y su registro de avisos") % {"name": one} for one in objs]
        return gone, {self.opts.verbose_name_plural: len(gone)}, set(), []
