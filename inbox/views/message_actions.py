"""An agent's actions on one message, and the small forms that send a place or a contact card."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from chats.attachments import media as attachments_media
from chats.errors import Rejected, Rejection
from chats.fragments import render_line
from chats.messages import corrections, replies, rows
from chats.models import Chat, Message
from inbox.actions import action, form_page
from inbox.addresses import place_url
from inbox.kept_words import take_words
from inbox.pages import show_form
from inbox.rejections import redirect_with_notice
from inbox.thread import read_since
from inbox.views import workspaces
from trays.requests import AgentRequest

# offered where the origin names none of its own (Capabilities.reactions)
REACTIONS = ("👍", "👏", "😁", "😢", "🙏", "🎉")
MAX_EMOJI_CHARACTERS = 40
MAX_NAME_CHARACTERS, MAX_ADDRESS_CHARACTERS = 200, 300

PAIR = re.compile(r"\s*(-?\d{1,3}(?:\.\d+)?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*")
PHONE = re.compile(r"\+?[\d\s().-]{6,30}")


def read_form_id(request: AgentRequest) -> UUID | None:
    """The id that a form carries: sent twice, it is one message. Raises Rejected (MALFORMED)."""
    given = request.POST.get("client_id", "")
    if not given:
        return None
    try:
        return UUID(given)
    except ValueError as error:
        raise Rejected(Rejection.MALFORMED, _("El formulario está dañado. Recargá la página")) from error


def answer_with_pane(request: AgentRequest, message: Message) -> HttpResponse:
    """The pane again, with the message in it."""
    if not request.htmx:
        return redirect_with_notice(request, reverse("chat", args=[message.chat_id]), _("Guardado"))
    return workspaces.show_pane(request, message.chat_id)


def answer_with_message(request: AgentRequest, message: Message) -> HttpResponse:
    """The message in the thread that is open, with what was stored since: the rest of its pane is as it was.

    It brings no mark, as it says nothing of the rest (static/inbox/marks.js).
    """
    mine = Chat.objects.visible_to(request.user).with_people()
    chat = mine.filter(pk=message.chat_id, state=Chat.State.AGENTE).first() if request.htmx else None
    stored = read_since(chat, message.pk) if chat else None
    if chat is None or stored is None:
        return answer_with_pane(request, message)
    return HttpResponse("".join(render_line(chat, one) for one in stored))


# --- one message -------------------------------------------------------------------------------


def _visible_message(request: AgentRequest, pk: int) -> Message:
    """A message of a chat that this agent may see."""
    mine = Message.objects.filter(chat__in=Chat.objects.visible_to(request.user)).exclude(kind="move")
    return get_object_or_404(mine.select_related("chat__origin", "chat__contact", "agent"), pk=pk)


def _message_page(request: AgentRequest, pk: int) -> str:
    return place_url(_visible_message(request, pk).chat, request.user)


def _confirm_change(request: AgentRequest, message: Message, words: str) -> HttpResponse:
    """What became of it is told to every screen that shows it, wherever this was asked from."""
    if request.htmx:
        return HttpResponse(status=204)
    return redirect_with_notice(request, reverse("chat", args=[message.chat_id]), words)


@action(_message_page)
def retry_message(request: AgentRequest, pk: int) -> HttpResponse:
    """*Reintentar* a message that failed."""
    message = _visible_message(request, pk)
    if message.direction != "out":
        raise Http404
    replies.retry_message(message.pk, request.user)
    return _confirm_change(request, message, _("Se reintenta"))


@action(_message_page)
def retry_media(request: AgentRequest, pk: int) -> HttpResponse:
    """*Reintentar* what could not be fetched."""
    message = _visible_message(request, pk)
    attachments_media.retry_fetch(message.pk, request.user)
    return _confirm_change(request, message, _("Se vuelve a traer"))


@form_page
def react_to_message(request: AgentRequest, pk: int) -> HttpResponse:
    """The small menu of reactions; POST `emoji`, '' takes ours back."""
    message = _visible_message(request, pk)
    if request.method == "GET":
        emojis = message.chat.origin.can.reactions or REACTIONS
        return show_form(request, "inbox/_reaction_form.html", {"message": message, "emojis": emojis})
    emoji = rows.clean_text(request.POST.get("emoji", "")).strip()
    if len(emoji) > MAX_EMOJI_CHARACTERS:
        raise Rejected(Rejection.INVALID, _("Elegí una reacción"))
    corrections.react_to(message.chat_id, request.user, message.pk, emoji)
    return _confirm_change(request, message, _("Reacción enviada") if emoji else _("Reacción quitada"))


@form_page
def edit_message(request: AgentRequest, pk: int) -> HttpResponse:
    """Correct a message that has gone out. POST `text`."""
    message = _visible_message(request, pk)
    text = _given(request).get("text", message.text)

    def correct() -> HttpResponse:
        corrections.edit_message(message.chat_id, request.user, message.pk, text)
        return _confirm_change(request, message, _("Corrección enviada"))

    return _answer_form(request, "inbox/_edit_form.html", {"message": message, "text": text}, correct)


@form_page
def withdraw_message(request: AgentRequest, pk: int) -> HttpResponse:
    """Take back a message that has gone out."""
    message = _visible_message(request, pk)

    def take_back() -> HttpResponse:
        corrections.withdraw_message(message.chat_id, request.user, message.pk)
        return _confirm_change(request, message, _("Retiro enviado"))

    return _answer_form(request, "inbox/_withdraw_form.html", {"message": message}, take_back)


# --- places and cards --------------------------------------------------------------------------


@form_page
def send_location(request: AgentRequest, pk: int) -> HttpResponse:
    """Send a place: `latitude`, `longitude`, `name`, `address`."""
    chat = _find_chat(request, pk)
    given = _posted_words(request, "latitude", "longitude", "name", "address")
    pair = PAIR.fullmatch(given["latitude"])
    if pair and not given["longitude"]:
        # as maps give them, both in one
        given["latitude"], given["longitude"] = pair.groups()
    latitude, longitude = _parse_degrees(given["latitude"], 90), _parse_degrees(given["longitude"], 180)
    errors = {}
    if latitude is None:
        errors["latitude"] = _("Un número entre -90 y 90, como -34.60372")
    if longitude is None:
        errors["longitude"] = _("Un número entre -180 y 180, como -58.38159")

    def send() -> HttpResponse:
        sent = replies.send_place(
            pk, request.user, latitude=latitude or 0.0, longitude=longitude or 0.0,
            name=given["name"][:MAX_NAME_CHARACTERS], address=given["address"][:MAX_ADDRESS_CHARACTERS],
            client_id=read_form_id(request),
        )  # fmt: skip
        return answer_with_pane(request, sent)

    return _answer_form(request, "inbox/_location_form.html", {"chat": chat, "entered": given}, send, errors)


def _parse_degrees(text: str, most: int) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) <= most else None


@form_page
def send_contact_card(request: AgentRequest, pk: int) -> HttpResponse:
    """Send a contact card: `name`, `phone`."""
    chat = _find_chat(request, pk)
    given = _posted_words(request, "name", "phone")
    errors = {}
    if not given["name"] or len(given["name"]) > MAX_NAME_CHARACTERS:
        errors["name"] = _("Escribí el nombre, %(most)s caracteres como máximo") % {"most": MAX_NAME_CHARACTERS}
    if not PHONE.fullmatch(given["phone"]) or sum(one.isdecimal() for one in given["phone"]) < 6:
        errors["phone"] = _("Escribí el número con el código de país, como +54 9 11 5555-0171")

    def send() -> HttpResponse:
        sent = replies.send_card(
            pk, request.user, name=given["name"], phone=given["phone"], client_id=read_form_id(request)
        )
        return answer_with_pane(request, sent)

    return _answer_form(request, "inbox/_contact_card_form.html", {"chat": chat, "entered": given}, send, errors)


def _find_chat(request: AgentRequest, pk: int) -> Chat:
    """The chat of a small form: seen by who may see it; an action on another's is refused in words."""
    if request.method == "GET":
        return get_object_or_404(Chat.objects.visible_to(request.user).with_people(), pk=pk)
    chat = get_object_or_404(Chat.objects.with_people(), pk=pk)
    replies.check_holder(chat, request.user)
    return chat


def _given(request: AgentRequest) -> Mapping[str, str]:
    """What the form carries; before it is posted, what was typed into it when it was not carried out."""
    return request.POST if request.method == "POST" else take_words(request, request.path)


def _posted_words(request: AgentRequest, *names: str) -> dict[str, str]:
    given = _given(request)
    return {name: " ".join(rows.clean_text(given.get(name, "")).split()) for name in names}


# --- forms -------------------------------------------------------------------------------------


def _answer_form(
    request: AgentRequest,
    template: str,
    context: dict[str, Any],
    act: Callable[[], HttpResponse],
    errors: dict[str, str] | None = None,
) -> HttpResponse:
    """GET: the form. POST: the act; where the wish is wrong (422), the form again with what was written."""
    if request.method == "GET":
        return show_form(request, template, context)
    if errors:
        return show_form(request, template, context | {"errors": errors}, status=422)
    try:
        return act()
    except Rejected as refusal:
        if refusal.code != Rejection.INVALID:
            raise
        return show_form(request, template, context | {"error": refusal.message}, status=422)
