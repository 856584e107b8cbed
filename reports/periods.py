"""Periods of reports: days of the installation's time zone, told by the address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _

MAX_DAYS = 731
TODAY, WEEK, MONTH_LONG, MONTH = "hoy", "7", "30", "mes"
NAMES = (TODAY, WEEK, MONTH_LONG, MONTH)


class BadPeriod(ValueError):
    """What is no period, in words."""


@dataclass(frozen=True)
class Period:
    """From the first day to the last, both whole; `name` where it is one of NAMES."""

    first: date
    last: date
    name: str = ""

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def begin(self) -> datetime:
        return _midnight(self.first)

    @property
    def end(self) -> datetime:
        """The moment after it."""
        return _midnight(self.last + timedelta(days=1))

    @property
    def before(self) -> "Period":
        """As many days, right before."""
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    def list_days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range(self.days)]

    @property
    def query(self) -> str:
        """How an address says it."""
        if self.name:
            return urlencode({"periodo": self.name})
        return urlencode({"desde": self.first.isoformat(), "hasta": self.last.isoformat()})

    def __str__(self) -> str:
        if self.first == self.last:
            return date_format(self.first, "j \\d\\e F")
        is_one_month = (self.first.year, self.first.month) == (self.last.year, self.last.month)
        first = date_format(self.first, "j" if is_one_month else "j \\d\\e F")
        if self.first.year != self.last.year:
            first = date_format(self.first, "j \\d\\e F \\d\\e Y")
        last = date_format(
            self.last, "j \\d\\e F" if self.last.year == timezone.localdate().year else "j \\d\\e F \\d\\e Y"
        )
        return _("%(first)s al %(last)s") % {"first": first, "last": last}


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def named_period(name: str, today: date) -> Period:
    """Until today, which is not over."""
    first = {
        TODAY: today,
        WEEK: today - timedelta(days=6),
        MONTH_LONG: today - timedelta(days=29),
        MONTH: today.replace(day=1),
    }[name]
    return Period(first, today, name)


def read_period(given: Mapping[str, str], today: date) -> Period:
    """By name, or by its first and last day; the last seven days where nothing is said. Raises BadPeriod."""
    first, last = given.get("desde", ""), given.get("hasta", "")
    if not (first or last):
        name = given.get("periodo", WEEK)
        if name not in NAMES:
            raise BadPeriod(_("No hay un período que se llame así"))
        return named_period(name, today)
    period = Period(_read_day(first), _read_day(last))
    if period.last < period.first:
        raise BadPeriod(_("El período termina antes de empezar"))
    if period.days > MAX_DAYS:
        raise BadPeriod(_("El período es de más de dos años: elegí uno más corto"))
    return period


def _read_day(text: str) -> date:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year <= 9000:
        raise BadPeriod(_("Elegí el primer día y el último"))
    return day
