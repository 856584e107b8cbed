"""The moves of a chat. Nothing else changes where a chat is.

                      ┌────────────────── arrive (a customer writes) ──────────────┐
                      ▼                                                            │
    (no chat) ──▶  BOT ──hand over──▶ BANDEJA ──take, take next──▶ AGENTE ──close──▶ CERRADAS
                    │                  ▲   ▲  ◀──give back, send──── │ ▲              │   │
                    └─────relocate─────┘   └────────relocate─────────┘ └─────take─────┘   │
                    │                  │                             │                    │
                    └──────────────────┴─────────── expire ──────────┴────────────────────┘
                                                      ▼
                                                  EXPIRADO ──reopen (template)──▶ AGENTE

CERRADAS is the state BANDEJA in the tray Conversaciones Cerradas. Each move is one
transaction: it locks what it leads to (tray, agent) and then the chat, checks the place and
who asks, writes the chat, its history and a line in the conversation, and tells the open
screens after the commit. One that does not fit raises Refused and changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import bot_events, publish
from chats.errors import Rejected, Rejection
from chats.models import Chat, ChatQuerySet, Message
from contacts.models import Cause, Contact, State, StateChange
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
    """One row of the table: where it may start, where it leads, and who may ask for it."""

    sources: frozenset[str]
    target: str
    who: frozenset[str]


def _row(sources: str, target: str, who: str) -> Move:
    return Move(frozenset(sources.split()), target, frozenset(who.split()))


# `access`: an agent to whom the tray is open; `holder`: the agent who has the chat
MOVES = {
    "arrive": _row("NOWHERE EXPIRADO CERRADAS", BOT, "customer"),
    "hand_over": _row("BOT", BANDEJA, "bot"),
    "take": _row("BANDEJA CERRADAS", AGENTE, "access"),
    "give_back": _row("AGENTE", BANDEJA, "holder supervisor"),
    "send": _row("AGENTE", BANDEJA, "holder supervisor"),
    "close": _row("AGENTE", CERRADAS, "holder supervisor"),
    "relocate": _row("BANDEJA AGENTE BOT", BANDEJA, "system"),
    "expire": _row("BOT BANDEJA CERRADAS AGENTE", EXPIRADO, "clock"),
    "reopen": _row("EXPIRADO", AGENTE, "agent"),
}


def spot(chat: Chat) -> str:
    """The place of a chat, as the table names it."""
    if chat.change_id is None:
        return NOWHERE
    if chat.tray is not None and chat.tray.kind == Tray.Kind.CLOSED:
        return CERRADAS
    return chat.state


def lock(pk: int) -> Chat:
    """The chat, locked until the transaction ends. Raises Chat.DoesNotExist."""
    return locked().get(pk=pk)


def locked() -> ChatQuerySet:
    """Chats, each locked as it is read, with what of them never changes; the rest is read when asked for.

    Who waits for a lock gets the newest row joined to what belonged to the old one: a tray or an
    agent read along would look empty.
    """
    return Chat.objects.select_related("contact__origin").select_for_update(of=("self",), no_key=True)


def fit(verb: str, chat: Chat) -> None:
    if spot(chat) not in MOVES[verb].sources:
        raise Rejected(Rejection.CONFLICT, elsewhere(chat), chat=chat)


def elsewhere(chat: Chat) -> str:
    """Where the chat is now and with whom, as said to an agent whose move came too late."""
    if chat.state == State.AGENTE and chat.agent and chat.change and chat.change.cause == Cause.TAKEN:
        seconds = max(0, int((timezone.now() - chat.change.at).total_seconds()))
        if seconds < 60:
            return _("Ya lo tomó %(name)s hace %(seconds)s s") % {"name": chat.agent, "seconds": seconds}
        return _("Ya lo tomó %(name)s") % {"name": chat.agent}
    return _("El chat está ahora en %(place)s") % {"place": where(chat)}


def working(agent: Agent) -> Agent:
    """The agent, held active until the transaction ends; deactivating waits for this."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT is_active FROM trays_agent WHERE id = %s FOR SHARE", [agent.pk])
        row = cursor.fetchone()
    if not row or not row[0]:
        raise Rejected(Rejection.FORBIDDEN, _("Tu usuario está desactivado"))
    return agent


def _in_use(tray: Tray) -> Tray:
    """The tray, held unarchived until the transaction ends."""
    Tray.objects.hold(tray.pk)
    fresh = Tray.objects.select_related("owner").get(pk=tray.pk)
    if fresh.archived_at:
        raise Rejected(Rejection.INVALID, _("La bandeja %(name)s está archivada") % {"name": fresh})
    return fresh


def _leads(chat: Chat, actor: Agent) -> None:
    """Only who holds the chat, or a supervisor, may move it on."""
    if chat.agent_id != actor.pk and not actor.is_supervisor:
        raise Rejected(Rejection.FORBIDDEN, _("El chat lo tiene %(name)s") % {"name": chat.agent}, chat=chat)


def _go(
    chat: Chat,
    state: str,
    cause: str,
    *,
    at: datetime,
    tray: Tray | None = None,
    agent: Agent | None = None,
    actor: Agent | None = None,
    taken_from: Tray | None = None,
    note: str = "",
) -> Chat:
    """Write one step: history, line, contact and chat. The caller holds the lock and has checked."""
    left = publish.Left.of(chat)
    change = StateChange.objects.create(
        contact_id=chat.contact_id, state=state, tray=tray, agent=agent, at=at, actor=actor, cause=cause,
        from_tray=chat.tray, note=note[:300],
    )  # fmt: skip
    Message.objects.create(
        chat=chat, origin_id=chat.origin_id, direction="note", author="system", kind="move", change=change,
        created_at=at,
    )  # fmt: skip
    Contact.objects.filter(pk=chat.contact_id).update(
        previous=F("current"), current=change, state=state, tray=tray, agent=agent,
        active_at=Greatest("active_at", at),
    )  # fmt: skip
    chat.state, chat.tray, chat.agent, chat.taken_from = state, tray, agent, taken_from
    chat.change, chat.waiting_since = change, at
    chat.save(update_fields=("state", "tray", "agent", "taken_from", "change", "waiting_since"))
    bot_events.record_step(chat, left, at)
    publish.moved(chat, left)
    return chat


@transaction.atomic
def arrive(chat: Chat, *, at: datetime, reception_tray: Tray | None, bot: Bot | None) -> Chat:
    """A customer's message starts a round: with the bot, else in the origin's own tray or General."""
    if spot(chat) not in MOVES["arrive"].sources:
        return chat
    if bot is not None:
        chat.bot, chat.bot_memory, chat.bot_path, chat.bot_summary, chat.bot_due_at = bot, {}, [], "", None
        chat.save(update_fields=("bot", "bot_memory", "bot_path", "bot_summary", "bot_due_at"))
        return _go(chat, State.BOT, Cause.ARRIVED, at=at)
    chat.bot, chat.bot_path, chat.bot_summary, chat.bot_due_at = None, [], "", None
    chat.save(update_fields=("bot", "bot_path", "bot_summary", "bot_due_at"))
    return _go(chat, State.BANDEJA, Cause.ARRIVED, at=at, tray=standing(reception_tray))


@transaction.atomic
def first_seen_late(chat: Chat, *, at: datetime) -> Chat:
    """A contact first heard of by a message that is past its session: EXPIRADO from the start."""
    return _go(chat, State.EXPIRADO, Cause.EXPIRED, at=at)


def standing(tray: Tray | None) -> Tray:
    """This tray, or General where there is none or it is archived by now."""
    if tray is not None:
        Tray.objects.hold(tray.pk)
        fresh = Tray.objects.select_related("owner").filter(pk=tray.pk, archived_at=None).first()
        if fresh:
            return fresh
    return Tray.objects.general()


@transaction.atomic
def hand_over(chat_pk: int, tray: Tray, *, at: datetime | None = None) -> Chat:
    """The bot names the tray."""
    tray = _in_use(tray)
    chat = lock(chat_pk)
    fit("hand_over", chat)
    return _go(chat, State.BANDEJA, Cause.HANDED_OVER, at=at or timezone.now(), tray=tray)


@transaction.atomic
def take(chat_pk: int, agent: Agent, *, at: datetime | None = None) -> Chat:
    """Of several at once exactly one gets it; the others are told who did."""
    working(agent)
    chat = lock(chat_pk)
    return _take(chat, agent, at)


def _take(chat: Chat, agent: Agent, at: datetime | None) -> Chat:
    fit("take", chat)
    if not may_see(Viewer.of(agent), Place.of(chat)):
        raise Rejected(Rejection.FORBIDDEN, _("No tenés acceso a %(place)s") % {"place": where(chat)}, chat=chat)
    return _go(
        chat,
        State.AGENTE,
        Cause.TAKEN,
        at=at or timezone.now(),
        agent=agent,
        actor=agent,
        taken_from=chat.tray,
    )


# the longest waiting of each tray, merged: reads the heads of the index, never the whole of a tray
_HEADS = """
SELECT c.id FROM unnest(%(trays)s::bigint[]) AS t(id), LATERAL (
    SELECT id, waiting_since FROM chats_chat
    WHERE tray_id = t.id AND state = 'BANDEJA' ORDER BY waiting_since, id LIMIT %(most)s
) c ORDER BY c.waiting_since, c.id LIMIT %(most)s
"""
_FIRST_FREE = """
SELECT id FROM chats_chat WHERE id = ANY(%(heads)s::bigint[]) AND state = 'BANDEJA' AND tray_id = ANY(%(trays)s)
ORDER BY waiting_since, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
"""


@transaction.atomic
def take_next(agent: Agent, *, at: datetime | None = None) -> Chat | None:
    """The longest waiting of the agent's trays (General, given ones, his own). None: nobody waits.

    SKIP LOCKED: two agents at once get two chats, neither waits for the other.
    """
    working(agent)
    trays = list(Tray.objects.queue_of(agent).values_list("id", flat=True))
    with connection.cursor() as cursor:
        # every head may be in somebody's hands at this instant: look further, but not for ever
        for most in (50, 500, 5000):
            cursor.execute(_HEADS, {"trays": trays, "most": most})
            heads = [row[0] for row in cursor.fetchall()]
            cursor.execute(_FIRST_FREE, {"heads": heads, "trays": trays})
            row = cursor.fetchone()
            if row:
                return _take(lock(row[0]), agent, at)
            if len(heads) < most:
                break
    return None


@transaction.atomic
def give_back(chat_pk: int, actor: Agent, *, at: datetime | None = None) -> Chat:
    """To the tray it was taken from; General, if that one is archived by now."""
    working(actor)
    source = Chat.objects.values_list("taken_from", flat=True).get(pk=chat_pk)
    tray = standing(Tray(pk=source) if source else None)
    chat = lock(chat_pk)
    fit("give_back", chat)
    _leads(chat, actor)
    if chat.taken_from_id != source:  # moved and taken anew between the two reads
        raise Rejected(Rejection.CONFLICT, elsewhere(chat), chat=chat)
    return _go(chat, State.BANDEJA, Cause.GIVEN_BACK, at=at or timezone.now(), tray=tray, actor=actor)


@transaction.atomic
def send(chat_pk: int, tray: Tray, actor: Agent, *, note: str = "", at: datetime | None = None) -> Chat:
    """To any tray; to Conversaciones Cerradas it is the same as close."""
    working(actor)
    tray = _in_use(tray)
    chat = lock(chat_pk)
    fit("send", chat)
    _leads(chat, actor)
    cause = Cause.CLOSED if tray.kind == Tray.Kind.CLOSED else Cause.SENT
    return _go(chat, State.BANDEJA, cause, at=at or timezone.now(), tray=tray, actor=actor, note=note)


def close(chat_pk: int, actor: Agent, *, note: str = "", at: datetime | None = None) -> Chat:
    return send(chat_pk, Tray.objects.closed(), actor, note=note, at=at)


@transaction.atomic
def relocate(
    chat_pk: int, tray: Tray, *, note: str = "", actor: Agent | None = None, at: datetime | None = None
) -> Chat:
    """By the system (archived tray, deactivated agent, bot that failed), or by a supervisor out of a personal tray."""
    if actor:
        working(actor)
    tray = _in_use(tray)
    chat = lock(chat_pk)
    fit("relocate", chat)
    if actor and not (actor.is_supervisor and chat.tray and chat.tray.kind == Tray.Kind.PERSONAL):
        raise Rejected(
            Rejection.FORBIDDEN, _("Solo un supervisor lo mueve sin tomarlo, y de una bandeja personal"), chat=chat
        )
    return _go(chat, State.BANDEJA, Cause.RELOCATED, at=at or timezone.now(), tray=tray, actor=actor, note=note)


@transaction.atomic
def reopen(chat: Chat, agent: Agent, *, at: datetime) -> Chat:
    """A template was sent: the chat is its sender's. The caller holds the lock (messaging.send_template).

    Giving it back then leads to the tray it was last in (not Cerradas), else General.
    """
    fit("reopen", chat)
    last = (
        StateChange.objects.filter(contact_id=chat.contact_id, tray__isnull=False)
        .exclude(tray__kind=Tray.Kind.CLOSED)
        .order_by("-id")
        .select_related("tray__owner")
        .first()
    )
    back = last.tray if last else Tray.objects.general()
    return _go(chat, State.AGENTE, Cause.REOPENED, at=at, agent=agent, actor=agent, taken_from=back)


# One statement a batch: due chats, oldest first, that nobody has locked; their history, lines, contacts.
_EXPIRE = """
WITH due AS (
    SELECT id, contact_id, origin_id, state, tray_id, agent_id, change_id, bot_id,
           GREATEST(session_expires_at, waiting_since) AS at
    FROM chats_chat
    WHERE state <> 'EXPIRADO' AND session_expires_at <= %(now)s
    ORDER BY session_expires_at LIMIT %(batch)s FOR NO KEY UPDATE SKIP LOCKED
), changes AS (
    INSERT INTO contacts_statechange (contact_id, state, at, cause, from_tray_id, note)
    SELECT contact_id, 'EXPIRADO', at, 'expired', tray_id, '' FROM due
    RETURNING id, contact_id, at
), lines AS (
    INSERT INTO chats_message (uuid, chat_id, origin_id, direction, author, kind, text, payload, change_id,
                               reaction, status, reason, attempts, created_at)
    SELECT gen_random_uuid(), due.id, due.origin_id, 'note', 'system', 'move', '', '{}', changes.id,
           '', '', '', 0, changes.at
    FROM changes JOIN due USING (contact_id)
), told AS (
    INSERT INTO wittybots_event
        (uuid, endpoint_id, kind, chat_id, control_version, created_at, state, attempts, reason)
    SELECT gen_random_uuid(), e.id, 'conversation_expired', due.id, changes.id, %(now)s, 'queued', 0, ''
    FROM changes JOIN due USING (contact_id)
    JOIN wittybots_endpoint e ON e.is_active AND (e.bot_id = due.bot_id OR e.bot_id IS NULL)
    WHERE 'conversation_expired' = ANY(e.events)
), people AS (
    UPDATE contacts_contact SET previous_id = current_id, current_id = changes.id,
                                state = 'EXPIRADO', tray_id = NULL, agent_id = NULL
    FROM changes WHERE contacts_contact.id = changes.contact_id
)
UPDATE chats_chat SET state = 'EXPIRADO', tray_id = NULL, agent_id = NULL, taken_from_id = NULL,
                      change_id = changes.id, waiting_since = changes.at
FROM changes JOIN due USING (contact_id)
WHERE chats_chat.id = due.id
RETURNING chats_chat.id, due.state, due.tray_id, due.agent_id, due.change_id
"""


def expire(*, now: datetime | None = None, batch: int = 1000) -> int:
    """Flip what is past its session. Any number of sweepers at once; each chat is flipped once. Returns how many."""
    now = now or timezone.now()
    total = 0
    while True:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_EXPIRE, {"now": now, "batch": batch})
                rows = cursor.fetchall()
            publish.expired([(pk, publish.Left(*left)) for pk, *left in rows])
        total += len(rows)
        if len(rows) < batch:
            return total


def empty_tray(tray: Tray, *, note: str, at: datetime | None = None, to: Tray | None = None) -> int:
    """Relocate every chat that waits in a tray (archived, or of an agent who left). Returns how many."""
    target = to or Tray.objects.general()
    pks = list(Chat.objects.filter(tray=tray).values_list("pk", flat=True))
    return _relocate_all(pks, lambda chat: target if chat.tray_id == tray.pk else None, note, at)


def let_go(agent: Agent, *, note: str, at: datetime | None = None) -> int:
    """The chats that an agent holds go back to the trays they were taken from. Returns how many."""
    pks = list(Chat.objects.held_by(agent).values_list("pk", flat=True))
    # held before any chat is locked, as everywhere
    Tray.objects.hold(*Chat.objects.filter(pk__in=pks, taken_from__isnull=False).values_list("taken_from", flat=True))
    return _relocate_all(pks, lambda chat: standing(chat.taken_from) if chat.agent_id == agent.pk else None, note, at)


def _relocate_all(pks: Iterable[int], target: Any, note: str, at: datetime | None) -> int:
    moved = 0
    for pk in pks:
        chat = lock(pk)
        # listed before it was locked: by now it may be somebody else's
        tray = target(chat)
        if tray is not None and spot(chat) in MOVES["relocate"].sources:
            _go(chat, State.BANDEJA, Cause.RELOCATED, at=at or timezone.now(), tray=tray, note=note)
            moved += 1
    return moved
