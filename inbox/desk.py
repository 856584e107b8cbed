"""What an agent has begun in chats: the draft, and what is scheduled; read with the chats, in their statement."""

from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject

from chats.models import Chat, ChatQuerySet, ScheduledMessage
from inbox.models import Draft
from trays.models import Agent


def with_desk(chats: ChatQuerySet, agent: Agent) -> ChatQuerySet:
    """`draft`: {text, note, version} of this agent, None where there is none; `scheduled_rows`: what waits, in order.

    Read by read_scheduled, and only where the agent may see the chat: the rows know nothing of that.
    """
    draft = Draft.objects.filter(agent=agent, chat=OuterRef("pk"))
    rows = ScheduledMessage.objects.filter(chat=OuterRef("pk")).order_by("send_at", "id")
    said = JSONObject(pk="pk", text="text", at="send_at", unless_answered="unless_answered")
    return chats.annotate(
        draft=Subquery(draft.values(row=JSONObject(text="text", note="is_note", version="version"))),
        scheduled_rows=ArraySubquery(rows.values(row=said)),
    )


def read_scheduled(chat: Chat) -> list[dict[str, Any]]:
    """What is scheduled in a chat that was read `with_desk`."""
    rows: list[dict[str, Any]] = getattr(chat, "scheduled_rows", [])
    return [row | {"at": datetime.fromisoformat(row["at"])} for row in rows]
