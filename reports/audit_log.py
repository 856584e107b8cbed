"""Registro: the audit log as a supervisor reads it. A contact is named only where its chat may be seen by who asks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from chats.models import Chat
from common.folding import words_q
from common.paging import read_key, write_key
from contacts.models import Contact
from reports.periods import Period
from trays.audit_words import say_change, say_what
from trays.models import Agent, AuditEntry

Kind, What = AuditEntry.Kind, AuditEntry.What
PAGE_SIZE = 50
MAX_ASKED_CHARS = 100
# people and contacts whom one search finds
MAX_FOUND = 50
DID, UNDERWENT = "hizo", "le-hicieron"
ICONS = {
    What.SIGNED_IN: "login",
    What.FAILED: "alert-circle",
    What.HELD: "alert-circle",
    What.PASSWORD: "key",
    What.STEPS_ON: "shield-lock",
    What.STEPS_OFF: "lock-open",
    What.UNLINKED: "lock-open",
    What.ADDED: "plus",
    What.DELETED: "trash",
    What.DONE: "bolt",
    What.ACCESS_GIVEN: "users",
    What.ACCESS_TAKEN: "users",
    What.IMPORTED: "file-text",
    What.CONTACT_ERASED: "trash",
}
ICONS_OF_KINDS = {Kind.ENTRY: "login", Kind.LOOK: "eye", Kind.CHANGE: "pencil", Kind.DATA: "download"}


@dataclass(frozen=True)
class Asked:
    """The filters. `who`: a part of the name of a person or a contact; `role`: whether that person did it or underwent
    it, '' for both."""

    period: Period
    kind: str = ""
    who: str = ""
    role: str = ""

    @classmethod
    def read(cls, given: QueryDict, period: Period) -> "Asked":
        """What cannot be read is left out."""
        kind, role = given.get("clase", ""), given.get("como", "")
        who = " ".join(given.get("q", "").replace("\x00", "").split())[:MAX_ASKED_CHARS]
        return cls(
            period, kind if kind in Kind.values else "", who, role if role in (DID, UNDERWENT) else ""
        )  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A row of the list."""

    at: datetime
    time: str
    agent: Agent | None
    who: str
    icon: str
    is_bad: bool
    what: str
    old: str
    new: str
    detail: str
    contact: int | None  # of whom the chat may be seen
    address: str


@dataclass(frozen=True)
class Page:
    lines: list[Line]
    older: str  # key of the next page, '' at the end


def read_page(asked: Asked, reader: Agent, key: str, size: int) -> Page:
    """The newest ones, or those older than the key (a bad one is ignored)."""
    found = _filter(asked, reader)
    if place := read_key(key):
        at, pk = place
        # the first says where the index is read from
        found = found.filter(at__lte=at).filter(Q(at__lt=at) | Q(pk__lt=pk))
    entries = list(found.select_related("agent", "about").order_by("-at", "-id")[: size + 1])
    more, entries = len(entries) > size, entries[:size]
    return Page(_build_lines(entries, reader), write_key(entries[-1].at, entries[-1].pk) if more else "")


def read_all(asked: Asked, reader: Agent, most: int, size: int = 1000) -> Iterator[list[Line]]:
    """Batch by batch, the newest first, up to so many."""
    key, left = "", most
    while left > 0:
        page = read_page(asked, reader, key, min(size, left))
        yield page.lines
        key, left = page.older, left - size
        if not key:
            return


def _filter(asked: Asked, reader: Agent) -> QuerySet[AuditEntry]:
    found = AuditEntry.objects.filter(at__gte=asked.period.begin, at__lt=asked.period.end)
    if asked.kind:
        found = found.filter(kind=asked.kind)
    if asked.who:
        found = found.filter(_concerns(asked, reader))
    return found


def _concerns(asked: Asked, reader: Agent) -> Q:
    named = Q()
    for word in asked.who.split():
        named &= words_q("first_name", word) | words_q("last_name", word) | words_q("username", word)
    agents = list(Agent.objects.filter(named).values_list("pk", flat=True)[:MAX_FOUND])
    did, underwent = Q(agent__in=agents), Q(about__in=agents)
    if asked.role:
        return did if asked.role == DID else underwent
    called = Contact.objects.visible_to(reader).called(asked.who).order_by("-active_at")
    contacts = list(called.values_list("pk", flat=True)[:MAX_FOUND])
    seen = Chat.objects.visible_to(reader).filter(contact__in=contacts)
    return did | underwent | Q(contact__in=list(seen.values_list("contact", flat=True)))


def _build_lines(entries: Sequence[AuditEntry], reader: Agent) -> list[Line]:
    asked = {one.contact for one in entries if one.contact is not None}
    names: dict[int, str] = {}
    if asked:
        seen = Chat.objects.visible_to(reader).filter(contact__in=asked).select_related("contact")
        names = {chat.contact_id: str(chat.contact) for chat in seen}
    return [_build_line(one, names) for one in entries]


def _build_line(entry: AuditEntry, names: dict[int, str]) -> Line:
    is_seen = entry.contact in names
    detail = "" if entry.old or entry.new else say_change(entry)
    if entry.contact is not None:
        name = names[entry.contact] if is_seen else _("contacto n.º %(n)s") % {"n": entry.contact}
        held = _("lo tenía %(agent)s") % {"agent": entry.about} if entry.kind == Kind.LOOK and entry.about else ""
        detail = ", ".join(filter(None, (name, held, detail)))
    return Line(
        at=entry.at,
        time=say_time(entry.at),
        agent=entry.agent,
        who=str(entry.agent or (_("Alguien sin cuenta") if entry.kind == Kind.ENTRY else _("El sistema"))),
        icon=ICONS.get(What(entry.what)) or ICONS_OF_KINDS[Kind(entry.kind)],
        is_bad=entry.what in (What.FAILED, What.HELD, What.STEPS_OFF, What.CONTACT_ERASED),
        what=say_what(entry),
        old=entry.old,
        new=entry.new,
        detail=detail,
        contact=entry.contact if is_seen else None,
        address=entry.address or "",
    )


def say_time(at: datetime) -> str:
    """15:21, ayer 21:40, 18 nov 9:05, 18 nov 2025 9:05."""
    local, today = timezone.localtime(at), timezone.localdate()
    clock = date_format(local, "H:i")
    if local.date() == today:
        return clock
    if local.date() == today - timedelta(days=1):
        return _("ayer %(time)s") % {"time": clock}
    return date_format(local, "j M H:i" if local.year == today.year else "j M Y H:i").lower()


def list_csv_cells(line: Line) -> list[str]:
    local = timezone.localtime(line.at)
    return [
        local.strftime("%Y-%m-%d %H:%M:%S"), line.who, line.what, line.old, line.new, line.detail, line.address
    ]  # fmt: skip
