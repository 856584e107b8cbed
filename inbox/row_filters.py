"""How an agent wants a list of chats: filters and order, as the address says them. static/inbox/filtered-rows.js keeps
a list so by what is pushed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Q
from django.db.models.functions import JSONObject
from django.utils import timezone

from chats.models import Chat, ChatQuerySet
from contacts.models import Tag
from contacts.tags import MAX_OFFERED
from origins.models import Origin
from trays.models import Tray

LONGEST, NEWEST, ANSWER = "espera", "nuevos", "respuesta"
# in keys: what stands after all that wait for an answer
AFTER_ALL = 10**17
MAX_LINES = 100


@dataclass(frozen=True)
class Leg:
    """A stretch of a list in the order of one index."""

    name: str
    newest_first: bool = False
    of: Q = field(default_factory=Q)

    def read(self, chats: ChatQuerySet, key: tuple[datetime, int] | None, most: int) -> list[Chat]:
        """As many, after the place that `key` names."""
        sign, beyond = ("-", "lt") if self.newest_first else ("", "gt")
        chats = chats.filter(self.of)
        if key:
            at, pk = key
            # the first condition is where the index is entered
            chats = chats.filter(**{f"{self.name}__{beyond}e": at}).exclude(
                Q(**{self.name: at}) & ~Q(**{f"pk__{beyond}": pk})
            )
        return list(chats.order_by(f"{sign}{self.name}", f"{sign}id")[:most])


_LEGS = {
    LONGEST: (Leg("waiting_since"),),
    NEWEST: (Leg("waiting_since", newest_first=True),),
    ANSWER: (Leg("asked_at", of=Q(asked_at__isnull=False)), Leg("waiting_since", of=Q(asked_at=None))),
}


@dataclass(frozen=True)
class RowFilters:
    """Those without an answer, those whose session ends soon, of one line, with one tag, those whose notes mention the
    agent who looks; `usual`: the list's order."""

    unanswered: bool = False
    ends_soon: bool = False
    line: int | None = None
    order: str = LONGEST
    usual: str = LONGEST
    tag: int | None = None
    mentions_me: bool = False

    @classmethod
    def read(
        cls, query: Mapping[str, Any], lines: Sequence[Origin], usual: str = LONGEST, tags: Sequence[Tag] = ()
    ) -> "RowFilters":
        """From the query of an address; what it does not know is left out."""
        line = next((one.pk for one in lines if str(one.pk) == query.get("linea")), None)
        tag = next((one.pk for one in tags if str(one.pk) == query.get("etiqueta")), None)
        order = query.get("orden", "")
        order = order if order in _LEGS else usual
        return cls(query.get("sin") == "1", query.get("vencen") == "1", line, order, usual, tag,
                   query.get("mencion") == "1")  # fmt: skip

    @property
    def query(self) -> str:
        """As it stands in addresses, in one way only: "?sin=1&orden=nuevos", '' for the list as it usually is."""
        told = {"sin": "1" if self.unanswered else "", "vencen": "1" if self.ends_soon else "", "linea": self.line,
                "etiqueta": self.tag, "mencion": "1" if self.mentions_me else "",
                "orden": self.order if self.order != self.usual else ""}  # fmt: skip
        words = urlencode({name: value for name, value in told.items() if value})
        return f"?{words}" if words else ""

    @property
    def is_usual(self) -> bool:
        return not self.query

    @property
    def leaves_out(self) -> bool:
        """Whether it is a part of the list, in whichever order."""
        narrows = (self.unanswered, self.ends_soon, self.mentions_me, self.line is not None, self.tag is not None)
        return any(narrows)

    @property
    def legs(self) -> tuple[Leg, ...]:
        return _LEGS[self.order]

    @property
    def soon_seconds(self) -> int:
        seconds: int = settings.SESSION_AMBER
        return seconds

    def narrow(self, chats: ChatQuerySet, agent_pk: int | None = None) -> ChatQuerySet:
        """Those of them that it is about; `agent_pk`: who looks."""
        if self.mentions_me:
            # the first condition is what its index has
            chats = chats.exclude(mentioned_ids=[]).filter(mentioned_ids__contains=[agent_pk])
        if self.unanswered:
            chats = chats.filter(asked_at__isnull=False)
        if self.ends_soon:
            chats = chats.filter(session_expires_at__lte=timezone.now() + timedelta(seconds=self.soon_seconds))
        if self.tag is not None:
            chats = chats.filter(contact__given_tags__tag=self.tag)
        return chats.filter(origin=self.line) if self.line is not None else chats

    def leg_of(self, chat: Chat) -> int:
        """In which of the legs a chat stands."""
        return int(self.order == ANSWER and chat.asked_at is None)

    def key_of(self, chat: Chat) -> int:
        """Its place in this list, as an unsigned integer."""
        waits = int(chat.waiting_since.timestamp() * 1_000_000)
        if self.order == ANSWER:
            return int(chat.asked_at.timestamp() * 1_000_000) if chat.asked_at else AFTER_ALL + waits
        return AFTER_ALL - waits if self.order == NEWEST else waits


def usual_order(kind: str) -> str:
    """How a tray of this kind is sorted: in Conversaciones Cerradas what was closed last stands first."""
    return NEWEST if kind == Tray.Kind.CLOSED else LONGEST


def list_lines() -> list[Origin]:
    """The lines that one can filter by, and with them the tags: a list asks for both by one statement."""
    tags = Tag.objects.in_use().in_order()[:MAX_OFFERED].values(one=JSONObject(pk="pk", word="word", color="color"))
    return list(Origin.objects.annotate(offered=ArraySubquery(tags)).order_by("name", "id")[:MAX_LINES])


def tags_with(lines: Sequence[Origin]) -> list[Tag]:
    """The tags that came with the lines; without a line there is no chat to filter."""
    return [Tag(**one) for one in getattr(lines[0], "offered", [])] if lines else []
