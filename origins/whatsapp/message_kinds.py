"""Kinds of WhatsApp messages and their content, of a customer and of the business's own app alike."""

import json
from typing import Any

from django.utils.translation import gettext as _

from common.errors import OriginError
from common.parsing import read_if_text, read_json, read_text
from origins.readable import Card, describe_card, gather, make_card, safe_url, say
from origins.whatsapp.business_messages import show_interactive, show_template
from origins.whatsapp.identifiers import is_phone, object_of, objects_of, read_phone

# kind of chats.Message.Kind, text, payload
Content = tuple[str, str, dict[str, Any]]

# texts are stored whole; a body is not longer
MAX_TEXT_CHARS = 10_000_000
MEDIA = ("image", "audio", "video", "document", "sticker")
# of one card or order; what is more is in the ledger
MAX_LIST_ENTRIES = 200
# mails, addresses or links of one card
MAX_DETAILS = 10
# fields around what a message says
_AROUND = {
    "from", "from_user_id", "from_parent_user_id", "from_logical_id", "to", "to_user_id", "to_parent_user_id", "id",
    "timestamp", "type", "context", "referral", "group_id", "errors", "recipient_type", "messaging_product",
    "history_context", "biz_opaque_callback_data", "status",
}  # fmt: skip


def read_content(message: dict[str, Any]) -> Content:
    """Kind, text and payload. What is unknown, or lacks its body, is 'unsupported' with its type and all its words."""
    kind = read_if_text(message.get("type"), 40)
    body = message.get(kind) if kind else None
    if kind in MEDIA and isinstance(body, dict):
        return kind, read_text(body.get("caption"), MAX_TEXT_CHARS), {"media": _read_media(body)}
    if kind == "contacts":
        return _read_contacts(objects_of(message, kind)) or unsupported_content(kind)
    reader = _READERS.get(kind)
    found = reader(body) if reader and isinstance(body, dict) else None
    if found is not None:
        return found
    named = read_if_text(object_of(message, "unsupported").get("type"), 40) or kind
    return unsupported_content(named, {name: each for name, each in message.items() if name not in _AROUND})


def unsupported_content(kind: str, value: Any = None) -> Content:
    kind = kind or "unknown"
    text, payload = say("", gather(kind, value))
    return "unsupported", text, {"type": kind} | payload


def _show(kind: str, cards: list[Card]) -> Content | None:
    """A content of a kind of its own that can be read whole."""
    text, payload = say("", cards)
    return ("text", text, {"type": kind} | payload) if cards else None


def _read_media(body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: read_if_text(body[name], most)
        for name, most in (("id", 200), ("url", 2000), ("mime_type", 100), ("filename", 200), ("sha256", 100))
        if body.get(name)
    }
    if body.get("voice") is True:
        found["voice"] = True
    size = body.get("file_size")
    if isinstance(size, int) and not isinstance(size, bool) and 0 < size < 10**12:
        found["size"] = size
    return found


def _read_text_message(body: dict[str, Any]) -> Content | None:
    return ("text", read_text(body["body"], MAX_TEXT_CHARS), {}) if body.get("body") is not None else None


def _read_location(body: dict[str, Any]) -> Content | None:
    payload: dict[str, Any] = {}
    for name, most in (("latitude", 90), ("longitude", 180)):
        value = body.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= most:
            payload[name] = value
    for name, ours in (("name", "place"), ("address", "address")):
        if text := read_if_text(body.get(name), 300):
            payload[ours] = text
    if url := safe_url(body.get("url")):
        payload["url"] = url
    return ("location", "", payload) if payload else None


def _read_contacts(cards: list[dict[str, Any]]) -> Content | None:
    people = [_read_card(card) for card in cards[:MAX_LIST_ENTRIES]]
    if not people:
        return None
    first = people[0]
    return "contact", "", {"name": first["name"], "phone": (first["phones"] or [""])[0], "contacts": people}


def _read_card(card: dict[str, Any]) -> dict[str, Any]:
    """All that a card says of somebody."""
    name, company = object_of(card, "name"), object_of(card, "org")
    names = (read_if_text(name.get(which), 200) for which in ("first_name", "last_name"))
    full = read_if_text(name.get("formatted_name"), 200) or " ".join(one for one in names if one)
    more: dict[str, Any] = {
        "emails": _read_entries(card, "emails", ("email",)),
        "addresses": _read_entries(card, "addresses", ("street", "city", "state", "zip", "country")),
        "links": [url for url in _read_entries(card, "urls", ("url",)) if safe_url(url)],
        "company": ", ".join(
            words for which in ("company", "department") if (words := read_if_text(company.get(which), 200))
        ),
        "role": read_if_text(company.get("title"), 200),
        "birthday": read_if_text(card.get("birthday"), 40),
    }
    details = {which: said for which, said in more.items() if said}
    return {"name": full, "phones": _read_phones(card)} | details


def _read_entries(card: dict[str, Any], which: str, parts: tuple[str, ...]) -> list[str]:
    found = (
        ", ".join(words for part in parts if (words := read_if_text(entry.get(part), 300).strip()))
        for entry in objects_of(card, which)[:MAX_LIST_ENTRIES]
    )
    return [entry for entry in found if entry][:MAX_DETAILS]


def _read_phones(card: dict[str, Any]) -> list[str]:
    found = []
    for phone in objects_of(card, "phones")[:MAX_LIST_ENTRIES]:
        wa_id = read_if_text(phone.get("wa_id"), 60)
        found.append(read_if_text(phone.get("phone"), 60) or (f"+{wa_id}" if wa_id else ""))
    return [phone for phone in found if phone]


def shared_phones(message: dict[str, Any]) -> list[str]:
    """The own numbers that a customer gave, on our asking for it; [] for any other card."""
    asked = [card for card in objects_of(message, "contacts") if card.get("origin") == "contact_request"]
    phones = [phone for card in asked[:1] for phone in objects_of(card, "phones")[:MAX_LIST_ENTRIES]]
    return [number for phone in phones if is_phone(number := read_phone(phone.get("wa_id") or phone.get("phone")))]


def _read_interactive(body: dict[str, Any]) -> Content | None:
    kind = read_if_text(body.get("type"), 40)
    reply = body.get(kind) if kind else None
    if not isinstance(reply, dict):
        return _show("interactive", show_interactive(body)) or (unsupported_content(kind, body) if kind else None)
    if kind in ("button_reply", "list_reply"):
        carried, title = read_if_text(reply.get("id"), 300), read_if_text(reply.get("title"), 300)
        about = make_card("choice", text=reply.get("description"))
        payload = {"payload": carried} | ({"about": about} if about else {})
        return ("choice", title or carried, payload) if title or carried else None
    if kind == "nfm_reply":
        text = _read_form(reply)
        return ("text", text, {"type": "form"}) if text else None
    if kind == "call_permission_reply" and (allows := _read_permission(reply)):
        return _show(kind, make_card(kind, text=allows))
    return unsupported_content(kind, reply)


def _read_permission(reply: dict[str, Any]) -> str:
    return {
        "accept": _("Acepta que lo llamen."), "reject": _("No acepta que lo llamen."),
    }.get(read_if_text(reply.get("response"), 40), "")  # fmt: skip


def _read_template(body: dict[str, Any]) -> Content | None:
    return _show("template", show_template(body))


def _read_form(reply: dict[str, Any]) -> str:
    """A flow's answers, a line each; what it says of itself where they cannot be read."""
    raw = read_if_text(reply.get("response_json"), MAX_TEXT_CHARS)
    try:
        answers = read_json(raw.encode())
    except OriginError:
        answers = None
    if not isinstance(answers, dict):
        return raw or read_if_text(reply.get("body"), 1000)
    lines = [f"{name}: {_describe_answer(value)}" for name, value in answers.items() if name != "flow_token"]
    said = read_if_text(reply.get("body"), 1000)
    # a flow's own is "Sent" in some language; an address or a payment is said in it as people read it
    if said and (not lines or reply.get("name") not in (None, "", "flow")):
        lines = [said, *lines]
    return read_text("\n".join(lines), MAX_TEXT_CHARS)


def _describe_answer(value: Any) -> str:
    if isinstance(value, str):
        return value
    inside = gather("form", value, is_form=True) if isinstance(value, (dict, list)) else []
    return ", ".join(describe_card(inside[0]).split("\n")) if inside else json.dumps(value, ensure_ascii=False)


def _read_button(body: dict[str, Any]) -> Content | None:
    carried, text = read_if_text(body.get("payload"), 300), read_if_text(body.get("text"), 300)
    return ("choice", text or carried, {"payload": carried}) if text or carried else None


def _read_order(body: dict[str, Any]) -> Content | None:
    lines = [read_if_text(body.get("text"), MAX_TEXT_CHARS)]
    for item in objects_of(body, "product_items")[:MAX_LIST_ENTRIES]:
        many, price, currency = (_read_amount(item.get(name)) for name in ("quantity", "item_price", "currency"))
        cost = " ".join(one for one in (currency, price) if one)
        name = read_if_text(item.get("product_retailer_id"), 200)
        lines.append(f"{many or '1'} × {name}" + (f" ({cost})" if cost else ""))
    text = "\n".join(line for line in lines if line)
    return ("text", text, {"type": "order"}) if text else None


def _read_amount(value: Any) -> str:
    return str(value) if isinstance(value, float) else read_if_text(value, 40)


_READERS = {
    "text": _read_text_message,
    "location": _read_location,
    "interactive": _read_interactive,
    "button": _read_button,
    "order": _read_order,
    "template": _read_template,
}
