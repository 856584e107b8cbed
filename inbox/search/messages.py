"""The messages that an agent looks for and may see: found by the index of words alone, newest first, paged by key.

The statement is fenced: first the index of words, then the newest of what it found, and of each whether its chat may
be seen, until a page is full. No plan reads the table, whatever was typed; what takes too long ends with TooMany.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db import OperationalError, transaction
from psycopg.errors import QueryCanceled

from chats.models import Chat, Message
from common.paging import read_key, write_key
from common.prepared import FIRST, fetch_rows
from common.replica import ask_replica
from inbox.search.words import Words
from trays.models import Agent

PAGE_SIZE = 50
# less than any statement of a request may take, so that it is this one that says so
MAX_MILLISECONDS = 1_500

# of a transaction: a pooler gives the connection to another afterwards. What is left are bitmaps of what indexes were
# asked: no table is read whole, nor by the order of an index. The plan is one for all words, as it has no choice;
# to start workers, or to make room for a hash, takes longer than to read what most words have found
_BEGIN = """
SELECT set_config('statement_timeout', %s, true), set_config('enable_seqscan', 'off', true),
       set_config('enable_indexscan', 'off', true), set_config('enable_indexonlyscan', 'off', true),
       set_config('plan_cache_mode', 'force_generic_plan', true),
       set_config('max_parallel_workers_per_gather', '0', true), set_config('enable_hashagg', 'off', true)
"""
_FIND = """
WITH said AS MATERIALIZED (
    SELECT id, chat_id, created_at, origin_id, direction, author, agent_id, kind, withdrawn_at, {text}, '' AS name
    FROM chats_message WHERE {said} AND NOT (text = '')
    UNION ALL
    SELECT m.id, chat_id, created_at, origin_id, direction, author, agent_id, kind, withdrawn_at, {text}, {name}
    FROM (
        SELECT message_id, {name} FROM chats_attachment
        WHERE array_to_tsvector(text_words(name)) @@ %(whole)s::tsquery AND message_id IS NOT NULL OFFSET 0
    ) file JOIN chats_message m ON m.id = file.message_id
)
SELECT found.id FROM (
    SELECT DISTINCT id, chat_id, created_at FROM said WHERE {conditions} ORDER BY created_at DESC, id DESC OFFSET 0
) found
JOIN LATERAL (SELECT 1 FROM ({visible}) chat WHERE chat.id = found.chat_id LIMIT 1) seen ON true
ORDER BY found.created_at DESC, found.id DESC LIMIT %(size)s
"""
_SAYS = "array_to_tsvector(text_words(text)) @@ %({})s::tsquery"
_HAS_DIGITS = "(text ~ '[0-9]{{3}}' AND text_digits(text) LIKE ANY (%({})s))"
# stand for ids while the SQL of what may be seen is made
_AGENT, _TRAY, _HOLDER, _TAG = FIRST, FIRST + 1, FIRST + 2, FIRST + 3
# who said it → what a message has to be
AUTHORS = {
    "cliente": "direction = 'in'",
    "agentes": "direction = 'out' AND author = 'agent'",
    "bot": "direction = 'out' AND author = 'bot'",
    "notas": "direction = 'note'",
}


class TooMany(Exception):
    """The words stand in so many messages that they cannot be gone through in time."""


@dataclass(frozen=True)
class Filters:
    """What else a message has to be, None or '' where it may be any: of which line, in a chat of which tray or held by
    whom, of a contact with which tag, said by whom (a key of AUTHORS, or an agent), and when."""

    origin: int | None = None
    tray: int | None = None
    holder: int | None = None
    author: str = ""
    writer: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    with_file: bool = False
    tag: int | None = None

    def __bool__(self) -> bool:
        return self != Filters()


@dataclass(frozen=True)
class FoundPage:
    messages: list[Message]
    after: str  # key of the next page, '' at the end


def find_messages(agent: Agent, words: Words, filters: Filters, after: str = "") -> FoundPage:
    """A page of what this agent may see. Raises TooMany."""
    if not words:
        return FoundPage([], "")
    found = find_ids(agent, words, filters, after)
    # asked again with the rows: a chat may have moved in between
    rows = Message.objects.visible_to(agent).with_chats().in_bulk(found[:PAGE_SIZE])
    page = [rows[pk] for pk in found[:PAGE_SIZE] if pk in rows]
    more = len(found) > PAGE_SIZE and bool(page)
    return FoundPage(page, write_key(page[-1].created_at, page[-1].pk) if more else "")


def find_ids(agent: Agent, words: Words, filters: Filters, after: str, *, within: int | None = None) -> list[int]:
    """The ids of a page and one more; `within`: so many milliseconds. Raises TooMany."""
    if not agent.is_active:
        return []
    sql, params = build_statement(agent, words, filters, after)

    def ask(alias: str) -> list[int]:
        with transaction.atomic(using=alias):
            fetch_rows(_BEGIN, [str(within or MAX_MILLISECONDS)], alias)
            return [pk for (pk,) in fetch_rows(sql, params, alias)]

    try:
        return ask_replica(ask)
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooMany from None
        raise


def build_statement(agent: Agent, words: Words, filters: Filters, after: str) -> tuple[str, dict[str, Any]]:
    by = (filters.tray is not None, filters.holder is not None, filters.tag is not None)
    visible, values = _visible_sql(agent.role, *by)
    given = {_AGENT: agent.pk, _TRAY: filters.tray, _HOLDER: filters.holder, _TAG: filters.tag}
    seen = {f"seen_{place}": given.get(value, value) for place, value in enumerate(values)}
    said, asked = _said(words)
    conditions, params = _conditions(words, filters, after)
    # a text may be long: it is kept only where it is looked at again
    again = words.phrases or words.unwanted
    text, name = ("text", "name") if again else ("'' AS text", "'' AS name")
    sql = _FIND.format(said=said, conditions=conditions, visible=visible, text=text, name=name)
    return sql, seen | asked | params | {"whole": words.whole_query, "size": PAGE_SIZE + 1}


@cache
def _visible_sql(role: str, by_tray: bool, by_holder: bool, by_tag: bool) -> tuple[str, tuple[Any, ...]]:
    """The chats that an agent of this role may see, in SQL, which takes longer to make than to carry out; and its
    parameters, with ids that stand for the agent's and those of the filters."""
    chats = Chat.objects.visible_to(Agent(pk=_AGENT, is_active=True, role=role))
    if by_tray:
        chats = chats.filter(state=Chat.State.BANDEJA, tray=_TRAY)
    if by_holder:
        chats = chats.filter(state=Chat.State.AGENTE, agent=_HOLDER)
    if by_tag:
        chats = chats.filter(contact__given_tags__tag=_TAG)
    sql, values = chats.order_by().values_list("id").query.sql_with_params()
    return sql % tuple(f"%(seen_{place})s" for place in range(len(values))), values


def _said(words: Words) -> tuple[str, dict[str, Any]]:
    """What the indexes are asked of a text."""
    conditions: list[str] = []
    params: dict[str, Any] = {}
    if words.query:
        conditions.append(_SAYS.format("query"))
        params["query"] = words.query
    for place, number in enumerate(words.numbers):
        as_words, as_digits = f"number_{place}", f"digits_{place}"
        params |= {as_words: number.query, as_digits: [f"%{digits}%" for digits in number.digits]}
        # the digits first: of what their index finds each is looked at again, and words take ten times as long to read
        conditions.append(f"({_HAS_DIGITS.format(as_digits)} OR {_SAYS.format(as_words)})")
    return " AND ".join(conditions), params


def _conditions(words: Words, filters: Filters, after: str) -> tuple[str, dict[str, Any]]:
    # lines about moves and commands are no messages, and what was withdrawn is not to be read any more
    conditions = ["NOT kind = ANY(%(silent)s)", "withdrawn_at IS NULL"]
    params: dict[str, Any] = {"silent": [Message.Kind.MOVE, *Message.COMMANDS]}

    def ask(condition: str, **values: Any) -> None:
        conditions.append(condition)
        params.update(values)

    for number, phrase in enumerate(words.phrases):
        like = phrase.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        sides = (
            f"' ' || array_to_string(text_words({said}), ' ') || ' ' LIKE %(phrase_{number})s"
            for said in ("text", "name")
        )
        ask(f"({' OR '.join(sides)})", **{f"phrase_{number}": f"% {like} %"})
    if words.unwanted:
        ask(f"NOT {_SAYS.format('unwanted')}", unwanted=words.unwanted)
    if filters.origin is not None:
        ask("origin_id = %(origin)s", origin=filters.origin)
    if filters.author:
        ask(AUTHORS[filters.author])
    if filters.writer is not None:
        ask("agent_id = %(writer)s", writer=filters.writer)
    if filters.since:
        ask("created_at >= %(since)s", since=filters.since)
    if filters.until:
        ask("created_at < %(until)s", until=filters.until)
    if filters.with_file:
        ask("EXISTS (SELECT 1 FROM chats_attachment file WHERE file.message_id = said.id)")
    if key := read_key(after):
        ask("(created_at, id) < (%(at)s, %(pk)s)", at=key[0], pk=key[1])
    return " AND ".join(conditions), params
