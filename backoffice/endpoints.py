"""Where bots and integrations are told what happens: what is done with an endpoint, and the integrations' own page."""

import time
from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters

from backoffice.base import Act, HouseAdmin, save_shown, shortened
from backoffice.bot_forms import LONGEST_URL, NEEDS, endpoint_of, events_field, outside_address, url_input
from chats.errors import Rejected, Rejection
from gateway.endpoints import calls, event_queue
from gateway.endpoints.circuit_breaker import end_waiting
from gateway.endpoints.removal import remove_endpoint
from gateway.status import endpoints
from wittybots.models import EVENTS, Bot, Endpoint, Event
from wittybots.signing import new_secret

SHOW_ONCE = "endpoint_secrets_to_show"
# seconds: the call's own limit, and what it may wait for another
LONGEST_TRY = 7.0
# an integration attends no chats, so it gets no messages
TOLD = tuple(event for event in EVENTS if event.startswith("conversation_"))


# --- acts, of a bot's endpoint and of an integration's -------------------------------------------


def on_endpoint(run: Callable[[HttpRequest, Endpoint], str]) -> Callable[[HttpRequest, Any], str]:
    """An act of a bot or an integration that is one of its endpoint, as the database has it, locked."""

    def act(request: HttpRequest, thing: Bot | Endpoint) -> str:
        endpoint = endpoint_of(thing)
        found = (
            Endpoint.objects.select_for_update().filter(pk=endpoint.pk, removed_at=None).first() if endpoint else None
        )
        if found is None:
            raise Rejected(Rejection.CONFLICT, _("no corresponde"))
        return run(request, found)

    return act


def of_endpoint(test: Callable[[Endpoint], bool]) -> Callable[[Any], bool]:
    def fits(thing: Bot | Endpoint) -> bool:
        endpoint = endpoint_of(thing)
        return endpoint is not None and test(endpoint)

    return fits


def signs(endpoint: Endpoint) -> bool:
    return endpoint.bot is None or NEEDS[endpoint.bot.kind].signs


def change_secret(request: HttpRequest, endpoint: Endpoint) -> str:
    endpoint.previous_secret, endpoint.secret = endpoint.secret, new_secret()
    endpoint.save(update_fields=("secret", "previous_secret"))
    show_once(request, endpoint)
    return _("secreto cambiado; el anterior también firma hasta que lo olvides")


def show_once(request: HttpRequest, endpoint: Endpoint) -> None:
    request.session[SHOW_ONCE] = [*request.session.get(SHOW_ONCE, []), endpoint.pk]


def forget_secret(request: HttpRequest, endpoint: Endpoint) -> str:
    endpoint.previous_secret = ""
    endpoint.save(update_fields=("previous_secret",))
    return _("el secreto anterior ya no firma")


def switch_on(request: HttpRequest, endpoint: Endpoint) -> str:
    # what came in at the very moment of switching it off
    end_waiting(endpoint.pk, Event.State.DROPPED, _("Estaba desactivado"))
    endpoint.is_active, endpoint.switched_off_at, endpoint.failing_since, endpoint.trouble = True, None, None, ""
    endpoint.save(update_fields=("is_active", "switched_off_at", "failing_since", "trouble"))
    return _("encendido de nuevo")


def switch_off(request: HttpRequest, endpoint: Endpoint) -> str:
    endpoint.is_active = False
    endpoint.save(update_fields=("is_active",))
    end_waiting(endpoint.pk, Event.State.DROPPED, _("El destino se desactivó"))
    return _("desactivado")


SECRET = Act(
    "secret",
    gettext_lazy("Cambiar el secreto"),
    on_endpoint(change_secret),
    lambda thing: _("el de ahora sigue firmando, junto al nuevo, hasta que lo olvides"),
    of_endpoint(signs),
)
FORGET = Act(
    "forget",
    gettext_lazy("Olvidar el anterior"),
    on_endpoint(forget_secret),
    lambda thing: _("quien todavía verifica con el secreto anterior rechaza lo que le llegue"),
    of_endpoint(lambda endpoint: bool(endpoint.previous_secret)),
)
ON = Act(
    "on",
    gettext_lazy("Encender de nuevo"),
    on_endpoint(switch_on),
    lambda thing: _("se le vuelve a avisar desde ahora; lo que pasó mientras estuvo apagado no se le cuenta"),
    of_endpoint(lambda endpoint: not endpoint.is_active),
)


# --- trying it, its health, and a secret that is shown once --------------------------------------


class TellsEndpoints:
    """Of the admins of bots and integrations: *Probar conexión*, how it is, and what may be shown only once."""

    def get_urls(self: Any) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_check"
        own = [path("<path:object_id>/check/", self.admin_site.admin_view(self.probe), name=name)]
        return own + super().get_urls()  # type: ignore[misc]

    def probe(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        """A real call, in this request and in no transaction; what came back."""
        thing = self.found(request, object_id)
        endpoint = endpoint_of(thing)
        if request.method != "POST" or endpoint is None:
            return HttpResponseRedirect(self.url("change", thing))
        event = tried(endpoint)
        is_good = event.state == event.State.DONE
        words = _("Conexión probada: bien") if is_good else _("Conexión probada: con problemas")
        self.log_change(request, thing, words)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Probar conexión: %(name)s") % {"name": thing},
            "opts": self.opts,
            "thing": thing,
            "event": event,
            "is_good": is_good,
            "again": self.url("check", thing),
            "log": log_of(endpoint),
            "back": self.url("change", thing),
        }
        return TemplateResponse(request, "backoffice/endpoint_check.html", context)

    def panel(self: Any, request: HttpRequest, thing: Bot | Endpoint) -> dict[str, Any]:
        """What its page shows above the form."""
        endpoint = endpoint_of(thing)
        context: dict[str, Any] = {"door": endpoints.door(thing)}
        if endpoint is None:
            return context
        context["log"] = log_of(endpoint)
        if self.may_act(request, thing):
            context["check"] = self.url("check", thing)
        to_show = request.session.get(SHOW_ONCE, [])
        if request.method == "GET" and endpoint.pk in to_show:
            request.session[SHOW_ONCE] = [pk for pk in to_show if pk != endpoint.pk]
            context["secret"] = Endpoint.objects.get(pk=endpoint.pk).secret
        return context


def tried(endpoint: Endpoint) -> Event:
    """A ping, and what became of it. The worker may have been quicker to take it up: then it is waited for."""
    event = event_queue.send_ping(endpoint)
    calls.call_endpoint(endpoint.pk, None)
    ends = time.monotonic() + LONGEST_TRY
    while True:
        event.refresh_from_db()
        if event.state in event_queue.OVER or time.monotonic() > ends:
            return event
        time.sleep(0.1)


def log_of(endpoint: Endpoint) -> str:
    return f"{reverse('admin:wittybots_event_changelist')}?endpoint__id__exact={endpoint.pk}"


# --- integrations --------------------------------------------------------------------------------


class EndpointForm(forms.ModelForm):
    url = forms.URLField(
        max_length=LONGEST_URL,
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
        if "events" in self.fields:
            self.fields["events"].help_text = _("Se entera de los cambios de estado, nunca de mensajes.")

    def clean_url(self) -> str:
        url = self.cleaned_data["url"].strip()
        return outside_address(url) if "url" in self.changed_data else url


@admin.register(Endpoint)
class EndpointAdmin(TellsEndpoints, HouseAdmin):
    """Those of bots are in their bot's page."""

    form = EndpointForm
    change_form_template = "backoffice/endpoint_form.html"
    list_display = ("name", "url", "how", "heard_at")
    list_filter = ("is_active",)
    search_fields = ("name", "url")
    fields = ("name", "url", "events")
    acts: ClassVar = (
        SECRET,
        FORGET,
        ON,
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
        return _("desactivado") if not endpoint.is_active else shortened(endpoint.trouble) or _("activo")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(bot=None, removed_at=None)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().get_changeform_initial_data(request), "events": list(TOLD)}

    @method_decorator(sensitive_post_parameters())
    def changeform_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().changeform_view(*args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: bool) -> None:
        if change:
            save_shown(obj, form)
            return
        obj.secret = new_secret()
        obj.save()
        show_once(request, obj)

    def response_add(self, request: HttpRequest, obj: Endpoint, post_url_continue: str | None = None) -> HttpResponse:
        messages.success(request, _("Destino %(name)s creado. Guardá su secreto y probá la conexión.") % {"name": obj})
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
