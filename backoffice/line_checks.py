"""Buttons of a line that really call its network: by POST, outside of any transaction, and what came of it in words."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice.line_forms import address_of_line
from common.errors import OriginError
from common.http_bounds import all_within
from gateway import template_sync
from gateway.status import line_checks, line_steps
from origins import health
from origins.meta import app
from origins.models import Origin
from origins.networks import network_of
from origins.telegram import network as telegram


def set_webhook(request: HttpRequest, origin: Origin) -> str:
    address = address_of_line(request, "webhook", origin)
    telegram.set_webhook(origin, address)
    line_checks.check_line(origin, address, is_asked=True)
    return _("webhook activado; Telegram ya sabe adónde escribir")


def subscribe(request: HttpRequest, origin: Origin) -> str:
    address = address_of_line(request, "webhook", origin)
    if not (address.startswith("https://") or line_steps.stands_here(origin)):
        raise OriginError(_("Falta una dirección pública con https."))
    try:
        app.subscribe(origin, address, line_checks.ours_of(origin), replaces="replaces" in request.POST)
    finally:
        # also of what was refused: the page then offers what can be done about it
        line_checks.check_line(origin, address, is_asked=True)
    return _("suscripta: Meta ya sabe adónde avisar")


def sync_templates(request: HttpRequest, origin: Origin) -> str:
    number = template_sync.sync_templates(origin)
    return ngettext("%(n)s plantilla leída de la cuenta", "%(n)s plantillas leídas de la cuenta", number) % {
        "n": number
    }


# name: label, which lines have it, and what it does: (request, line) -> words; may raise OriginError
CALLS: dict[str, tuple[Any, Callable[[Origin], bool], Callable[[HttpRequest, Origin], str]]] = {
    "webhook": (
        gettext_lazy("Activar el webhook"),
        lambda origin: origin.kind == Origin.Kind.TELEGRAM and bool(origin.access_token),
        set_webhook,
    ),
    "subscribe": (
        gettext_lazy("Suscribir en Meta"),
        lambda origin: origin.kind in Origin.META and app.can_subscribe(origin),
        subscribe,
    ),
    "templates": (
        gettext_lazy("Sincronizar plantillas"),
        lambda origin: origin.can.remote_templates and bool(origin.access_token),
        sync_templates,
    ),
}
# all questions of one button together; what is looked at after them has what they leave
CALL_SECONDS = 40
# these stand in a step
IN_STEPS = ("webhook", "subscribe")


class CallsNetworks:
    """Of OriginAdmin: *Probar conexión* and the other calls."""

    def get_urls(self: Any) -> list[URLPattern]:
        def page(name: str, view: Callable[..., HttpResponse]) -> URLPattern:
            return path(f"<path:object_id>/{name}/", self.admin_site.admin_view(view), name=f"origins_origin_{name}")

        calls = [page(name, partial(self.call, name=name)) for name in CALLS]
        return [page("check", self.probe), *calls, *super().get_urls()]  # type: ignore[misc]

    def calls(self: Any, request: HttpRequest, origin: Origin) -> list[tuple[str, Any]]:
        """(address, label) of the buttons that this line has."""
        if not self.may_act(request, origin):
            return []
        found = [
            (self.url(name, origin), label)
            for name, (label, fits, _run) in CALLS.items()
            if fits(origin) and name not in IN_STEPS
        ]
        if origin.kind == Origin.Kind.HTTP:
            found.insert(0, (self.url("check", origin), _("Probar conexión")))
        return found

    def probe(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        """Real calls; what each found, and what to do. Where all is well the line's trouble is over."""
        origin = self.found(request, object_id)
        if request.method != "POST":
            return HttpResponseRedirect(self.url("change", origin))
        if origin.kind not in Origin.NETWORKS:
            return self.probe_callback(request, origin)
        line_checks.check_line(origin, address_of_line(request, "webhook", origin), is_asked=True)
        if line_checks.is_all_good(origin):
            words = _("Todo responde como tiene que responder.")
            if origin.trouble:
                words += " " + _("El problema se dio por resuelto: lo que esperaba para salir sigue solo.")
            # what waited goes on by itself: the sweep finds it
            health.clear_trouble(origin)
            messages.success(request, words)
            self.log_change(request, origin, _("Conexión probada: bien"))
        else:
            messages.error(request, _("Hay algo para corregir. Lo que no está bien dice qué hacer."))
            self.log_change(request, origin, _("Conexión probada: con problemas"))
        return HttpResponseRedirect(self.url("change", origin))

    def probe_callback(self: Any, request: HttpRequest, origin: Origin) -> HttpResponse:
        """The same of our own HTTP line, on a page."""
        findings = network_of(origin.kind).check_connection(origin)
        is_good = bool(findings) and all(finding.is_good for finding in findings)
        waited = bool(origin.trouble)
        if is_good:
            health.clear_trouble(origin)
        self.log_change(
            request, origin, _("Conexión probada: bien") if is_good else _("Conexión probada: con problemas")
        )
        context = {
            **self.admin_site.each_context(request),
            "title": _("Probar conexión: %(name)s") % {"name": origin},
            "opts": self.opts,
            "origin": origin,
            "findings": findings,
            "is_good": is_good,
            "waited": waited,
            "again": self.url("check", origin),
            "back": self.url("change", origin),
        }
        return TemplateResponse(request, "backoffice/connection_check.html", context)

    def call(self: Any, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        origin = self.found(request, object_id)
        label, fits, run = CALLS[name]
        if request.method != "POST":
            return HttpResponseRedirect(self.url("change", origin))
        if not fits(origin):
            messages.error(request, f"{label}: {_('no corresponde')}")
            return HttpResponseRedirect(self.url("change", origin))
        try:
            with all_within(CALL_SECONDS):
                words = run(request, origin)
        except OriginError as error:
            # what the network said is for who asked
            self.log_change(request, origin, _("%(act)s: no se pudo") % {"act": label})
            messages.error(request, f"{label}: {error}")
        else:
            self.log_change(request, origin, words)
            messages.success(request, f"{origin}: {words}")
        return HttpResponseRedirect(self.url("change", origin))
