"""What a business sent with another program (echoes), as cards: buttons, lists, products, carousels, templates."""

from collections.abc import Iterator
from typing import Any

from common.parsing import read_if_text
from origins.readable import MAX_CARDS, MAX_ITEMS, MAX_TEXT_CHARS, Card, make_button, make_card
from origins.whatsapp.identifiers import object_of, objects_of

MAX_PARTS = 50


def show_interactive(body: dict[str, Any]) -> list[Card]:
    """A message with buttons, a list or products; of a carousel each card as one of its own."""
    cards = objects_of(object_of(body, "action"), "cards")[:MAX_CARDS]
    return _show_one(body) + [card for each in cards for card in _show_one(each)]


def _show_one(body: dict[str, Any]) -> list[Card]:
    action, parameters = object_of(body, "action"), object_of(object_of(body, "action"), "parameters")
    replies = [object_of(each, "reply") or object_of(each, "quick_reply") for each in objects_of(action, "buttons")]
    buttons = [one for reply in replies for one in make_button(reply.get("title"))]
    buttons += make_button(parameters.get("display_text"), parameters.get("url"))
    return make_card(
        "interactive",
        title=object_of(body, "header").get("text"),
        text=object_of(body, "body").get("text"),
        subtitle=object_of(body, "footer").get("text"),
        buttons=buttons,
        items=_list_rows(action),
    )


def _list_rows(action: dict[str, Any]) -> Iterator[str]:
    """The lines of a list, or the products, section by section; one product alone."""
    yield read_if_text(action.get("product_retailer_id"), 200)
    for section in objects_of(action, "sections")[:MAX_ITEMS]:
        yield read_if_text(section.get("title"), 300)
        for row in objects_of(section, "rows")[:MAX_ITEMS]:
            yield ": ".join(words for name in ("title", "description") if (words := read_if_text(row.get(name), 300)))
        for product in objects_of(section, "product_items")[:MAX_ITEMS]:
            yield read_if_text(product.get("product_retailer_id"), 200)


def show_template(body: dict[str, Any]) -> list[Card]:
    """The words of a template that are there, those filled in at least; of a carousel each card as one of its own."""
    parts = objects_of(body, "components")[:MAX_PARTS]
    inner = [card for part in parts for card in objects_of(part, "cards")[:MAX_CARDS]]
    return _show_parts(parts, body.get("name")) + [
        card for each in inner for card in _show_parts(objects_of(each, "components")[:MAX_PARTS], "")
    ]


def _show_parts(parts: list[dict[str, Any]], name: Any) -> list[Card]:
    texts, buttons = [], []
    for part in parts:
        filled = [_read_parameter(each) for each in objects_of(part, "parameters")]
        texts.append(read_if_text(part.get("text"), MAX_TEXT_CHARS) or ", ".join(each for each in filled if each))
        buttons += [
            one for each in objects_of(part, "buttons") for one in make_button(each.get("text"), each.get("url"))
        ]
    return make_card("template", title=name, text="\n".join(each for each in texts if each), buttons=buttons)


def _read_parameter(parameter: dict[str, Any]) -> str:
    """The words of one value; an amount and a time have theirs for programs that cannot set them out."""
    spoken = (object_of(parameter, kind).get("fallback_value") for kind in ("currency", "date_time"))
    found = [parameter.get("text"), *spoken, parameter.get("coupon_code")]
    return next((words for each in found if (words := read_if_text(each, 1000))), "")
