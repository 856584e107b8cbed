"""The moves of a chat, and the table that says from where, to where and who. Nothing else changes where a chat is.

                      ┌────────────────── arrive (a customer writes) ──────────────┐
                      ▼                                                            │
    (no chat) ──▶  BOT ──hand over──▶ BANDEJA ──take, take next──▶ AGENTE ──close──▶ CERRADAS
                    │                  ▲   ▲  ◀──give back, send──── │ ▲              │   │
                    └─────relocate─────┘   └────────relocate─────────┘ └─────take─────┘   │
                    │                  │                             │                    │
                    └──────────────────┴─────────── expire ──────────┴────────────────────┘
                                                      ▼
                                                  EXPIRADO ──reopen (template)──▶ AGENTE

undo leads from BANDEJA and CERRADAS back to AGENTE, at once or not at all. Trays that want it have the system return
(AGENTE to BANDEJA, forgotten.py) and assign (BANDEJA to AGENTE, assigning.py). The chat of a blocked contact stays
where it is: neither the customer nor a bot nor the system moves it on (REFUSED_WHILE_BLOCKED); agents may take it and
close it, and it expires. Who has not written yet is added by a supervisor, from no chat to EXPIRADO
(messages/adding.py). From wherever it is a supervisor erases it for good, to EXPIRADO (erasing.py).
CERRADAS is the state BANDEJA in the tray Conversaciones Cerradas. Each move is one
transaction: it locks what it leads to (tray, agent) and then the chat, checks the place and
who asks, writes the chat, its history and a line in the conversation, and tells the open
screens after the commit. One that does not fit raises Rejected and changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from chats.errors import Rejected, Rejection
from chats.locks import hold_active_agent, hold_agent_with_room, hold_tray_in_use, lock_chat, tray_in_use_or_general
from chats.models import Chat
from chats.steps import Planned, Step, go_many, plan
from contacts.models import Cause, State, StateChange
from contacts.place import Place, Viewer, may_see, where
from trays.models import Agent, Tray
from wittybots.models import Bot

NOWHERE, BOT, BANDEJA, CERRADAS, AGENTE, EXPIRADO = (
    "NOWHERE",
    "BOT",
    "BANDEJA",
    "CERRADAS",
    "AGENTE",
    "EXPIRADO",
)


@dataclass(frozen=True)
class Move:
    """One row of the table: where it may start, where it leads, who may ask for it, and what the history calls it."""

    sources: frozenset[str]
    target: str
    who: frozenset[str]
    cause: str


def _row(sources: str, target: str, who: str, cause: str) -> Move:
    return Move(frozenset(sources.split()), target, frozenset(who.split()), cause)


# `access`: an agent to whom the tray is open; `holder`: the agent who has the chat; `personal`: a supervisor, out of
# somebody's personal tray; `overseer`: a supervisor who may see it; `mover`: who has just made its last move. What is
# no agent (customer, bot, clock, system) comes without an actor
MOVES = {
    "arrive": _row("NOWHERE EXPIRADO CERRADAS", BOT, "customer", Cause.ARRIVED),
    "hand_over": _row("BOT", BANDEJA, "bot", Cause.HANDED_OVER),
    "take": _row("BANDEJA CERRADAS", AGENTE, "access", Cause.TAKEN),
    "give_back": _row("AGENTE", BANDEJA, "holder supervisor", Cause.GIVEN_BACK),
    "send": _row("AGENTE", BANDEJA, "holder supervisor", Cause.SENT),
    "close": _row("AGENTE", CERRADAS, "holder supervisor", Cause.CLOSED),
    "relocate": _row("BANDEJA AGENTE BOT", BANDEJA, "system personal", Cause.RELOCATED),
    "expire": _row("BOT BANDEJA CERRADAS AGENTE", EXPIRADO, "clock", Cause.EXPIRED),
    "reopen": _row("EXPIRADO", AGENTE, "agent", Cause.REOPENED),
    "undo": _row("BANDEJA CERRADAS", AGENTE, "mover", Cause.UNDONE),
    "return": _row("AGENTE", BANDEJA, "clock", Cause.FORGOTTEN),
    "assign": _row("BANDEJA", AGENTE, "system", Cause.ASSIGNED),
    "add": _row("NOWHERE", EXPIRADO, "supervisor", Cause.ADDED),
    "erase": _row("BOT BANDEJA CERRADAS AGENTE EXPIRADO", EXPIRADO, "overseer", Cause.ERASED),
}
EXPIRE = MOVES["expire"]
# of a blocked contact (chats/messages/blocks.py)
REFUSED_WHILE_BLOCKED = frozenset({"arrive", "hand_over", "reopen", "assign"})
# what who has done it may undo (chats/undo.py)
UNDOABLE = (Cause.GIVEN_BACK, Cause.SENT, Cause.CLOSED)

# whether somebody is one of those whom the table names
_IS: dict[str, Callable[[Chat, Agent | None], bool]] = {
    "customer": lambda _chat, actor: actor is None,
    "bot": lambda _chat, actor: actor is None,
    "clock": lambda _chat, actor: actor is None,
    "system": lambda _chat, actor: actor is None,
    "agent": lambda _chat, actor: actor is not None,
    "access": lambda chat, actor: actor is not None and may_see(Viewer.of(actor), Place.of(chat)),
    "holder": lambda chat, actor: actor is not None and chat.agent_id == actor.pk,
    "supervisor": lambda _chat, actor: actor is not None and actor.is_supervisor,
    "overseer": lambda chat, actor: (
        actor is not None and actor.is_supervisor and may_see(Viewer.of(actor), Place.of(chat))
    ),
    "mover": lambda chat, actor: (
        actor is not None
        and chat.change is not None
        and chat.change.actor_id == actor.pk
        and chat.change.cause in UNDOABLE
    ),
    "personal": lambda chat, actor: (
        actor is not None and actor.is_supervisor and chat.tray is not None and chat.tray.kind == Tray.Kind.PERSONAL
    ),
}


def authorise(verb: str, chat: Chat, actor: Agent | None = None, held_by: int | None = None) -> None:
    """Ask the table. Raises Rejected: CONFLICT where the chat is elsewhere, also with another agent than `held_by`,
    FORBIDDEN where the right is missing."""
    if chat.erased_at is not None:
        raise Rejected(Rejection.CONFLICT, _("Los datos de este contacto se borraron"), chat=chat)
    if not may_start(verb, chat) or held_by not in (None, chat.agent_id):
        raise Rejected(Rejection.CONFLICT, where_now(chat), chat=chat)
    if verb in REFUSED_WHILE_BLOCKED and chat.is_blocked:
        raise Rejected(Rejection.CONFLICT, _("El contacto está bloqueado"), chat=chat)
    who = MOVES[verb].who
    if not any(_IS[name](chat, actor) for name in who):
        raise Rejected(Rejection.FORBIDDEN, _missing_right(who, chat), chat=chat)


def may_start(verb: str, chat: Chat) -> bool:
    """Whether the move may start where the chat is."""
    return place_in_table(chat) in MOVES[verb].sources


def _missing_right(who: frozenset[str], chat: Chat) -> str:
    if "access" in who:
        return _("No tenés acceso a %(place)s") % {"place": where(chat)}
    if "holder" in who:
        return _("El chat lo tiene %(name)s") % {"name": chat.agent}
    if "overseer" in who:
        return _("Solo un supervisor que ve el chat borra sus datos")
    if "mover" in who:
        return _("Solo lo deshace quien lo movió último, y enseguida")
    return _("Solo un supervisor lo mueve sin tomarlo, y de una bandeja personal")


def place_in_table(chat: Chat) -> str:
    """The place of a chat, as the table names it."""
    if not chat.state:
        return NOWHERE
    if chat.tray is not None and chat.tray.kind == Tray.Kind.CLOSED:
        return CERRADAS
    return chat.state


def where_now(chat: Chat) -> str:
    """Where the chat is now and with whom, as said to an agent whose move came too late."""
    if chat.state == State.AGENTE and chat.agent and chat.change and chat.change.cause == Cause.TAKEN:
        seconds = max(0, int((timezone.now() - chat.change.at).total_seconds()))
        if seconds < 60:
            return _("Ya lo tomó %(name)s hace %(seconds)s s") % {"name": chat.agent, "seconds": seconds}
        return _("Ya lo tomó %(name)s") % {"name": chat.agent}
    return _("El chat está ahora en %(place)s") % {"place": where(chat)}


def _to_tray(
    chat: Chat, verb: str, tray: Tray, at: datetime | None, actor: Agent | None = None, note: str = ""
) -> Chat:
    step = Step(chat, State.BANDEJA, tray=tray)
    return go_many([step], MOVES[verb].cause, at=at or timezone.now(), actor=actor, note=note)[0]


def _to_agent(chat: Chat, verb: str, agent: Agent, at: datetime | None, taken_from: Tray | None) -> Chat:
    step = Step(chat, MOVES[verb].target, agent=agent, taken_from=taken_from)
    return go_many([step], MOVES[verb].cause, at=at or timezone.now(), actor=agent)[0]


# --- planned ones: of a chat that the caller holds, who writes them with what else becomes of it (chats/receive) ---


def plan_arrival(chat: Chat, *, at: datetime, tray: Tray | None, bot: Bot | None) -> Planned:
    """A customer's message starts a round: with the bot, else in this tray, which the caller holds in use."""
    authorise("arrive", chat)
    chat.bot, chat.bot_path, chat.bot_summary, chat.bot_due_at = bot, [], "", None
    if bot is not None:
        chat.bot_memory = {}
    return plan(Step(chat, State.BOT if bot is not None else State.BANDEJA, tray=tray), Cause.ARRIVED, at=at)


def plan_move(verb: str, chat: Chat, tray: Tray, *, at: datetime, note: str = "") -> Planned:
    """A bot's chat goes to a tray, which the caller holds in use. Raises `Rejected` where it may not."""
    authorise(verb, chat)
    return plan(Step(chat, State.BANDEJA, tray=tray), MOVES[verb].cause, at=at, note=note)


def plan_first_seen_late(chat: Chat, *, at: datetime) -> Planned:
    """A contact first heard of by a message that is past its session: EXPIRADO from the start."""
    return plan(Step(chat, State.EXPIRADO), Cause.EXPIRED, at=at)


def first_seen_late(chat: Chat, *, at: datetime) -> Chat:
    """The same, written. The caller's transaction has made the chat."""
    return go_many([Step(chat, State.EXPIRADO)], Cause.EXPIRED, at=at)[0]


@transaction.atomic
def hand_over(chat_pk: int, tray: Tray, *, at: datetime | None = None) -> Chat:
    """The bot names the tray."""
    tray = hold_tray_in_use(tray)
    chat = lock_chat(chat_pk)
    authorise("hand_over", chat)
    return _to_tray(chat, "hand_over", tray, at)


@transaction.atomic
def take(chat_pk: int, agent: Agent, *, at: datetime | None = None) -> Chat:
    """Of several at once exactly one gets it; the others are told who did."""
    hold_agent_with_room(agent)
    return _take(lock_chat(chat_pk), agent, at)


def _take(chat: Chat, agent: Agent, at: datetime | None) -> Chat:
    authorise("take", chat, agent)
    return _to_agent(chat, "take", agent, at, chat.tray)


# the longest waiting of each tray, merged: reads the heads of the index, never the whole of a tray
_HEADS = """
SELECT c.id FROM unnest(%(trays)s::bigint[]) AS t(id), LATERAL (
    SELECT id, waiting_since FROM chats_chat
    WHERE tray_id = t.id AND state = 'BANDEJA' AND NOT is_blocked ORDER BY waiting_since, id LIMIT %(most)s
) c ORDER BY c.waiting_since, c.id LIMIT %(most)s
"""
_FIRST_FREE = """
SELECT id FROM chats_chat WHERE id = ANY(%(heads)s::bigint[]) AND state = 'BANDEJA' AND NOT is_blocked
    AND tray_id = ANY(%(trays)s)
ORDER BY waiting_since, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
"""


@transaction.atomic
def take_next(agent: Agent, *, at: datetime | None = None) -> Chat | None:
    """The longest waiting of the agent's trays (General, the given ones, the personal one), but who is blocked. None:
    nobody waits.

    SKIP LOCKED: two agents at once get two chats, neither waits for the other.
    """
    hold_agent_with_room(agent)
    trays = list(Tray.objects.queue_of(agent).values_list("id", flat=True))
    with connection.cursor() as cursor:
        # every head may be in somebody's hands at this instant: look further, but not for ever
        for most in (50, 500, 5000):
            cursor.execute(_HEADS, {"trays": trays, "most": most})
            heads = [row[0] for row in cursor.fetchall()]
            cursor.execute(_FIRST_FREE, {"heads": heads, "trays": trays})
            row = cursor.fetchone()
            if row:
                return _take(lock_chat(row[0]), agent, at)
            if len(heads) < most:
                break
    return None


@transaction.atomic
def give_back(chat_pk: int, actor: Agent, *, held_by: int | None = None, at: datetime | None = None) -> Chat:
    """To the tray it was taken from; General, if that one is archived by now. `held_by`: the agent who is to have it,
    so that who has taken it meanwhile keeps it."""
    hold_active_agent(actor)
    source = Chat.objects.values_list("taken_from", flat=True).get(pk=chat_pk)
    tray = tray_in_use_or_general(Tray(pk=source) if source else None)
    chat = lock_chat(chat_pk)
    authorise("give_back", chat, actor, held_by)
    if chat.taken_from_id != source:  # moved and taken anew between the two reads
        raise Rejected(Rejection.CONFLICT, where_now(chat), chat=chat)
    return _to_tray(chat, "give_back", tray, at, actor)


@transaction.atomic
def send(
    chat_pk: int, tray: Tray, actor: Agent, *, note: str = "", held_by: int | None = None, at: datetime | None = None
) -> Chat:
    """To any tray; to Conversaciones Cerradas it is the same as close. `held_by`: as in `give_back`."""
    hold_active_agent(actor)
    tray = hold_tray_in_use(tray)
    chat = lock_chat(chat_pk)
    verb = "close" if tray.kind == Tray.Kind.CLOSED else "send"
    authorise(verb, chat, actor, held_by)
    return _to_tray(chat, verb, tray, at, actor, note)


def close(chat_pk: int, actor: Agent, *, note: str = "", at: datetime | None = None) -> Chat:
    return send(chat_pk, Tray.objects.closed(), actor, note=note, at=at)


@transaction.atomic
def relocate(
    chat_pk: int, tray: Tray, *, note: str = "", actor: Agent | None = None, at: datetime | None = None
) -> Chat:
    """By the system (archived tray, deactivated agent, bot that failed), or by a supervisor out of a personal tray."""
    if actor:
        hold_active_agent(actor)
    tray = hold_tray_in_use(tray)
    chat = lock_chat(chat_pk)
    authorise("relocate", chat, actor)
    return _to_tray(chat, "relocate", tray, at, actor, note)


@transaction.atomic
def reopen(chat: Chat, agent: Agent, *, at: datetime) -> Chat:
    """A template was sent: the chat is its sender's. The caller holds the lock (chats/messages/templates.py).

    Giving it back then leads to the tray it was last in (not Cerradas), else General.
    """
    authorise("reopen", chat, agent)
    return _to_agent(chat, "reopen", agent, at, last_tray(StateChange.objects.filter(contact_id=chat.contact_id)))


def last_tray(steps: QuerySet[StateChange]) -> Tray:
    """The tray of the last of these that stood in one, not Cerradas; else General."""
    stood = steps.filter(tray__isnull=False).exclude(tray__kind=Tray.Kind.CLOSED)
    last = stood.order_by("-id").select_related("tray__owner").first()
    return last.tray if last and last.tray else Tray.objects.general()
