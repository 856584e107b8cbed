"""The bulk writer: what was planned for one message or for a hundred, in few statements."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from chats import bot_events, jobs, publish, steps
from chats.messages import opting_out, parked, surveys
from chats.messages.bulk import StoredMeanwhile, write_rows
from chats.models import Attachment, Chat, Message
from chats.receive.plan import Outline, Told, Turn
from chats.steps import Planned
from origins.models import Origin


class Writer:
    """Writes an outline, within the transaction that locked its chats. `raws`: bodies, for the ledger."""

    def __init__(self, origin: Origin, outline: Outline, raws: Sequence[bytes] = ()) -> None:
        self.origin, self.outline, self.raws = origin, outline, raws

    def write(self) -> None:
        """All that is left of the outline. Raises StoredMeanwhile and BodyKept."""
        items, self.outline.items = self.outline.items, []
        chats: list[Chat] = [one.chat for one in self.outline.heard.values()]
        while items or chats or self.raws:
            # of each chat in its order: what stands before its next step, the step, what is told after it
            rows, items = _next_of((Message, Turn), items)
            messages = [row for row in rows if isinstance(row, Message)]
            ways = [row.step for row in rows if isinstance(row, Turn)]
            write_rows(self.origin.pk, messages, chats, self.raws, ways)
            self.raws, chats = (), []
            planned, items = _next_of(Planned, items)
            for _same, group in groupby(sorted(planned, key=_cause_of), key=_cause_of):
                steps.write(list(group))
            told, items = _next_of(Told, items)
            bot_events.record_customer_messages([one.message for one in told])

    def write_early(self, message: Message) -> None:
        """Write what there is, and apply what was told of this message before it came."""
        self.write()
        chat = message.chat
        if parked.apply_parked(message):
            # which forgets its chat
            message.refresh_from_db()
            message.chat = chat

    def attach(self) -> None:
        """What hangs on messages, which all have their ids by now."""
        surveys.write_scores(self.outline.scores)
        opting_out.write_requests(self.outline.stops)
        for message, files in self.outline.files:
            free = Attachment.objects.filter(pk__in=[one.pk for one in files], message=None)
            if free.update(message=message, chat=message.chat) != len(files):
                raise StoredMeanwhile
        for message, ref in self.outline.quoting:
            said = self.outline.heard[message.chat_id].messages
            message.reply_to = next((one for one in said if one.external_id == ref), None)
            if message.reply_to is not None:  # further down in the same body
                message.save(update_fields=("reply_to",))
            else:
                parked.park_quote(message, ref)

    def tell(self) -> None:
        """Workers, for whom somebody waits outside, and screens; after the commit."""
        heard = self.outline.heard.values()
        said = [message for one in heard for message in one.messages]
        for message in said:
            if message.media_due_at is not None:
                jobs.fetch_media(message.pk)
        for ref in self.outline.acknowledged:
            jobs.acknowledge(self.origin.pk, ref)
        publish.messages_heard(heard)


def _next_of(kind: type | tuple[type, ...], items: list[Any]) -> tuple[list[Any], list[Any]]:
    """Those of this kind before which nothing of another kind stands for their chat, of steps the first; the rest."""
    taken, rest, waiting = [], [], set()
    for item in items:
        chat = _chat_of(item)
        if isinstance(item, kind) and chat not in waiting:
            taken.append(item)
            if kind is not Planned:
                continue
        else:
            rest.append(item)
        waiting.add(chat)
    return taken, rest


def _chat_of(item: Message | Turn | Planned | Told) -> int:
    if isinstance(item, Planned):
        return item.step.chat.pk
    if isinstance(item, Turn):
        return item.chat.pk
    return (item.message if isinstance(item, Told) else item).chat_id


def _cause_of(planned: Planned) -> tuple[str, str, datetime]:
    return planned.change.cause, planned.change.note, planned.change.at
