"""The demo's audit log: a team that comes in, looks and changes things; and the history that the admin has of the
same changes."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils import timezone

from backoffice.base import in_words
from backoffice.history import Change, say_change
from chats.models import Chat
from demo.steps import Stage
from reports.periods import MONTH_LONG, named_period
from trays import audit
from trays.audit import What
from trays.models import Agent
from wittybots.models import Bot, MenuVersion

# of ranges that are nobody's
OFFICE, HOME, STRANGER = "192.0.2.14", "198.51.100.22", "203.0.113.9"
CHROME, IPHONE = "Chrome, Windows", "Safari, iPhone"
# chats of others that the supervisor has looked at
LOOKS = 5
# before the month that reports tell of
PUBLISHED = 35 * 24


@dataclass(frozen=True)
class Row:
    """`said`: of it in the audit log; `of`: what was changed; `words`: what the admin's history says, where it is not
    the change itself."""

    hours_ago: float
    what: str
    who: str
    address: str
    said: dict[str, Any] = field(default_factory=dict)
    of: Model | None = None
    words: str = ""


def write_rows(stage: Stage, looked_at: Sequence[Chat], now: datetime) -> None:
    rows = sorted([*_rows(stage, now), *_looks(looked_at, now)], key=lambda row: -row.hours_ago)
    entries, history = [], []
    for row in rows:
        at, by = now - timedelta(hours=row.hours_ago), stage.agents.get(row.who)
        thing = {} if row.of is None else {"thing": str(row.of)}
        entry = audit.build_entry(row.what, by, at=at, **(thing | row.said))
        entry.address = row.address
        entries.append(entry)
        if row.of is not None and by is not None:
            history.append(_tell_admin(row, row.of, by, at))
    audit.note_many(entries)
    LogEntry.objects.bulk_create(history)
    published = now - timedelta(hours=PUBLISHED)
    MenuVersion.objects.filter(bot=_bot(stage)).update(saved_at=published, published_at=published)


def _tell_admin(row: Row, thing: Model, by: Agent, at: datetime) -> LogEntry:
    words = row.words
    if not words and row.what == What.ADDED:
        words = json.dumps([{"added": {}}])
    elif not words:
        change = Change(row.said["field"], row.said["old"], row.said["new"])
        words = json.dumps([{"changed": {"fields": [say_change(change)]}}])
    return LogEntry(
        user=by, action_time=at, content_type=ContentType.objects.get_for_model(thing), object_id=str(thing.pk),
        object_repr=str(thing)[:200], action_flag=ADDITION if row.what == What.ADDED else CHANGE, change_message=words,
    )  # fmt: skip


def _bot(stage: Stage) -> Bot:
    return Bot.objects.get(reception__origin=stage.origins["demo-whatsapp"])


def _rows(stage: Stage, now: datetime) -> list[Row]:
    ana, bruno, caio, dora = (stage.agents[name] for name in ("ana", "bruno", "caio", "dora"))
    line, sales, support = stage.origins["demo-whatsapp"], stage.tray("Ventas"), stage.tray("Soporte")
    token = {"field": "Token de acceso", "old": "termina en 81cc", "new": audit.secret_end(line.access_token)}
    published, closed = "Menú: versión 1 publicada", "se cerraron todas sus sesiones"
    month = str(named_period(MONTH_LONG, timezone.localdate(now - timedelta(hours=27))))
    return [
        Row(PUBLISHED + 1, What.SIGNED_IN, "sofia", OFFICE, {"detail": CHROME}),
        Row(PUBLISHED, What.DONE, "sofia", OFFICE, {"detail": published}, _bot(stage), published),
        Row(72, What.SIGNED_IN, "admin", HOME, {"detail": CHROME}),
        # of a secret the history says no more than its name
        Row(71.8, What.CHANGED, "admin", HOME, token, line, json.dumps([{"changed": {"fields": [token["field"]]}}])),
        Row(70, What.ADDED, "admin", HOME, {"field": "agente", "about": dora}, dora),
        Row(69, What.SIGNED_IN, "dora", HOME, {"detail": CHROME}),
        Row(28, What.SIGNED_IN, "sofia", OFFICE, {"detail": CHROME}),
        Row(27, What.EXPORTED, "sofia", OFFICE, {"thing": "Informes", "detail": month}),
        Row(26.5, What.SIGNED_IN, "caio", HOME, {"detail": IPHONE}),
        Row(26.4, What.STEPS_ON, "caio", HOME),
        Row(26, What.STEPS_OFF, "caio", HOME),
        Row(25, What.DONE, "sofia", OFFICE, {"field": "Cerrar sus sesiones", "about": ana, "detail": closed},
            ana, closed),
        Row(24.9, What.SIGNED_IN, "ana", HOME, {"detail": IPHONE}),
        Row(24.8, What.PASSWORD, "ana", HOME),
        Row(22, What.ACCESS_GIVEN, "sofia", OFFICE, {"about": bruno}, support, in_words("Acceso dado a", [bruno])),
        Row(21.5, What.ACCESS_TAKEN, "sofia", OFFICE, {"about": bruno}, support, in_words("Acceso quitado a", [bruno])),
        Row(8, What.FAILED, "", STRANGER, {"about": bruno, "detail": "usuario bruno"}),
        Row(7.9, What.HELD, "", STRANGER, {"about": bruno, "detail": "usuario bruno"}),
        Row(7, What.SIGNED_IN, "bruno", HOME, {"detail": IPHONE}),
        Row(6, What.CHANGED, "sofia", OFFICE, {"field": "Orden", "old": "3", "new": str(sales.position)}, sales),
        Row(5, What.CHANGED, "sofia", OFFICE,
            {"field": "Chats a la vez", "old": "nada", "new": str(caio.capacity), "about": caio}, caio),
        Row(2, What.SIGNED_IN, "ana", OFFICE, {"detail": CHROME}),
    ]  # fmt: skip


def _looks(chats: Sequence[Chat], now: datetime) -> Iterator[Row]:
    """Each a little after its agent got it."""
    for number, chat in enumerate(chats):
        if chat.change is not None:
            hours = max(0.0, (now - chat.change.at).total_seconds() / 3600 - 0.05)
            what = What.CHAT if number % 3 else What.CARD
            yield Row(hours, what, "sofia", OFFICE, {"about": chat.agent, "contact": chat.contact_id})
