"""The list of a broadcast: contacts with its tags, or the numbers of its file, each with why it is left out if it is.

In batches, each one transaction that holds the broadcast: any number of workers at once, cut off anywhere, make the
same list.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from itertools import islice
from typing import IO

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chats.errors import Rejected
from chats.messages.adding import read_phone
from chats.messages.broadcasts.wording import say
from chats.models import Broadcast, Chat, Recipient, Template
from common.csv_rules import Unreadable, read_rows
from common.phones import canonical_form, phone_forms
from contacts.models import Address, Contact, ContactTag, State
from trays.models import Tray

BATCH = 500
MAX_ROWS = 50_000
NUMBER = "numero"
# why somebody is left out
OPTED_OUT, BLOCKED, TALKING, NO_ADDRESS, MISSING = "opted_out", "blocked", "talking", "no_address", "missing"
DUPLICATE, BAD_NUMBER, UNKNOWN, STOPPED = "duplicate", "bad_number", "unknown", "stopped"
LEFT_OUT_WORDS = {
    OPTED_OUT: gettext_lazy("no quiere difusiones"),
    BLOCKED: gettext_lazy("bloqueado"),
    TALKING: gettext_lazy("en una conversación"),
    NO_ADDRESS: gettext_lazy("sin dirección en esta línea"),
    MISSING: gettext_lazy("falta un dato del mensaje"),
    DUPLICATE: gettext_lazy("repetido en el archivo"),
    BAD_NUMBER: gettext_lazy("no es un teléfono"),
    UNKNOWN: gettext_lazy("no es contacto de esta línea"),
    STOPPED: gettext_lazy("se detuvo antes"),
}


def reasons_against(chats: Sequence[Chat]) -> dict[int, str]:
    """By contact, why it gets none now; '' where it does. Contacts are read with their chats.

    Who talks with the bot or with people, or waits for them, would be talked over.
    """
    contacts = [chat.contact_id for chat in chats]
    reached = set(Address.objects.filter(contact__in=contacts, revoked_at=None).values_list("contact", flat=True))
    closed = Tray.objects.closed().pk
    why = {}
    for chat in chats:
        if chat.contact.opted_out_at is not None:
            why[chat.contact_id] = OPTED_OUT
        elif chat.is_blocked or chat.erased_at is not None:
            why[chat.contact_id] = BLOCKED
        elif chat.state != State.EXPIRADO and chat.tray_id != closed:
            why[chat.contact_id] = TALKING
        else:
            why[chat.contact_id] = "" if chat.contact_id in reached else NO_ADDRESS
    return why


def fill(broadcast_pk: int, now: datetime) -> None:
    """All that is left of the list."""
    with closing(_FileRows()) as rows:
        while _fill_batch(broadcast_pk, now, rows):
            pass


class _FileRows:
    """The rows of a broadcast's file as one worker goes through them: it is read once, and a row at a time."""

    def __init__(self) -> None:
        self.at = 0
        self.file: IO[bytes] | None = None
        self.rows: Iterator[tuple[int, dict[str, str]]] | None = None

    def take(self, broadcast: Broadcast) -> list[dict[str, str]]:
        """The next ones, from where the list has got to: another worker may have been at it meanwhile."""
        if self.rows is None:
            self.file = broadcast.file.storage.open(str(broadcast.file.name), "rb")
            self.rows = read_rows(self.file, (NUMBER,))
        skipped = broadcast.filled_to - self.at
        found = [row for _line, row in islice(self.rows, skipped, skipped + BATCH)]
        self.at = broadcast.filled_to + len(found)
        return found

    def close(self) -> None:
        # who reads lets go of the file before it is closed
        self.rows = None
        if self.file is not None:
            self.file.close()


@transaction.atomic
def _fill_batch(broadcast_pk: int, now: datetime, rows: _FileRows) -> bool:
    """False: nothing is left, or another worker is at it."""
    filling = Broadcast.objects.filter(pk=broadcast_pk, state=Broadcast.State.FILLING)
    broadcast = filling.select_for_update(of=("self",), skip_locked=True).select_related("template").first()
    if broadcast is None:
        return False
    if broadcast.template is None:
        return _give_up(broadcast, _("La plantilla ya no está"))
    counts = Counter(broadcast.left_out)
    try:
        found = _next_of_file(broadcast, rows, counts) if broadcast.file else _next_with_tags(broadcast, now)
    except (Unreadable, FileNotFoundError, csv.Error):
        return _give_up(broadcast, _("El archivo ya no se puede leer"))
    made = _make_recipients(broadcast, broadcast.template, found or [], counts)
    broadcast.pending += made
    broadcast.left_out = dict(counts)
    if found is None:
        broadcast.state = Broadcast.State.DRAFT
        _drop_file(broadcast)
    broadcast.save(update_fields=("filled_to", "pending", "left_out", "state", "file"))
    return found is not None


def _give_up(broadcast: Broadcast, words: str) -> bool:
    broadcast.state, broadcast.reason = Broadcast.State.FAILED, words
    _drop_file(broadcast)
    broadcast.save(update_fields=("state", "reason", "file"))
    return False


def _drop_file(broadcast: Broadcast) -> None:
    """Its numbers stand in the list by now, and are kept nowhere else."""
    if broadcast.file:
        storage, name = broadcast.file.storage, str(broadcast.file.name)
        broadcast.file = ""
        transaction.on_commit(lambda: storage.delete(name))


def _next_with_tags(broadcast: Broadcast, now: datetime) -> list[tuple[Chat, dict[str, str]]] | None:
    """The next chats of the audience; None: none is left."""
    chats = Chat.objects.filter(origin=broadcast.origin_id, erased_at=None, pk__gt=broadcast.filled_to).exclude(
        state=""
    )
    if tags := broadcast.audience.get("tags"):
        given = ContactTag.objects.filter(contact=OuterRef("contact"), tag__in=tags)
        chats = chats.filter(Exists(given))
    if days := int(broadcast.audience.get("seen") or 0):
        since = now - timedelta(days=abs(days))
        chats = chats.filter(last_customer_at__gte=since) if days > 0 else chats.exclude(last_customer_at__gte=since)
    some = list(chats.select_related("contact", "tray").order_by("pk")[:BATCH])
    if not some:
        return None
    broadcast.filled_to = some[-1].pk
    return [(chat, {}) for chat in some]


def _next_of_file(
    broadcast: Broadcast, rows: _FileRows, counts: Counter[str]
) -> list[tuple[Chat, dict[str, str]]] | None:
    """The chats of the file's next lines; counts those that are nobody's. None: none is left."""
    batch = rows.take(broadcast)
    if not batch:
        return None
    broadcast.filled_to += len(batch)
    numbers: dict[str, dict[str, str]] = {}
    for row in batch:
        if not (digits := _read_number(row.get(NUMBER, ""))):
            counts[BAD_NUMBER] += 1
        elif digits in numbers:
            counts[DUPLICATE] += 1
        else:
            numbers[digits] = {name: cell.strip()[:500] for name, cell in row.items() if name and name != NUMBER}
    return _find_chats(broadcast, numbers, counts)


def _read_number(cell: str) -> str:
    """Its digits; '' where it is no phone. A spreadsheet takes the + away."""
    typed = cell.strip()
    try:
        return canonical_form(read_phone(typed if typed.startswith("+") else f"+{typed}"))
    except Rejected:
        return ""


def _find_chats(
    broadcast: Broadcast, numbers: Mapping[str, dict[str, str]], counts: Counter[str]
) -> list[tuple[Chat, dict[str, str]]]:
    wanted = [mark + form for digits in numbers for form in phone_forms(digits) for mark in ("", "+")]
    of_line = Address.objects.filter(origin=broadcast.origin_id, value__in=wanted, revoked_at=None)
    contacts = {canonical_form(value.lstrip("+")): pk for value, pk in of_line.values_list("value", "contact")}
    chats = Chat.objects.select_related("contact", "tray").filter(erased_at=None).exclude(state="")
    by_contact = {chat.contact_id: chat for chat in chats.filter(contact__in=contacts.values())}
    # one person with two numbers, or a line of an earlier batch again
    taken = set(Recipient.objects.filter(broadcast=broadcast, contact__in=by_contact).values_list("contact", flat=True))
    found = []
    for digits, columns in numbers.items():
        chat = by_contact.get(contacts.get(digits, 0))
        if chat is None:
            counts[UNKNOWN] += 1
        elif chat.contact_id in taken:
            counts[DUPLICATE] += 1
        else:
            taken.add(chat.contact_id)
            found.append((chat, columns))
    return found


def _make_recipients(
    broadcast: Broadcast, template: Template, found: Sequence[tuple[Chat, dict[str, str]]], counts: Counter[str]
) -> int:
    """Returns how many of them get it; counts the others."""
    rows = []
    against = reasons_against([chat for chat, _columns in found])
    for chat, columns in found:
        why = against[chat.contact_id] or _missing(broadcast, template, chat.contact, columns)
        status = Recipient.Status.LEFT_OUT if why else Recipient.Status.PENDING
        rows.append(
            Recipient(
                broadcast=broadcast, contact_id=chat.contact_id, status=status, reason=why,
                columns={} if why else columns,
            )
        )  # fmt: skip
        if why:
            counts[why] += 1
    Recipient.objects.bulk_create(rows)
    return sum(one.status == Recipient.Status.PENDING for one in rows)


def _missing(broadcast: Broadcast, template: Template, contact: Contact, columns: Mapping[str, str]) -> str:
    try:
        say(broadcast, template, contact, columns)
    except Rejected:
        return MISSING
    return ""
