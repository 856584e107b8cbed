"""Tags and filters for what is said in a chat: its files, places, cards, and the words for what cannot be shown."""

import math
import re
from datetime import datetime
from typing import Any

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from chats.attachments.file_types import PLAYED
from inbox.templatetags.ui import icon, time_ahead
from origins.readable import safe_url

register = template.Library()

# a longer text is folded behind "Ver todo"
MAX_UNFOLDED_CHARACTERS = 1_500
MAX_UNFOLDED_LINES = 18
MAX_CARDS = 20
MAX_PHONES = 10

# as the networks call what we cannot show: what it is, in words
UNSUPPORTED = {
    "poll": gettext_lazy("una encuesta"),
    "poll_creation": gettext_lazy("una encuesta"),
    "poll_update": gettext_lazy("un voto en una encuesta"),
    "edit": gettext_lazy("una corrección de otro mensaje"),
    "pin": gettext_lazy("un mensaje fijado"),
    "pinned_message": gettext_lazy("un mensaje fijado"),
    "gif": gettext_lazy("un GIF"),
    "group_invite": gettext_lazy("una invitación a un grupo"),
    "link_preview": gettext_lazy("un enlace con vista previa"),
    "list": gettext_lazy("una lista"),
    "keep_in_chat": gettext_lazy("un mensaje guardado"),
    "product": gettext_lazy("un producto del catálogo"),
    "hsm": gettext_lazy("una plantilla"),
    "order": gettext_lazy("un pedido del catálogo"),
    "dice": gettext_lazy("un dado"),
    "game": gettext_lazy("un juego"),
    "story": gettext_lazy("una historia"),
    "story_mention": gettext_lazy("una mención en una historia"),
    "checklist": gettext_lazy("una lista de tareas"),
    "paid_media": gettext_lazy("una foto o un video de pago"),
    "gift": gettext_lazy("un regalo"),
    "share": gettext_lazy("una publicación compartida"),
    "fallback": gettext_lazy("un enlace compartido"),
    "post": gettext_lazy("una publicación compartida"),
    "reel": gettext_lazy("un reel"),
    "ig_reel": gettext_lazy("un reel"),
    "ephemeral": gettext_lazy("una foto o un video que se ve una sola vez"),
    "view_once": gettext_lazy("una foto o un video que se ve una sola vez"),
    "interactive": gettext_lazy("una respuesta que llegó sin contenido"),
    "nfm_reply": gettext_lazy("la respuesta a un formulario"),
    "call_permission_reply": gettext_lazy("la respuesta a un pedido de llamada"),
    "call": gettext_lazy("una llamada"),
    "request_welcome": gettext_lazy("un aviso de que abrió el chat"),
    "invoice": gettext_lazy("una factura de Telegram"),
    "successful_payment": gettext_lazy("un pago"),
    "contact_request": gettext_lazy("un pedido de contacto"),
    "system": gettext_lazy("un aviso del sistema"),
}


# a message in a word, where its text is not shown or there is none: icon, word
SUMMARIES = {
    "image": ("photo", gettext_lazy("Foto")),
    "sticker": ("photo", gettext_lazy("Sticker")),
    "audio": ("microphone", gettext_lazy("Nota de voz")),
    "video": ("video", gettext_lazy("Video")),
    "document": ("file-text", gettext_lazy("Documento")),
    "location": ("map-pin", gettext_lazy("Ubicación")),
    "contact": ("id", gettext_lazy("Contacto")),
    "template": ("template", gettext_lazy("Plantilla")),
    "choice": ("check", gettext_lazy("Opción")),
    "unsupported": ("puzzle", gettext_lazy("Mensaje no compatible")),
}


@register.simple_tag
def message_summary(kind: str, text: str) -> SafeString:
    """A message in one line, for lists and quotes. No file: its line break at the end would be seen in a quote."""
    if kind not in SUMMARIES:
        return conditional_escape(text)
    name, word = SUMMARIES[kind]
    return format_html("{} {}", icon(name, "icon-xs"), text or word)


@register.simple_tag
def kind_icon(kind: str) -> SafeString | str:
    """The icon of what is more than its text; '' for a text."""
    return icon(SUMMARIES[kind][0], "icon-xs") if kind in SUMMARIES else ""


@register.filter
def shown_files(message: Any) -> list[Any]:
    """Its files; a network's template may have one as its header."""
    if message.kind != "template":
        return list(message.files)
    sent = message.payload.get("template")
    return list(message.attachments.all()) if isinstance(sent, dict) and sent.get("id") else []


@register.filter
def is_played(file: Any) -> bool:
    """Whether browsers are given its sound or film to play; anything else is a download."""
    return file.mime in PLAYED


@register.filter
def document_kind(file: Any) -> str:
    """What ends its name, as "PDF · "; '' where that is none."""
    _stem, dot, ending = file.name.rpartition(".")
    return f"{ending.upper()} · " if dot and ending.isascii() and ending.isalnum() and len(ending) <= 5 else ""


@register.filter
def is_long(text: str) -> bool:
    return len(text) > MAX_UNFOLDED_CHARACTERS or text.count("\n") > MAX_UNFOLDED_LINES


# Places


def _parse_point(payload: dict[str, Any]) -> tuple[float, float] | None:
    try:
        latitude, longitude = float(payload["latitude"]), float(payload["longitude"])
    except (KeyError, TypeError, ValueError):
        return None
    fits = math.isfinite(latitude) and math.isfinite(longitude) and abs(latitude) <= 90 and abs(longitude) <= 180
    return (latitude, longitude) if fits else None


@register.filter
def coordinates(payload: dict[str, Any]) -> str:
    """-34.60372, -58.38159; '' where there are none that make sense."""
    point = _parse_point(payload)
    return f"{point[0]:.5f}, {point[1]:.5f}" if point else ""


@register.filter
def map_url(payload: dict[str, Any]) -> str:
    """The place on OpenStreetMap, '' where there is none."""
    point = _parse_point(payload)
    if not point:
        return ""
    latitude, longitude = (f"{one:.6f}" for one in point)
    return f"https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}#map=16/{latitude}/{longitude}"


# Contact cards


@register.filter
def cards(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """The cards of a message, each {name, phones, lines, links}; a list, or the one card of an older message."""
    given = payload.get("contacts")
    listed = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    if not listed:
        listed = [{"name": payload.get("name"), "phones": [payload.get("phone")]}]
    return [
        {"name": _card_name(one), "phones": _card_phones(one), "lines": _card_lines(one), "links": _card_links(one)}
        for one in listed[:MAX_CARDS]
    ]


def _card_name(card: dict[str, Any]) -> str:
    name = card.get("name")
    if isinstance(name, dict):
        name = name.get("formatted_name")
    return str(name or "")[:200]


def _card_phones(card: dict[str, Any]) -> list[str]:
    given = card.get("phones")
    phones = given if isinstance(given, list) else [card.get("phone")]
    said = [one.get("phone") if isinstance(one, dict) else one for one in phones]
    return [str(one)[:60] for one in said if one][:MAX_PHONES]


def _card_lines(card: dict[str, Any]) -> list[str]:
    """What it says beside name and phones, a line for each."""
    company = " · ".join(str(card[name])[:200] for name in ("role", "company") if card.get(name))
    lists = [str(one)[:300] for name in ("emails", "addresses") for one in _list_or_empty(card.get(name))[:MAX_PHONES]]
    single = [str(card[name])[:300] for name in ("birthday", "note") if card.get(name)]
    return ([company] if company else []) + lists + single


def _card_links(card: dict[str, Any]) -> list[str]:
    return [url for one in _list_or_empty(card.get("links"))[:MAX_PHONES] if (url := safe_url(one))]


def _list_or_empty(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


@register.filter
def phone_link(number: str) -> SafeString | str:
    """A number that can be dialled is a link; anything else stays the text that it is."""
    digits = re.sub(r"[^\d+]", "", number)
    if not re.fullmatch(r"\+?\d{6,15}", digits):
        return number
    return format_html('<a href="tel:{}" hx-boost="false">{}</a>', digits, number)


# What cannot be shown, and templates


@register.filter
def unsupported_words(payload: dict[str, Any]) -> str:
    """Es una encuesta. Pedile que lo escriba."""
    kind = str(payload.get("type") or "")[:60]
    known = UNSUPPORTED.get(kind)
    if known:
        return _("Es %(what)s. Pedile que lo escriba.") % {"what": known}
    if kind and kind not in ("unsupported", "unknown"):
        return _("El canal lo llama “%(kind)s”. Pedile que lo escriba.") % {"kind": kind}
    return _("El canal no lo muestra fuera de su aplicación. Pedile que lo escriba.")


@register.filter
def language_words(code: str) -> str:
    """es_AR: español de Argentina; a code that nobody knows is shown as it is."""
    try:
        return str(get_language_info(code.replace("_", "-").lower())["name_local"])
    except KeyError:
        return code


@register.filter
def snooze_end(message: Any) -> str:
    """Until when a chat was snoozed, as it was said then."""
    return time_ahead(datetime.fromisoformat(message.payload["until"]), message.created_at)
