"""What reports count: the events of a period as one statement, read from the history of states and agents' answers.

The roll-up adds it up by the hour and the list behind a figure shows it, so that a figure and its chats are the same
rule. Each event: measure, id (of the step or message), at, contact_id, tray_id, agent_id, seconds (None: takes none).

    arrived     the customer wrote and a session began, with the bot
    bot_only    it ended where the bot had it: nobody else was needed, or nobody was asked for
    handed_over the bot passed it to a tray, or there was no bot
    taken       an agent took it or was given it; seconds: how long it waited in that tray
    answered    the first answer of an agent since then; seconds: from the hand-over to it
    attended    it left its agent, wherever to; seconds: since it was taken
    closed      and it was by closing it
    returned    and it was by giving or sending it back, or since its agent forgot it
    expired     24 h without the customer, in a tray or with an agent
    reopened    the customer wrote again after it was closed
    scored      the customer said how it was; "seconds": from 1 to 5
    waits       it stands in a tray from now on where it did not stand in one; no figure of its own, of no tray
    waits_not   and not any more (reports/today.py)

Of a tray: the one that it waited in, or was taken from. Of a tag: those that the contact had at that moment (TAGS_OF),
each of them. A move that was undone did not happen.
"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

MEASURES = {
    "arrived": _("Escribieron"),
    "bot_only": _("Solo el bot"),
    "handed_over": _("Llegaron"),
    "taken": _("Tomados"),
    "answered": _("Respondidos"),
    "attended": _("Atendidos"),
    "closed": _("Cerrados"),
    "returned": _("Devueltos"),
    "expired": _("Expirados"),
    "reopened": _("Reabiertos"),
    "scored": _("Opinaron"),
}
SCORED = "scored"
# the upper ends of the classes of duration, in seconds; the last class has none
BOUNDS = (
    5, 10, 15, 20, 30, 40, 50, 60, 75, 90, 105, 120, 150, 180, 210, 240, 270, 300, 360, 420, 480, 540, 600, 720, 900,
    1_080, 1_260, 1_500, 1_800, 2_400, 3_000, 3_600, 5_400, 7_200, 10_800, 14_400, 21_600, 28_800, 43_200, 64_800,
    86_400, 172_800,
)  # fmt: skip

# steps of the period with what was before them, since when somebody has the chat, and without those undone
_STEPS = """
SELECT c.id, c.at, c.contact_id, c.cause, c.state, c.tray_id, c.agent_id,
       was.at AS was_at, was.state AS was_state, was.tray_id AS was_tray_id, was.agent_id AS was_agent_id,
       coalesce(was_tray.kind = 'closed', false) AS was_closed,
       c.state = 'BANDEJA' AND here.kind <> 'closed' AS waits,
       coalesce(was.state = 'BANDEJA' AND was_tray.kind <> 'closed', false) AS waited,
       took.at AS took_at, took.from_tray_id AS took_from
FROM contacts_statechange c
LEFT JOIN LATERAL (
    SELECT at, state, tray_id, agent_id FROM contacts_statechange p
    WHERE p.contact_id = c.contact_id AND p.id < c.id ORDER BY p.id DESC LIMIT 1
) was ON true
LEFT JOIN trays_tray was_tray ON was_tray.id = was.tray_id
LEFT JOIN trays_tray here ON here.id = c.tray_id
LEFT JOIN LATERAL (
    SELECT t.at, t.from_tray_id FROM contacts_statechange t
    WHERE t.contact_id = c.contact_id AND t.id < c.id AND t.cause IN ('taken', 'assigned', 'reopened')
    ORDER BY t.id DESC LIMIT 1
) took ON was.state = 'AGENTE'
WHERE c.at >= %(begin)s AND c.at < %(end)s AND NOT EXISTS (
    SELECT 1 FROM (
        SELECT n.cause FROM contacts_statechange n
        WHERE n.contact_id = c.contact_id AND n.id > c.id ORDER BY n.id LIMIT 1
    ) following WHERE following.cause = 'undone'
)
"""

# an agent's first words since the bot handed the chat over; a session that an agent opened waits for no answer
_ANSWERS = """
SELECT m.id, m.created_at AS at, chat.contact_id, took.from_tray_id AS tray_id, m.agent_id,
       extract(epoch FROM m.created_at - asked.at) AS seconds
FROM chats_message m
JOIN chats_chat chat ON chat.id = m.chat_id
CROSS JOIN LATERAL (
    SELECT a.at, a.state FROM contacts_statechange a
    WHERE a.contact_id = chat.contact_id AND a.at <= m.created_at
      AND a.cause IN ('arrived', 'handed_over', 'reopened', 'expired')
    ORDER BY a.id DESC LIMIT 1
) asked
LEFT JOIN LATERAL (
    SELECT t.from_tray_id FROM contacts_statechange t
    WHERE t.contact_id = chat.contact_id AND t.at <= m.created_at AND t.cause IN ('taken', 'assigned')
    ORDER BY t.id DESC LIMIT 1
) took ON true
WHERE m.created_at >= %(begin)s AND m.created_at < %(end)s AND m.author = 'agent' AND m.direction = 'out'
  AND m.kind NOT IN ('reaction', 'edit', 'withdrawal') AND asked.state = 'BANDEJA'
  AND NOT EXISTS (
    SELECT 1 FROM chats_message o
    WHERE o.chat_id = m.chat_id AND o.created_at >= asked.at AND (o.created_at, o.id) < (m.created_at, m.id)
      AND o.author = 'agent' AND o.direction = 'out' AND o.kind NOT IN ('reaction', 'edit', 'withdrawal')
  )
"""

_SCORES = """
SELECT 'scored' AS measure, s.id, s.answered_at AS at, chat.contact_id, s.tray_id, s.agent_id,
       s.score::numeric AS seconds
FROM chats_survey s JOIN chats_chat chat ON chat.id = s.chat_id
WHERE s.answered_at >= %(begin)s AND s.answered_at < %(end)s
"""
# the tags of an event's contact, as they were then; none where it had none
TAGS_OF = """
SELECT g.tag_id FROM contacts_contacttag g WHERE g.contact_id = event.contact_id AND g.given_at <= event.at
UNION
SELECT p.tag_id FROM contacts_pasttag p
WHERE p.contact_id = event.contact_id AND p.given_at <= event.at AND event.at < p.taken_at
"""
_STEP = """
SELECT '{measure}' AS measure, id, at, contact_id, {tray} AS tray_id, {agent} AS agent_id, {seconds} AS seconds
FROM steps WHERE {condition}
"""


def _of_steps(
    measure: str, condition: str, tray: str = "NULL::bigint", agent: str = "NULL::bigint", since: str = ""
) -> str:
    seconds = "extract(epoch FROM at - SINCE)".replace("SINCE", since) if since else "NULL::numeric"
    return _STEP.format(measure=measure, condition=condition, tray=tray, agent=agent, seconds=seconds)


_WAITED_OR_HELD = "cause = 'expired' AND was_state IN ('BANDEJA', 'AGENTE') AND NOT was_closed"
_PARTS = (
    _of_steps("arrived", "cause = 'arrived'"),
    _of_steps("bot_only", "cause = 'expired' AND was_state = 'BOT'"),
    _of_steps("handed_over", "cause = 'handed_over' OR (cause = 'arrived' AND state = 'BANDEJA')", "tray_id"),
    _of_steps("taken", "cause IN ('taken', 'assigned') AND NOT was_closed", "was_tray_id", "agent_id", since="was_at"),
    _of_steps("attended", "was_state = 'AGENTE' AND state <> 'AGENTE'", "took_from", "was_agent_id", since="took_at"),
    _of_steps("closed", "cause = 'closed'", "took_from", "was_agent_id"),
    _of_steps("returned", "cause IN ('given_back', 'sent', 'forgotten')", "took_from", "was_agent_id"),
    _of_steps("expired", _WAITED_OR_HELD, "coalesce(was_tray_id, took_from)", "was_agent_id"),
    _of_steps("reopened", "cause = 'arrived' AND was_closed"),
    # what was undone is not among the steps, so its undoing is none either
    _of_steps("waits", "waits AND NOT waited AND cause <> 'undone'"),
    _of_steps("waits_not", "waited AND waits IS NOT TRUE AND cause <> 'undone'"),
    "SELECT 'answered' AS measure, id, at, contact_id, tray_id, agent_id, seconds FROM answers",
    _SCORES,
)
EVENTS = "WITH steps AS MATERIALIZED (STEPS), answers AS (ANSWERS), event AS (PARTS)"
for _name, _sql in (("STEPS", _STEPS), ("ANSWERS", _ANSWERS), ("PARTS", " UNION ALL ".join(_PARTS))):
    EVENTS = EVENTS.replace(_name, _sql)


def period(begin: datetime, end: datetime) -> dict[str, Any]:
    """What EVENTS is asked with: from `begin` to before `end`."""
    return {"begin": begin, "end": end}
