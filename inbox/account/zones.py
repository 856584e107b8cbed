"""Time zones to choose from, by part of the world, each with how far it is from UTC now."""

from collections import defaultdict
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

# what is no place on a map
LEFT_OUT = ("Etc", "SystemV", "US", "posix", "right", "Mexico", "Canada", "Brazil", "Chile")


@cache
def _list_names() -> tuple[str, ...]:
    names = (name for name in available_timezones() if "/" in name)
    return tuple(sorted(name for name in names if name.partition("/")[0] not in LEFT_OUT))


def is_zone(name: str) -> bool:
    return name in _list_names()


def list_zones(now: datetime) -> list[tuple[str, list[tuple[str, str]]]]:
    """(part of the world, [(name, words)])."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name in _list_names():
        found[name.partition("/")[0]].append((name, show_zone(name, now)))
    return list(found.items())


def show_zone(name: str, now: datetime) -> str:
    """Argentina, Buenos Aires, UTC−3."""
    place = name.partition("/")[2].replace("/", ", ").replace("_", " ") or name
    return f"{place}, {_offset(name, now)}"


def _offset(name: str, now: datetime) -> str:
    offset = now.astimezone(ZoneInfo(name)).utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset else 0
    hours, rest = divmod(abs(minutes), 60)
    sign = "−" if minutes < 0 else "+"
    return f"UTC{sign}{hours}{f':{rest:02}' if rest else ''}" if minutes else "UTC"
