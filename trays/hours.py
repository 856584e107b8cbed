"""Office hours: when a tray is attended, by its weekly openings and the holidays, in the installation's time zone.

A tray without openings is open always, but for holidays.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from trays.models import Holiday, Opening, Tray

LOOK_AHEAD, LOOK_BACK = 60, 2  # days
_DAY = timedelta(days=1)
_ALWAYS = ((time(0), time(0)),)


@dataclass(frozen=True)
class Hours:
    """Openings by tray and weekday, holidays by tray (None: of all)."""

    openings: Mapping[int, Mapping[int, tuple[tuple[time, time], ...]]]
    holidays: Mapping[int | None, frozenset[date]]
    zone: tzinfo

    def is_open(self, tray: Tray | int, at: datetime) -> bool:
        today = at.astimezone(self.zone).date()
        return any(
            opens <= at < closes for day in (today - _DAY, today) for opens, closes in self._stretches(_pk(tray), day)
        )

    def open_since(self, tray: Tray | int, at: datetime) -> datetime | None:
        """Since when it has been open, in UTC, looked back for two days; None while it is closed."""
        at, last = at.astimezone(UTC), at.astimezone(self.zone).date()
        if not self.is_open(tray, at):
            return None
        since = at
        for back in range(LOOK_BACK + 1):
            for opens, closes in sorted(self._stretches(_pk(tray), last - back * _DAY), reverse=True):
                if opens < since <= closes:
                    since = opens
        return since

    def opens_at(self, tray: Tray | int, at: datetime) -> datetime | None:
        """From when on it is open, in UTC: `at` itself if it is now, None if it is not within 60 days."""
        at, first = at.astimezone(UTC), at.astimezone(self.zone).date() - _DAY
        for ahead in range(LOOK_AHEAD + 2):
            for opens, closes in sorted(self._stretches(_pk(tray), first + ahead * _DAY)):
                if at < closes and opens < closes:
                    return max(opens, at)
        return None

    def _stretches(self, tray_id: int, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The day's stretches in UTC: two times of one zone are compared by what clocks show, not by when it is."""
        if day in self.holidays.get(None, ()) or day in self.holidays.get(tray_id, ()):
            return
        week = self.openings.get(tray_id)
        for opens, closes in week.get(day.weekday(), ()) if week else _ALWAYS:
            until = datetime.combine(day, closes) if closes != time(0) else datetime.combine(day + _DAY, closes)
            yield _moment(datetime.combine(day, opens), self.zone, 0), _moment(until, self.zone, 1)


def of(trays: Iterable[Tray | int]) -> Hours:
    """The hours of several trays, in two queries."""
    pks = [_pk(tray) for tray in trays]
    openings: dict[int, dict[int, tuple[tuple[time, time], ...]]] = defaultdict(dict)
    rows = Opening.objects.filter(tray__in=pks).order_by("weekday", "opens")
    for pk, weekday, opens, closes in rows.values_list("tray", "weekday", "opens", "closes"):
        openings[pk][weekday] = (*openings[pk].get(weekday, ()), (opens, closes))
    holidays: dict[int | None, set[date]] = defaultdict(set)
    for holiday_of, day in Holiday.objects.filter(Q(tray=None) | Q(tray__in=pks)).values_list("tray", "day"):
        holidays[holiday_of].add(day)
    return Hours(
        dict(openings), {pk: frozenset(days) for pk, days in holidays.items()}, timezone.get_default_timezone()
    )


def is_open(tray: Tray | int, at: datetime) -> bool:
    return of([tray]).is_open(tray, at)


def opens_at(tray: Tray | int, at: datetime) -> datetime | None:
    """From when on it is open, in UTC: `at` itself if it is now, None if it is not within 60 days."""
    return of([tray]).opens_at(tray, at)


def words(tray: Tray | int, now: datetime) -> str:
    """'' while it is open, else when it opens, as `when_words` says it."""
    own = of([tray])
    opens = own.opens_at(tray, now)
    if opens is None:
        return _("más adelante")
    return "" if opens <= now else when_words(opens, now)


def when_words(at: datetime, now: datetime) -> str:
    """When something is, as one says it: "hoy a las 9:00", "el lunes a las 9:00", "el 3 de marzo a las 9:00"."""
    zone = timezone.get_default_timezone()
    at, today = at.astimezone(zone), now.astimezone(zone).date()
    clock = f"{at.hour}:{at:%M}"
    when = {"day": _day_words(at, today), "clock": clock}
    return (_("%(day)s a la %(clock)s") if at.hour == 1 else _("%(day)s a las %(clock)s")) % when


def _day_words(at: datetime, today: date) -> str:
    ahead = (at.date() - today).days
    if ahead in (0, 1):
        return _("mañana") if ahead else _("hoy")
    if 1 < ahead < 7:
        return _("el %(weekday)s") % {"weekday": date_format(at, "l")}
    if at.year == today.year:
        return _("el %(date)s") % {"date": date_format(at, _(r"j \d\e F"))}
    return _("el %(date)s") % {"date": date_format(at, _(r"j \d\e F \d\e Y"))}


def _pk(tray: Tray | int) -> int:
    return tray if isinstance(tray, int) else tray.pk


def _moment(clock: datetime, zone: tzinfo, fold: int) -> datetime:
    """When clocks show this, in UTC: the first or (fold 1) the last time. What they skip is when they jump."""
    for _minute in range(2 * 24 * 60):
        moment = clock.replace(tzinfo=zone, fold=fold).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == clock:
            return moment
        clock = clock.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return moment
