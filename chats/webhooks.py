"""What networks call: signature first, the ledger second, sense last. Never a 5xx but 503."""

import logging

from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from chats import ledger, news, quick
from chats.models import Attachment
from chats.views.files import answer
from origins import http
from origins import ledger as bodies
from origins.models import Body, Origin

log = logging.getLogger(__name__)

MOST_BYTES = 5 * 1024 * 1024


@csrf_exempt
@login_not_required
def webhook(request: HttpRequest, key: str) -> HttpResponse:
    """Signed: 200, 413, 415 or 503 and nothing else; unsigned 401."""
    signature = request.headers.get(http.HEADER, "")
    if not signature:
        return _no("unsigned", 401)
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return _no("at most 5 MB", 413)
    try:
        origin = Origin.of_key(key, Origin.Kind.HTTP)
        if origin is None or not http.verify(origin, signature, request.body):
            return _no("bad signature", 401)
        if request.content_type != "application/json":
            return _no("declare application/json", 415)
        return JsonResponse(_take_in(origin, request.body))
    except (OperationalError, InterfaceError):
        log.exception("webhook: the database does not answer")
        answer = _no("try again", 503)
        answer["Retry-After"] = "5"
        return answer


def _take_in(origin: Origin, raw: bytes) -> dict[str, object]:
    if origin.is_active and (stored := quick.take_in(origin, raw)) is not None:
        return stored
    body, _is_new = bodies.keep(origin, raw)
    if not origin.is_active:
        Body.objects.filter(pk=body.pk).update(state="broken", reason="the origin is switched off")
        return {
            "accepted": 0,
            "duplicates": 0,
            "rejected": [{"index": 0, "reason": "the origin is switched off"}],
        }
    return ledger.process(body).as_json()


def _no(reason: str, status: int) -> JsonResponse:
    return JsonResponse({"reason": reason}, status=status)


@login_not_required
@require_GET
def outgoing_file(request: HttpRequest, token: str) -> HttpResponse:
    """A file that we sent to an HTTP origin's callback, by the signed address in that message."""
    try:
        uuid = signing.loads(token, salt=news.FILE_SALT, max_age=24 * 3600)
    except signing.BadSignature as error:
        raise Http404 from error
    return answer(get_object_or_404(Attachment, uuid=uuid, message__direction="out"), download=True)
