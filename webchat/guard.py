"""The guard of what the panel's script asks: the visitor's token, rate limits, bounded JSON, refusals in words."""

import json
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from chats.errors import Rejected, Rejection
from common.errors import OriginError
from contacts.models import Address
from gateway.inbound import body_processing
from live import throttle
from origins import web
from origins.models import Origin

log = logging.getLogger(__name__)
HEADER = "X-Witty-Visitor"


MAX_BODY_BYTES = 64 * 1024


def limit_rate(name: str, *, most: int, seconds: int) -> None:
    """Count one more for this name. Raises Rejected (TOO_MANY) over `most` in `seconds`."""
    if throttle.is_over_limit(name, most=most, seconds=seconds):
        raise Rejected(Rejection.TOO_MANY, _("Demasiados mensajes juntos. Esperá un minuto"))


def find_origin(key: str) -> Origin:
    return get_object_or_404(Origin, key=key, kind=Origin.Kind.WEB, is_active=True)


def answer_in_json(*methods: str) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Of the panel's script: no login and no cookie, and every refusal is a sentence in JSON."""

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @csrf_exempt
        @login_not_required
        @wraps(view)
        def asked(request: HttpRequest, key: str, **rest: Any) -> HttpResponseBase:
            if request.method not in methods:
                reason = {"reason": _("Eso no se puede hacer acá")}
                return JsonResponse(reason, status=405, headers={"Allow": ", ".join(methods)})
            try:
                response = view(request, find_origin(key), **rest)
            except Http404 as error:
                raise Rejected(Rejection.NOT_FOUND, _("Este chat o este archivo no existe")) from error
            except body_processing.NO_DATABASE:
                # the browser keeps what it could not send, and comes again
                log.exception("the web chat: the database does not answer")
                return JsonResponse({"reason": _("Ahora no se puede. Probá en un rato")}, status=503)
            # the identity is in a header, not in the address: no cache may mix two visitors
            patch_vary_headers(response, (HEADER,))
            if (renewed := getattr(request, "renewed_token", None)) and isinstance(response, JsonResponse):
                response.headers[HEADER] = renewed
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return asked

    return decorate


def identify_visitor(request: HttpRequest, origin: Origin) -> str:
    """The visitor of the token; Rejected (UNAUTHENTICATED) for one that is not ours or was revoked."""
    try:
        visitor = web.read_visitor(origin, request.headers.get(HEADER, ""))
    except OriginError as error:
        raise Rejected(Rejection.UNAUTHENTICATED, _("La identidad de este chat ya no vale")) from error
    revoked = Address.objects.filter(origin=origin, kind="visitor", value=visitor, revoked_at__isnull=False)
    if revoked.exists():
        raise Rejected(Rejection.UNAUTHENTICATED, _("La identidad de este chat ya no vale"))
    request.renewed_token = web.renew_token(origin, request.headers.get(HEADER, ""))  # type: ignore[attr-defined]
    return visitor


def declared_length(request: HttpRequest) -> int:
    try:
        return int(request.headers.get("Content-Length") or 0)
    except ValueError:
        return 0


def read_json_body(request: HttpRequest) -> dict[str, Any]:
    if declared_length(request) > MAX_BODY_BYTES:
        raise Rejected(Rejection.TOO_LARGE, _("El mensaje es demasiado largo"))
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise Rejected(Rejection.MALFORMED, _("No se entendió el mensaje")) from error
    if not isinstance(sent, dict):
        raise Rejected(Rejection.MALFORMED, _("No se entendió el mensaje"))
    return sent
