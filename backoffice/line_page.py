"""The page of a network's line: its steps, the checks beside them, and the public address, which is set here."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from backoffice.connection_steps import BY_HAND, StepForm, list_steps
from backoffice.line_forms import address_of_line
from gateway.status import line_checks
from gateway.status.line_steps import LineSteps, StepState, read_steps, stands_here
from origins import public_address
from origins.meta import app
from origins.models import Origin


@dataclass(frozen=True)
class ShownStep:
    """`fieldset`: its fields in the form; `is_open`: unfolded, with an error in it or next to be done."""

    form: StepForm
    state: StepState
    fieldset: Any
    is_now: bool

    @property
    def is_open(self) -> bool:
        return self.is_now or any(name in self.fieldset.form.errors for name in self.form.fields)


class ShowsSteps:
    """Of OriginAdmin."""

    def get_urls(self: Any) -> list[URLPattern]:
        def page(name: str, view: Any) -> URLPattern:
            return path(f"<path:object_id>/{name}/", self.admin_site.admin_view(view), name=f"origins_origin_{name}")

        return [page("progress", self.show_progress), page("address", self.set_address), *super().get_urls()]  # type: ignore[misc]

    def show_progress(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        """What an open page asks every few seconds: looks anew where it is time to, and says how far it is."""
        origin = self.found(request, object_id)
        if request.method != "POST" or origin.kind not in Origin.NETWORKS:
            return HttpResponseRedirect(self.url("change", origin))
        line_checks.check_line(origin, address_of_line(request, "webhook", origin))
        origin.refresh_from_db()
        context = {"progress": read_steps(origin), "original": origin, "progress_url": self.url("progress", origin)}
        return render(request, "backoffice/_line_progress.html", context)

    def set_address(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        """The public address of this installation: links in mails lead there, so it is an administrator's to set."""
        origin = self.found(request, object_id)
        back = self.url("change", origin)
        if request.method != "POST":
            return HttpResponseRedirect(back)
        if not request.user.is_superuser:
            raise PermissionDenied
        typed = request.POST.get("public_url", "")[: public_address.MAX_CHARS + 1]
        if public_address.is_from_environment():
            messages.error(
                request, _("La dirección está en la configuración del servidor (PUBLIC_URL): se cambia ahí.")
            )
            return HttpResponseRedirect(back)
        try:
            url = line_checks.move_to(typed)
        except public_address.BadAddress as error:
            messages.error(request, f"{_('Tu dirección pública')}: {error}")
            return HttpResponseRedirect(f"{back}?{urlencode({'typed': typed})}#step-address")
        self.log_change(request, origin, _("Dirección pública: %(url)s") % {"url": url or _("ninguna")})
        line_checks.check_line(origin, address_of_line(request, "webhook", origin))
        messages.success(request, _("Se guardó la dirección pública.") if url else _("Se quitó la dirección pública."))
        return HttpResponseRedirect(f"{back}#step-address")

    def describe_steps(self: Any, request: HttpRequest, origin: Origin, fieldsets: list[Any]) -> dict[str, Any]:
        """For the page; `fieldsets` of its form, in the order of line_fieldsets."""
        progress, forms = read_steps(origin), list_steps(origin)
        states = {state.key: state for state in progress.steps}
        parts = zip(forms, fieldsets[1 : len(forms) + 1], strict=True)
        address = address_of_line(request, "webhook", origin)
        return {
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
            "progress": progress,
            "steps": [
                ShownStep(form, states[form.key], part, progress.current is states[form.key]) for form, part in parts
            ],
            "fieldsets_before": fieldsets[:1],
            "fieldsets_after": fieldsets[len(forms) + 1 :],
            "progress_url": self.url("progress", origin),
            "check_url": self.url("check", origin),
            "address_url": self.url("address", origin),
            "subscribe_url": self.url("webhook" if origin.kind == Origin.Kind.TELEGRAM else "subscribe", origin),
            **self._describe_address(request, origin, address, progress),
        }

    def _describe_address(
        self: Any, request: HttpRequest, origin: Origin, address: str, progress: LineSteps
    ) -> dict[str, Any]:
        is_meta = origin.kind in Origin.META
        has_data = app.can_subscribe(origin) if is_meta else bool(origin.access_token)
        is_reachable = address.startswith("https://") or stands_here(origin)
        webhook = next((one for one in progress.checks if one.about == "webhook"), None)
        return {
            "address": address,
            "public_url": public_address.public_url(),
            "typed_url": request.GET.get("typed", "")[:200] or public_address.public_url(),
            "here": request.build_absolute_uri("/").rstrip("/"),
            "here_host": request.get_host(),
            "is_from_environment": public_address.is_from_environment(),
            "may_set_address": request.user.is_superuser,
            "stands_here": stands_here(origin),
            "needs_address": not is_reachable,
            "is_meta": is_meta,
            "has_data": has_data,
            "can_subscribe": has_data and is_reachable,
            "is_taken": is_meta and webhook is not None and webhook.state == "bad",
            "by_hand": BY_HAND[Origin.Kind(origin.kind)]() if is_meta else "",
            "webhook_fields": app.FIELDS.get(origin.kind, ()),
        }
