"""Bandejas: the trays, the chats of one, and the preview of a chat."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import escape
from django.views.decorators.http import require_GET

from chats import publish, tray_counts
from chats.fragments import partial_html
from chats.models import Chat
from contacts.models import Block
from inbox import chat_list, row_filters, saved_views, thread
from inbox.addresses import asking_page, place_url
from inbox.badges import Badges
from inbox.looking import note_looks
from inbox.pages import begin_agent_page
from inbox.row_filters import RowFilters
from inbox.views.first_steps import first_steps_of
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
    return render_page(request, "inbox/trays.html", context | {"first_steps": first_steps_of(request)})


def show_chats_of(request: AgentRequest, pk: int, more: dict[str, Any] | None = None) -> HttpResponse:
    """The same as the answer to an action, as the list was that it was asked from."""
    context = begin_agent_page(request)
    context |= _list_context(request, pk, QueryDict(urlsplit(asking_page(request)).query))
    url = reverse("tray", args=[pk]) + context["list_query"]
    return render_page(request, "inbox/trays.html", context | (more or {}), url=url)


@require_GET
def show_preview(request: AgentRequest, pk: int, chat_pk: int) -> HttpResponse:
    """The same with one chat open beside the list; one that has left is shown where it is now.

    An open list gets the preview alone. To a page that only asks again, the list stays and the choice moves to the next
    row.
    """
    mine = Chat.objects.visible_to(request.user).with_people().filter(pk=chat_pk)
    if (query := _list_that_stays(request, pk)) is not None and (chosen := mine.filter(tray=pk).first()):
        note_looks(request, [chosen])
        return _answer_with_preview(request, chosen, query)
    context = begin_agent_page(request)
    chat = mine.first()
    if chat is not None and chat.tray_id == pk:
        note_looks(request, [chat])
        return render_page(request, "inbox/trays.html", context | _list_context(request, pk) | open_thread(chat))
    if "Witty-Refresh" not in request.headers:
        if chat is None:
            raise Http404
        return redirect(place_url(chat, request.user))
    context |= _list_context(request, pk)
    following = next(iter(context["rows"].chats), None)
    if following is not None:
        note_looks(request, [following])
        context |= open_thread(following)
    response = render_page(request, "inbox/trays.html", context)
    url = reverse("preview", args=[pk, following.pk]) if following else reverse("tray", args=[pk])
    response["Witty-Url"] = url + context["list_query"]
    return response


def _list_that_stays(request: AgentRequest, pk: int) -> str | None:
    """The query of the list of this tray from which HTMX asks, and which stays as it is; None: there is none."""
    if not request.htmx or request.htmx.history_restore_request:
        return None
    try:
        address = urlsplit(request.htmx.current_url or "")
    except ValueError:
        return None
    tray, query = reverse("tray", args=[pk]), request.META.get("QUERY_STRING", "")
    is_list = address.path == tray or re.fullmatch(rf"{tray}\d+/", address.path)
    # as the page writes it, and no other: it stands in a selector
    fits = re.fullmatch(r"[a-z0-9=&]*", query) and not {"q", "after"} & set(request.GET)
    return f"?{query}" * bool(query) if is_list and fits and address.query == query else None


def _answer_with_preview(request: AgentRequest, chat: Chat, query: str) -> HttpResponse:
    """The preview alone. It brings its own mark and no other, as it says nothing of the list."""
    context = {"tray": chat.tray, "move_trays": _list_destinations()} | open_thread(chat)
    html = render_to_string("inbox/_chat_preview.html", context, request=request)
    response = HttpResponse(partial_html(f"[data-list='{chat.tray_id}{escape(query)}'] > #preview", "outerMorph", html))
    # static/inbox/previews.js looks whether the page had a place for it
    response["Witty-Part"] = "preview"
    response["Cache-Control"] = "no-store"
    response["Vary"] = "HX-Request, HX-Current-URL, Cookie"
    return response


def _list_destinations() -> QuerySet[Tray]:
    return Tray.objects.in_use().exclude(kind=Tray.Kind.PERSONAL).in_order()


def _list_context(request: AgentRequest, pk: int, wanted: QueryDict | None = None) -> dict[str, Any]:
    open_trays = Tray.objects.open_to(request.user).in_use().in_order().select_related("owner")
    trays = list(saved_views.with_views(open_trays, request.user))
    queues = tray_counts.read_queues(trays)
    chosen = next((one for one in queues if one.pk == pk), None)
    if chosen is None:
        raise Http404
    wanted = request.GET if wanted is None else wanted
    q, after = wanted.get("q", "").replace("\x00", "").strip()[:100], wanted.get("after", "")
    lines = row_filters.list_lines()
    tags = row_filters.tags_with(lines)
    filters = RowFilters.read(wanted, lines, row_filters.usual_order(chosen.kind), tags)
    tray = next(one for one in trays if one.pk == pk)
    rows = chat_list.read_page(tray, filters, lines, tags, q=q, after=after, agent_pk=request.user.pk)
    for chat in rows.chats:
        # only for the template: what is pushed has the key and the wait of the usual list
        chat.row_key = filters.key_of(chat)
        if filters.order == row_filters.ANSWER:
            chat.row_since = chat.asked_at
    newest_first = filters.order == row_filters.NEWEST
    default_trays = [one for one in queues if one.kind == "general" or one.owner_id == request.user.pk]
    given_trays = [one for one in queues if one.kind == "custom"]
    return {
        "tray": chosen,
        "rows": rows,
        "badges": Badges(request.user, {one.pk: one.number for one in default_trays + given_trays}),
        "lines": lines,
        "tags": tags,
        "filters": filters,
        "list_query": filters.query,
        # new rows enter a list only where it ends: not in a search, not before a further page
        "rows_are_live": not q
        and filters.is_usual
        and (not rows.after or newest_first)
        and not (newest_first and after),
        # these the page keeps by itself
        "rows_are_filtered": not q and not after and not filters.is_usual,
        "move_trays": _list_destinations(),
        "q": q,
        "after": after,
        "default_trays": default_trays,
        "given_trays": given_trays,
        "views": saved_views.list_links(trays),
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
    blocked = [chat.contact_id for chat in chats if chat.is_blocked]
    stand = Block.objects.filter(contact__in=blocked, lifted_at=None).select_related("by") if blocked else ()
    blocks = {one.contact_id: one for one in stand}
    marks = read_marks(groups.values())
    return {
        chat.pk: {
            "chat": chat,
            "thread": thread.read_thread(chat),
            "group": group,
            "mark": marks[group],
            "standing_block": blocks.get(chat.contact_id),
        }
        for chat, group in ((chat, groups[chat.pk]) for chat in chats)
    }
