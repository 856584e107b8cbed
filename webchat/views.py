"""The web chat's requests: a new visitor, messages, receipts and files. A signed token says whose they are."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from chats.attachments import budgets, uploads
from chats.errors import Rejected, Rejection
from chats.messages import receipts as message_receipts
from chats.models import Attachment, Chat, Message
from chats.serializers import as_json, serialize_for_visitor
from common.client_address import client_block
from common.errors import OriginError
from gateway.attachment_responses import serve_attachment
from gateway.inbound import body_processing, raw_bodies, whole_bodies
from origins import web
from origins.facts import Receipt
from origins.models import Origin
from webchat.guard import answer_in_json, declared_length, identify_visitor, limit_rate, read_json_body

MAX_MESSAGES = 100
# what waits for its file or is having it prepared, and what has failed for the want of it
STATUSES_NOT_SHOWN = ("queued", "sending", "failed")
# so long, and so many, a browser is told again of messages whose file came late: it may have been away
MAX_FILE_DELAY, MAX_LATE_MESSAGES = timedelta(hours=1), 20
# what a multipart form adds to its file
MAX_FORM_BYTES = 4096
# what people write is shorter; the rest is charged as files are, for it fills the same disk
FREE_MESSAGE_BYTES = 4096


@answer_in_json("POST")
def issue_token(request: HttpRequest, origin: Origin) -> HttpResponse:
    """A new visitor's token."""
    limit_rate(f"visitor:{client_block(request)}", most=60, seconds=60)
    return JsonResponse({"token": web.new_token(origin)}, status=201)


@answer_in_json("GET", "POST")
def exchange_messages(request: HttpRequest, origin: Origin) -> HttpResponse:
    """GET: what was said after a number. POST: one message, or receipts of ours."""
    who = identify_visitor(request, origin)
    if request.method == "GET":
        return JsonResponse(_messages_after(origin, who, request.GET.get("after", "")))
    sent = read_json_body(request)
    if "receipts" in sent:
        limit_rate(f"receipts:{who}", most=120, seconds=60)
        return JsonResponse({"settled": _apply_receipts(origin, who, sent["receipts"])})
    limit_rate(f"messages:{who}", most=60, seconds=60)
    # identities cost nothing, so those of one address together are held as well
    limit_rate(f"messages-from:{client_block(request)}", most=600, seconds=60)
    return _receive_message(request, origin, who, sent)


def _receive_message(request: HttpRequest, origin: Origin, who: str, sent: dict[str, Any]) -> HttpResponse:
    try:
        raw = web.pack_message(who, sent, timezone.now())
    except OriginError as error:
        raise Rejected(Rejection.MALFORMED, str(error)) from error
    if len(raw) > FREE_MESSAGE_BYTES:
        budgets.spend(budgets.budgets_of(origin, who, client_block(request)), len(raw))
    outcome = whole_bodies.store_at_once(origin, raw)
    if outcome is None:
        body, _is_new = raw_bodies.keep_body(origin, raw)
        outcome = body_processing.process_body(body)
    if outcome.rejected:
        return JsonResponse({"reason": outcome.rejected[0]["reason"]}, status=422)
    stored = outcome.stored[0]
    return JsonResponse(
        {"message": as_json(serialize_for_visitor(stored.message))}, status=201 if stored.is_new else 200
    )


def _find_chat(origin: Origin, who: str) -> Chat | None:
    return Chat.objects.filter(
        contact__addresses__origin=origin, contact__addresses__kind="visitor", contact__addresses__value=who
    ).first()


def _messages_after(origin: Origin, who: str, after: str) -> dict[str, Any]:
    chat = _find_chat(origin, who)
    if chat is None:
        return {"messages": [], "agent": "", "more": False}
    said = Message.objects.filter(chat=chat).exclude(direction="note").exclude(status__in=STATUSES_NOT_SHOWN)
    said = said.select_related("agent").prefetch_related("attachments")
    if after.isascii() and after.isdecimal() and len(after) < 19:
        page = list(said.filter(pk__gt=int(after)).order_by("pk")[: MAX_MESSAGES + 1])
        more, page = len(page) > MAX_MESSAGES, page[:MAX_MESSAGES]
        # its file came after what stands behind it was shown
        late = said.filter(
            pk__lte=int(after), direction="out", sent_at__gt=F("created_at"),
            sent_at__gte=timezone.now() - MAX_FILE_DELAY,
        )  # fmt: skip
        page = [*late.order_by("-pk")[:MAX_LATE_MESSAGES][::-1], *page]
    else:
        page, more = list(said.order_by("-pk")[:MAX_MESSAGES])[::-1], False
    holder = chat.agent.short_name if chat.agent else ""
    return {"messages": [as_json(serialize_for_visitor(message)) for message in page], "agent": holder, "more": more}


def _apply_receipts(origin: Origin, who: str, receipts: Any) -> int:
    """Move the visitor's copies of our messages forward. All are read before the first is applied."""
    if not isinstance(receipts, list) or len(receipts) > MAX_MESSAGES:
        raise Rejected(Rejection.MALFORMED, _("No se entendió el mensaje"))
    read = [_parse_receipt(who, receipt) for receipt in receipts]
    return sum(message_receipts.apply_receipt(origin, receipt) for receipt in read)


def _parse_receipt(who: str, given: Any) -> Receipt:
    try:
        ref, status = str(UUID(given["id"])), given["status"]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Rejected(Rejection.MALFORMED, _("No se entendió el mensaje")) from error
    if status not in ("delivered", "read"):
        raise Rejected(Rejection.MALFORMED, _("No se entendió el mensaje"))
    return Receipt(ref, status, sender=who)


@answer_in_json("POST")
def keep_file(request: HttpRequest, origin: Origin) -> HttpResponse:
    """One file, to be named by the next message. Not before there is a first one: a chat costs words, a file disk."""
    who = identify_visitor(request, origin)
    limit_rate(f"files:{who}", most=20, seconds=60)
    address = client_block(request)
    limit_rate(f"files-from:{address}", most=120, seconds=60)
    if declared_length(request) > uploads.MAX_UPLOAD_BYTES + MAX_FORM_BYTES:
        raise Rejected(Rejection.TOO_LARGE, _("El archivo pesa más de 10 MB. Mandalo por partes"))
    if _find_chat(origin, who) is None:
        raise Rejected(Rejection.CONFLICT, _("Escribí primero un mensaje; después podés mandar archivos"))
    file = _uploaded_file(request)
    with budgets.charged(budgets.budgets_of(origin, who, address), file.size or 0):
        kept = uploads.keep_upload(file, origin=origin, visitor=who)
    facts = {"id": str(kept.uuid), "name": kept.name, "mime": kept.mime, "size": kept.size}
    return JsonResponse({**facts, "width": kept.width, "height": kept.height}, status=201)


def _uploaded_file(request: HttpRequest) -> UploadedFile:
    try:
        given = request.FILES.getlist("file")
    except (MultiPartParserError, SuspiciousOperation) as error:
        raise Rejected(Rejection.MALFORMED, _("No se entendió el archivo")) from error
    if len(given) != 1:
        raise Rejected(Rejection.INVALID, _("Un archivo por mensaje"))
    return given[0]


@answer_in_json("GET")
def serve_file(request: HttpRequest, origin: Origin, uuid: UUID) -> HttpResponseBase:
    """A file of the visitor's own chat, files of notes apart."""
    chat = _find_chat(origin, identify_visitor(request, origin))
    if chat is None:
        raise Http404
    own = Attachment.objects.filter(message__chat=chat).exclude(message__direction="note")
    return serve_attachment(get_object_or_404(own, uuid=uuid), request=request)
