"""*Probar conexión*: a call to an endpoint from its page, its status, and its secret, shown once."""

import time
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from backoffice.bot_forms import endpoint_of
from backoffice.endpoint_acts import SECRETS_TO_SHOW
from gateway.endpoints import calls, event_queue
from gateway.status import endpoints
from wittybots.models import Bot, Endpoint, Event

# seconds: the call's own limit, and what it may wait for another
MAX_PROBE_SECONDS = 7.0


class ProbesEndpoint:
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
        event = probe_endpoint(endpoint)
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
            "log": event_log_url(endpoint),
            "back": self.url("change", thing),
        }
        return TemplateResponse(request, "backoffice/endpoint_check.html", context)

    def panel(self: Any, request: HttpRequest, thing: Bot | Endpoint) -> dict[str, Any]:
        """What its page shows above the form."""
        endpoint = endpoint_of(thing)
        context: dict[str, Any] = {"health": endpoints.read_status(thing)}
        if endpoint is None:
            return context
        context["log"] = event_log_url(endpoint)
        if self.may_act(request, thing):
            context["check"] = self.url("check", thing)
        to_show = request.session.get(SECRETS_TO_SHOW, [])
        if request.method == "GET" and endpoint.pk in to_show:
            request.session[SECRETS_TO_SHOW] = [pk for pk in to_show if pk != endpoint.pk]
            context["secret"] = Endpoint.objects.get(pk=endpoint.pk).secret
        return context


def probe_endpoint(endpoint: Endpoint) -> Event:
    """A ping, and what became of it. The worker may have been quicker to take it up: then it is waited for."""
    event = event_queue.send_ping(endpoint)
    calls.call_endpoint(endpoint.pk, None)
    ends = time.monotonic() + MAX_PROBE_SECONDS
    while True:
        event.refresh_from_db()
        if event.state in event_queue.OVER or time.monotonic() > ends:
            return event
        time.sleep(0.1)


def event_log_url(endpoint: Endpoint) -> str:
    return f"{reverse('admin:wittybots_event_changelist')}?endpoint__id__exact={endpoint.pk}"
