"""Parts of a thread by their address: what is older, and what stands around a message, a day or the first unread."""

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from chats.models import Chat
from common.paging import write_key
from inbox import thread
from inbox.addresses import place_url
from inbox.looking import note_looks
from inbox.pages import begin_agent_page
from inbox.search.filters import midnight, read_day
from inbox.thread import Thread
from live.pages import asks_for_part, render_page
from trays.requests import AgentRequest


@require_GET
def show_part(request: AgentRequest, pk: int) -> HttpResponse:
    """A page of its own; scripts get the lines alone, for the thread that is open (static/inbox/past.js).

    `?antes=` a key, or the number of a message: older than that. `?cerca=` a message, `?dia=` a date, `?noleido=1`:
    around it. What makes no sense is the newest page.
    """
    # before the messages are read: it vouches for no more than this page, which does not listen
    context = {} if asks_for_part(request) else begin_agent_page(request) | {"nav": "chat"}
    chat = get_object_or_404(Chat.objects.visible_to(request.user).with_people(), pk=pk)
    note_looks(request, [chat])
    context |= {"chat": chat, "thread": _read_part(chat, request.GET), "day": request.GET.get("dia", "")}
    if asks_for_part(request):
        return render(request, "inbox/_thread_part.html", context)
    return render_page(request, "inbox/thread.html", context | {"chat_url": place_url(chat, request.user)})


def _read_part(chat: Chat, given: QueryDict) -> Thread:
    wanted = None
    if number := given.get("cerca", ""):
        wanted = thread.find_shown(chat, number)
    elif day := read_day(given.get("dia", "")):
        wanted = thread.find_since(chat, midnight(day))
    elif given.get("noleido") and chat.unread and chat.asked_at:
        wanted = thread.find_since(chat, chat.asked_at)
    if wanted:
        return thread.read_around(chat, wanted)
    before = given.get("antes", "")
    first = thread.find_shown(chat, before)
    return thread.read_thread(chat, write_key(first.created_at, first.pk) if first else before)


@require_GET
def ask_for_day(request: AgentRequest, pk: int) -> HttpResponse:
    """A dialog that asks which day of a thread to go to; by its address a page."""
    chat = get_object_or_404(Chat.objects.visible_to(request.user).with_people(), pk=pk)
    if asks_for_part(request):
        return render(request, "inbox/_thread_day.html", {"chat": chat})
    return render_page(request, "inbox/thread_day.html", begin_agent_page(request) | {"chat": chat, "nav": "chat"})
