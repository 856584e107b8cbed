"""What is new for an agent, by what stands now: each thing has a mark that grows, and whoever is told keeps the marks.

Asked whenever something is looked for or sent, so that nothing is said of what the agent may not see at that moment.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chats.models import Chat, Mention, Message, Reminder
from contacts.models import Cause
from inbox.models import AgentSettings
from inbox.notices.kinds import Kind, Way
from trays.models import Agent, Tray

# of one kind
MAX_FOUND = 200
# marks that are kept
MAX_TOLD = 1000
MAX_NAMES = 3
MAX_TEXT_CHARS = 140
# who gets to see a chat later is not told of what is older
MAX_AGE = timedelta(hours=12)
# in what order one notice of several says them
SHOWN_FIRST = (Kind.ANSWER, Kind.MINE, Kind.MENTION, Kind.REMINDER, Kind.TRAYS)

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
    waits = Chat.objects.visible_to(agent).held_by(agent).filter(unread__gt=0)
    chats = waits.filter(snoozed_until=None, is_blocked=False)
    both = chats.annotate(mark=Subquery(said.values("id")[:1]), line=Subquery(taken.values("id")[:1]))
    found = both.filter(mark__gt=F("line"))
    return dict(found.order_by("-mark").values_list("mark", "pk")[:MAX_FOUND])


def _find_arrivals(agent: Agent) -> Marks:
    """Chats that came into the agent's shared trays by somebody else, each by the step that brought it there."""
    trays = list(Tray.objects.queue_of(agent).exclude(kind=Tray.Kind.PERSONAL).values_list("pk", flat=True))
    chats = Chat.objects.visible_to(agent).filter(state=Chat.State.BANDEJA, tray__in=trays, is_blocked=False)
    # the smallest mark that is left out is below all that are found
    found = chats.exclude(change__actor=agent).order_by("-change_id")
    return dict(found.values_list("change_id", "pk")[:MAX_FOUND])


def _find_given(agent: Agent) -> Marks:
    """Chats that were assigned to the agent, or sent by somebody else to the agent's own tray; each by that step."""
    given = Q(state=Chat.State.AGENTE, agent=agent, change__cause=Cause.ASSIGNED) | Q(
        state=Chat.State.BANDEJA, tray__in=Tray.objects.filter(kind=Tray.Kind.PERSONAL, owner=agent)
    )
    chats = Chat.objects.visible_to(agent).filter(given, is_blocked=False, change__at__gt=timezone.now() - MAX_AGE)
    found = chats.exclude(change__actor=agent).order_by("-change_id")
    return dict(found.values_list("change_id", "pk")[:MAX_FOUND])


def _find_mentions(agent: Agent) -> Marks:
    """Notes that name the agent. Of one in a chat that the agent may not see only that is told, and by whom."""
    found = Mention.objects.filter(agent=agent, made_at__gt=timezone.now() - MAX_AGE).order_by("-pk")
    return dict(found.values_list("pk", "message__chat")[:MAX_FOUND])


def _find_reminders(agent: Agent) -> Marks:
    """What the agent wanted to be told of, and whose time has come."""
    rung = Reminder.objects.seen_by(agent).filter(rung_at__gt=timezone.now() - MAX_AGE, chat__is_blocked=False)
    return {one.mark: one.chat_id for one in rung.order_by("-rung_at", "-pk")[:MAX_FOUND]}


FINDERS: dict[str, Callable[[Agent], Marks]] = {
    Kind.TRAYS: _find_arrivals,
    Kind.MINE: _find_given,
    Kind.ANSWER: _find_answers,
    Kind.MENTION: _find_mentions,
    Kind.REMINDER: _find_reminders,
}


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
    # that a contact is there, and with whom, every agent may know
    mentioned = set(untold.get(Kind.MENTION, {}).values()) - set(chats)
    unseen = Chat.objects.with_people().in_bulk(list(mentioned)) if mentioned else {}
    by_kind = {kind: [chats[pk] for pk in marks.values() if pk in chats] for kind, marks in untold.items()}
    if unseen:
        by_kind[Kind.MENTION] = [(chats | unseen)[pk] for pk in untold[Kind.MENTION].values() if pk in chats | unseen]
    shown = [(kind, chat) for kind in SHOWN_FIRST for chat in by_kind.get(kind, [])]
    if not shown:
        return None
    if len(shown) == 1:
        kind, chat = shown[0]
        mark = next(mark for mark, pk in untold[kind].items() if pk == chat.pk)
        return _describe_one(agent, kind, chat, mark, own)
    said = [_count_words(kind, len(by_kind[kind])) for kind in SHOWN_FIRST if by_kind.get(kind)]
    names = [_name_of(chat) for _kind, chat in shown]
    body = ", ".join(names[:MAX_NAMES]) + ("…" if len(names) > MAX_NAMES else "")
    only_arrivals = all(kind == Kind.TRAYS or chat.tray for kind, chat in shown)
    return Notice(" · ".join(said), body, "news", "/bandejas/" if only_arrivals else "/chat/")


def _describe_one(agent: Agent, kind: str, chat: Chat, mark: int, own: AgentSettings) -> Notice:
    if kind in (Kind.TRAYS, Kind.MINE):
        return _describe_arrival(kind, chat, own)
    if kind == Kind.ANSWER:
        return _describe_answer(agent, chat, mark, own)
    if kind == Kind.MENTION:
        return _describe_mention(agent, chat, mark, own)
    return _describe_reminder(agent, chat, mark, own)


def _count_words(kind: str, n: int) -> str:
    words = {
        Kind.ANSWER: ngettext("%(n)s chat tuyo tiene respuesta", "%(n)s chats tuyos tienen respuesta", n),
        Kind.TRAYS: ngettext("Entró %(n)s chat", "Entraron %(n)s chats", n),
        Kind.MINE: ngettext("%(n)s chat para vos", "%(n)s chats para vos", n),
        Kind.MENTION: ngettext("Te mencionaron %(n)s vez", "Te mencionaron %(n)s veces", n),
        Kind.REMINDER: ngettext("%(n)s recordatorio", "%(n)s recordatorios", n),
    }
    return words[Kind(kind)] % {"n": n}


def _describe_answer(agent: Agent, chat: Chat, mark: int, own: AgentSettings) -> Notice:
    said = Message.objects.visible_to(agent).filter(pk=mark).first() if own.shows_text else None
    text = said.shown_text if said else ""
    return Notice(_name_of(chat), text or _("Respondió en un chat tuyo"), f"answer-{chat.pk}", f"/chat/{chat.pk}/")


def _describe_mention(agent: Agent, chat: Chat, mark: int, own: AgentSettings) -> Notice:
    mine = Mention.objects.filter(agent=agent).select_related("message__agent")
    found, seen = mine.filter(pk=mark).first(), Mention.objects.seen_by(agent).filter(pk=mark).exists()
    author = found.message.agent if found else None
    title = _("%(who)s te mencionó en el chat de %(name)s") % {
        "who": author.short_name if author else "", "name": _name_of(chat)
    }  # fmt: skip
    if not seen:
        words = _("No ves ese chat: te mencionó quien lo tiene")
        return Notice(title, words, f"mention-{chat.pk}", f"/contactos/{chat.contact_id}/")
    text = found.message.shown_text if found and own.shows_text else ""
    return Notice(title, text or _("En una nota interna"), f"mention-{chat.pk}", f"/chat/{chat.pk}/")


def _describe_reminder(agent: Agent, chat: Chat, mark: int, own: AgentSettings) -> Notice:
    rung = [one for one in Reminder.objects.seen_by(agent).filter(chat=chat) if one.mark == mark]
    text = rung[0].text if rung and own.shows_text else ""
    plain = _("Volvió: lo habías pospuesto") if rung and rung[0].is_return else _("Recordatorio")
    return Notice(_name_of(chat), text or plain, f"reminder-{chat.pk}", f"/chat/{chat.pk}/")


def _describe_arrival(kind: str, chat: Chat, own: AgentSettings) -> Notice:
    text = chat.customers_preview if own.shows_text else ""
    if chat.tray is None:
        text = text or _("Se te asignó desde %(tray)s") % {"tray": chat.taken_from}
        return Notice(_name_of(chat), text, f"{kind}-{chat.pk}", f"/chat/{chat.pk}/")
    text = text or _("Entró en %(tray)s") % {"tray": chat.tray}
    return Notice(_name_of(chat), text, f"{kind}-{chat.pk}", f"/bandejas/{chat.tray_id}/{chat.pk}/")


def _name_of(chat: Chat) -> str:
    return str(chat.contact)[:MAX_TEXT_CHARS]
