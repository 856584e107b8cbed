"""Who looks at a chat and who types in it: told to those who may see it where it is now, and to nobody else.

What is said for all processes goes through Redis (live/passing.py); nothing of it is written to the database.
"""

from django.utils import timezone

from chats import jobs, publish, window
from chats.models import Chat
from contacts.models import State
from live import throttle
from live.passing import Passing
from trays.models import Agent

# how long it stands, and when it is told again. Pages say that they view after 20 s at the latest, that somebody types
# after 3 s (static/inbox/front.js, static/webchat/socket.js): what comes a moment early must count, else there is a gap
VIEWED_SECONDS, VIEWED_AGAIN, VIEWED_SAID_AGAIN = 30, 8, 18
TYPED_SECONDS, TYPED_AGAIN = 6, 2
TOLD_VISITOR_EVERY = 2


def find_chat(agent_pk: int, chat_pk: int, change_pk: int) -> Chat | None:
    """The chat, if it stands at this step and the agent may see it there."""
    agent = Agent.objects.filter(pk=agent_pk).first()
    if agent is None:
        return None
    chats = Chat.objects.visible_to(agent).filter(pk=chat_pk, change_id=change_pk)
    return chats.select_related("origin", "contact").first()


def find_visitors_chat(contact_pk: int) -> Chat | None:
    """The chat of a visitor whom agents are to hear; of whom is blocked they hear nothing."""
    return Chat.objects.filter(contact=contact_pk, origin__is_active=True, is_blocked=False).first()


def groups_of(chat: Chat) -> tuple[str, ...]:
    """Who may see the chat where it is: the tray's, or who has it open and whose it is."""
    if chat.tray_id:
        return (f"tray.{chat.tray_id}",)
    group = publish.chat_group(chat.pk, chat.change_id)
    return (group, f"agent.{chat.agent_id}") if chat.state == State.AGENTE else (group,)


def viewing(chat: Chat, agent: Agent) -> Passing:
    head = {"does": "views", "chat": chat.pk, "agent": agent.pk, "name": agent.short_name}
    return Passing(groups_of(chat), head, VIEWED_SECONDS, VIEWED_AGAIN)


def typing(chat: Chat, agent: Agent, *, note: bool) -> Passing:
    does = "notes" if note else "types"
    head = {"does": does, "chat": chat.pk, "agent": agent.pk, "name": agent.short_name}
    return Passing(groups_of(chat), head, TYPED_SECONDS, TYPED_AGAIN)


def customer_typing(chat: Chat) -> Passing:
    head = {"does": "types", "chat": chat.pk, "agent": 0, "name": ""}
    return Passing(groups_of(chat), head, TYPED_SECONDS, TYPED_AGAIN)


def may_answer(chat: Chat, agent: Agent) -> bool:
    """Whether what the agent types may become a message to the customer, now."""
    is_held = chat.state == State.AGENTE and chat.agent_id == agent.pk
    return is_held and window.free_text_allowed(chat, timezone.now())


def tell_customer(chat: Chat, agent: Agent) -> None:
    """The agent is about to answer: shown to the customer where the line can, as often as it has to be said."""
    shown = chat.origin.can.typing
    if chat.origin.kind == "web":
        if _is_turn(chat, TOLD_VISITOR_EVERY):
            publish.agent_typing_started(chat, agent)
    elif shown and _is_turn(chat, shown):
        jobs.show_typing(chat.pk)


def _is_turn(chat: Chat, seconds: int) -> bool:
    return not throttle.is_over_limit(f"typing:{chat.pk}", most=1, seconds=seconds)
