"""Supervisión: how trays and lines are, in figures. No message and no contact is in it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from chats import publish, tray_counts
from chats.models import Chat
from gateway.status import endpoints
from gateway.status import lines as health
from live.pages import begin_page, render_page
from trays.models import Tray
from trays.requests import AgentRequest


@require_GET
def supervision(request: AgentRequest) -> HttpResponse:
    """For supervisors; refreshed by asking for itself again."""
    if not request.user.is_supervisor:
        raise PermissionDenied(_("Supervisión es para supervisores."))
    return render_page(
        request,
        "chats/supervision.html",
        begin_page(request, publish.agent_groups(request.user)) | {"nav": "supervision"} | figures(),
    )


def figures() -> dict[str, Any]:
    """Trays with somebody waiting first, the longest wait first; lines and outside bots with the worst first."""
    trays = list(Tray.objects.in_use().exclude(kind=Tray.Kind.CLOSED).in_order().select_related("owner"))
    numbers = tray_counts.counts([tray.pk for tray in trays])
    for tray in trays:
        tray.number, tray.since = numbers[tray.pk]  # type: ignore[attr-defined]
    shared = [tray for tray in trays if tray.kind != Tray.Kind.PERSONAL]
    personal = [tray for tray in trays if tray.kind == Tray.Kind.PERSONAL and tray.number]  # type: ignore[attr-defined]
    waiting = [tray for tray in trays if tray.since]  # type: ignore[attr-defined]
    lines, doors = health.lines(), endpoints.doors()
    worst = {level: number for number, level in enumerate((*reversed(health.Level),))}
    return {
        "trays": shared + personal,
        "most": max([tray.number for tray in trays] or [1]) or 1,  # type: ignore[attr-defined]
        "waiting": sum(tray.number for tray in trays),  # type: ignore[attr-defined]
        "waiting_in": len(waiting),
        "longest": min(waiting, key=lambda tray: tray.since, default=None),  # type: ignore[attr-defined]
        "lines": sorted(lines, key=lambda line: worst[line.level]),
        "doors": sorted(doors, key=lambda door: worst[door.level]),
        "watched": len(lines) + len(doors),
        # never counting past what is shown
        "attended": Chat.objects.filter(state=Chat.State.AGENTE)[: tray_counts.MOST_COUNTED].count(),
        "broken": sum(line.broken for line in lines),
        "unsent": sum(line.unsent for line in lines),
        "in_trouble": [*(line.level for line in lines), *(door.level for door in doors)].count(health.Level.BAD),
    }
