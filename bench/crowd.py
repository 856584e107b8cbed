"""Chats by COPY, with contacts, addresses, history and messages that fit each other (`manage.py check_history` agrees).

Of each hundred chats seventy wait in trays, ten are held by agents, five are with the bot and fifteen are expired.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

FIRST_NAMES = (
    "Marta",
    "Juan",
    "Lucía",
    "Pedro",
    "Sofía",
    "Diego",
    "Elena",
    "Tomás",
    "Nora",
    "Hugo",
    "Inés",
    "Raúl",
    "Olga",
)
LAST_NAMES = ("Gómez", "Pérez", "Silva", "Rossi", "Suárez", "Ferreyra", "Paz", "Lima", "Duarte", "Sosa", "Vega", "Mora")
RARE, RARE_COUNT = "Zubizarreta", 60
COMMON = "Rossi"
SAID = ("Hola, ¿está listo mi pedido?", "Sí, sale hoy por la tarde.", "Muchas gracias, quedo a la espera del aviso.")
NULL = r"\N"


@dataclass(frozen=True)
class Cast:
    """Ids of who and what must be there before: an origin, the trays (General first) and the agents."""

    origin: int
    trays: tuple[int, ...]
    agents: tuple[int, ...]


def format_time(at: datetime) -> str:
    return at.isoformat(sep=" ")


def list_steps(number: int, cast: Cast) -> list[tuple[str, int | None, int | None, str, int | None]]:
    """The way of a chat: (state, tray, agent, cause, from tray) of each step."""
    general, kind = cast.trays[0], number % 100
    tray = cast.trays[number % len(cast.trays)]
    if kind < 70 and tray == general:
        return [("BOT", None, None, "arrived", None), ("BANDEJA", general, None, "handed_over", None)]
    if kind < 70:
        return [("BANDEJA", general, None, "arrived", None), ("BANDEJA", tray, None, "relocated", general)]
    if kind < 80:
        agent = cast.agents[number // 100 % len(cast.agents)]
        return [("BANDEJA", general, None, "arrived", None), ("AGENTE", None, agent, "taken", general)]
    if kind < 85:
        return [("EXPIRADO", None, None, "expired", None), ("BOT", None, None, "arrived", None)]
    return [("BANDEJA", general, None, "arrived", None), ("EXPIRADO", None, None, "expired", general)]


def make_name(number: int, chats: int) -> str:
    # an odd distance, so that the rare ones are spread over all trays
    last = RARE if number % (chats // RARE_COUNT | 1) == 0 else LAST_NAMES[number // 7 % len(LAST_NAMES)]
    return f"{FIRST_NAMES[number % len(FIRST_NAMES)]} {last}"


def fill_database(chats: int, messages: int, cast: Cast, *, ends: Any = None) -> None:
    """Makes so many chats of so many messages each. `ends(number)`: when a chat's session ends, else in a day."""
    from chats.models import Chat, Message
    from contacts.models import Address, Contact, StateChange

    now = datetime.now(UTC)
    with _bulk_cursor() as cursor:
        base = _free_id(cursor)
        indexes = _drop_indexes(cursor)
        rows = list(_make_rows(chats, cast, base, now, ends))
        for model, index in ((Contact, 0), (Address, 1), (StateChange, 2), (Chat, 3)):
            _copy_rows(cursor, model, COLUMNS[model.__name__], (line for row in rows for line in row[index]))
        lines = (line for row in rows for line in _make_messages(row[4], messages, cast, base))
        _copy_rows(cursor, Message, COLUMNS["Message"], lines)
        for model in (Contact, Address, StateChange, Chat, Message):
            table = model._meta.db_table
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
        for index in indexes:
            cursor.execute(index)
    _vacuum_tables()


COLUMNS = {
    "Contact": "id origin_id name current_id previous_id state tray_id agent_id active_at created_at shown_address",
    "Address": "id contact_id origin_id kind value",
    "StateChange": "id contact_id state tray_id agent_id at cause from_tray_id",
    "Chat": "id contact_id origin_id state tray_id agent_id taken_from_id change_id session_expires_at "
            "last_customer_at waiting_since unread asked_at preview preview_kind preview_author "
            "preview_at last_message_at",
    "Message": "id uuid chat_id origin_id direction author kind text change_id external_id status created_at sent_at",
}  # fmt: skip


def _copy_line(*values: Any) -> str:
    return "\t".join([NULL if value is None else str(value) for value in values]) + "\n"


def _make_rows(chats: int, cast: Cast, base: int, now: datetime, ends: Any) -> Iterator[tuple[Any, ...]]:
    spacing = timedelta(hours=20) / chats
    for number in range(chats):
        pk, one, two = base + number, base + 2 * number, base + 2 * number + 1
        # who comes later in time has the higher number, in every tray and state
        said = now - timedelta(hours=21) + number * spacing
        moved, last = format_time(said + timedelta(minutes=1)), format_time(said + timedelta(minutes=2))
        first, (state, tray, agent, cause, source) = list_steps(number, cast)
        expires = format_time(ends(number) if ends else said + timedelta(hours=24))
        general = cast.trays[0] if state == "AGENTE" else None
        address = f"+5989{pk:09d}"
        yield (
            [_copy_line(pk, cast.origin, make_name(number, chats), two, one, state, tray, agent, last,
                        format_time(said), address)],
            [_copy_line(pk, pk, cast.origin, "http", address)],
            [_copy_line(one, pk, first[0], first[1], first[2], format_time(said), first[3], first[4]),
             _copy_line(two, pk, state, tray, agent, moved, cause, source)],
            [_copy_line(pk, pk, cast.origin, state, tray, agent, general, two, expires, last, moved, number % 3,
                   last if number % 3 else None, SAID[2], "text", "customer", last, last)],
            (number, pk, one, two, said),
        )  # fmt: skip


def _make_messages(row: tuple[Any, ...], messages: int, cast: Cast, base: int) -> Iterator[str]:
    number, chat, one, two, said = row
    first = base + number * messages
    at, moved = format_time(said), format_time(said + timedelta(minutes=1))
    for index, (change, when) in enumerate(((one, at), (two, moved))):
        pk = first + index
        yield f"{pk}\t{pk:032x}\t{chat}\t{cast.origin}\tnote\tsystem\tmove\t\t{change}\t\\N\t\t{when}\t\\N\n"
    for index in range(2, messages):
        pk, text = first + index, SAID[index % 3]
        when = moved if index < messages - 1 else format_time(said + timedelta(minutes=2))
        if index % 3 == 1:
            yield f"{pk}\t{pk:032x}\t{chat}\t{cast.origin}\tout\tbot\ttext\t{text}\t\\N\t\\N\tsent\t{when}\t{when}\n"
        else:
            yield f"{pk}\t{pk:032x}\t{chat}\t{cast.origin}\tin\tcustomer\ttext\t{text}\t\\N\tx-{pk}\t\t{when}\t{when}\n"


def _bulk_cursor() -> Any:
    """A cursor without the triggers of foreign keys, which would look at every row."""
    from contextlib import contextmanager

    from django.db import connection, transaction

    @contextmanager
    def opened() -> Iterator[Any]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("SET LOCAL synchronous_commit = off")
            cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
            yield cursor

    return opened()


TABLES = ("contacts_contact", "contacts_address", "contacts_statechange", "chats_chat", "chats_message")


def _free_id(cursor: Any) -> int:
    """An id above all of every table."""
    cursor.execute(f"SELECT greatest({', '.join(f'(SELECT coalesce(max(id), 0) FROM {t})' for t in TABLES)}) + 1")
    return cursor.fetchone()[0]


def _drop_indexes(cursor: Any) -> list[str]:
    """Drops the indexes that only serve to find; returns what makes them again, at once and so much quicker."""
    cursor.execute(
        """SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid) FROM pg_index
           WHERE indrelid = ANY(%s::regclass[]) AND NOT indisunique""",
        [list(TABLES)],
    )
    found = cursor.fetchall()
    for drop, _make in found:
        cursor.execute(drop)
    return [make for _drop, make in found]


def _copy_rows(cursor: Any, model: Any, given: str, lines: Iterable[str]) -> None:
    """COPY of lines; the columns that they do not give have the model's own defaults."""
    named = given.split()
    rest = [one for one in model._meta.concrete_fields if one.column not in named and not one.generated]
    tail = "".join("\t" + _write_default(one) for one in rest)
    columns = ", ".join([*named, *(one.column for one in rest)])
    with cursor.copy(f"COPY {model._meta.db_table} ({columns}) FROM STDIN") as copy:
        batch: list[str] = []
        for line in lines:
            batch.append(line[:-1] + tail + "\n" if tail else line)
            if len(batch) == 5000:
                copy.write("".join(batch))
                batch.clear()
        copy.write("".join(batch))


def _write_default(field: Any) -> str:
    value = None if field.null else field.get_default()
    if isinstance(value, (dict, list)):
        return "{}"  # an empty object as JSON, an empty array to PostgreSQL
    if isinstance(value, datetime):
        return format_time(value)
    return NULL if value is None else str(value)


def _vacuum_tables() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
