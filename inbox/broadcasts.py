"""Difusiones as their pages read them: what a form says, whom a list reaches, and results a page at a time."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from django.http import QueryDict
from django.utils.text import slugify
from django.utils.translation import gettext as _

from chats.errors import Rejected, Rejection
from chats.messages.broadcasts.filling import LEFT_OUT_WORDS, MAX_ROWS, NUMBER
from chats.messages.broadcasts.verbs import usable_templates
from chats.messages.broadcasts.wording import NAME, PLACE, say
from chats.messages.templates import variables_of
from chats.models import Broadcast, Recipient, RecipientQuerySet, Template
from common.csv_rules import Unreadable, read_rows
from common.parsing import parse_id
from contacts.models import Tag
from origins.models import Origin
from trays.models import Agent

PAGE_SIZE, CSV_BATCH, MAX_PREVIEWS = 50, 1000, 3
MAX_FILE_BYTES = 20 * 1024 * 1024
SEEN = ("", "30", "90", "-30", "-90")
TAGS, FILE = "tags", "file"


@dataclass(frozen=True)
class Choice:
    """A template on a line that may send it to many."""

    origin: Origin
    template: Template

    @property
    def key(self) -> str:
        return f"{self.origin.pk}-{self.template.pk}"


def list_choices() -> list[Choice]:
    lines = Origin.objects.filter(is_active=True).order_by("name", "id")
    return [Choice(line, template) for line in lines for template in usable_templates(line)]


def find_choice(key: str) -> Choice | None:
    return next((one for one in list_choices() if one.key == key), None)


@dataclass(frozen=True)
class Asked:
    """What the form of a new one says."""

    name: str
    variables: dict[str, str]
    audience: dict[str, object]
    data: bytes | None


def read_form(choice: Choice, given: QueryDict, data: bytes | None) -> Asked:
    """Raises Rejected (INVALID), in words. `data`: the file that came with it."""
    variables = {one: given.get(f"v_{one}", "") for one in variables_of(choice.template)}
    if given.get("para") == FILE:
        if data is None:
            raise Rejected(Rejection.INVALID, _("Elegí el archivo con los números"))
        _check_file(data, variables)
        return Asked(given.get("nombre", ""), variables, {}, data)
    wanted = [pk for one in given.getlist("etiqueta") if (pk := parse_id(one)) is not None]
    tags = list(Tag.objects.in_use().filter(pk__in=wanted).values_list("pk", flat=True))
    seen = given.get("visto", "")
    if not tags and seen in ("", *SEEN[3:]):
        raise Rejected(Rejection.INVALID, _("Elegí al menos una etiqueta, o quiénes escribieron hace poco"))
    _check_places(variables, {NAME})
    audience: dict[str, object] = {"tags": tags, "seen": seen if seen in SEEN else ""}
    return Asked(given.get("nombre", ""), variables, audience, None)


def _check_file(data: bytes, variables: Mapping[str, str]) -> None:
    try:
        rows = read_rows(data, (NUMBER,))
        first = next(rows, None)
        if first is None:
            raise Rejected(Rejection.INVALID, _("El archivo no tiene filas"))
        number = 1 + sum(1 for _row in islice(rows, MAX_ROWS))
    except Unreadable as error:
        raise Rejected(Rejection.INVALID, str(error)) from error
    except csv.Error as error:
        raise Rejected(Rejection.INVALID, _("No es un archivo CSV")) from error
    if number > MAX_ROWS:
        words = _("Tiene más de %(most)s filas; partilo en varios") % {"most": MAX_ROWS}
        raise Rejected(Rejection.INVALID, words)
    _check_places(variables, {NAME, *first[1]})


def _check_places(variables: Mapping[str, str], known: set[str]) -> None:
    for words in variables.values():
        for place in PLACE.findall(words):
            if slugify(place) != place.lower() or place.lower() not in known:
                words = _("No hay un dato {%(name)s}; hay: %(known)s") % {
                    "name": place[:40], "known": ", ".join(f"{{{one}}}" for one in sorted(known - {NUMBER}))[:200],
                }  # fmt: skip
                raise Rejected(Rejection.INVALID, words)


@dataclass(frozen=True)
class Shown:
    """What one contact would read."""

    recipient: Recipient
    text: str


def show_previews(broadcast: Broadcast, viewer: Agent) -> list[Shown]:
    """Of the first who get it, whom this agent may see."""
    if broadcast.template is None:
        return []
    waiting = Recipient.objects.visible_to(viewer).filter(broadcast=broadcast, status=Recipient.Status.PENDING)
    found = []
    for one in waiting.select_related("contact").order_by("id")[:MAX_PREVIEWS]:
        try:
            text, _filled = say(broadcast, broadcast.template, one.contact, one.columns)
        except Rejected:
            continue  # the contact has lost its name since
        found.append(Shown(one, text))
    return found


def list_filters() -> list[tuple[str, str]]:
    """What the results are filtered by, with its words."""
    more = [("", _("Todos")), ("answered", _("Contestaron")), ("opted_out", _("Pidieron la baja"))]
    return [*more, *((str(value), str(label)) for value, label in Recipient.Status.choices)]


@dataclass(frozen=True)
class ResultPage:
    recipients: list[Recipient]
    older: int | None


def read_results(broadcast: Broadcast, viewer: Agent, wanted: str, after: int | None) -> ResultPage:
    """In the order of the list, those whose chat this agent may see."""
    found = list(_filtered(broadcast, viewer, wanted, after or 0)[: PAGE_SIZE + 1])
    return ResultPage(found[:PAGE_SIZE], found[PAGE_SIZE - 1].pk if len(found) > PAGE_SIZE else None)


def _filtered(broadcast: Broadcast, viewer: Agent, wanted: str, after: int) -> RecipientQuerySet:
    rows = Recipient.objects.visible_to(viewer).filter(broadcast=broadcast, pk__gt=after)
    rows = rows.select_related("contact").order_by("id")
    if wanted == "answered":
        rows = rows.filter(answered_at__isnull=False)
    elif wanted == "opted_out":
        rows = rows.filter(opted_out_at__isnull=False)
    elif wanted:
        rows = rows.filter(status=wanted)
    return rows


def say_reason(recipient: Recipient) -> str:
    """Why it is left out or failed, in words."""
    return str(LEFT_OUT_WORDS.get(recipient.reason, recipient.reason))


def list_left_out(broadcast: Broadcast) -> list[tuple[str, int]]:
    """Why, and how many, most first."""
    counts = sorted(broadcast.left_out.items(), key=lambda item: -item[1])
    return [(str(LEFT_OUT_WORDS.get(why, why)), n) for why, n in counts]


def iter_csv(broadcast: Broadcast, viewer: Agent) -> Iterator[list[list[str]]]:
    """The results in batches of rows."""
    after = 0
    while batch := list(_filtered(broadcast, viewer, "", after)[:CSV_BATCH]):
        yield [_as_cells(one) for one in batch]
        after = batch[-1].pk


def _as_cells(one: Recipient) -> list[str]:
    times = [at.isoformat(timespec="seconds") if at else "" for at in (one.sent_at, one.answered_at, one.opted_out_at)]
    who = [str(one.contact_id), one.contact.shown_address, one.contact.name]
    return [*who, str(one.get_status_display()), say_reason(one), *times]


CSV_HEAD = ["contacto", "direccion", "nombre", "estado", "motivo", "enviado", "contesto", "pidio_la_baja"]


def list_broadcasts(viewer: Agent, before: int | None) -> tuple[list[Broadcast], int | None]:
    """The newest first; where the next page begins."""
    rows = Broadcast.objects.visible_to(viewer).select_related("origin", "author").order_by("-id")
    found = list((rows.filter(pk__lt=before) if before else rows)[: PAGE_SIZE + 1])
    return found[:PAGE_SIZE], found[PAGE_SIZE - 1].pk if len(found) > PAGE_SIZE else None
