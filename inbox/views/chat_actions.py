"""An agent's actions on a chat. Plain forms answer 303 to where the chat is now; HTMX gets that screen's main part."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import trigger_client_event

from chats import moves, undo
from chats.errors import Rejected, Rejection
from chats.messages import replies, rows
from chats.models import Chat, Message
from common.durations import format_duration
from common.parsing import parse_id
from contacts.models import Cause, State
from inbox import drafts
from inbox.actions import action, chat_action
from inbox.addresses import place_url
from inbox.rejections import redirect_with_notice
from inbox.reply_files import ReplyForm, read_files, send_files
from inbox.views import workspaces
from inbox.views.mentions import tell_blind
from inbox.views.message_actions import answer_with_message, read_form_id
from inbox.views.trays import show_chats_of
from trays.models import Tray
from trays.requests import AgentRequest


@chat_action()
def take_chat(request: AgentRequest, pk: int) -> HttpResponse:
    try:
        chat = moves.take(pk, request.user)
    except Rejected as refusal:
        if refusal.code == Rejection.CONFLICT and request.htmx and refusal.chat and refusal.chat.taken_from:
            return _answer_lost_race(request, refusal, refusal.chat.taken_from)
        raise
    return open_chat(request, chat, _("Tomaste el chat de %(name)s") % {"name": chat.contact})


@action(lambda _request: reverse("inbox"))
def take_next(request: AgentRequest) -> HttpResponse:
    chat = moves.take_next(request.user)
    if chat is not None:
        return open_chat(request, chat, _("Tomaste el chat de %(name)s") % {"name": chat.contact})
    words = _("Nadie espera")
    if request.htmx:
        return trigger_client_event(HttpResponse(status=204), "toast", {"level": "info", "title": words, "text": ""})
    return redirect_with_notice(request, reverse("inbox"), words, messages.INFO)


@chat_action()
def give_back(request: AgentRequest, pk: int) -> HttpResponse:
    chat = moves.give_back(pk, request.user)
    return _answer_left_chat(request, chat, _("Devuelto a %(tray)s") % {"tray": chat.tray})


@chat_action()
def send_to_tray(request: AgentRequest, pk: int) -> HttpResponse:
    wanted = parse_id(request.POST.get("tray", ""))
    if wanted is None:
        raise Rejected(Rejection.INVALID, _("Elegí la bandeja adonde enviarlo"))
    tray = Tray.objects.filter(pk=wanted).first()
    if tray is None:
        raise Rejected(Rejection.INVALID, _("Esa bandeja no existe"))
    note = rows.clean_text(request.POST.get("note", "")).strip()[:300]
    chat = Chat.objects.select_related("tray").get(pk=pk)
    if chat.tray and chat.tray.kind == Tray.Kind.PERSONAL and request.user.is_supervisor:
        chat = moves.relocate(pk, tray, actor=request.user, note=note)
    else:
        chat = moves.send(pk, tray, request.user, note=note)
    return _answer_left_chat(request, chat, _("Enviado a %(tray)s") % {"tray": chat.tray})


@chat_action()
def close_chat(request: AgentRequest, pk: int) -> HttpResponse:
    return _answer_left_chat(request, moves.close(pk, request.user), _("Chat cerrado"))


@chat_action()
def undo_move(request: AgentRequest, pk: int) -> HttpResponse:
    """Take back one's own last give back, send or close."""
    chat = undo.undo_move(pk, request.user)
    return open_chat(request, chat, _("Deshecho: el chat de %(name)s está como antes") % {"name": chat.contact})


@chat_action()
def post_reply(request: AgentRequest, pk: int) -> HttpResponse:
    """The agent's answer. `quotes`: the message that it answers; `voice`: as a voice note; with `note` it stays inside.

    Several files are a message each, in order, the text with the first; what is refused of them is said, the others go.
    """
    if request.POST.get("note"):
        return post_note(request, pk)
    # asked before a file is written to disk for a chat that another holds
    replies.check_holder(Chat.objects.with_people().get(pk=pk), request.user)
    return answer_with_message(request, _store_form(request, pk, is_note=False))


@chat_action()
def post_note(request: AgentRequest, pk: int) -> HttpResponse:
    replies.check_may_note(Chat.objects.with_people().get(pk=pk), request.user)
    note = _store_form(request, pk, is_note=True)
    return tell_blind(request, note, answer_with_message(request, note))


def _store_form(request: AgentRequest, pk: int, *, is_note: bool) -> Message:
    """What the form brings, in the thread; of several files the first message. What was refused of them is said."""
    form = ReplyForm(
        text=request.POST.get("text", ""),
        client_id=read_form_id(request),
        last_seen=parse_id(request.POST.get("last_seen", "")),
        quotes=parse_id(request.POST.get("quotes", "")),
        voice=request.POST.get("voice") == "1",
        is_note=is_note,
    )
    files = read_files(request.user, request.FILES.getlist("files"), request.POST.getlist("quick_files"))
    message, refused = send_files(pk, request.user, form, files)
    drafts.clear_sent(request.user, pk, form.text)
    for words in refused:
        messages.error(request, words)
    return message


def _answer_lost_race(request: AgentRequest, refusal: Rejected, tray: Tray) -> HttpResponse:
    """Somebody was quicker: the toast says who, and offers the next of that tray."""
    toast: dict[str, Any] = {"level": "error", "title": refusal.message, "text": ""}
    mine = Chat.objects.visible_to(request.user).with_people()
    following = mine.filter(state=State.BANDEJA, tray=tray, is_blocked=False).longest_first().first()
    if following:
        waits = format_duration(max(timezone.now() - following.waiting_since, timedelta(seconds=1)))
        toast["text"] = _("Sigue %(name)s, %(wait)s.") % {"name": following.contact, "wait": waits}
        toast["action"] = {"label": _("Tomar ese"), "url": reverse("take", args=[following.pk]), "post": True}
    return trigger_client_event(HttpResponse(status=409), "toast", toast)


def open_chat(request: AgentRequest, chat: Chat, words: str) -> HttpResponse:
    """On to the chat in its pane."""
    url = reverse("chat", args=[chat.pk])
    space = workspaces.open_in_pane(request.user, chat.pk)
    if not request.htmx:
        return redirect_with_notice(request, url, words)
    return workspaces.show_panes(request, space, url=url)


def _answer_left_chat(request: AgentRequest, chat: Chat, words: str) -> HttpResponse:
    """The chat has gone to a tray: its pane is empty, the undo bar says where it is."""
    space = workspaces.leave_pane(request.user, chat.pk)
    if not request.htmx:
        return redirect_with_notice(request, place_url(chat, request.user), words)
    if chat.change and chat.change.cause == Cause.RELOCATED and chat.change.from_tray_id:
        # it was not taken: the agent goes on in the list
        toast = {"level": "success", "title": words, "text": str(chat.contact), "action": None}
        return trigger_client_event(show_chats_of(request, chat.change.from_tray_id), "toast", toast)
    response = workspaces.show_panes(request, space, url=reverse("chats"))
    done = {"title": words, "text": str(chat.contact), "url": reverse("undo", args=[chat.pk])}
    return trigger_client_event(response, "undo", done)
