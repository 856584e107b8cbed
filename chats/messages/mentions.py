"""Mentions: agents who are named with an @ and their user name in a note. They are told; it gives no access."""

import re
from collections.abc import Sequence
from datetime import datetime

from django.db.models.functions import Lower

from chats import publish
from chats.models import Chat, Mention, Message
from contacts.place import Place, who_may_see
from trays.models import Agent

MAX_MENTIONS = 20
# not in the middle of an address
AT_NAME = re.compile(r"(?<![\w@./+-])@([\w.+-]{1,150})")


def find_named(text: str, author: Agent) -> list[Agent]:
    """The agents whom a text names, but for its author; a sentence's own dot is not of a name."""
    said = list(dict.fromkeys(name.lower() for name in AT_NAME.findall(text)))
    names = {form for name in said[:MAX_MENTIONS] for form in (name, name.rstrip(".+-")) if form}
    if not names:
        return []
    found = Agent.objects.filter(is_active=True).annotate(low=Lower("username")).filter(low__in=names)
    return list(found.exclude(pk=author.pk).order_by("pk")[:MAX_MENTIONS])


def write_mentions(chat: Chat, note: Message, named: Sequence[Agent], now: datetime) -> None:
    """In the transaction of the note, which is stored, of a chat that is locked. Whoever may see the chat is told its
    words as well."""
    _keep_mentioned(chat, note, named)
    if not named:
        return
    rows = Mention.objects.bulk_create([Mention(message=note, agent=agent, made_at=now) for agent in named])
    publish.agents_mentioned(chat, note, rows, find_seeing(chat, named))


def _keep_mentioned(chat: Chat, note: Message, named: Sequence[Agent]) -> None:
    """For lists. Who has the chat reads it there, and who writes in it has read it."""
    has_read = {chat.agent_id, note.agent_id}
    standing = sorted(({*chat.mentioned_ids} | {agent.pk for agent in named}) - has_read)
    if standing != chat.mentioned_ids:
        chat.mentioned_ids = standing
        chat.save(update_fields=("mentioned_ids",))


def find_seeing(chat: Chat, agents: Sequence[Agent]) -> set[int]:
    """Those of these agents who may see the chat where it is."""
    seeing = who_may_see(Place.of(chat)).filter(pk__in=[agent.pk for agent in agents])
    return set(seeing.values_list("pk", flat=True))


def list_blind(note: Message) -> list[Agent]:
    """The agents whom a note names and who may not see its chat: its author is told so."""
    named = [one.agent for one in note.mentions.select_related("agent").order_by("agent__first_name", "pk")]
    seeing = find_seeing(note.chat, named) if named else set()
    return [agent for agent in named if agent.pk not in seeing]
