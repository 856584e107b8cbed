"""The list of trays: who sees each, by their faces, how many wait there and since when, and when it is open. Figures
only, in as many queries for one tray as for a page of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import Prefetch, prefetch_related_objects
from django.db.models.expressions import Combinable
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.choosers import say_people
from chats import tray_counts
from trays import hours
from trays.models import Agent, Tray

# the rest is a number
MAX_FACES = 4


@dataclass(frozen=True)
class Row:
    """What the list says of a tray. `more`: how many faces beside those that are shown."""

    faces: Sequence[Agent]
    more: int
    people: str
    number: int
    since: datetime | None
    hours: str
    # in Conversaciones Cerradas nobody waits
    is_closed: bool


class TrayList(ChangeList):
    """In the order that all screens have, which is the queryset's own."""

    def get_ordering(self, request: HttpRequest, queryset: Any) -> list[str | Combinable]:
        return list(queryset.query.order_by)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: Any = list(self.result_list)
        _read_rows(self.result_list)


def _read_rows(trays: Sequence[Any]) -> None:
    """Gives each its `row`."""
    team = Agent.objects.filter(is_active=True).order_by("first_name", "username")
    prefetch_related_objects(trays, Prefetch("members", team[:MAX_FACES], to_attr="faces"))
    everyone, number = list(team[:MAX_FACES]), team.count()
    waiting, now = tray_counts.count_waiting([tray.pk for tray in trays]), timezone.now()
    opening = hours.of(trays)
    for tray in trays:
        is_shared = tray.kind != Tray.Kind.CUSTOM
        faces, people = (everyone, number) if is_shared else (tray.faces, tray.people)
        tray.row = Row(
            faces,
            people - len(faces),
            _("todo el equipo") if is_shared else say_people(people),
            *waiting[tray.pk],
            _say_hours(opening, tray, now),
            tray.kind == Tray.Kind.CLOSED,
        )


def _say_hours(opening: hours.Hours, tray: Tray, now: datetime) -> str:
    if opening.is_open(tray, now):
        return _("abierta ahora") if tray.pk in opening.openings else _("siempre abierta")
    opens = opening.opens_at(tray, now)
    when = hours.when_words(opens, now) if opens else _("más adelante")
    return _("cerrada, abre %(when)s") % {"when": when}
