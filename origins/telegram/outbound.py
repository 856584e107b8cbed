"""Sending by Telegram: one message, one call of the Bot API. Plain text always: no parse_mode."""

import json
from typing import TYPE_CHECKING, Any

import httpx
from django.utils.translation import gettext as _

from common.errors import OriginError
from common.parsing import read_text
from origins.capabilities import CAPABILITIES
from origins.choices import number_choices, payload_of, prompt_above_choices, title_of
from origins.connections import check_may_answer
from origins.facts import File, Outgoing, Sent
from origins.file_rules import plan_outgoing
from origins.telegram.bot_api import call_method
from origins.telegram.business import name_in_thread, split_name

if TYPE_CHECKING:
    from origins.models import Origin

# bytes of a button's payload; characters of its title, about the width of a screen
MAX_BUTTON_DATA_BYTES, MAX_BUTTONS = 64, 100
# uploads take longer: Telegram processes a file before it answers
UPLOAD_TIMEOUT = httpx.Timeout(90, connect=5, pool=10)
_METHODS = {
    "image": "sendPhoto", "audio": "sendAudio", "video": "sendVideo", "document": "sendDocument",
    "sticker": "sendSticker",
}  # fmt: skip


def send(origin: "Origin", out: Outgoing) -> Sent:
    """Give one message to Telegram. Raises OriginError."""
    chat = out.address("telegram")
    if not chat:
        raise OriginError(_("El contacto no tiene una dirección de Telegram"))
    if out.kind in _CHANGES:
        _CHANGES[out.kind](origin, chat, out)
        return Sent()
    method, fields = _build_message(out)
    fields |= {"chat_id": chat} | _name_thread(origin, out.via) | _add_context(out)
    said = (
        _upload_file(origin, method, fields, out.file)
        if out.file
        else call_method(origin, method, unsure=True, json=fields)
    )
    number = said.get("message_id") if isinstance(said, dict) else None
    return Sent(name_in_thread(out.via, f"{chat}:{number}") if isinstance(number, int) else "")


def _name_thread(origin: "Origin", via: str) -> dict[str, str]:
    """For which account it is said; none: it is the bot's own chat. Raises OriginError where that is not allowed."""
    if not via:
        return {}
    check_may_answer(origin, via)
    return {"business_connection_id": via}


def _build_message(out: Outgoing) -> tuple[str, dict[str, Any]]:
    """The method of a message and what only it has."""
    if out.file:
        text = number_choices(out.text, out.choices) if out.choices and not _build_keyboard(out) else out.text
        # a sticker has no caption at Telegram
        method = _choose_method(out.kind, out.file, captioned=bool(text))
        return method, {"caption": text} if text else {}
    if out.kind == "location":
        return _build_location(out.payload)
    if out.kind == "contact":
        return _build_contact(out)
    if out.kind not in ("text", "template", "choice") and not out.text:
        raise OriginError(_("Este mensaje no se puede enviar por Telegram"))
    text = out.text
    if out.choices:
        text = prompt_above_choices(text) if _build_keyboard(out) else number_choices(text, out.choices)
    if not text.strip():
        raise OriginError(_("El mensaje no tiene texto"))
    return "sendMessage", {"text": text}


def _add_context(out: Outgoing) -> dict[str, Any]:
    """The quote and the buttons."""
    fields: dict[str, Any] = {}
    # what was said in another thread cannot be quoted in this one
    if (number := _read_number(out.reply_to)) and split_name(out.reply_to)[0] == out.via:
        fields["reply_parameters"] = {"message_id": number, "allow_sending_without_reply": True}
    if rows := _build_keyboard(out):
        fields["reply_markup"] = {"inline_keyboard": rows}
    return fields


def _read_number(ref: str) -> int:
    """Telegram's number of a message that we call <chat>:<number>, with :<part> for its further files.

    0 for what has none (a tapped button).
    """
    chat, number = (*split_name(ref)[1].split(":"), "")[:2]
    is_ours = chat.removeprefix("-").isdecimal() and number.isascii() and number.isdecimal() and len(number) < 19
    return int(number) if is_ours else 0


def _build_keyboard(out: Outgoing) -> list[list[dict[str, str]]]:
    """One button a row; none at all where one carries more than Telegram takes."""
    rows = []
    for choice in out.choices:
        title, data = title_of(choice), payload_of(choice)
        if not title or len(data.encode()) > MAX_BUTTON_DATA_BYTES:
            return []
        rows.append([{"text": title, "callback_data": data}])
    return rows if len(rows) <= MAX_BUTTONS else []


# --- files -------------------------------------------------------------------------------------


def _choose_method(kind: str, file: File, *, captioned: bool = False) -> str:
    """What takes this file as what it is; sendDocument takes anything."""
    plan = plan_outgoing(
        CAPABILITIES["telegram"], "Telegram", "image" if captioned and kind == "sticker" else kind, file
    )
    if plan.kind == "image" and plan.mime == "image/gif":
        return "sendAnimation"
    if plan.kind == "audio" and file.is_voice and plan.mime == "audio/ogg":
        return "sendVoice"
    return _METHODS[plan.kind]


def _upload_file(origin: "Origin", method: str, fields: dict[str, Any], file: File) -> Any:
    """Streamed, a piece at a time. In a form, what is no text goes as JSON."""
    form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
    part = method.removeprefix("send").lower()
    with file.open() as data:
        files = {part: (file.name, data, file.mime or "application/octet-stream")}
        return call_method(origin, method, unsure=True, data=form, files=files, timeout=UPLOAD_TIMEOUT)


# --- places and cards --------------------------------------------------------------------------


def _build_location(payload: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    spot = {name: payload.get(name) for name in ("latitude", "longitude")}
    if not all(isinstance(value, (int, float)) for value in spot.values()):
        raise OriginError(_("La ubicación no tiene coordenadas"))
    place, address = str(payload.get("place") or ""), str(payload.get("address") or "")
    if not place:
        return "sendLocation", spot
    return "sendVenue", spot | {"title": place, "address": address or place}


def _build_contact(out: Outgoing) -> tuple[str, dict[str, Any]]:
    """Telegram's card has one person and one number; any other is written out."""
    cards = [
        (str(card.get("name") or ""), [str(phone) for phone in card.get("phones") or [] if phone])
        for card in out.payload.get("contacts") or [out.payload | {"phones": [out.payload.get("phone")]}]
    ]
    if len(cards) == 1 and len(cards[0][1]) == 1:
        name, phones = cards[0]
        return "sendContact", {"phone_number": phones[0], "first_name": name or phones[0]}
    lines = [f"{name}: {', '.join(phones)}".strip(": ") for name, phones in cards]
    text = "\n".join(line for line in lines if line)
    if not text:
        raise OriginError(_("El contacto que se comparte no tiene nombre ni teléfono"))
    return "sendMessage", {"text": text}


# --- what changes a message --------------------------------------------------------------------


def _address_target(origin: "Origin", chat: str, out: Outgoing) -> dict[str, Any]:
    number = _read_number(out.target)
    if not number:
        raise OriginError(_("Telegram no tiene ese mensaje"))
    return {"chat_id": chat, "message_id": number} | _name_thread(origin, split_name(out.target)[0])


def _send_reaction(origin: "Origin", chat: str, out: Outgoing) -> None:
    if split_name(out.target)[0]:
        raise OriginError(_("Telegram no deja reaccionar en el chat de una cuenta Business"))
    # Telegram's list of reactions has the emoji without their variation selector
    emoji = read_text(out.payload.get("emoji", out.text), 40).replace("\ufe0f", "").strip()
    reaction = [{"type": "emoji", "emoji": emoji}] if emoji else []
    call_method(origin, "setMessageReaction", json=_address_target(origin, chat, out) | {"reaction": reaction})


def _send_edit(origin: "Origin", chat: str, out: Outgoing) -> None:
    fields = _address_target(origin, chat, out)
    if not _change_message(
        origin, "editMessageText", fields | {"text": out.text}, "message is not modified", "no text in the"
    ):
        _change_message(origin, "editMessageCaption", fields | {"caption": out.text}, "message is not modified")


def _send_withdrawal(origin: "Origin", chat: str, out: Outgoing) -> None:
    fields, method = _address_target(origin, chat, out), "deleteMessage"
    if via := fields.get("business_connection_id"):
        method = "deleteBusinessMessages"
        fields = {"business_connection_id": via, "message_ids": [fields["message_id"]]}
    _change_message(origin, method, fields, "message to delete not found")


def _change_message(origin: "Origin", method: str, fields: dict[str, Any], as_good: str, instead: str = "") -> bool:
    """Whether it is as it was asked to be, also where it was so before. False: Telegram wants another method."""
    try:
        call_method(origin, method, json=fields)
    except OriginError as error:
        if instead and instead in error.code:
            return False
        if as_good not in error.code:
            raise
    return True


_CHANGES = {"reaction": _send_reaction, "edit": _send_edit, "withdrawal": _send_withdrawal}
