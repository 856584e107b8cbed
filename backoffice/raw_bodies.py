"""The log of raw bodies: what came in, and what became of it. Never its text: messages are in no admin."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import F, Func, IntegerField, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.base import Act
from backoffice.logs import LogAdmin
from chats import jobs
from gateway.inbound import body_processing
from origins.models import Body

PERIODS = {"hora": timedelta(hours=1), "dia": timedelta(days=1), "semana": timedelta(days=7)}


class Received(admin.SimpleListFilter):
    title = gettext_lazy("hora")
    parameter_name = "recibido"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("hora", _("En la última hora")),
            ("dia", _("En las últimas 24 h")),
            ("semana", _("En los últimos 7 días")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        period = PERIODS.get(self.value() or "")
        return queryset.filter(received_at__gte=timezone.now() - period) if period else queryset


def process_again(request: HttpRequest, body: Body) -> str:
    outcome = body_processing.process_body(Body.objects.select_related("origin").get(pk=body.pk))
    return _("procesado de nuevo; nuevos %(new)s, ya estaban %(known)s, no se entendieron %(refused)s") % {
        "new": outcome.accepted,
        "known": outcome.duplicates,
        "refused": len(outcome.rejected),
    }


def mark_as_new(bodies: Sequence[Body]) -> None:
    """As when they came: the worker takes up only what is marked received and was not tried too often."""
    Body.objects.filter(pk__in=[body.pk for body in bodies]).update(state="received", attempts=0, claimed_until=None)


def what_follows(body: Body) -> str:
    return _("lo que ya se guardó no se repite")


AGAIN = Act("again", gettext_lazy("Procesar de nuevo"), process_again, what_follows)


@admin.register(Body)
class BodyAdmin(LogAdmin):
    list_display = ("__str__", "origin", "when", "state", "short_reason", "shown_size", "repeats", "attempts")
    list_filter = ("state", Received, "origin")
    list_select_related = ("origin",)
    change_list_template = "backoffice/raw_body_list.html"
    fields = ("origin", "received_at", "state", "reason", "shown_size", "shown_digest", "repeats", "attempts")
    acts: ClassVar = (AGAIN,)
    perm_to_act = "origins.change_origin"

    @admin.display(description=gettext_lazy("hora"))
    def when(self, body: Body) -> str:
        return timezone.localtime(body.received_at).strftime("%d/%m %H:%M:%S")

    @admin.display(description=gettext_lazy("tamaño"))
    def shown_size(self, body: Any) -> str:
        return str(filesizeformat(body.bytes))

    @admin.display(description=gettext_lazy("huella (SHA-256)"))
    def shown_digest(self, body: Body) -> str:
        return bytes(body.digest).hex()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Body]:
        size = Func(F("raw"), function="octet_length", output_field=IntegerField())
        return super().get_queryset(request).defer("raw").annotate(bytes=size)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Body | None = None) -> bool:
        return bool(request.user.has_perm("origins.view_origin"))

    def do(self, request: HttpRequest, act: Act, things: Sequence[Body]) -> None:
        """One in this request and in no transaction around it, so that its items stay apart; many by the worker."""
        if len(things) == 1:
            words = act.run(request, things[0])
            self.log_change(request, things[0], words)
            messages.success(request, f"{things[0]}: {words}")
            return
        mark_as_new(things)
        for body in things:
            self.log_change(request, body, act.label)
        asked = [body for body in things if jobs.process_body_now(body.pk)]
        if asked:
            messages.success(request, _("Se procesan de nuevo %(n)s en un momento") % {"n": len(asked)})
        if len(asked) < len(things):
            messages.error(request, _("La cola del worker no responde. Los que faltan se procesan solos cuando vuelva"))
