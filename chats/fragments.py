"""Fragments that are pushed to pages: each a file of templates/, rendered once for all who look."""

from functools import cache
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from chats.models import Chat, Message

Made = tuple[dict[str, Any], str]
# stand for a chat and its name in what is the same of all rows
_ANY_CHAT, _ANY_NAME = 9_100_000_000_000_000_001, "\x00"


def partial_html(target: str, swap: str, html: str = "") -> str:
    return f'<hx-partial hx-target="{target}" hx-swap="{swap}">{html}</hx-partial>'


def upsert_html(target: str, html: str) -> str:
    return f'<hx-upsert hx-target="{target}" key="data-key">{html}</hx-upsert>'


def render_changed_message(message: Message) -> Made:
    # the chat with all its people is a large query: only where somebody looks
    return render_message(Chat.objects.with_people().get(pk=message.chat_id), message, again=True)


def render_message(chat: Chat, message: Message, again: bool = False) -> Made:
    if again:
        html = render_to_string("inbox/_message.html", {"message": message, "chat": chat})
        return {}, partial_html(f"#m-{message.pk}", "outerMorph", html)
    head = {"chat": chat.pk, "said": message.direction, "message": message.pk}
    clock = ""
    if message.direction == "in":
        # the session starts anew: its ring with it
        left = render_to_string("inbox/_session_left.html", {"chat": chat})
        clock = partial_html(f".session-{chat.pk}", "innerHTML", left)
    if message.direction == "out" and message.author == "agent":
        clock = partial_html(f"#unread-{chat.pk}", "delete")
    return head, render_line(chat, message) + clock


def render_line(chat: Chat, message: Message) -> str:
    """A message in its place in the thread, below the line of its day."""
    day = render_to_string("inbox/_day_line.html", {"day": timezone.localtime(message.created_at), "chat": chat})
    html = render_to_string("inbox/_message.html", {"message": message, "chat": chat})
    return upsert_html(f"#log-{chat.pk}", day) + upsert_html(f"#log-{chat.pk}", html)


def render_row(chat: Chat, swap: str) -> str:
    html = render_to_string("inbox/_chat_row.html", {"chat": chat, "acts": _row_acts(chat), "list_query": ""})
    if swap == "upsert":
        # a delete first: an upsert alone replaces a row where it stands, and does not re-sort
        return partial_html(f"#chat-{chat.pk}", "delete") + upsert_html(f"#rows-{chat.tray_id}", html)
    return partial_html(f"#chat-{chat.pk}", swap, html)


def _row_acts(chat: Chat) -> SafeString:
    """What can be done with a row: a third of what it takes to render, and the same for all."""
    of_chat = _acts_of_any(get_language()).replace(str(_ANY_CHAT), str(chat.pk))
    # a name, which may be any number, last
    return mark_safe(of_chat.replace(_ANY_NAME, conditional_escape(str(chat.contact))))  # noqa: S308 - a template's


@cache
def _acts_of_any(_language: str | None) -> str:
    return render_to_string("inbox/_row_acts.html", {"pk": _ANY_CHAT, "name": _ANY_NAME})


def render_tab(chat: Chat, swap: str, *, heard: Message | None = None) -> Made:
    """`heard`: what the customer has just said."""
    html = render_to_string("inbox/_chat_tab.html", {"chat": chat})
    unread = chat.unread if chat.asks_for_answer else 0
    head = {"chat": chat.pk, "unread": unread, "heard": heard is not None, "name": str(chat.contact)}
    if heard is not None:
        # not the preview: that may be of words that go before a choice from a menu
        head["text"] = heard.shown_text
    return head, upsert_html("#tabs", html) if swap == "upsert" else partial_html(f"#tab-{chat.pk}", swap, html)


def render_snooze(chat: Chat) -> Made:
    html = render_to_string("inbox/_snooze.html", {"chat": chat})
    return {}, partial_html(f".snooze-{chat.pk}", "innerHTML", html)


def render_states(chat: Chat) -> Made:
    contact = type(chat.contact).objects.with_states().get(pk=chat.contact_id)
    html = "".join(
        partial_html(
            f"#c-{contact.pk}-{which}",
            "innerHTML",
            render_to_string("inbox/_state_badge.html", {"change": change, "past": which == "previous"}),
        )
        for which, change in (("previous", contact.previous), ("current", contact.current))
    )
    return {"contact": contact.pk, "state": chat.state, "tray": chat.tray_id, "agent": chat.agent_id}, html
