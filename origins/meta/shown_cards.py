"""What is shown of Meta's templates and products: a card for each element, with the address of its picture."""

from typing import Any

from common.parsing import object_of, objects_of, read_if_text
from origins.readable import MAX_CARDS, Card, gather, make_button, make_card, safe_url

# a card, and the address of its picture
Shown = tuple[Card, str]

_PICTURES = ("image_url", "picture", "photo_url", "thumbnail_url", "image", "media_url")
_PRICES = ("price", "formatted_price", "sale_price", "amount")


def read_template(payload: dict[str, Any]) -> list[Shown]:
    """The cards of a template, each with its picture; []: nothing of it can be read."""
    name = read_if_text(payload.get("template_type"), 60) or "template"
    elements = [one for each in _list_elements(payload) if (one := _read_element(name, each))]
    rest = {key: each for key, each in payload.items() if key not in ("elements", "generic", "product")}
    own = _read_whole(name, rest)
    return (own + elements)[:MAX_CARDS]


def _list_elements(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """They stand at the top, or inside of what the template is called (generic, product, …)."""
    inside = [object_of(each).get("elements") for each in payload.values()]
    return [element for each in (payload.get("elements"), *inside) for element in objects_of(each)]


def _read_element(name: str, element: dict[str, Any]) -> Shown | None:
    picture = next((url for field in _PICTURES if (url := safe_url(_address_of(element.get(field))))), "")
    cards = make_card(
        "product" if name == "product" else "template",
        title=element.get("title") or element.get("name"),
        subtitle=element.get("subtitle") or element.get("description"),
        text=_describe_amount(element),
        price=_read_price(element),
        url=object_of(element.get("default_action")).get("url") or element.get("item_url") or element.get("url"),
        buttons=_read_buttons(element.get("buttons")),
    )
    if not cards and not picture:
        cards = gather(name, element)
        if not cards and (retailer := read_if_text(element.get("retailer_id") or element.get("id"), 200)):
            cards = make_card("product", title=retailer)
    return (cards[0] if cards else {}, picture) if cards or picture else None


def _address_of(value: Any) -> Any:
    return object_of(value).get("url") if isinstance(value, dict) else value


def _read_price(element: dict[str, Any]) -> str:
    price = next((text for name in _PRICES if (text := _read_number(element.get(name)))), "")
    currency = read_if_text(element.get("currency"), 10)
    return f"{currency} {price}" if price and currency and currency not in price else price


def _read_number(value: Any) -> str:
    is_number = isinstance(value, float) and value == value
    return str(value) if is_number else read_if_text(value, 60)


def _describe_amount(element: dict[str, Any]) -> str:
    many = _read_number(element.get("quantity"))
    return f"× {many}" if many else ""


def _read_buttons(value: Any) -> list[Card]:
    found: list[Card] = []
    for each in objects_of(value):
        title, carried = read_if_text(each.get("title"), 300), read_if_text(each.get("payload"), 60)
        if each.get("type") == "phone_number" and carried:
            title = f"{title}: {carried}"
        found += make_button(title, each.get("url"))
    return found


def _read_whole(name: str, payload: dict[str, Any]) -> list[Shown]:
    """What a template says beside its elements: the words above buttons, the order of a receipt, a coupon."""
    buttons = _read_buttons(payload.get("buttons"))
    if name in ("button", "generic", "media", "product"):
        cards = make_card("template", title=payload.get("title"), text=payload.get("text"), buttons=buttons)
    else:
        rest = gather(name, {key: each for key, each in payload.items() if key != "buttons" and key not in _PICTURES})
        cards = [{**card, "buttons": card.get("buttons", []) + buttons} for card in rest] or make_card(
            name, buttons=buttons
        )
    picture = next((url for field in _PICTURES if (url := safe_url(payload.get(field)))), "")
    return [(cards[0] if cards else {}, picture)] if cards or picture else []
