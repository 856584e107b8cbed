"""All files of a chat, and its pictures one by one: for who may see the chat."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from chats.models import Chat
from inbox import chat_files
from inbox.addresses import place_url
from inbox.looking import note_looks
from inbox.pages import begin_agent_page
from live.pages import asks_for_part, render_page
from trays.audit import What
from trays.requests import AgentRequest


@require_GET
def list_files(request: AgentRequest, pk: int) -> HttpResponse:
    """A page of one kind (`?clase=`), in a dialog; by its address a page."""
    chat = get_object_or_404(Chat.objects.visible_to(request.user).with_people(), pk=pk)
    note_looks(request, [chat], What.FILE)
    page = chat_files.read_files(chat, request.GET.get("clase", ""), request.GET.get("antes", ""))
    kinds = {
        chat_files.PICTURES: _("Fotos y videos"),
        chat_files.SOUNDS: _("Audios"),
        chat_files.DOCUMENTS: _("Documentos"),
    }
    context = {"chat": chat, "page": page, "kinds": kinds, "is_first": not request.GET.get("antes")}
    if asks_for_part(request):
        return render(request, "inbox/_chat_files.html", context)
    return render_page(request, "inbox/chat_files.html", begin_agent_page(request) | context | {"nav": "chat"})


@require_GET
def show_picture(request: AgentRequest, pk: int, uuid: UUID) -> HttpResponse:
    """One picture whole, with the ways to the ones before and after it."""
    chat = get_object_or_404(Chat.objects.visible_to(request.user).with_people(), pk=pk)
    note_looks(request, [chat], What.FILE)
    picture = get_object_or_404(chat_files.shown_files(chat), uuid=uuid, width__isnull=False)
    context = {"chat": chat, "picture": picture, "beside": chat_files.find_neighbours(chat, picture)}
    if asks_for_part(request):
        return render(request, "inbox/_picture.html", context)
    context |= {"chat_url": place_url(chat, request.user), "nav": "chat"}
    return render_page(request, "inbox/picture.html", begin_agent_page(request) | context)
