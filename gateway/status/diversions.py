"""Changed addresses: to which server a line's answers or a bot's questions go now, by the history of the admin.

Whoever may set a line up may lead what is written to a server of their own. It asks for the secret, it is kept from
which host to which, and administrators are told: at once where they are, and for a week in the admin and in
Supervisión.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.admin.models import CHANGE, LogEntry

# of what was changed in an entry of the history: {"old": host, "new": host}
KEY = "address"
TOLD_FOR = timedelta(days=7)
MAX_TOLD = 20


@dataclass(frozen=True)
class Diversion:
    who: str
    what: str
    old: str
    new: str
    at: datetime
    url: str | None


def list_diversions(now: datetime) -> list[Diversion]:
    """Of the last week, the newest first."""
    entries = LogEntry.objects.filter(
        action_flag=CHANGE, action_time__gte=now - TOLD_FOR, change_message__contains=f'"{KEY}": {{"old"'
    )
    found = entries.select_related("user", "content_type").order_by("-action_time")[:MAX_TOLD]
    return [_read_entry(entry) for entry in found]


def _read_entry(entry: LogEntry) -> Diversion:
    said = next(part["changed"][KEY] for part in json.loads(entry.change_message) if KEY in part.get("changed", {}))
    return Diversion(
        str(entry.user), entry.object_repr, said["old"], said["new"], entry.action_time, entry.get_admin_url()
    )
