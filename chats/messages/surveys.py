"""The question how it was, after an agent has closed a chat; and its answer, which never makes the chat arrive.

The question is asked by a sweep and not by the close: a close that is undone has asked nothing. It goes out within the
customer's window only, to nobody who is blocked or has no address any more, and once in SURVEY_DAYS to the same person.
An answer is a button of it, wherever the chat is by then, or a text that is but the number while the chat is closed.
The first one within a day counts; chats/receive plans what it makes, and `write_scores` writes it with the message.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chats import publish
from chats.locks import locked_chats
from chats.messages.rows import SAME_MOMENT, SHOWN, first_status, show_latest
from chats.models import Chat, Message, Survey
from chats.moves import CERRADAS, place_in_table
from chats.undo import UNDO_GRACE, UNDO_WITHIN
from chats.window import WINDOW
from origins.facts import Incoming
from trays.models import Tray

# who closed it may still take that back
ASK_AFTER = UNDO_WITHIN + UNDO_GRACE + timedelta(seconds=1)
# later it would ask of what is forgotten: the worker was away
ASK_WITHIN = timedelta(minutes=30)
ANSWER_WITHIN = timedelta(hours=24)
MAX_BATCH_CHATS = 200
LABELS = {
    5: gettext_lazy("5 · Excelente"),
    4: gettext_lazy("4 · Muy bien"),
    3: gettext_lazy("3 · Bien"),
    2: gettext_lazy("2 · Regular"),
    1: gettext_lazy("1 · Mal"),
}
_BUTTON = re.compile(r"survey:([0-9]{1,18}):([1-5])", re.ASCII)
_NUMBER = re.compile(r"\s*([1-5])\s*[.!]?\s*", re.ASCII)

# `began`: the round that the close has ended; nobody is asked of one in which no agent said a word
_DUE = """
SELECT c.id, took.from_tray_id, took.agent_id, coalesce(joined.person_id, -c.id)
FROM chats_chat c
JOIN contacts_statechange closed ON closed.id = c.change_id AND closed.cause = 'closed'
JOIN origins_origin line ON line.id = c.origin_id AND line.is_active AND line.asks_score <> 'never'
CROSS JOIN LATERAL (
    SELECT t.from_tray_id, t.agent_id FROM contacts_statechange t
    WHERE t.contact_id = c.contact_id AND t.id < c.change_id AND t.cause IN ('taken', 'assigned', 'reopened')
    ORDER BY t.id DESC LIMIT 1
) took
CROSS JOIN LATERAL (
    SELECT b.at FROM contacts_statechange b
    WHERE b.contact_id = c.contact_id AND b.id < c.change_id AND b.cause IN ('arrived', 'reopened')
    ORDER BY b.id DESC LIMIT 1
) began
LEFT JOIN trays_tray tray ON tray.id = took.from_tray_id
LEFT JOIN contacts_joining joined ON joined.contact_id = c.contact_id
WHERE c.state = 'BANDEJA' AND c.tray_id = %(closed)s AND NOT c.is_blocked
  AND c.waiting_since <= %(until)s AND c.waiting_since > %(since)s
  AND (line.asks_score = 'always' OR tray.asks_score) AND c.answered_at >= began.at
  AND c.session_expires_at > %(now)s AND c.last_customer_at > %(heard_since)s
  AND (c.window_shut_at IS NULL OR c.window_shut_at <= c.last_customer_at)
  AND EXISTS (SELECT 1 FROM contacts_address a WHERE a.contact_id = c.contact_id AND a.revoked_at IS NULL)
  AND NOT EXISTS (SELECT 1 FROM chats_survey s WHERE s.change_id = c.change_id)
  AND NOT EXISTS (SELECT 1 FROM chats_survey s WHERE s.chat_id = c.id AND s.asked_at > %(asked_since)s)
  AND NOT EXISTS (
    SELECT 1 FROM contacts_joining other JOIN chats_chat o ON o.contact_id = other.contact_id
    JOIN chats_survey s ON s.chat_id = o.id WHERE other.person_id = joined.person_id AND s.asked_at > %(asked_since)s
  )
ORDER BY c.waiting_since LIMIT %(most)s FOR NO KEY UPDATE OF c SKIP LOCKED
"""
_WRITE = """
WITH given AS (
    SELECT * FROM unnest(%(surveys)s::bigint[], %(scores)s::smallint[], %(at)s::timestamptz[], %(messages)s::bigint[])
                  AS g(survey_id, score, at, message_id)
), scored AS (
    UPDATE chats_survey s SET score = given.score, answered_at = given.at, answer_id = given.message_id
    FROM given WHERE s.id = given.survey_id AND s.score IS NULL
)
UPDATE chats_chat c SET survey_until = NULL FROM given JOIN chats_survey s ON s.id = given.survey_id
WHERE c.id = s.chat_id AND c.survey_id = s.id
"""


# --- asking --------------------------------------------------------------------------------------


def ask_due(*, now: datetime | None = None) -> int:
    """Ask of what was closed a moment ago. Any number of sweepers at once; a close is asked about once."""
    now = now or timezone.now()
    total = 0
    while True:
        count = _ask_batch(now)
        total += count
        if count < MAX_BATCH_CHATS:
            return total


@transaction.atomic
def _ask_batch(now: datetime) -> int:
    asked: dict[str, Any] = {
        "closed": Tray.objects.closed().pk, "now": now, "until": now - ASK_AFTER, "since": now - ASK_WITHIN,
        "heard_since": now - WINDOW, "asked_since": now - timedelta(days=settings.SURVEY_DAYS), "most": MAX_BATCH_CHATS,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_DUE, asked)
        found = cursor.fetchall()
    # of a person whose chats were closed together the first one
    first = {person: chat for chat, _tray, _agent, person in reversed(found)}
    due = {chat: (tray, agent) for chat, tray, agent, person in found if first[person] == chat}
    trays = Tray.objects.in_bulk({tray for tray, _agent in due.values()} - {None})
    for chat in locked_chats().filter(pk__in=due).order_by("pk"):
        tray_pk, agent_pk = due[chat.pk]
        _ask(chat, trays.get(tray_pk), agent_pk, now)
    return len(due)


def _ask(chat: Chat, tray: Tray | None, agent_pk: int | None, now: datetime) -> None:
    survey = Survey.objects.create(chat=chat, change_id=chat.change_id or 0, tray=tray, agent_id=agent_pk, asked_at=now)
    text = (tray.question.strip() if tray else "") or _("¿Cómo te atendimos?")
    message = _make_row(chat, now, text, survey)
    message.save(force_insert=True)
    chat.survey, chat.survey_until = survey, now + ANSWER_WITHIN
    show_latest(chat, message)
    chat.save(update_fields=("survey", "survey_until", *SHOWN))
    publish.message_stored(chat, message)


def _make_row(chat: Chat, now: datetime, text: str, survey: Survey | None = None) -> Message:
    """What says it is nobody of the team: it wakes no agent, counts as no answer, and leaves within the window only."""
    payload: dict[str, Any] = {"survey": survey.pk if survey else chat.survey_id}
    if survey:
        choices = [{"title": str(label), "payload": f"survey:{survey.pk}:{score}"} for score, label in LABELS.items()]
        most, longest = chat.origin.can.choices
        if len(choices) <= most and all(len(choice["title"]) <= longest for choice in choices):
            payload["choices"] = choices
        else:
            text += "\n" + _("Respondé con un número del 1 (mal) al 5 (excelente).")
    return Message(
        chat=chat, origin_id=chat.origin_id, direction="out", author="bot", text=text, payload=payload, created_at=now,
        **first_status(chat, now),
    )  # fmt: skip


def make_thanks(chat: Chat, now: datetime) -> Message:
    """Not stored yet."""
    return _make_row(chat, now, _("¡Gracias por tu respuesta!"))


# --- answers -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """`survey_id`: the question that it answers; None: it comes late or once more, and is but kept."""

    score: int
    survey_id: int | None


def read_answer(chat: Chat, fact: Incoming, said_at: datetime) -> Answer | None:
    """What this message says of how it was; None: something else. Nothing is asked of the database."""
    if chat.is_blocked or not chat.state or chat.survey_id is None or fact.files:
        return None
    begun = chat.survey_until - ANSWER_WITHIN - SAME_MOMENT if chat.survey_until else None
    counts = chat.survey_until is not None and begun is not None and begun < said_at < chat.survey_until
    if pressed := _BUTTON.fullmatch(str(fact.payload.get("payload", ""))):
        survey_id, score = int(pressed[1]), int(pressed[2])
        return Answer(score, survey_id if counts and survey_id == chat.survey_id else None)
    if not counts or fact.kind != "text" or place_in_table(chat) != CERRADAS:
        return None
    if begun is not None and chat.waiting_since > begun:  # closed once more since: of that talk nobody was asked
        return None
    typed = _NUMBER.fullmatch(fact.text)
    return Answer(int(typed[1]), chat.survey_id) if typed else None


def write_scores(answers: Sequence[tuple[Message, Answer]]) -> None:
    """Of messages that are stored, whose chats the caller holds."""
    if not answers:
        return
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, {
            "surveys": [answer.survey_id for _message, answer in answers],
            "scores": [answer.score for _message, answer in answers],
            "at": [message.created_at for message, _answer in answers],
            "messages": [message.pk for message, _answer in answers],
        })  # fmt: skip
