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

from backoffice.line_forms import public_address
from common.errors import OriginError
from gateway import template_sync
from origins import health
from origins.models import Origin
from origins.networks import network_of
from origins.telegram import network as telegram


def set_webhook(origin: Origin, webhook: str) -> str:
    telegram.set_webhook(origin, webhook)
    return _("webhook activado; Telegram ya sabe adónde escribir")


def sync_templates(origin: Origin, webhook: str) -> str:
    number = template_sync.sync_templates(origin)
    return ngettext("%(n)s plantilla leída de la cuenta", "%(n)s plantillas leídas de la cuenta", number) % {
        "n": number
    }


# name: label, which lines have it, and what it does: (origin, our webhook's address) -> words; may raise OriginError
CALLS: dict[str, tuple[Any, Callable[[Origin], bool], Callable[[Origin, str], str]]] = {
    "webhook": (
        gettext_lazy("Activar el webhook"),
        lambda origin: origin.kind == Origin.Kind.TELEGRAM and bool(origin.access_token),
        set_webhook,
    ),
    "templates": (
        gettext_lazy("Sincronizar plantillas"),
        lambda origin: origin.can.remote_templates and bool(origin.access_token),
        sync_templates,
    ),
}


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
        found = [(self.url(name, origin), label) for name, (label, fits, _run) in CALLS.items() if fits(origin)]
        if origin.kind != Origin.Kind.WEB:
            found.insert(0, (self.url("check", origin), _("Probar conexión")))
        return found

    def probe(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        """Real calls; what each found, and what to do. Where all is well the line's trouble is over."""
        origin = self.found(request, object_id)
        if request.method != "POST":
            return HttpResponseRedirect(self.url("change", origin))
        findings = network_of(origin.kind).check_connection(origin)
        is_good = bool(findings) and all(finding.is_good for finding in findings)
        waited = bool(origin.trouble)
        if is_good:
            # what waited goes on by itself: the sweep finds it
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
            words = run(origin, public_address(request, "webhook", origin))
        except OriginError as error:
            messages.error(request, f"{label}: {error}")
        else:
            self.log_change(request, origin, words)
            messages.success(request, f"{origin}: {words}")
        return HttpResponseRedirect(self.url("change", origin))
