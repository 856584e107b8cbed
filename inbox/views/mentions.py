"""Mentions: whom a note can name, and the notes that name oneself."""

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET
from django_htmx.http import trigger_client_event

from chats.messages.mentions import find_seeing, list_blind
from chats.models import Chat, Mention, Message
from common.parsing import parse_id
from inbox.pages import begin_agent_page
from live.pages import render_page
from trays.models import Agent
from trays.requests import AgentRequest

MAX_AGENTS = 500
PAGE_SIZE = 30


@require_GET
def give_agents(request: AgentRequest, pk: int) -> HttpResponse:
    """The agents whom a note in this chat can name, and whether each sees it."""
    chat = get_object_or_404(Chat.objects.visible_to(request.user).select_related("tray"), pk=pk)
    others = Agent.objects.filter(is_active=True).exclude(pk=request.user.pk)
    agents = list(others.order_by("first_name", "last_name", "pk")[:MAX_AGENTS])
    seeing = find_seeing(chat, agents)
    listed = [{"user": one.username, "name": str(one), "sees": one.pk in seeing} for one in agents]
    return JsonResponse({"agents": listed})


def tell_blind(request: AgentRequest, note: Message, response: HttpResponse) -> HttpResponse:
    """The answer to a note, with a word to its author where it names who does not see the chat."""
    blind = list_blind(note) if note.payload.get("mentions") else []
    if not blind:
        return response
    names = ", ".join(str(agent) for agent in blind)
    words = ngettext(
        "%(names)s no ve este chat: se entera de la mención, pero no puede leer la nota",
        "%(names)s no ven este chat: se enteran de la mención, pero no pueden leer la nota",
        len(blind),
    ) % {"names": names}
    if request.htmx:
        return trigger_client_event(response, "toast", {"level": "info", "title": words, "text": ""})
    messages.warning(request, words)
    return response


@dataclass(frozen=True)
class MentionPage:
    mentions: list[Mention]
    before: int  # the key of the next page, 0 at the end


@require_GET
def list_mentions(request: AgentRequest) -> HttpResponse:
    """The notes that name the agent, in chats that the agent may see now, newest first."""
    context = begin_agent_page(request)
    context |= {"page": _read_page(request.user, request.GET.get("antes", "")), "nav": "bandejas"}
    return render_page(request, "inbox/mentions.html", context)


def _read_page(agent: Agent, before: str) -> MentionPage:
    mine = Mention.objects.seen_by(agent).order_by("-pk")
    if (last := parse_id(before)) is not None:
        mine = mine.filter(pk__lt=last)
    found = list(mine.prefetch_related(Prefetch("message", Message.objects.with_chats()))[: PAGE_SIZE + 1])
    page = found[:PAGE_SIZE]
    return MentionPage(page, page[-1].pk if len(found) > PAGE_SIZE else 0)
