"""Contacts in from CSV: each line is written whole or refused with its reason. Whom we know is changed; who is not
known yet is added where the line can write first (chats/messages/adding.py).

In batches, each one transaction that locks the job, so that a line is done once however often a worker is cut off.
"""

import csv
from collections.abc import Mapping, Sequence
from itertools import islice

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import publish
from chats.errors import Rejected
from chats.messages import opting_out
from chats.messages.adding import add_contact
from common.csv_rules import Unreadable, read_rows
from common.parsing import parse_id
from contacts import card
from contacts.errors import CardRefused
from contacts.models import AttributeDefinition, Contact, Tag
from inbox.contact_csv.columns import (
    BROADCASTS,
    FIXED,
    KEYS,
    MAX_ROWS,
    NAME,
    NOTE,
    NOTHING,
    TAGS,
    WANTS,
    WANTS_NONE,
    definitions_by_column,
)
from inbox.models import ContactCsv, ContactCsvError
from origins.models import Origin
from trays import audit
from trays.audit import What
from trays.models import Agent
from wittybots.menu.intents import fold_words

BATCH_ROWS = 50
Row = tuple[int, dict[str, str]]


class LineRefused(Exception):
    """Why nothing of a line is written, in words."""


def count_rows(data: bytes) -> int:
    """Raises Unreadable, in words: what is no file of contacts, has columns that nobody knows, or too many rows."""
    try:
        rows = read_rows(data, ())
        first = next(rows, None)
        if first is None:
            raise Unreadable(_("El archivo no tiene filas"))
        names = set(first[1])
        if not (KEYS[0] in names or {*KEYS[1:]} <= names):
            raise Unreadable(_("A la primera línea le falta: contacto, o linea y direccion"))
        known = {*FIXED, NOTE, *definitions_by_column(AttributeDefinition.objects.in_use())}
        if unknown := sorted(name for name in names - known if name):
            raise Unreadable(_("Nadie conoce estas columnas: %(names)s") % {"names": ", ".join(unknown)[:200]})
        number = 1 + sum(1 for _row in islice(rows, MAX_ROWS))
    except csv.Error as error:
        raise Unreadable(_("No es un archivo CSV")) from error
    if number > MAX_ROWS:
        raise Unreadable(_("Tiene más de %(most)s filas; partilo en varios") % {"most": MAX_ROWS})
    return number


def read_import(job: ContactCsv) -> None:
    """All that is left of it."""
    with job.file.open("rb") as file:
        rows = list(read_rows(file.read(), ()))
    changed: list[int] = []
    while (batch := _take_batch(job.pk, rows)) is not None:
        changed += batch
    if changed:
        publish.card_changed(changed)


@transaction.atomic
def _take_batch(job_pk: int, rows: Sequence[Row]) -> list[int] | None:
    """The contacts that it changed; None: nothing is left, or another worker is at it."""
    running = ContactCsv.objects.filter(pk=job_pk, state=ContactCsv.State.RUNNING)
    job = running.select_for_update(skip_locked=True, of=("self",)).select_related("agent").first()
    if job is None:
        return None
    if not (job.agent.is_active and job.agent.is_supervisor):
        job.state, job.reason = ContactCsv.State.FAILED, _("Quien la pidió ya no es supervisor")
        job.save(update_fields=("state", "reason"))
        note_end(job)
        return None
    batch = rows[job.done : job.done + BATCH_ROWS]
    changed, added, errors = _write_rows(job.agent, batch)
    ContactCsvError.objects.bulk_create([ContactCsvError(job=job, line=line, words=words) for line, words in errors])
    job.done += len(batch)
    job.changed, job.added = job.changed + len(changed), job.added + added
    job.refused += len(errors)
    job.touched_at = timezone.now()
    if job.done >= job.total or not batch:
        job.state = ContactCsv.State.DONE
        note_end(job)
    job.save(update_fields=("done", "changed", "added", "refused", "touched_at", "state"))
    return changed


def note_end(job: ContactCsv) -> None:
    """In the audit log, once, in the transaction in which the file is done or is given up; also of what came of one
    that was."""
    said = _("agregados: %(added)s, cambiados: %(changed)s, rechazados: %(refused)s") % {
        "added": job.added, "changed": job.changed - job.added, "refused": job.refused,
    }  # fmt: skip
    if job.state == ContactCsv.State.FAILED:
        said = _("%(said)s; quedó en la fila %(done)s de %(total)s") % {
            "said": said, "done": job.done, "total": job.total,
        }  # fmt: skip
    audit.note(What.IMPORTED, job.agent, thing=_("Contactos"), detail=said)


def _write_rows(agent: Agent, batch: Sequence[Row]) -> tuple[list[int], int, list[tuple[int, str]]]:
    """The contacts that changed, how many of them were added, and the lines that were refused."""
    definitions = definitions_by_column(AttributeDefinition.objects.in_use())
    wanted = {pk for _line, row in batch if (pk := parse_id(row.get(KEYS[0], "").strip())) is not None}
    known = Contact.objects.visible_to(agent).exclude(state="").select_related("origin").in_bulk(wanted)
    changed: list[int] = []
    added = 0
    errors: list[tuple[int, str]] = []
    for line, row in batch:
        try:
            with transaction.atomic():
                contact, is_new = _find_contact(agent, row, known)
                if _write_row(agent, contact, row, definitions) or is_new:
                    changed.append(contact.pk)
            added += is_new
        except (LineRefused, CardRefused, Rejected) as refused:
            errors.append((line, str(refused)[:500]))
    return changed, added, errors


def _find_contact(agent: Agent, row: Mapping[str, str], known: Mapping[int, Contact]) -> tuple[Contact, bool]:
    """Whose line it is, and whether it was added for it. Raises LineRefused, Rejected."""
    number, line, address = (row.get(name, "").strip() for name in KEYS)
    if number:
        contact = None if (pk := parse_id(number)) is None else known.get(pk)
        if contact is None:
            raise LineRefused(_("no hay un contacto %(number)s") % {"number": number[:20]})
        if (line and line != contact.origin.name) or (address and address != contact.shown_address):
            raise LineRefused(_("el contacto %(number)s no tiene esa línea o esa dirección") % {"number": number})
        return contact, False
    if not (line and address):
        raise LineRefused(_("falta contacto, o linea y direccion"))
    same = Contact.objects.known().exclude(state="").called(address).filter(origin__name=line, shown_address=address)
    found = list(same[:2])
    if len(found) == 1:
        return found[0], False
    if found:
        raise LineRefused(_("hay más de uno con esa dirección: poné el número en contacto"))
    lines = list(Origin.objects.filter(name=line)[:2])
    if len(lines) == 1:
        return add_contact(lines[0], address, agent)
    words = _("no hay una línea %(line)s") if not lines else _("hay más de una línea %(line)s")
    raise LineRefused(words % {"line": line[:60]})


def _write_row(
    agent: Agent, contact: Contact, row: Mapping[str, str], definitions: Mapping[str, AttributeDefinition]
) -> bool:
    """Whether anything of the contact is another now. Raises LineRefused, CardRefused."""
    changes = []
    if name := row.get(NAME, "").strip():
        changes.append(card.rename_contact(contact.pk, agent, name))
    if words := row.get(TAGS, "").strip():
        changes += _set_tags(agent, contact.pk, words)
    if wish := row.get(BROADCASTS, "").strip():
        changes.append(_set_broadcasts(agent, contact.pk, wish))
    if (note := row.get(NOTE, "").strip()) not in ("", NOTHING):
        changes.append(card.add_note_once(contact.pk, agent, note))
    for column, definition in definitions.items():
        if typed := row.get(column, "").strip():
            value = "" if typed == NOTHING else typed
            changes.append(card.set_attribute(contact.pk, agent, definition, value))
    return any(changes)


def _set_broadcasts(agent: Agent, contact_pk: int, wish: str) -> bool:
    """A file that says yes brings nobody back who has asked for none: a person does that on the card."""
    folded = fold_words(wish)
    if folded not in (WANTS, WANTS_NONE):
        raise LineRefused(_("en difusiones va si o no"))
    return folded == WANTS_NONE and opting_out.switch(contact_pk, agent, wants=False)


def _set_tags(agent: Agent, contact_pk: int, words: str) -> list[bool]:
    """These and no others; `-`: none."""
    wanted = [] if words == NOTHING else [word.strip() for word in words.split("|") if word.strip()]
    tags = {tag.word.casefold(): tag for tag in Tag.objects.in_use()}
    if unknown := [word for word in wanted if word.casefold() not in tags]:
        raise LineRefused(_("no hay una etiqueta %(word)s") % {"word": unknown[0][:60]})
    given = {tags[word.casefold()].pk: tags[word.casefold()] for word in wanted}
    has = Tag.objects.in_use().filter(given__contact=contact_pk)
    changes = [card.take_tag(contact_pk, agent, tag) for tag in has if tag.pk not in given]
    return changes + [card.give_tag(contact_pk, agent, tag) for tag in given.values()]
