"""Addresses of pages: where an agent finds a chat, which page something was asked from, and what is left of it."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from chats.models import Chat
from trays.models import Agent, Tray


def place_url(chat: Chat, agent: Agent) -> str:
    """Where this agent finds the chat now."""
    if chat.state == Chat.State.AGENTE and (chat.agent_id == agent.pk or agent.is_supervisor):
        return reverse("chat", args=[chat.pk])
    if chat.state == Chat.State.BANDEJA and Chat.objects.visible_to(agent).filter(pk=chat.pk).exists():
        return reverse("preview", args=[chat.tray_id, chat.pk])
    return reverse("contact", args=[chat.contact_id])


def asking_page(request: HttpRequest) -> str:
    """The page that this was asked from, with its query: HTMX names it, else the browser. '' where nobody says."""
    named = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(named, {request.get_host()}, request.is_secure()):
        return ""
    parts = urlsplit(named)
    path = "/" + parts.path.lstrip("/")
    return f"{path}?{parts.query}" if parts.query else path


def remaining_page(request: HttpRequest, agent: Agent) -> str:
    """The page that this was asked from; where its chat has left, the list that it stood in."""
    page = asking_page(request)
    try:
        found = resolve(urlsplit(page).path)
    except Resolver404:
        return reverse("inbox")
    if found.url_name == "preview":
        tray, chat = found.kwargs["pk"], found.kwargs["chat_pk"]
        if Chat.objects.visible_to(agent).filter(pk=chat, tray=tray).exists():
            return page
        is_open = Tray.objects.open_to(agent).in_use().filter(pk=tray).exists()
        return reverse("tray", args=[tray]) if is_open else reverse("inbox")
    if found.url_name == "tray" and not Tray.objects.open_to(agent).in_use().filter(pk=found.kwargs["pk"]).exists():
        return reverse("inbox")
    if found.url_name == "chat" and not Chat.objects.visible_to(agent).filter(pk=found.kwargs["pk"]).exists():
        return reverse("chats")
    return page
