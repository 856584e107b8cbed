"""The log of what endpoints were told: what became of each call. Nothing of what was said is in it."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.base import Act
from backoffice.logs import LogAdmin
from chats.errors import Rejected, Rejection
from gateway.endpoints import event_queue
from wittybots.models import Event


def send_again(request: HttpRequest, event: Event) -> str:
    if not event.endpoint.is_active:
        raise Rejected(Rejection.CONFLICT, _("su webhook está apagado; encendelo primero"))
    if not event_queue.resend_event(event.pk):
        raise Rejected(Rejection.CONFLICT, _("todavía está en cola"))
    return _("se envía de nuevo en un momento")


AGAIN = Act(
    "again",
    gettext_lazy("Enviar de nuevo"),
    send_again,
    lambda event: _("el webhook recibe el mismo aviso otra vez, con el mismo id"),
    lambda event: event.state in event_queue.OVER,
)


class EndpointFilter(admin.RelatedFieldListFilter):
    """By endpoint, of those that were not removed."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        order = self.field_admin_ordering(field, request, model_admin)
        return field.get_choices(include_blank=False, ordering=order, limit_choices_to={"removed_at": None})


@admin.register(Event)
class EventAdmin(LogAdmin):
    list_display = ("when", "told", "endpoint", "chat_id", "state", "tries", "answer", "short_reason")
    list_filter = ("state", ("endpoint", EndpointFilter))
    list_select_related = ("endpoint",)
    change_list_template = "backoffice/event_list.html"
    fields = (
        "endpoint", "told", "uuid", "chat_id", "created_at", "state", "tries", "next_try_at", "status_code", "took_ms",
        "reason",
    )  # fmt: skip
    acts: ClassVar = (AGAIN,)
    perm_to_act = "wittybots.change_endpoint"

    @admin.display(description=gettext_lazy("fecha"))
    def when(self, event: Event) -> str:
        return timezone.localtime(event.created_at).strftime("%d/%m %H:%M:%S")

    @admin.display(description=gettext_lazy("evento"))
    def told(self, event: Event) -> str:
        return event.kind

    @admin.display(description=gettext_lazy("intentos"))
    def tries(self, event: Event) -> int:
        return event.attempts

    @admin.display(description=gettext_lazy("respuesta"))
    def answer(self, event: Event) -> str:
        took = _("%(n)s ms") % {"n": event.took_ms} if event.took_ms is not None else ""
        return " · ".join(filter(None, (str(event.status_code or ""), took)))

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(endpoint__removed_at=None)
