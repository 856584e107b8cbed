"""What leaves to Telegram: one message, one call of the Bot API. Plain text always: no parse_mode."""

import json
from typing import TYPE_CHECKING, Any

import httpx
from django.utils.translation import gettext as _

from common.errors import OriginError
from common.parsing import read_text
from origins.capabilities import MB
from origins.choices import asks, numbered, payload_of, title_of
from origins.facts import File, Outgoing, Sent
from origins.telegram.bot_api import call

if TYPE_CHECKING:
    from origins.models import Origin

MOST, MOST_PHOTO, MOST_VOICE = 50 * MB, 10 * MB, MB
# bytes of what a button carries; characters of what it says, a screen's width or so
MOST_DATA, MOST_BUTTONS = 64, 100
# Telegram looks at a file before it answers
UPLOAD = httpx.Timeout(90, connect=5, pool=10)

_PHOTOS = {"image/jpeg", "image/png", "image/webp"}
_SONGS = {"audio/mpeg", "audio/mp3", "audio/mp4", "audio/x-m4a", "audio/m4a", "audio/aac"}
_VOICES = {"audio/ogg", "audio/opus", "application/ogg"}


def send(origin: "Origin", out: Outgoing) -> Sent:
    """Give one message to Telegram. Raises OriginError."""
    chat = out.address("telegram")
    if not chat:
        raise OriginError(_("El contacto no tiene una dirección de Telegram"))
    if out.kind in _CHANGES:
        _CHANGES[out.kind](origin, chat, out)
        return Sent()
    method, fields = _message(out)
    fields |= {"chat_id": chat} | _around(out)
    said = _upload(origin, method, fields, out.file) if out.file else call(origin, method, unsure=True, json=fields)
    number = said.get("message_id") if isinstance(said, dict) else None
    return Sent(f"{chat}:{number}" if isinstance(number, int) else "")


def _message(out: Outgoing) -> tuple[str, dict[str, Any]]:
    """The method of a message and what only it has."""
    if out.file:
        text = numbered(out.text, out.choices) if out.choices and not _keyboard(out) else out.text
        # Telegram shows no words below a sticker
        method = _method(out.kind, out.file, captioned=bool(text))
        return method, {"caption": text} if text else {}
    if out.kind == "location":
        return _place(out.payload)
    if out.kind == "contact":
        return _card(out)
    if out.kind not in ("text", "template", "choice") and not out.text:
        raise OriginError(_("Este mensaje no se puede enviar por Telegram"))
    text = out.text
    if out.choices:
        text = asks(text) if _keyboard(out) else numbered(text, out.choices)
    if not text.strip():
        raise OriginError(_("El mensaje no tiene texto"))
    return "sendMessage", {"text": text}


def _around(out: Outgoing) -> dict[str, Any]:
    """The quote and the buttons."""
    fields: dict[str, Any] = {}
    if number := _number(out.reply_to):
        fields["reply_parameters"] = {"message_id": number, "allow_sending_without_reply": True}
    if rows := _keyboard(out):
        fields["reply_markup"] = {"inline_keyboard": rows}
    return fields


def _number(ref: str) -> int:
    """Telegram's number of a message that we call <chat>:<number>; 0 for what has none (a tapped button)."""
    chat, _colon, number = ref.rpartition(":")
    is_ours = chat.removeprefix("-").isdecimal() and number.isascii() and number.isdecimal() and len(number) < 19
    return int(number) if is_ours else 0


def _keyboard(out: Outgoing) -> list[list[dict[str, str]]]:
    """One button a row; none at all where one carries more than Telegram takes."""
    rows = []
    for choice in out.choices:
        title, data = title_of(choice), payload_of(choice)
        if not title or len(data.encode()) > MOST_DATA:
            return []
        rows.append([{"text": title, "callback_data": data}])
    return rows if len(rows) <= MOST_BUTTONS else []


# --- files -------------------------------------------------------------------------------------


def _method(kind: str, file: File, *, captioned: bool = False) -> str:
    """What takes this file as what it is; sendDocument takes anything."""
    if file.size > MOST:
        raise OriginError(
            _("El archivo pesa más de %(most)s MB, lo más que toma Telegram. Mandá uno más chico.")
            % {"most": MOST // MB}
        )
    mime = file.mime.split(";")[0].strip().lower()
    if kind == "sticker" and mime == "image/webp" and not captioned:
        return "sendSticker"
    if kind in ("image", "sticker"):
        if mime == "image/gif":
            return "sendAnimation"
        return "sendPhoto" if mime in _PHOTOS and file.size <= MOST_PHOTO else "sendDocument"
    if kind == "audio":
        if mime in _VOICES and file.is_voice and file.size <= MOST_VOICE:
            return "sendVoice"
        return "sendAudio" if mime in _SONGS else "sendDocument"
    return "sendVideo" if kind == "video" and mime == "video/mp4" else "sendDocument"


def _upload(origin: "Origin", method: str, fields: dict[str, Any], file: File) -> Any:
    """Streamed, a piece at a time. In a form, what is no text goes as JSON."""
    form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
    part = method.removeprefix("send").lower()
    with file.open() as data:
        files = {part: (file.name, data, file.mime or "application/octet-stream")}
        return call(origin, method, unsure=True, data=form, files=files, timeout=UPLOAD)


# --- places and cards --------------------------------------------------------------------------


def _place(payload: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    spot = {name: payload.get(name) for name in ("latitude", "longitude")}
    if not all(isinstance(value, (int, float)) for value in spot.values()):
        raise OriginError(_("La ubicación no tiene coordenadas"))
    place, address = str(payload.get("place") or ""), str(payload.get("address") or "")
    if not place:
        return "sendLocation", spot
    return "sendVenue", spot | {"title": place, "address": address or place}


def _card(out: Outgoing) -> tuple[str, dict[str, Any]]:
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


def _of(chat: str, out: Outgoing) -> dict[str, Any]:
    number = _number(out.target)
    if not number:
        raise OriginError(_("Telegram no tiene ese mensaje"))
    return {"chat_id": chat, "message_id": number}


def _react(origin: "Origin", chat: str, out: Outgoing) -> None:
    # Telegram knows its reactions without the mark that asks for colour
    emoji = read_text(out.payload.get("emoji", out.text), 40).replace("\ufe0f", "").strip()
    reaction = [{"type": "emoji", "emoji": emoji}] if emoji else []
    call(origin, "setMessageReaction", json=_of(chat, out) | {"reaction": reaction})


def _edit(origin: "Origin", chat: str, out: Outgoing) -> None:
    fields = _of(chat, out)
    if not _done(origin, "editMessageText", fields | {"text": out.text}, "message is not modified", "no text in the"):
        _done(origin, "editMessageCaption", fields | {"caption": out.text}, "message is not modified")


def _withdraw(origin: "Origin", chat: str, out: Outgoing) -> None:
    _done(origin, "deleteMessage", _of(chat, out), "message to delete not found")


def _done(origin: "Origin", method: str, fields: dict[str, Any], as_good: str, instead: str = "") -> bool:
    """Whether it is as it was asked to be, also where it was so before. False: Telegram wants another method."""
    try:
        call(origin, method, json=fields)
    except OriginError as error:
        if instead and instead in error.code:
            return False
        if as_good not in error.code:
            raise
    return True


_CHANGES = {"reaction": _react, "edit": _edit, "withdrawal": _withdraw}
