"""The filters of a search, read from its address; what is none is ignored."""

from datetime import date, datetime, time, timedelta

from django.http import QueryDict
from django.utils import timezone

from common.parsing import parse_id
from inbox.search.messages import AUTHORS, Filters

# `fecha` → days back
DAYS = {"hoy": 0, "7": 7, "30": 30, "90": 90}
RANGE = "rango"
NAMES = ("origen", "bandeja", "agente", "de", "fecha", "desde", "hasta", "archivo", "etiqueta")


def read_filters(given: QueryDict) -> Filters:
    since, until = _read_dates(given)
    said_by = given.get("de", "")
    return Filters(
        origin=parse_id(given.get("origen", "")),
        tray=parse_id(given.get("bandeja", "")),
        holder=parse_id(given.get("agente", "")),
        author=said_by if said_by in AUTHORS else "",
        writer=parse_id(said_by),
        since=since,
        until=until,
        with_file=given.get("archivo") == "1",
        tag=parse_id(given.get("etiqueta", "")),
    )


def _read_dates(given: QueryDict) -> tuple[datetime | None, datetime | None]:
    chosen = given.get("fecha", "")
    if chosen in DAYS:
        return midnight(timezone.localdate() - timedelta(days=DAYS[chosen])), None
    if chosen != RANGE:
        return None, None
    first, last = read_day(given.get("desde", "")), read_day(given.get("hasta", ""))
    return midnight(first) if first else None, midnight(last + timedelta(days=1)) if last else None


def read_day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    # a day and a zone beyond these are no time any more
    return found if 1970 <= found.year < 2200 else None


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
