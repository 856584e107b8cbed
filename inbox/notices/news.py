"""What is new for an agent, by what stands now: each thing has a mark that grows, and whoever is told keeps the marks.

Asked whenever something is looked for or sent, so that nothing is said of what the agent may not see at that moment.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chats.models import Chat, Message
from inbox.models import AgentSettings
from inbox.notices.kinds import Kind, Way
from trays.models import Agent, Tray

# of one kind
MAX_FOUND = 200
# marks that are kept; what is older than all of them has been told
MAX_TOLD = 1000
MAX_NAMES = 3
MAX_TEXT_CHARS = 140

Marks = dict[int, int]
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

    What was there when the agent took the chat is none: it was read then.
    """
    said = Message.objects.filter(chat=OuterRef("pk"), direction=Message.Direction.IN)
    last = said.filter(created_at__gt=OuterRef("change__at")).order_by("-id").values("id")
    chats = Chat.objects.visible_to(agent).held_by(agent).filter(unread__gt=0)
    found = chats.annotate(mark=Subquery(last[:1])).filter(mark__isnull=False)
    return dict(found.order_by("-mark").values_list("mark", "pk")[:MAX_FOUND])


def _find_arrivals(agent: Agent) -> Marks:
    """Chats that came into the agent's trays by somebody else, each by the step that brought it there."""
    trays = list(Tray.objects.queue_of(agent).values_list("pk", flat=True))
    chats = Chat.objects.visible_to(agent).filter(state=Chat.State.BANDEJA, tray__in=trays)
    found = chats.exclude(change__actor=agent).order_by("-waiting_since", "-id")
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
        known = told.get(kind, [])
        oldest = min(known) if len(known) >= MAX_TOLD else 0
        untold[kind] = {mark: chat for mark, chat in marks.items() if mark not in known and mark > oldest}
    return {kind: marks for kind, marks in untold.items() if marks}


def add_told(told: Told, found: dict[str, Marks]) -> Told:
    """Told this as well."""
    return told | {kind: sorted({*told.get(kind, []), *marks})[-MAX_TOLD:] for kind, marks in found.items()}


def describe_news(agent: Agent, own: AgentSettings, untold: dict[str, Marks]) -> Notice | None:
    """One notice for all of it: who, and what only where the agent wants that. None: nothing may be seen any more."""
    asked = {chat for marks in untold.values() for chat in marks.values()}
    chats = Chat.objects.visible_to(agent).with_people().in_bulk(list(asked))
    by_kind = {kind: [chats[pk] for pk in marks.values() if pk in chats] for kind, marks in untold.items()}
    answers, arrivals = by_kind.get(Kind.ANSWER, []), by_kind.get(Kind.TRAYS, [])
    if len(answers) + len(arrivals) == 1:
        return _describe_one([*answers, *arrivals][0], own, is_answer=bool(answers))
    if not answers and not arrivals:
        return None
    said = []
    if answers:
        one, many = _("%(n)s chat tuyo tiene respuesta"), _("%(n)s chats tuyos tienen respuesta")
        said.append((one if len(answers) == 1 else many) % {"n": len(answers)})
    if arrivals:
        said.append(ngettext("Entró %(n)s chat", "Entraron %(n)s chats", len(arrivals)) % {"n": len(arrivals)})
    names = [str(chat.contact)[:MAX_TEXT_CHARS] for chat in [*answers, *arrivals]]
    body = ", ".join(names[:MAX_NAMES]) + ("…" if len(names) > MAX_NAMES else "")
    return Notice(" · ".join(said), body, "news", "/chat/" if answers else "/bandejas/")


def _describe_one(chat: Chat, own: AgentSettings, *, is_answer: bool) -> Notice:
    name, text = str(chat.contact)[:MAX_TEXT_CHARS], chat.preview[:MAX_TEXT_CHARS] if own.shows_text else ""
    if is_answer:
        return Notice(name, text or _("Respondió en un chat tuyo"), f"answer-{chat.pk}", f"/chat/{chat.pk}/")
    text = text or _("Entró en %(tray)s") % {"tray": chat.tray}
    return Notice(name, text, f"trays-{chat.pk}", f"/bandejas/{chat.tray_id}/{chat.pk}/")
