"""The live board: how trays and lines are, in figures. No message and no contact is in it."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.utils import timezone

from chats import tray_counts
from chats.models import Chat
from chats.tray_counts import TrayQueue
from gateway.status import endpoints as endpoint_status
from gateway.status import lines as line_status
from gateway.status.diversions import Diversion, list_diversions
from gateway.status.system import SystemStatus, read_signs
from trays.models import Tray


@dataclass(frozen=True)
class Figures:
    """The board. Counts never go past what is shown of them (999+)."""

    trays: list[TrayQueue]  # the shared ones, then the personal ones in which somebody waits
    most: int  # in the fullest tray, at least 1: the end of the scale
    waiting: int
    waiting_in: int  # how many trays have somebody waiting
    longest: TrayQueue | None
    lines: list[line_status.LineStatus]  # the worst first, as the bots
    endpoints: list[endpoint_status.EndpointStatus]
    diversions: list[Diversion]  # addresses that were changed of late, the newest first
    watched: int
    attended: int
    broken: int
    unsent: int
    in_trouble: int
    system: list[line_status.Note]  # what is wrong with the installation itself


def read_figures() -> Figures:
    queues = tray_counts.read_queues(
        Tray.objects.in_use().exclude(kind=Tray.Kind.CLOSED).in_order().select_related("owner")
    )
    shared = [queue for queue in queues if queue.kind != Tray.Kind.PERSONAL]
    personal = [queue for queue in queues if queue.kind == Tray.Kind.PERSONAL and queue.number]
    waiting = [queue for queue in queues if queue.since]
    of_lines, of_bots = line_status.list_line_statuses(), endpoint_status.list_statuses()
    worst = {level: number for number, level in enumerate((*reversed(line_status.Level),))}
    return Figures(
        trays=shared + personal,
        most=max([queue.number for queue in queues] or [1]) or 1,
        waiting=sum(queue.number for queue in queues),
        waiting_in=len(waiting),
        longest=min(waiting, key=lambda queue: cast(datetime, queue.since), default=None),
        lines=sorted(of_lines, key=lambda line: worst[line.level]),
        endpoints=sorted(of_bots, key=lambda bot: worst[bot.level]),
        diversions=list_diversions(timezone.now()),
        watched=len(of_lines) + len(of_bots),
        attended=Chat.objects.filter(state=Chat.State.AGENTE)[: tray_counts.MAX_COUNTED].count(),
        broken=sum(line.broken for line in of_lines),
        unsent=sum(line.unsent for line in of_lines),
        in_trouble=[*(line.level for line in of_lines), *(bot.level for bot in of_bots)].count(line_status.Level.BAD),
        system=read_signs(SystemStatus()).notes,
    )
