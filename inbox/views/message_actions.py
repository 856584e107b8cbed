"""What agents do with one message, and what has a small form of its own: places and contact cards."""

import math
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from chats import messages
from chats.attachments import media as attachments_media
from chats.errors import Rejected, Rejection
from chats.models import Chat, Message
from inbox.pages import begin_agent_page
from inbox.rejections import notice
from inbox.views import workspaces
from live.pages import render_page
from trays.requests import AgentRequest

# offered where the origin names none of its own (Capabilities.reactions)
REACTIONS = ("👍", "👏", "😁", "😢", "🙏", "🎉")
LONGEST_EMOJI = 40
LONGEST_NAME, LONGEST_ADDRESS, LONGEST_PHONE = 200, 300, 30

PAIR = re.compile(r"\s*(-?\d{1,3}(?:\.\d+)?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*")
PHONE = re.compile(r"\+?[\d\s().-]{6,30}")

asked = require_http_methods(["GET", "POST"])


def form_id(request: AgentRequest) -> UUID | None:
    """The id that a form carries: sent twice, it is one message. Raises Refused (400)."""
    given = request.POST.get("client_id", "")
    if not given:
        return None
    try:
        return UUID(given)
    except ValueError as error:
        raise Rejected(Rejection.MALFORMED, _("El formulario está dañado. Recargá la página")) from error


def said(request: AgentRequest, message: Message) -> HttpResponse:
    """The pane again, with the message in it."""
    if not request.htmx:
        return notice(request, reverse("chat", args=[message.chat_id]), _("Guardado"))
    return workspaces.show_pane(request, message.chat_id)


# --- one message -------------------------------------------------------------------------------


def _visible(request: AgentRequest, pk: int) -> Message:
    """A message of a chat that this agent may see."""
    mine = Message.objects.filter(chat__in=Chat.objects.visible_to(request.user)).exclude(kind="move")
    return get_object_or_404(mine.select_related("chat__origin", "chat__contact", "agent"), pk=pk)


def _changed(request: AgentRequest, message: Message, words: str) -> HttpResponse:
    """What became of it is told to every screen that shows it, wherever this was asked from."""
    if request.htmx:
        return HttpResponse(status=204)
    return notice(request, reverse("chat", args=[message.chat_id]), words)


@require_POST
def retry(request: AgentRequest, pk: int) -> HttpResponse:
    """*Reintentar* a message that failed."""
    message = _visible(request, pk)
    if message.direction != "out":
        raise Http404
    messages.retry(message.pk, request.user)
    return _changed(request, message, _("Se reintenta"))


@require_POST
def media(request: AgentRequest, pk: int) -> HttpResponse:
    """*Reintentar* what could not be fetched."""
    message = _visible(request, pk)
    attachments_media.retry_fetch(message.pk, request.user)
    return _changed(request, message, _("Se vuelve a traer"))


@asked
def react(request: AgentRequest, pk: int) -> HttpResponse:
    """The small menu of reactions; POST `emoji`, '' takes ours back."""
    message = _visible(request, pk)
    if request.method == "GET":
        emojis = message.chat.origin.can.reactions or REACTIONS
        return _form(request, "inbox/_reaction_form.html", {"message": message, "emojis": emojis})
    emoji = messages.clean(request.POST.get("emoji", "")).strip()
    if len(emoji) > LONGEST_EMOJI:
        raise Rejected(Rejection.INVALID, _("Elegí una reacción"))
    messages.react_to(message.chat_id, request.user, message.pk, emoji)
    return _changed(request, message, _("Reacción enviada") if emoji else _("Reacción quitada"))


@asked
def edit(request: AgentRequest, pk: int) -> HttpResponse:
    """Correct a message that has gone out. POST `text`."""
    message = _visible(request, pk)
    text = request.POST.get("text", message.text)

    def correct() -> HttpResponse:
        messages.edit(message.chat_id, request.user, message.pk, text)
        return _changed(request, message, _("Corrección enviada"))

    return _answer(request, "inbox/_edit_form.html", {"message": message, "text": text}, correct)


@asked
def withdraw(request: AgentRequest, pk: int) -> HttpResponse:
    """Take back a message that has gone out."""
    message = _visible(request, pk)

    def take_back() -> HttpResponse:
        messages.withdraw(message.chat_id, request.user, message.pk)
        return _changed(request, message, _("Retiro enviado"))

    return _answer(request, "inbox/_withdraw_form.html", {"message": message}, take_back)


# --- places and cards --------------------------------------------------------------------------


@asked
def place(request: AgentRequest, pk: int) -> HttpResponse:
    """Send a place: `latitude`, `longitude`, `name`, `address`."""
    chat = _chat(request, pk)
    given = _given(request, "latitude", "longitude", "name", "address")
    pair = PAIR.fullmatch(given["latitude"])
    if pair and not given["longitude"]:
        # as maps give them, both in one
        given["latitude"], given["longitude"] = pair.groups()
    latitude, longitude = _degrees(given["latitude"], 90), _degrees(given["longitude"], 180)
    errors = {}
    if latitude is None:
        errors["latitude"] = _("Un número entre -90 y 90, como -34.60372")
    if longitude is None:
        errors["longitude"] = _("Un número entre -180 y 180, como -58.38159")

    def send() -> HttpResponse:
        sent = messages.send_place(
            pk, request.user, latitude=latitude or 0.0, longitude=longitude or 0.0,
            name=given["name"][:LONGEST_NAME], address=given["address"][:LONGEST_ADDRESS], client_id=form_id(request),
        )  # fmt: skip
        return said(request, sent)

    return _answer(request, "inbox/_location_form.html", {"chat": chat, "given": given}, send, errors)


def _degrees(text: str, most: int) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) <= most else None


@asked
def card(request: AgentRequest, pk: int) -> HttpResponse:
    """Send a contact card: `name`, `phone`."""
    chat = _chat(request, pk)
    given = _given(request, "name", "phone")
    errors = {}
    if not given["name"] or len(given["name"]) > LONGEST_NAME:
        errors["name"] = _("Escribí el nombre, %(most)s caracteres como máximo") % {"most": LONGEST_NAME}
    if not PHONE.fullmatch(given["phone"]) or sum(one.isdecimal() for one in given["phone"]) < 6:
        errors["phone"] = _("Escribí el número con el código de país, como +54 9 11 5555-0171")

    def send() -> HttpResponse:
        sent = messages.send_card(
            pk, request.user, name=given["name"], phone=given["phone"], client_id=form_id(request)
        )
        return said(request, sent)

    return _answer(request, "inbox/_contact_card_form.html", {"chat": chat, "given": given}, send, errors)


def _chat(request: AgentRequest, pk: int) -> Chat:
    """The chat of a small form: seen by who may see it; an action on another's is refused in words."""
    if request.method == "GET":
        return get_object_or_404(Chat.objects.visible_to(request.user).with_people(), pk=pk)
    chat = get_object_or_404(Chat.objects.with_people(), pk=pk)
    messages.holds(chat, request.user)
    return chat


def _given(request: AgentRequest, *names: str) -> dict[str, str]:
    return {name: " ".join(messages.clean(request.POST.get(name, "")).split()) for name in names}


# --- forms -------------------------------------------------------------------------------------


def _answer(
    request: AgentRequest,
    template: str,
    context: dict[str, Any],
    act: Callable[[], HttpResponse],
    errors: dict[str, str] | None = None,
) -> HttpResponse:
    """GET: the form. POST: the act; where the wish is wrong (422), the form again with what was written."""
    if request.method == "GET":
        return _form(request, template, context)
    if errors:
        return _form(request, template, context | {"errors": errors}, status=422)
    try:
        return act()
    except Rejected as refusal:
        if refusal.code != Rejection.INVALID:
            raise
        return _form(request, template, context | {"error": refusal.message}, status=422)


def _form(request: AgentRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    if request.htmx:
        return render(request, template, context, status=status)
    response = render_page(
        request, "inbox/message_form.html", begin_agent_page(request) | context | {"part": template, "nav": "chat"}
    )
    response.status_code = status
    return response
