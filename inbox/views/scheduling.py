"""Programar: the small form that sends an answer at a chosen hour, and what cancels it."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from chats import window
from chats.errors import Rejected, Rejection
from chats.messages import replies, scheduled
from chats.models import Chat, ScheduledMessage
from common.durations import format_duration
from common.parsing import parse_id
from inbox.actions import action, form_page
from inbox.addresses import place_url
from inbox.chosen_times import MONDAY, read_time
from inbox.kept_words import take_words
from inbox.pages import show_form
from inbox.rejections import redirect_with_notice
from inbox.views import workspaces
from inbox.views.message_actions import read_form_id
from trays.requests import AgentRequest

EVENING, MORNING = time(18), time(9)
# today's hour is no choice any more when it is so near
NEAR = timedelta(minutes=10)


@dataclass(frozen=True)
class Choice:
    """An hour on offer; `hint`: how far it is, or which day; not `fits`: only a template could leave then."""

    at: datetime
    words: str
    hint: str
    fits: bool


def list_choices(chat: Chat, now: datetime) -> list[Choice]:
    local = timezone.localtime(now)

    def day(days: int, hour: time) -> datetime:
        return timezone.make_aware(datetime.combine(local.date() + timedelta(days=days), hour))

    evening, to_monday = day(0, EVENING), (MONDAY - local.weekday()) % 7 or 7
    offered = []
    if evening > now + NEAR:
        offered.append((evening, _("Hoy a las 18:00"), _say_left(evening - now)))
    if local.time() < MORNING:
        at = day(0, MORNING)
        offered.insert(0, (at, _("Hoy a las 9:00"), _say_left(at - now)))
    offered.append((day(1, MORNING), _("Mañana a las 9:00"), date_format(day(1, MORNING), "D j")))
    if to_monday > 1:
        at = day(to_monday, MORNING)
        offered.append((at, _("Lunes a las 9:00"), date_format(at, "D j")))
    return [Choice(*one, fits=window.free_text_allowed(chat, one[0])) for one in offered]


def _say_left(span: timedelta) -> str:
    return _("en %(time)s") % {"time": format_duration(span)}


@form_page
def schedule_message(request: AgentRequest, pk: int) -> HttpResponse:
    """The hours on offer. POST `text`, `at` (one of them) or `own` (day and hour), `unless_answered`."""
    if request.method == "GET":
        chat = get_object_or_404(Chat.objects.visible_to(request.user).with_people(), pk=pk)
        entered = take_words(request, request.path) or {"unless_answered": "on"}
        return _show_form(request, chat, entered)
    chat = get_object_or_404(Chat.objects.with_people(), pk=pk)
    replies.check_holder(chat, request.user)
    try:
        made = scheduled.schedule_message(
            pk, request.user, request.POST.get("text", ""), _read_hour(request), client_id=read_form_id(request),
            last_seen=parse_id(request.POST.get("heard", "")),
            unless_answered=bool(request.POST.get("unless_answered")),
        )  # fmt: skip
    except Rejected as refusal:
        if refusal.code != Rejection.INVALID:
            raise
        return _show_form(request, chat, request.POST.dict(), error=refusal.message, status=422)
    words = _("Sale el %(when)s") % {"when": scheduled.format_hour(made.send_at)}
    return _answer_with_pane(request, pk, words)


def _read_hour(request: AgentRequest) -> datetime:
    """What was chosen, else what was typed."""
    return read_time({"until": request.POST.get("at") or request.POST.get("own", "")})


def _show_form(
    request: AgentRequest, chat: Chat, entered: dict[str, Any], *, error: str = "", status: int = 200
) -> HttpResponse:
    now, until = timezone.now(), window.free_text_until(chat)
    context = {
        "chat": chat, "entered": entered, "error": error, "choices": list_choices(chat, now), "now": now,
        "until": until, "is_open": window.free_text_allowed(chat, now), "until_words": scheduled.format_hour(until),
        "longest": f"{replies.MAX_REPLY_CHARS:d}",
        "heard": scheduled.last_heard_id(chat),
    }  # fmt: skip
    return show_form(request, "inbox/_schedule_form.html", context, status=status)


def _scheduled_page(request: AgentRequest, pk: int) -> str:
    return place_url(_find(request, pk).chat, request.user)


def _find(request: AgentRequest, pk: int) -> ScheduledMessage:
    return get_object_or_404(ScheduledMessage.objects.visible_to(request.user).select_related("chat"), pk=pk)


@action(_scheduled_page)
def cancel_scheduled(request: AgentRequest, pk: int) -> HttpResponse:
    """It will not leave."""
    found = ScheduledMessage.objects.filter(pk=pk).first()
    if found is not None and not Chat.objects.visible_to(request.user).filter(pk=found.chat_id).exists():
        raise Http404
    cancelled = scheduled.cancel_scheduled(pk, request.user)
    return _answer_with_pane(request, cancelled.chat_id, _("Mensaje programado cancelado"))


def _answer_with_pane(request: AgentRequest, chat_pk: int, words: str) -> HttpResponse:
    if request.htmx:
        return workspaces.show_pane(request, chat_pk)
    return redirect_with_notice(request, reverse("chat", args=[chat_pk]), words)
