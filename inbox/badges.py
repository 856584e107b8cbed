"""The numbers of the rail: how many wait in one's trays, how many messages one has not answered."""

from django.utils.functional import cached_property

from chats import tray_counts
from chats.models import Chat
from trays.models import Agent, Tray


class Badges:
    """Read once a full page, when the template asks; from then on the page keeps them by events.

    `waiting`: what a page has counted itself, by tray.
    """

    def __init__(self, agent: Agent, waiting: dict[int, int] | None = None) -> None:
        self.agent = agent
        if waiting is not None:
            self.waiting = waiting

    @cached_property
    def waiting(self) -> dict[int, int]:
        trays = Tray.objects.queue_of(self.agent).values_list("id", flat=True)
        return {pk: number for pk, (number, _since) in tray_counts.count_waiting(list(trays)).items()}

    @cached_property
    def unread(self) -> dict[int, int]:
        held = Chat.objects.held_by(self.agent).filter(unread__gt=0, snoozed_until=None)[:200]
        return dict(held.values_list("pk", "unread"))

    @property
    def total_waiting(self) -> int:
        return sum(self.waiting.values())

    @property
    def total_unread(self) -> int:
        return sum(self.unread.values())
