"""The web chat: what a visitor's browser asks. No login; a signed token in a header says who it is."""

import json
import logging
import re
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from csp.constants import SELF
from csp.decorators import csp_replace
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from chats import messages as messaging
from chats.attachments import uploads
from chats.errors import Rejected, Rejection
from chats.models import Attachment, Chat, Message
from chats.publish import as_facts
from common.errors import OriginError
from contacts.models import Address
from gateway.attachment_responses import answer
from gateway.inbound import body_processing
from gateway.inbound import raw_bodies as bodies
from live import throttle
from origins import web
from origins.facts import Receipt
from origins.models import Origin
from webchat.colors import brand

log = logging.getLogger(__name__)

HEADER = "X-Witty-Visitor"
PAGE = 100
# what waits for its file, and what has failed for the want of it
UNSHOWN = ("queued", "failed")
# so long, and so many, a browser is told again of messages whose file came late: it may have been away
LATE, MAX_LATE = timedelta(hours=1), 20
MOST_BYTES = 64 * 1024
# what a multipart form adds to its file
FORM_BYTES = 4096

# what the panel says (static/webchat/)
WORDS = {
    "assistant": gettext_lazy("Asistente"),
    "attends": gettext_lazy("Te atiende %(name)s"),
    "entered": gettext_lazy("%(name)s entró al chat, %(time)s"),
    "hello": gettext_lazy("Escribinos y te respondemos por acá."),
    "options": gettext_lazy("Opciones"),
    "queued": gettext_lazy("En cola"),
    "sent": gettext_lazy("Enviado"),
    "failed": gettext_lazy("No se envió."),
    "offline": gettext_lazy("Sin conexión. Lo que escribas se envía cuando vuelva."),
    "gone": gettext_lazy("Este chat ya no está disponible."),
    "typing": gettext_lazy("El asistente está escribiendo…"),
    "empty": gettext_lazy("El archivo está vacío"),
    "large": gettext_lazy("El archivo pesa más de 10 MB. Mandalo por partes"),
    "unreadable": gettext_lazy("No se pudo leer el archivo. Elegilo de nuevo"),
    "broken": gettext_lazy("No se pudo traer el archivo."),
    "retry": gettext_lazy("Reintentar"),
    "picture": gettext_lazy("Foto: %(name)s"),
    "download": gettext_lazy("Descargar %(name)s"),
    "unsupported": gettext_lazy("Mensaje no compatible"),
    "kB": gettext_lazy("%(size)s kB"),
    "MB": gettext_lazy("%(size)s MB"),
}


# --- pages -------------------------------------------------------------------------------------


def _limit(name: str, *, most: int, seconds: int) -> None:
    """Count one more for this name. Raises Refused (429) over `most` in `seconds`."""
    if throttle.often(name, most=most, seconds=seconds):
        raise Rejected(Rejection.TOO_MANY, _("Demasiados mensajes juntos. Esperá un minuto"))


def _origin(key: str) -> Origin:
    return get_object_or_404(Origin, key=key, kind=Origin.Kind.WEB, is_active=True)


def _shown(origin: Origin) -> dict[str, Any]:
    return {"origin": origin, "title": origin.title or origin.name, "brand": brand(origin.color)}


def _sites(origin: Origin) -> list[str]:
    """The sites that may hold the chat, as CSP sources; nothing else of a line gets through."""
    return [site for line in origin.allowed_sites.split() if (site := _site(line))]


def _site(line: str) -> str:
    try:
        parts = urlsplit(line if "//" in line else f"https://{line}")
        # a header is ASCII: almacén.com is xn--almacn-fva.com there
        host = parts.netloc.encode("idna").decode()
    except ValueError:
        return ""
    fits = parts.scheme in ("http", "https") and re.fullmatch(r"(\[[0-9a-f:.]+\]|[a-z0-9*._-]+)(:[0-9*]+)?", host, re.I)
    return f"{parts.scheme}://{host}" if fits else ""


@login_not_required
@require_GET
@xframe_options_exempt
def page(request: HttpRequest, key: str) -> HttpResponseBase:
    """The panel, for the iframe. Who may hold it: the origin's allowed sites."""
    origin = _origin(key)
    # without the request: a page that others hold says nothing of an agent who is signed in
    nonce = request.csp_nonce  # type: ignore[attr-defined]
    context = {**_shown(origin), "words": WORDS, "most": uploads.MAX_UPLOAD_BYTES, "csp_nonce": nonce}
    response = HttpResponse(render_to_string("webchat/panel.html", context))
    ancestors = [SELF, *_sites(origin)] if origin.allowed_sites.strip() else ["*"]
    response["Cache-Control"] = "no-cache"
    return csp_replace({"frame-ancestors": ancestors})(lambda _request: response)(request)


@login_not_required
@require_GET
def script(request: HttpRequest, key: str) -> HttpResponse:
    """The launcher. The same for all: it reads its own address to know its origin."""
    response = HttpResponse(
        render_to_string("webchat/launcher.js", _shown(_origin(key))),
        content_type="text/javascript; charset=utf-8",
    )
    response["Cache-Control"] = "public, max-age=300"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@login_not_required
@require_GET
def demo(request: HttpRequest, key: str) -> HttpResponse:
    """A page of an invented shop that holds the chat."""
    return HttpResponse(render_to_string("webchat/demo.html", _shown(_origin(key))))


# --- what the panel's script asks --------------------------------------------------------------


def _asked(*methods: str) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
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
                response = view(request, _origin(key), **rest)
            except Http404 as error:
                raise Rejected(Rejection.NOT_FOUND, _("Este chat o este archivo no existe")) from error
            except body_processing.NO_DATABASE:
                # the browser keeps what it could not send, and comes again
                log.exception("the web chat: the database does not answer")
                return JsonResponse({"reason": _("Ahora no se puede. Probá en un rato")}, status=503)
            # the identity is in a header, not in the address: no cache may mix two visitors
            patch_vary_headers(response, (HEADER,))
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return asked

    return decorate


def _who(request: HttpRequest, origin: Origin) -> str:
    """The visitor of the token; Refused (401) for one that is not ours or was revoked."""
    try:
        visitor = web.read_visitor(origin, request.headers.get(HEADER, ""))
    except OriginError as error:
        raise Rejected(Rejection.UNAUTHENTICATED, _("La identidad de este chat ya no vale")) from error
    revoked = Address.objects.filter(origin=origin, kind="visitor", value=visitor, revoked_at__isnull=False)
    if revoked.exists():
        raise Rejected(Rejection.UNAUTHENTICATED, _("La identidad de este chat ya no vale"))
    return visitor


@_asked("POST")
def visitor(request: HttpRequest, origin: Origin) -> HttpResponse:
    """A new visitor's token."""
    _limit(f"visitor:{throttle.caller(request)}", most=60, seconds=60)
    return JsonResponse({"token": web.new_token(origin)}, status=201)


@_asked("GET", "POST")
def messages(request: HttpRequest, origin: Origin) -> HttpResponse:
    """GET: what was said after a number. POST: one message, or receipts of ours."""
    who = _who(request, origin)
    if request.method == "GET":
        return JsonResponse(_said_after(origin, who, request.GET.get("after", "")))
    sent = _read(request)
    if "receipts" in sent:
        _limit(f"receipts:{who}", most=120, seconds=60)
        return JsonResponse({"settled": _settle(origin, who, sent["receipts"])})
    _limit(f"messages:{who}", most=60, seconds=60)
    return _receive(origin, who, sent)


def _receive(origin: Origin, who: str, sent: dict[str, Any]) -> HttpResponse:
    try:
        raw = web.pack_message(who, sent, timezone.now())
    except OriginError as error:
        raise Rejected(Rejection.MALFORMED, str(error)) from error
    body, _is_new = bodies.keep(origin, raw)
    outcome = body_processing.process(body)
    if outcome.rejected:
        return JsonResponse({"reason": outcome.rejected[0]["reason"]}, status=422)
    stored = outcome.stored[0]
    return JsonResponse({"message": as_facts(stored.message)}, status=201 if stored.is_new else 200)


def _length(request: HttpRequest) -> int:
    try:
        return int(request.headers.get("Content-Length") or 0)
    except ValueError:
        return 0


def _read(request: HttpRequest) -> dict[str, Any]:
    if _length(request) > MOST_BYTES:
        raise Rejected(Rejection.TOO_LARGE, _("El mensaje es demasiado largo"))
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise Rejected(Rejection.MALFORMED, _("No se entendió el mensaje")) from error
    if not isinstance(sent, dict):
        raise Rejected(Rejection.MALFORMED, _("No se entendió el mensaje"))
    return sent


def _of(origin: Origin, who: str) -> Chat | None:
    return Chat.objects.filter(
        contact__addresses__origin=origin, contact__addresses__kind="visitor", contact__addresses__value=who
    ).first()


def _said_after(origin: Origin, who: str, after: str) -> dict[str, Any]:
    chat = _of(origin, who)
    if chat is None:
        return {"messages": [], "agent": "", "more": False}
    said = Message.objects.filter(chat=chat).exclude(direction="note").exclude(status__in=UNSHOWN)
    said = said.select_related("agent").prefetch_related("attachments")
    if after.isascii() and after.isdecimal() and len(after) < 19:
        page = list(said.filter(pk__gt=int(after)).order_by("pk")[: PAGE + 1])
        more, page = len(page) > PAGE, page[:PAGE]
        # its file came after what stands behind it was shown
        late = said.filter(
            pk__lte=int(after), direction="out", payload__has_key="media", sent_at__gte=timezone.now() - LATE
        )
        page = [*late.order_by("-pk")[:MAX_LATE][::-1], *page]
    else:
        page, more = list(said.order_by("-pk")[:PAGE])[::-1], False
    holder = chat.agent.short_name if chat.agent else ""
    return {"messages": [as_facts(message) for message in page], "agent": holder, "more": more}


def _settle(origin: Origin, who: str, receipts: Any) -> int:
    """Move the visitor's copies of our messages forward. All are read before the first is applied."""
    if not isinstance(receipts, list) or len(receipts) > PAGE:
        raise Rejected(Rejection.MALFORMED, _("No se entendió el mensaje"))
    read = [_receipt(who, receipt) for receipt in receipts]
    return sum(messaging.settle(origin, receipt) for receipt in read)


def _receipt(who: str, given: Any) -> Receipt:
    try:
        ref, status = str(UUID(given["id"])), given["status"]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Rejected(Rejection.MALFORMED, _("No se entendió el mensaje")) from error
    if status not in ("delivered", "read"):
        raise Rejected(Rejection.MALFORMED, _("No se entendió el mensaje"))
    return Receipt(ref, status, sender=who)


@_asked("POST")
def upload(request: HttpRequest, origin: Origin) -> HttpResponse:
    """One file, to be named by the next message."""
    who = _who(request, origin)
    _limit(f"files:{who}", most=20, seconds=60)
    # identities cost nothing, so those of one address together are held as well
    _limit(f"files-from:{throttle.caller(request)}", most=120, seconds=60)
    if _length(request) > uploads.MAX_UPLOAD_BYTES + FORM_BYTES:
        raise Rejected(Rejection.TOO_LARGE, _("El archivo pesa más de 10 MB. Mandalo por partes"))
    kept = uploads.keep_upload(_uploaded(request), origin=origin, visitor=who)
    facts = {"id": str(kept.uuid), "name": kept.name, "mime": kept.mime, "size": kept.size}
    return JsonResponse({**facts, "width": kept.width, "height": kept.height}, status=201)


def _uploaded(request: HttpRequest) -> UploadedFile:
    try:
        given = request.FILES.getlist("file")
    except (MultiPartParserError, SuspiciousOperation) as error:
        raise Rejected(Rejection.MALFORMED, _("No se entendió el archivo")) from error
    if len(given) != 1:
        raise Rejected(Rejection.INVALID, _("Un archivo por mensaje"))
    return given[0]


@_asked("GET")
def file(request: HttpRequest, origin: Origin, uuid: UUID) -> HttpResponseBase:
    """A file of the visitor's own chat; notes' files are not his."""
    chat = _of(origin, _who(request, origin))
    if chat is None:
        raise Http404
    own = Attachment.objects.filter(message__chat=chat).exclude(message__direction="note")
    return answer(get_object_or_404(own, uuid=uuid), request=request)
