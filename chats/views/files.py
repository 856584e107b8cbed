"""Attachments: by the chat's visibility, by content, as downloads unless they are pictures or sound."""

from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from chats.files import PLAYED
from chats.models import Attachment, Chat


@require_GET
def file(request: HttpRequest, uuid: UUID) -> HttpResponse:
    mine = Attachment.objects.filter(message__chat__in=Chat.objects.visible_to(request.user))
    return answer(get_object_or_404(mine, uuid=uuid), download="descargar" in request.GET)


def answer(attachment: Attachment, *, download: bool = False) -> FileResponse:
    """The bytes with the type that they were found to have; never anything that a browser would run."""
    shown = (attachment.is_picture or attachment.mime in PLAYED) and not download
    try:
        response = FileResponse(attachment.file.open("rb"), content_type=attachment.mime)
    except FileNotFoundError as error:
        raise Http404 from error
    response["Content-Disposition"] = content_disposition_header(not shown, attachment.name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=3600"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
