"""Times that an agent chooses: those that are offered, and what a form says, by the installation's clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime, parse_time
from django.utils.translation import gettext as _

from chats.errors import Rejected, Rejection
from chats.models.chat import UNTIL_ANSWER

DAY_BEGINS = time(9)
# in the place of a time, where that is offered
ANSWER = "respuesta"
MONDAY = 0


@dataclass(frozen=True)
class OfferedTime:
    at: datetime
    label: str

    @property
    def value(self) -> str:
        return self.at.isoformat(timespec="minutes")


def offer_times(now: datetime) -> list[OfferedTime]:
    """In an hour, in three, tomorrow at nine, on Monday at nine."""
    local = timezone.localtime(now).replace(second=0, microsecond=0)
    tomorrow = _at_nine(local, 1)
    monday = _at_nine(local, (MONDAY - local.weekday() - 1) % 7 + 1)
    offered = [
        OfferedTime(local + timedelta(hours=1), _("en 1 hora")),
        OfferedTime(local + timedelta(hours=3), _("en 3 horas")),
        OfferedTime(tomorrow, _("mañana 9:00")),
    ]
    return offered if monday == tomorrow else [*offered, OfferedTime(monday, _("lunes 9:00"))]


def _at_nine(local: datetime, days: int) -> datetime:
    return timezone.make_aware(datetime.combine(local.date() + timedelta(days=days), DAY_BEGINS))


def read_snooze(given: Mapping[str, str]) -> datetime:
    """The same, or UNTIL_ANSWER. Raises Rejected (INVALID)."""
    return UNTIL_ANSWER if given.get("until") == ANSWER else read_time(given)


def read_time(given: Mapping[str, str]) -> datetime:
    """`until`, in ISO; or `day` and `hour`, of one's own. Without an offset it is the installation's time.
    Raises Rejected (INVALID)."""
    try:
        at = _parse(given)
        # of the year 1 or 9999 there is none in another zone
        at = timezone.make_aware(at) if at is not None and timezone.is_naive(at) else at
        at = at.astimezone(timezone.get_default_timezone()) if at is not None else None
    except (ValueError, OverflowError):
        at = None
    if at is None:
        raise Rejected(Rejection.INVALID, _("Elegí un día y una hora que existan"))
    return at


def _parse(given: Mapping[str, str]) -> datetime | None:
    # as it comes in an address, where a "+" is a blank
    if until := given.get("until", "").strip().replace(" ", "+"):
        return parse_datetime(until)
    day, hour = parse_date(given.get("day", "").strip()), parse_time(given.get("hour", "").strip())
    return datetime.combine(day, hour.replace(tzinfo=None)) if day and hour else None
