"""The trays of the live board: who waits in each, what was taken from it, and who is there for it. Figures only."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from chats.tray_counts import TrayQueue
from contacts.place import Viewer
from reports.durations import exact_duration
from reports.held import Held, Load
from reports.reading import PERSONAL, Figures, Row
from trays.models import Agent, Membership, Presence, Tray

# whose names are said of who is there
MAX_NAMES = 10


@dataclass(frozen=True)
class TrayLine:
    """A tray, or all personal ones as one. `pk`: of one whose chats the reader may see."""

    pk: int | None
    label: str
    icon: str
    number: int
    since: datetime | None
    attended: int
    here: list[str]  # who is available of those with access
    everyone: int
    half: timedelta | None  # until the first answer today, of half of them
    nine: timedelta | None  # and of nine of ten

    @property
    def half_words(self) -> str:
        return exact_duration(self.half)

    @property
    def nine_words(self) -> str:
        return exact_duration(self.nine)

    @property
    def names(self) -> str:
        more = [] if len(self.here) <= MAX_NAMES else ["…"]
        return ", ".join(self.here[:MAX_NAMES] + more)


def build_trays(
    queues: Sequence[TrayQueue], agents: Sequence[Any], held: Held, rows: Iterable[Row], viewer: Agent
) -> list[TrayLine]:
    """The shared ones in their order, then the personal ones."""
    answers = {row.key: row.figures for row in rows}
    given, mine = _read_access(), Viewer.of(viewer).trays
    shared = [queue for queue in queues if queue.kind != Tray.Kind.PERSONAL]
    personal = [queue for queue in queues if queue.kind == Tray.Kind.PERSONAL]
    lines = []
    for queue in shared:
        is_general = queue.kind == Tray.Kind.GENERAL
        team = agents if is_general else [one for one in agents if one.pk in given[queue.pk]]
        pk = queue.pk if is_general or queue.pk in mine else None
        lines.append(_build_line(pk, str(queue), queue.icon, [queue], team, held.by_tray, answers.get(str(queue.pk))))
    owners = [one for one in agents if one.pk in {queue.owner_id for queue in personal}]
    own = _build_line(None, _("Personales"), "user", personal, owners, held.by_tray, answers.get(PERSONAL))
    return [*lines, own]


def _build_line(
    pk: int | None, label: str, icon: str, queues: Sequence[TrayQueue], team: Sequence[Any],
    taken: Mapping[int, Load], figures: Figures | None,
) -> TrayLine:  # fmt: skip
    return TrayLine(
        pk, label, icon,
        number=sum(queue.number for queue in queues),
        since=min((queue.since for queue in queues if queue.since), default=None),
        attended=sum(taken[queue.pk].number for queue in queues if queue.pk in taken),
        here=[str(one) for one in team if one.how == Presence.AVAILABLE],
        everyone=len(team),
        half=figures.half("answered") if figures else None,
        nine=figures.nine_of_ten("answered") if figures else None,
    )  # fmt: skip


def _read_access() -> Mapping[int, Collection[int]]:
    """Who has access to each created tray."""
    given = defaultdict[int, set[int]](set)
    for tray, agent in Membership.objects.filter(tray__archived_at=None).values_list("tray", "agent"):
        given[tray].add(agent)
    return given
