"""Webhooks that networks call: signature first, the raw body kept second, sense last. Never a 5xx but 503."""

import logging
import re
import time
from contextlib import suppress
from typing import cast

from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.db import InterfaceError, OperationalError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from chats import file_links
from chats.bots import reading
from chats.models import Attachment, Message
from gateway.attachment_responses import serve_attachment
from gateway.inbound import body_processing, whole_bodies
from gateway.inbound import raw_bodies as bodies
from gateway.inbound.joining import Joiner
from gateway.inbound.whole_bodies import MAX_JOINED
from gateway.status import line_checks
from live import metrics, throttle
from origins import graph, health
from origins.models import Body, Origin
from origins.networks import network_of

log = logging.getLogger(__name__)

MAX_BYTES = 5 * 1024 * 1024
CHALLENGE = re.compile(r"[A-Za-z0-9_.-]{1,200}")
# in a word, for metrics
OUTCOMES = {200: "accepted", 401: "unsigned", 503: "later"}
# what proves who calls, by kind of origin: without any of it nothing is read
PROOFS = ("X-Witty-Signature", "X-Hub-Signature-256", "X-Telegram-Bot-Api-Secret-Token")


@csrf_exempt
@login_not_required
def receive_webhook(request: HttpRequest, key: str) -> HttpResponse:
    """Signed: 200, 413, 415 or 503 and nothing else; unsigned 401."""
    if request.method == "GET" and any(name.startswith("hub.") for name in request.GET):
        return _answer_challenge(request, key)
    began = time.monotonic()
    answer = _answer_webhook(request, key)
    metrics.add("witty_webhooks", OUTCOMES.get(answer.status_code, "refused"))
    metrics.observe("witty_webhook_seconds", time.monotonic() - began)
    return answer


def _answer_webhook(request: HttpRequest, key: str) -> HttpResponse:
    if not any(request.headers.get(name) for name in PROOFS):
        return _refuse_unsigned(key)
    if _content_length(request) > MAX_BYTES:
        return _refusal("at most 5 MB", 413)
    try:
        origin = _find_origin(key)
        if origin is not None and origin.unreadable_secrets:
            # nobody can tell whether it is signed: the sender comes again, and by then the key may be the right one
            return _try_later()
        headers = {name.lower(): value for name, value in request.headers.items()}
        if origin is None or not network_of(origin.kind).verify(origin, headers, request.body):
            return _refuse_unsigned(key)
        if request.content_type != "application/json":
            return _refusal("declare application/json", 415)
        return JsonResponse(_take_in(origin, request.body))
    except (OperationalError, InterfaceError):
        log.exception("webhook: the database does not answer")
        return _try_later()


def _find_origin(key: str) -> Origin | None:
    # a caller's own transaction sees what nobody else does
    return Origin.of_key(key) if connection.in_atomic_block else _origins.ask(key, key)


# bodies that come at once for one line are answered by one look at it, begun after all of them came
_origins: Joiner[str, Origin | None] = Joiner(lambda keys: [Origin.of_key(keys[0])] * len(keys), MAX_JOINED)


def _answer_challenge(request: HttpRequest, key: str) -> HttpResponse:
    """Meta asks whether this address is ours: its challenge comes back as plain text, or 403."""
    try:
        origin = Origin.of_key(key)
    except (OperationalError, InterfaceError):
        log.exception("webhook: the database does not answer")
        return _refusal("try again", 503)
    challenge = None
    if origin is not None and origin.kind in Origin.META:
        challenge = graph.answer_challenge(origin, dict(request.GET.lists()))
    # whoever knows the token gets no page of their own out of us either
    if challenge is None or not CHALLENGE.fullmatch(challenge):
        return HttpResponse("no", status=403, content_type="text/plain; charset=utf-8")
    if origin is not None:
        with suppress(OperationalError, InterfaceError):
            line_checks.note_verified(origin)
    return HttpResponse(challenge, content_type="text/plain; charset=utf-8")


def _content_length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _refuse_unsigned(key: str) -> JsonResponse:
    """Nothing of it is kept but a count, of lines that there are."""
    with suppress(OperationalError, InterfaceError):
        if Origin.objects.filter(key=key[:40]).exists():
            throttle.count_one(f"unsigned:{key}")
    return _refusal("unsigned", 401)


def _take_in(origin: Origin, raw: bytes) -> dict[str, object]:
    health.note_body_came(origin)
    is_small = len(raw) <= body_processing.MAX_BYTES_AT_ONCE
    if origin.is_active and is_small and (stored := whole_bodies.store_at_once(origin, raw)) is not None:
        return stored.as_json()
    body, is_new = bodies.keep_body(origin, raw)
    if not origin.is_active:
        Body.objects.filter(pk=body.pk, state="received").update(state="broken", reason="the origin is switched off")
        health.report_switched_off(origin)
        return {
            "accepted": 0,
            "duplicates": 0,
            "rejected": [{"index": 0, "reason": "the origin is switched off"}],
        }
    if is_small or origin.kind not in Origin.NETWORKS:
        # an HTTP origin is told what became of each item
        return body_processing.process_body(body).as_json()
    if is_new:
        body_processing.leave_to_worker(body)
    return {"kept": 1}


def _try_later() -> JsonResponse:
    answer = _refusal("try again", 503)
    answer["Retry-After"] = "5"
    return answer


def _refusal(reason: str, status: int) -> JsonResponse:
    return JsonResponse({"reason": reason}, status=status)


@login_not_required
@require_GET
def outgoing_file(request: HttpRequest, token: str) -> HttpResponseBase:
    """A file of a message that an HTTP origin or a bot was sent, by the signed address in what it was sent."""
    try:
        named = signing.loads(token, salt=file_links.FILE_SALT, max_age=24 * 3600)
    except signing.BadSignature as error:
        raise Http404 from error
    sent = Attachment.objects.filter(message__withdrawn_at=None)
    if isinstance(named, str):
        # a line's own: what goes out to its customers
        found = get_object_or_404(sent, uuid=named, message__direction="out")
    else:
        uuid, bot_pk = named
        found = get_object_or_404(sent.select_related("message__chat"), uuid=uuid, message__isnull=False)
        message = cast(Message, found.message)
        get_object_or_404(reading.readable_messages(message.chat, bot_pk), pk=message.pk)
    return serve_attachment(found, download=True, request=request)
