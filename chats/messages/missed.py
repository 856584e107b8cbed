"""What was said while an agent wrote: an answer does not leave past what its agent has not seen."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from chats.errors import Rejected, Rejection
from chats.models import Chat, Message
from trays.models import Agent

# what is news to who attends: the customer's words, and notes of people (also what `data-heard` marks in a page)
NEWS = (Q(direction="in"), Q(direction="note", author="agent"))


def check_nothing_missed(chat: Chat, agent: Agent, last_seen: int) -> None:
    """Raises Rejected (CONFLICT, `missed`: the newest) for what was said after it that is news."""
    found = (said.order_by("-id").first() for said in news_since(chat, agent, last_seen))
    missed = max((one for one in found if one), key=lambda one: one.pk, default=None)
    if missed is None:
        return
    words = _("El cliente escribió mientras tanto. Leelo y volvé a enviar")
    if missed.direction == "note":
        words = _("%(name)s dejó una nota mientras tanto. Leela y volvé a enviar") % {"name": missed.agent}
    refusal = Rejected(Rejection.CONFLICT, words, chat=chat)
    refusal.missed = missed
    raise refusal


def news_since(chat: Chat, agent: Agent, message_id: int) -> list[QuerySet[Message]]:
    """What the customer has said after this message, and what other agents have in notes: each found by its index."""
    heard, notes = (chat.messages.filter(said, id__gt=message_id) for said in NEWS)
    return [heard, notes.exclude(agent=agent)]
