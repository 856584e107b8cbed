"""The chats that an agent holds, in the order in which they ask for the agent: who waits for an answer, the longest
first; then the answered ones, the newest first; those that the agent has snoozed at the end."""

from dataclasses import dataclass

from chats.models import Chat
from contacts.tags import show_tags
from inbox.desk import with_desk
from inbox.models.settings import HeldAs
from trays.models import Agent

MAX_HELD = 60
# so many are a list; fewer, a strip of tabs
LIST_FROM = 6


@dataclass(frozen=True)
class HeldChats:
    waiting: list[Chat]
    answered: list[Chat]
    snoozed: list[Chat]

    @property
    def awake(self) -> list[Chat]:
        return self.waiting + self.answered

    @property
    def chats(self) -> list[Chat]:
        return self.awake + self.snoozed

    def is_list(self, held_as: str) -> bool:
        """Whether they are a list at the side, as the agent has chosen."""
        return held_as == HeldAs.ALWAYS or (held_as == HeldAs.MANY and len(self.chats) >= LIST_FROM)

    def next_waiting(self, after: int = 0) -> Chat | None:
        """Who waits for an answer next after this chat; after the last one the first."""
        pks = [one.pk for one in self.waiting]
        at = pks.index(after) + 1 if after in pks else 0
        return next((one for one in self.waiting[at:] + self.waiting[:at] if one.pk != after), None)


def read_held(agent: Agent) -> HeldChats:
    held = with_desk(Chat.objects.held_by(agent).with_people(), agent).order_by("waiting_since", "id")[:MAX_HELD]
    show_tags([chat.contact for chat in held])
    chats = sorted(held, key=lambda chat: (chat.answer_key, chat.pk))
    awake = [one for one in chats if not one.is_snoozed]
    return HeldChats(
        [one for one in awake if one.unread],
        [one for one in awake if not one.unread],
        [one for one in chats if one.is_snoozed],
    )
