"""Bandejas: the trays, the chats of one, and the preview of a chat."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_GET

from chats import publish, tray_counts
from chats.fragments import partial_html
from chats.models import Chat
from inbox import chat_list, thread
from inbox.addresses import place_url
from inbox.badges import Badges
from inbox.pages import begin_agent_page
from live.feed import read_marks
from live.pages import render_page
from trays.models import Tray
from trays.requests import AgentRequest


@require_GET
def show_general_tray(request: AgentRequest) -> HttpResponse:
    return show_tray(request, Tray.objects.general().pk)


@require_GET
def show_tray(request: AgentRequest, pk: int) -> HttpResponse:
    """The chats of one tray."""
    context = begin_agent_page(request)
    context |= _list_context(request, pk)
    return render_page(request, "inbox/trays.html", context)


def show_chats_of(request: AgentRequest, pk: int) -> HttpResponse:
    """The same as the answer to an action."""
    context = begin_agent_page(request)
    return render_page(
        request, "inbox/trays.html", context | _list_context(request, pk), url=reverse("tray", args=[pk])
    )


@require_GET
def show_preview(request: AgentRequest, pk: int, chat_pk: int) -> HttpResponse:
    """The same with one chat open beside the list; one that has left is shown where it is now.

    An open list gets the preview alone. To a page that only asks again, the list stays and the choice moves to the next
    row.
    """
    mine = Chat.objects.visible_to(request.user).with_people().filter(pk=chat_pk)
    if _comes_from_list(request, pk) and (chosen := mine.filter(tray=pk).first()):
        return _answer_with_preview(request, chosen)
    context = begin_agent_page(request)
    chat = mine.first()
    if chat is not None and chat.tray_id == pk:
        return render_page(request, "inbox/trays.html", context | _list_context(request, pk) | open_thread(chat))
    if "Witty-Refresh" not in request.headers:
        if chat is None:
            raise Http404
        return redirect(place_url(chat, request.user))
    context |= _list_context(request, pk)
    following = next(iter(context["rows"].chats), None)
    if following is not None:
        context |= open_thread(following)
    response = render_page(request, "inbox/trays.html", context)
    response["Witty-Url"] = reverse("preview", args=[pk, following.pk]) if following else reverse("tray", args=[pk])
    return response


def _comes_from_list(request: AgentRequest, pk: int) -> bool:
    """Whether HTMX asks from the whole list of this tray, which then stays as it is."""
    if not request.htmx or request.htmx.history_restore_request:
        return False
    try:
        address = urlsplit(request.htmx.current_url or "")
    except ValueError:
        return False
    tray = reverse("tray", args=[pk])
    return not address.query and (address.path == tray or bool(re.fullmatch(rf"{tray}\d+/", address.path)))


def _answer_with_preview(request: AgentRequest, chat: Chat) -> HttpResponse:
    """The preview alone. It brings its own mark and no other, as it says nothing of the list."""
    context = {"tray": chat.tray, "move_trays": _list_destinations()} | open_thread(chat)
    html = render_to_string("inbox/_chat_preview.html", context, request=request)
    response = HttpResponse(partial_html(f"[data-list='{chat.tray_id}'] > #preview", "outerMorph", html))
    # static/inbox/previews.js looks whether the page had a place for it
    response["Witty-Part"] = "preview"
    response["Cache-Control"] = "no-store"
    response["Vary"] = "HX-Request, HX-Current-URL, Cookie"
    return response


def _list_destinations() -> QuerySet[Tray]:
    return Tray.objects.in_use().exclude(kind=Tray.Kind.PERSONAL).in_order()


def _list_context(request: AgentRequest, pk: int) -> dict[str, Any]:
    trays = list(Tray.objects.open_to(request.user).in_use().in_order().select_related("owner"))
    queues = tray_counts.read_queues(trays)
    chosen = next((one for one in queues if one.pk == pk), None)
    if chosen is None:
        raise Http404
    q = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    order = {"espera": False, "nuevos": True}.get(request.GET.get("orden", ""))
    # in Conversaciones Cerradas what was closed last stands first
    newest_first = chosen.kind == Tray.Kind.CLOSED if order is None else order
    rows = chat_list.read_page(chosen.pk, q=q, after=request.GET.get("after", ""), newest_first=newest_first)
    default_trays = [one for one in queues if one.kind == "general" or one.owner_id == request.user.pk]
    given_trays = [one for one in queues if one.kind == "custom"]
    return {
        "tray": chosen,
        "rows": rows,
        "badges": Badges(request.user, {one.pk: one.number for one in default_trays + given_trays}),
        # new rows enter a list only where it ends: not in a search, not before a further page
        "rows_are_live": not q
        and order is None
        and (not rows.after or rows.newest_first)
        and not (rows.newest_first and request.GET.get("after")),
        "move_trays": _list_destinations(),
        "q": q,
        "after": request.GET.get("after", ""),
        "default_trays": default_trays,
        "given_trays": given_trays,
        "closed_trays": [one for one in queues if one.kind == "closed"],
        "team_trays": [one for one in queues if one.kind == "personal" and one.owner_id != request.user.pk],
        "nav": "bandejas",
    }


def open_thread(chat: Chat) -> dict[str, Any]:
    """A chat with its thread, and the mark of its live group read before the messages are."""
    return open_threads([chat])[chat.pk]


def open_threads(chats: Sequence[Chat]) -> dict[int, dict[str, Any]]:
    """The same for several, by chat. To be asked right after the chats were read: the mark vouches for them too."""
    groups = {chat.pk: publish.chat_group(chat.pk, chat.change_id) for chat in chats}
    marks = read_marks(groups.values())
    return {
        chat.pk: {"chat": chat, "thread": thread.read_thread(chat), "group": group, "mark": marks[group]}
        for chat, group in ((chat, groups[chat.pk]) for chat in chats)
    }
