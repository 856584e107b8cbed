"""Later: a held chat is set aside for a while (*posponer*), and an agent is reminded of a chat."""

from collections.abc import Callable

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import trigger_client_event

from chats.errors import Rejected, Rejection
from chats.messages import reminders, snoozing
from chats.models import Chat, Reminder
from inbox.actions import action, chat_action, form_page
from inbox.addresses import place_url
from inbox.chosen_times import ANSWER, offer_times, read_snooze, read_time
from inbox.kept_words import take_words
from inbox.pages import show_form
from inbox.rejections import redirect_with_notice
from inbox.templatetags.ui import time_ahead
from inbox.views import workspaces
from inbox.views.chat_actions import open_chat
from trays.requests import AgentRequest


@form_page
def snooze_chat(request: AgentRequest, pk: int) -> HttpResponse:
    """GET: the times to choose from. POST `until` (a time, or `respuesta`), or `day` and `hour`: the chat leaves its
    pane until then."""
    if request.method == "GET":
        return _show_form(request, "inbox/_snooze_form.html", _find_seen(request, pk))
    chat = _find(pk)

    def snooze() -> HttpResponse:
        return _answer_snoozed(request, snoozing.snooze_chat(pk, request.user, read_snooze(request.POST)))

    return _try(request, "inbox/_snooze_form.html", chat, snooze)


def _answer_snoozed(request: AgentRequest, chat: Chat) -> HttpResponse:
    space = workspaces.leave_pane(request.user, chat.pk)
    words = _("Pospuesto hasta %(when)s") % {"when": time_ahead(chat.snoozed_until)}
    if not request.htmx:
        return redirect_with_notice(request, reverse("chats"), words)
    response = workspaces.show_panes(request, space, url=reverse("chats"))
    done = {"title": words, "text": str(chat.contact), "url": reverse("wake", args=[chat.pk])}
    return trigger_client_event(response, "undo", done)


@chat_action()
def wake_chat(request: AgentRequest, pk: int) -> HttpResponse:
    """A snoozed chat is back at once, in its pane."""
    chat = snoozing.wake_chat(pk, request.user)
    return open_chat(request, chat, _("El chat de %(name)s ya no está pospuesto") % {"name": chat.contact})


@form_page
def remind(request: AgentRequest, pk: int) -> HttpResponse:
    """GET: the times to choose from. POST `until`, or `day` and `hour`, and `text`."""
    if request.method == "GET":
        return _show_form(request, "inbox/_remind_form.html", _find_seen(request, pk))
    chat = _find(pk)

    def set_reminder() -> HttpResponse:
        made = reminders.set_reminder(pk, request.user, read_time(request.POST), request.POST.get("text", ""))
        return _answer_reminder(request, chat, _("Te lo recordamos %(when)s") % {"when": time_ahead(made.due_at)})

    return _try(request, "inbox/_remind_form.html", chat, set_reminder)


def _reminders_page(request: AgentRequest, pk: int) -> str:
    return place_url(get_object_or_404(Reminder.objects.filter(agent=request.user), pk=pk).chat, request.user)


@action(_reminders_page)
def cancel_reminder(request: AgentRequest, pk: int) -> HttpResponse:
    """One's own; another's does not exist."""
    chat_pk = reminders.cancel_reminder(pk, request.user)
    if chat_pk is None:
        raise Http404
    return _answer_reminder(request, _find(chat_pk), _("Recordatorio cancelado"))


def _answer_reminder(request: AgentRequest, chat: Chat, words: str) -> HttpResponse:
    """In its pane, where it was asked from one; else a word that it is done."""
    if not request.htmx:
        return redirect_with_notice(request, place_url(chat, request.user), words)
    in_pane = request.htmx.target == f"pane-{chat.pk}"
    response = workspaces.show_pane(request, chat.pk) if in_pane else HttpResponse(status=204)
    return trigger_client_event(response, "toast", {"level": "success", "title": words, "text": str(chat.contact)})


# --- forms -------------------------------------------------------------------------------------


def _find(pk: int) -> Chat:
    return get_object_or_404(Chat.objects.with_people(), pk=pk)


def _find_seen(request: AgentRequest, pk: int) -> Chat:
    return get_object_or_404(Chat.objects.visible_to(request.user).with_people(), pk=pk)


def _try(request: AgentRequest, template: str, chat: Chat, act: Callable[[], HttpResponse]) -> HttpResponse:
    """Where the time is wrong (422), the form again with the words."""
    try:
        return act()
    except Rejected as refusal:
        is_seen = Chat.objects.visible_to(request.user).filter(pk=chat.pk).exists()
        if refusal.code != Rejection.INVALID or not is_seen:
            raise
        return _show_form(request, template, chat, error=refusal.message, status=422)


def _show_form(request: AgentRequest, template: str, chat: Chat, *, error: str = "", status: int = 200) -> HttpResponse:
    if template == "inbox/_snooze_form.html" and chat.agent_id != request.user.pk:
        return redirect(place_url(chat, request.user))
    now = timezone.now()
    context = {
        "chat": chat,
        "offered": offer_times(now),
        "until_answer": ANSWER if template == "inbox/_snooze_form.html" else "",
        "today": timezone.localdate(now).isoformat(),
        "entered": request.POST if request.method == "POST" else take_words(request, request.path),
        "waiting": reminders.list_waiting(request.user, [chat.pk]).get(chat.pk, []),
        "in_pane": chat.state == Chat.State.AGENTE,
        "error": error,
    }
    return show_form(request, template, context, status=status)
