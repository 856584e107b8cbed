"""Attachments: by the chat's visibility, by content, as downloads unless they are pictures or sound."""

from uuid import UUID

from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from chats.models import Attachment, Chat
from gateway.attachment_responses import serve_attachment
from inbox.looking import note_looks
from trays.audit import What
from trays.requests import AgentRequest


@require_GET
def serve_file(request: AgentRequest, uuid: UUID) -> HttpResponseBase:
    mine = Attachment.objects.filter(message__chat__in=Chat.objects.visible_to(request.user))
    found = get_object_or_404(mine.select_related("message__chat__tray", "message__chat__agent"), uuid=uuid)
    is_download = "descargar" in request.GET
    # the pictures of a thread are a part of it; what is played, opened or saved is asked for by a person
    if found.message is not None and (is_download or found.width is None):
        note_looks(request, [found.message.chat], What.FILE)
    return serve_attachment(found, request=request, download=is_download)
