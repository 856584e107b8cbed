"""The live board: how trays, agents and lines are now, in figures. No message is in it, and no contact but those whose
chats the reader has opened."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from django.utils import timezone

from chats import tray_counts
from chats.tray_counts import TrayQueue
from gateway.status import endpoints as endpoint_status
from gateway.status import lines as line_status
from gateway.status.diversions import Diversion, list_diversions
from gateway.status.system import SystemStatus, read_signs
from reports import held, reading
from reports.agents import Team, build_team, read_agents
from reports.asked import Asked
from reports.menu_bots import Resolved, add_resolved
from reports.periods import TODAY, named_period
from reports.today import Today, read_today
from reports.trays import TrayLine, build_trays
from trays.models import Agent, Tray

SOON = timedelta(hours=1)


@dataclass(frozen=True)
class Figures:
    """The board. Counts never go past what is shown of them (999+)."""

    asked: Asked
    trays: list[TrayLine]
    most: int  # in the fullest tray, at least 1: the end of the scale
    waiting: int
    waiting_in: int  # how many trays have somebody waiting
    longest: TrayQueue | None
    held: held.Load
    with_bots: int
    ending: int  # expire within the hour
    ending_asking: int  # and nobody has answered
    today: Today
    team: Team
    destinations: list[TrayQueue]
    lines: list[line_status.LineStatus]  # the worst first, as the bots
    endpoints: list[tuple[endpoint_status.EndpointStatus, Resolved | None]]  # a menu with what it resolved today
    diversions: list[Diversion]  # addresses that were changed of late, the newest first
    watched: int
    in_trouble: int
    to_look_at: int
    system: list[line_status.Note]  # what is wrong with the installation itself


def read_figures(viewer: Agent, asked: Asked) -> Figures:
    now = timezone.now()
    queues = tray_counts.read_queues(
        Tray.objects.in_use().exclude(kind=Tray.Kind.CLOSED).in_order().select_related("owner")
    )
    waiting, standing = [queue for queue in queues if queue.since], sum(queue.number for queue in queues)
    agents, hold = read_agents(), held.read_held(now + SOON)
    today = named_period(TODAY, timezone.localdate(now))
    trays = build_trays(queues, agents, hold, reading.read_rows(today, "bandeja"), viewer)
    personal = {queue.owner_id: queue.number for queue in queues if queue.owner_id}
    ending, ending_asking = held.count_ending([queue.pk for queue in queues], now + SOON)
    of_lines, of_bots = line_status.list_line_statuses(), endpoint_status.list_statuses()
    worst = {level: number for number, level in enumerate((*reversed(line_status.Level),))}
    levels = [*(line.level for line in of_lines), *(bot.level for bot in of_bots)]
    return Figures(
        asked=asked,
        trays=trays,
        most=max([tray.number for tray in trays] or [1]) or 1,
        waiting=standing,
        waiting_in=len(waiting),
        longest=min(waiting, key=lambda queue: cast(datetime, queue.since), default=None),
        held=hold.all,
        with_bots=held.count_with_bots(),
        ending=ending + hold.all.ending,
        ending_asking=ending_asking + hold.all.ending_asking,
        today=read_today(today, timezone.localtime(now).hour, standing),
        team=build_team(agents, hold, personal, asked, viewer),
        destinations=queues,
        lines=sorted(of_lines, key=lambda line: worst[line.level]),
        endpoints=add_resolved(sorted(of_bots, key=lambda bot: worst[bot.level]), today),
        diversions=list_diversions(now),
        watched=len(levels),
        in_trouble=levels.count(line_status.Level.BAD),
        to_look_at=levels.count(line_status.Level.LOOK),
        system=read_signs(SystemStatus()).notes,
    )
