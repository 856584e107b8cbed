"""What is new for an agent, by what stands now: each thing has a mark that grows, and whoever is told keeps the marks.

Asked whenever something is looked for or sent, so that nothing is said of what the agent may not see at that moment.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import F, OuterRef, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chats.models import Chat, Message
from inbox.models import AgentSettings
from inbox.notices.kinds import Kind, Way
from trays.models import Agent, Tray

# of one kind
MAX_FOUND = 200
# marks that are kept
MAX_TOLD = 1000
MAX_NAMES = 3
MAX_TEXT_CHARS = 140

# mark → chat
Marks = dict[int, int]
# by kind the marks; and beside them the one up to which all has been told (`_floor_key`)
Told = dict[str, list[int]]


@dataclass(frozen=True)
class Notice:
    """What is shown. `tag`: a later one with the same takes its place."""

    title: str
    body: str
    tag: str
    url: str


def _find_answers(agent: Agent) -> Marks:
    """Held chats in which the customer has said something that nobody answered, each by its last message.

    What was there when the agent took the chat is none: it was read then. That goes by the order in which they were
    stored: the time of a message is its network's, which may be before it came.
    """
    said = Message.objects.filter(chat=OuterRef("pk"), direction=Message.Direction.IN).order_by("-id")
    taken = Message.objects.filter(change=OuterRef("change"))
    chats = Chat.objects.visible_to(agent).held_by(agent).filter(unread__gt=0)
    both = chats.annotate(mark=Subquery(said.values("id")[:1]), line=Subquery(taken.values("id")[:1]))
    found = both.filter(mark__gt=F("line"))
    return dict(found.order_by("-mark").values_list("mark", "pk")[:MAX_FOUND])


def _find_arrivals(agent: Agent) -> Marks:
    """Chats that came into the agent's trays by somebody else, each by the step that brought it there."""
    trays = list(Tray.objects.queue_of(agent).values_list("pk", flat=True))
    chats = Chat.objects.visible_to(agent).filter(state=Chat.State.BANDEJA, tray__in=trays)
    # the smallest mark that is left out is below all that are found
    found = chats.exclude(change__actor=agent).order_by("-change_id")
    return dict(found.values_list("change_id", "pk")[:MAX_FOUND])


FINDERS: dict[str, Callable[[Agent], Marks]] = {Kind.TRAYS: _find_arrivals, Kind.ANSWER: _find_answers}


def find_all(agent: Agent, kinds: Iterable[str] = tuple(FINDERS)) -> dict[str, Marks]:
    """What stands, by kind: {mark: chat}."""
    return {kind: FINDERS[kind](agent) for kind in kinds}


def find_wanted(agent: Agent, own: AgentSettings) -> dict[str, Marks]:
    """The same of the kinds that the agent wants to be pushed."""
    return find_all(agent, [kind for kind in FINDERS if own.wants(kind, Way.PUSH)])


def pick_untold(found: dict[str, Marks], told: Told) -> dict[str, Marks]:
    """What of it is news for who was told this."""
    untold = {}
    for kind, marks in found.items():
        known, floor = set(told.get(kind, [])), _floor_of(told, kind)
        untold[kind] = {mark: chat for mark, chat in marks.items() if mark not in known and mark > floor}
    return {kind: marks for kind, marks in untold.items() if marks}


def add_told(told: Told, found: dict[str, Marks]) -> Told:
    """Told this as well; and what is older than all of it, where more may stand than is found."""
    added = dict(told)
    for kind, marks in found.items():
        known = sorted({*told.get(kind, []), *marks})
        floor = max(_floor_of(told, kind), min(marks) if len(marks) >= MAX_FOUND else 0)
        if len(known) > MAX_TOLD:
            floor = max(floor, known[-MAX_TOLD])
        added[kind] = known[-MAX_TOLD:]
        if floor:
            added[_floor_key(kind)] = [floor]
    return added


def _floor_key(kind: str) -> str:
    return f"{kind}.floor"


def _floor_of(told: Told, kind: str) -> int:
    """The mark up to which everything has been told."""
    return max(told.get(_floor_key(kind), []), default=0)


def describe_news(agent: Agent, own: AgentSettings, untold: dict[str, Marks]) -> Notice | None:
    """One notice for all of it: who, and what only where the agent wants that. None: nothing may be seen any more."""
    asked = {chat for marks in untold.values() for chat in marks.values()}
    chats = Chat.objects.visible_to(agent).with_people().in_bulk(list(asked))
    by_kind = {kind: [chats[pk] for pk in marks.values() if pk in chats] for kind, marks in untold.items()}
    answers, arrivals = by_kind.get(Kind.ANSWER, []), by_kind.get(Kind.TRAYS, [])
    if len(answers) + len(arrivals) == 1:
        if arrivals:
            return _describe_arrival(arrivals[0], own)
        mark = next(mark for mark, pk in untold[Kind.ANSWER].items() if pk == answers[0].pk)
        return _describe_answer(agent, answers[0], mark, own)
    if not answers and not arrivals:
        return None
    said = []
    if answers:
        one, many = _("%(n)s chat tuyo tiene respuesta"), _("%(n)s chats tuyos tienen respuesta")
        said.append((one if len(answers) == 1 else many) % {"n": len(answers)})
    if arrivals:
        said.append(ngettext("Entró %(n)s chat", "Entraron %(n)s chats", len(arrivals)) % {"n": len(arrivals)})
    names = [_name_of(chat) for chat in [*answers, *arrivals]]
    body = ", ".join(names[:MAX_NAMES]) + ("…" if len(names) > MAX_NAMES else "")
    return Notice(" · ".join(said), body, "news", "/chat/" if answers else "/bandejas/")


def _describe_answer(agent: Agent, chat: Chat, mark: int, own: AgentSettings) -> Notice:
    said = Message.objects.visible_to(agent).filter(pk=mark).first() if own.shows_text else None
    text = said.shown_text if said else ""
    return Notice(_name_of(chat), text or _("Respondió en un chat tuyo"), f"answer-{chat.pk}", f"/chat/{chat.pk}/")


def _describe_arrival(chat: Chat, own: AgentSettings) -> Notice:
    text = chat.customers_preview if own.shows_text else ""
    text = text or _("Entró en %(tray)s") % {"tray": chat.tray}
    return Notice(_name_of(chat), text, f"trays-{chat.pk}", f"/bandejas/{chat.tray_id}/{chat.pk}/")


def _name_of(chat: Chat) -> str:
    return str(chat.contact)[:MAX_TEXT_CHARS]
