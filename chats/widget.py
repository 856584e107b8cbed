"""The web chat: what a visitor's browser asks. No login; a signed token in a header says who it is."""

import json
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from csp.constants import SELF
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chats import files, ledger, limits, messaging
from chats.models import Attachment, Chat, Message
from chats.moves import Refused
from chats.news import as_facts
from chats.views.files import answer
from contacts.models import Address
from origins import ledger as bodies
from origins import web
from origins.facts import OriginError, Receipt
from origins.models import Origin

HEADER = "X-Witty-Visitor"
PAGE = 100
MOST_BYTES = 64 * 1024


def _origin(key: str) -> Origin:
    return get_object_or_404(Origin, key=key, kind=Origin.Kind.WEB, is_active=True)


def _sites(origin: Origin) -> list[str]:
    """The sites that may hold the chat, as CSP sources; nothing else of a line gets through."""
    sites = []
    for line in origin.allowed_sites.split():
        parts = urlsplit(line if "//" in line else f"https://{line}")
        if parts.scheme in ("http", "https") and parts.netloc and not set(parts.netloc) & set(";,'\""):
            sites.append(f"{parts.scheme}://{parts.netloc}")
    return sites


@login_not_required
@require_GET
@xframe_options_exempt
def page(request: HttpRequest, key: str) -> HttpResponse:
    """The panel, for the iframe. Who may hold it: the origin's allowed sites."""
    origin = _origin(key)
    response = render(request, "widget/panel.html", {"origin": origin, "title": origin.title or origin.name})
    ancestors = [SELF, *_sites(origin)] if origin.allowed_sites.strip() else ["*"]
    response._csp_update = {"frame-ancestors": ancestors}  # type: ignore[attr-defined]
    response["Cache-Control"] = "no-cache"
    return response


@login_not_required
@require_GET
def script(request: HttpRequest, key: str) -> HttpResponse:
    """The launcher. The same for all: it reads its own address to know its origin."""
    origin = _origin(key)
    response = render(
        request, "widget/widget.js", {"origin": origin, "title": origin.title or origin.name},
        content_type="text/javascript; charset=utf-8",
    )  # fmt: skip
    response["Cache-Control"] = "public, max-age=300"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@login_not_required
@require_GET
def demo(request: HttpRequest, key: str) -> HttpResponse:
    """A page of an invented shop that holds the chat."""
    return render(request, "widget/demo.html", {"origin": _origin(key)})


def _who(request: HttpRequest, origin: Origin) -> str:
    """The visitor of the token; Refused (401) for one that is not ours or was revoked."""
    try:
        visitor = web.visitor_of(origin, request.headers.get(HEADER, ""))
    except OriginError as error:
        raise Refused(_("La identidad de este chat ya no vale"), status=401) from error
    revoked = Address.objects.filter(origin=origin, kind="visitor", value=visitor, revoked_at__isnull=False)
    if revoked.exists():
        raise Refused(_("La identidad de este chat ya no vale"), status=401)
    return visitor


@csrf_exempt
@login_not_required
@require_POST
def visitor(request: HttpRequest, key: str) -> HttpResponse:
    """A new visitor's token."""
    origin = _origin(key)
    limits.hold(f"visitor:{request.META.get('REMOTE_ADDR')}", most=60, seconds=60)
    return JsonResponse({"token": web.new_token(origin)}, status=201)


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "POST"])
def messages(request: HttpRequest, key: str) -> HttpResponse:
    """GET: what was said after a number. POST: one message, or receipts of ours."""
    origin = _origin(key)
    who = _who(request, origin)
    if request.method == "GET":
        return JsonResponse(_said_after(origin, who, request.GET.get("after", "")))
    limits.hold(f"messages:{who}", most=60, seconds=60)
    sent = _read(request)
    if "receipts" in sent:
        return JsonResponse({"settled": _settle(origin, who, sent["receipts"])})
    body, _is_new = bodies.keep(origin, web.pack(who, sent, timezone.now()))
    outcome = ledger.process(body)
    if outcome.rejected:
        return JsonResponse({"reason": outcome.rejected[0]["reason"]}, status=422)
    stored = outcome.stored[0]
    return JsonResponse({"message": as_facts(stored.message)}, status=201 if stored.is_new else 200)


def _read(request: HttpRequest) -> dict[str, Any]:
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        raise Refused(_("El mensaje es demasiado largo"), status=413)
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise Refused(_("No se entendió el mensaje"), status=400) from error
    if not isinstance(sent, dict):
        raise Refused(_("No se entendió el mensaje"), status=400)
    return sent


def _of(origin: Origin, who: str) -> Chat | None:
    return Chat.objects.filter(
        contact__addresses__origin=origin, contact__addresses__kind="visitor", contact__addresses__value=who
    ).first()


def _said_after(origin: Origin, who: str, after: str) -> dict[str, Any]:
    chat = _of(origin, who)
    if chat is None:
        return {"messages": [], "agent": "", "more": False}
    said = Message.objects.filter(chat=chat).exclude(direction="note").select_related("agent")
    said = said.prefetch_related("attachments")
    if after.isascii() and after.isdecimal() and len(after) < 19:
        page = list(said.filter(pk__gt=int(after)).order_by("pk")[: PAGE + 1])
        more, page = len(page) > PAGE, page[:PAGE]
    else:
        page, more = list(said.order_by("-pk")[:PAGE])[::-1], False
    holder = chat.agent.short_name if chat.agent else ""
    return {"messages": [as_facts(message) for message in page], "agent": holder, "more": more}


def _settle(origin: Origin, who: str, receipts: Any) -> int:
    if not isinstance(receipts, list) or len(receipts) > PAGE:
        raise Refused(_("No se entendió el mensaje"), status=400)
    settled = 0
    for receipt in receipts:
        if not isinstance(receipt, dict) or receipt.get("status") not in ("delivered", "read"):
            raise Refused(_("No se entendió el mensaje"), status=400)
        settled += messaging.settle(origin, Receipt(str(receipt.get("id"))[:60], receipt["status"], sender=who))
    return settled


@csrf_exempt
@login_not_required
@require_POST
def upload(request: HttpRequest, key: str) -> HttpResponse:
    """One file, to be named by the next message."""
    origin = _origin(key)
    who = _who(request, origin)
    limits.hold(f"files:{who}", most=20, seconds=60)
    if int(request.META.get("CONTENT_LENGTH") or 0) > files.MOST_BYTES + 4096:
        raise Refused(_("El archivo pesa más de 10 MB. Mandalo por partes"), status=413)
    given = request.FILES.getlist("file")
    if len(given) != 1:
        raise Refused(_("Un archivo por mensaje"), status=422)
    kept = files.keep(given[0], origin=origin, visitor=who)
    return JsonResponse({"id": str(kept.uuid), "name": kept.name, "mime": kept.mime, "size": kept.size}, status=201)


@login_not_required
@require_GET
def file(request: HttpRequest, key: str, uuid: UUID) -> HttpResponse:
    """A file of the visitor's own chat; notes' files are not his."""
    origin = _origin(key)
    chat = _of(origin, _who(request, origin))
    if chat is None:
        raise Http404
    own = Attachment.objects.filter(message__chat=chat).exclude(message__direction="note")
    return answer(get_object_or_404(own, uuid=uuid))
