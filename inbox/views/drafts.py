"""The draft of a chat, as a composer keeps it while it is written."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from chats.errors import Rejected, Rejection
from chats.models import Chat
from common.parsing import parse_id
from inbox import drafts
from inbox.actions import action, chat_page
from trays.requests import AgentRequest

MAX_VERSION = 2**31 - 2


@action(chat_page)
def save_draft(request: AgentRequest, pk: int) -> HttpResponse:
    """`text`, `note`, `version` (what the device had). Answers what stands now; 409: another device was quicker."""
    get_object_or_404(Chat.objects.visible_to(request.user).only("pk"), pk=pk)
    version = parse_id(request.POST.get("version", "0"))
    if version is None or version > MAX_VERSION:
        raise Rejected(Rejection.MALFORMED, _("El formulario está dañado. Recargá la página"))
    is_note = bool(request.POST.get("note"))
    kept = drafts.keep_draft(request.user, pk, request.POST.get("text", ""), is_note=is_note, version=version)
    now = {"text": kept.text, "note": kept.is_note, "version": kept.version}
    return JsonResponse(now, status=200 if kept.is_mine else 409)
