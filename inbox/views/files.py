"""Attachments: by the chat's visibility, by content, as downloads unless they are pictures or sound."""

from uuid import UUID

from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from chats.models import Attachment, Chat
from gateway.attachment_responses import serve_attachment
from trays.requests import AgentRequest


@require_GET
def serve_file(request: AgentRequest, uuid: UUID) -> HttpResponseBase:
    mine = Attachment.objects.filter(message__chat__in=Chat.objects.visible_to(request.user))
    return serve_attachment(get_object_or_404(mine, uuid=uuid), request=request, download="descargar" in request.GET)
