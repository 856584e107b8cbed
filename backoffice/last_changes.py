"""The last changes in the admin, each from what to what: of everything on its first page, of one thing on its own."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet

from trays.models import Agent

MAX_CHANGES = 6
# what backoffice/history.py writes of a field
CHANGED = re.compile(r"(?P<field>.*?): “(?P<old>.*)” → “(?P<new>.*)”", re.DOTALL)


@dataclass(frozen=True)
class Change:
    at: datetime
    who: Agent
    what: str
    url: str | None
    words: str
    old: str = ""
    new: str = ""


def list_last_changes() -> list[Change]:
    """One of each entry, the newest first."""
    return [next(_read_changes(entry)) for entry in _newest(LogEntry.objects.all())]


def list_changes_of(thing: Model) -> list[Change]:
    """Every field of the newest entries of this thing."""
    kind = ContentType.objects.get_for_model(thing)
    entries = _newest(LogEntry.objects.filter(content_type=kind, object_id=str(thing.pk)))
    return [change for entry in entries for change in _read_changes(entry)][:MAX_CHANGES]


def _newest(entries: QuerySet[LogEntry]) -> list[LogEntry]:
    return list(entries.select_related("user", "content_type").order_by("-action_time")[:MAX_CHANGES])


def _read_changes(entry: LogEntry) -> Iterator[Change]:
    """Each field that changed from old to new, where the history says so; else its words."""
    url = None if entry.is_deletion() or entry.content_type is None else entry.get_admin_url()
    about = (entry.action_time, entry.user, entry.object_repr, url)
    found = [match for field in _list_fields(entry.change_message) if (match := CHANGED.fullmatch(field))]
    if not found:
        yield Change(*about, entry.get_change_message())
    for one in found:
        yield Change(*about, one["field"], one["old"], one["new"])


def _list_fields(message: str) -> list[str]:
    try:
        parts = json.loads(message)
    except ValueError:
        return []
    kept = parts if isinstance(parts, list) else []
    return [field for part in kept for field in part.get("changed", {}).get("fields", ())]
