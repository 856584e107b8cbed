"""Links in what people wrote: only where they say where they lead."""

import re
import unicodedata
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from chats.messages.mentions import AT_NAME

register = template.Library()

# up to what ends an address in a text; control and format characters (overrides, zero width) end it as well
_UNSEEN = r"\x00-\x20\x7f-\xa0\xad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb"
_ADDRESS = re.compile(rf"https?://[^\s<>\"\\^`{{|}}{_UNSEEN}]+", re.I)
_TAG = re.compile(r"(<[^>]*>)")
_AFTER = ".,;:!?'\"*_~)]»”’…"
_OPENS = {")": "(", "]": "["}
# letters that everybody tells apart: ñ, á, ü, ç; the rest of the world's are shown in ASCII (xn--…)
_PLAIN = re.compile(r"[a-z0-9.\-ß-öø-ÿ]+", re.I)
MAX_LINKS = 200
MAX_ADDRESS_CHARACTERS = 2_000


@register.filter
def linked(text: str) -> SafeString:
    """The text, escaped, with its web addresses as links that open elsewhere and tell nobody where from."""
    pieces, end = [], 0
    for number, match in enumerate(_ADDRESS.finditer(text)):
        if number >= MAX_LINKS:
            break
        address = _without_what_follows(match[0])
        shown = shown_address(address)
        if not shown:
            continue
        pieces.append(conditional_escape(text[end : match.start()]))
        pieces.append(_link(address, shown))
        end = match.start() + len(address)
    pieces.append(conditional_escape(text[end:]))
    # each piece has been escaped
    return mark_safe("".join(pieces))  # noqa: S308


def _link(address: str, shown: str) -> SafeString:
    return format_html(
        '<a href="{}" dir="ltr" hx-boost="false" target="_blank" rel="noopener noreferrer nofollow"{}>{}</a>',
        address,
        "" if shown == address else format_html(' title="{}"', _("Lleva a %(address)s") % {"address": shown}),
        shown,
    )


def _without_what_follows(address: str) -> str:
    """The address without the sentence's own signs; a bracket that it opened itself is its own."""
    while address and address[-1] in _AFTER:
        last = address[-1]
        if last in _OPENS and address.count(_OPENS[last]) >= address.count(last):
            break
        address = address[:-1]
    return address


@register.filter
def shown_address(address: str) -> str:
    """As it may be read: a host in letters that look like others is named in ASCII. '' for what is no safe link."""
    if len(address) > MAX_ADDRESS_CHARACTERS:
        return ""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
        host = unicodedata.normalize("NFC", host)
        ascii_host = host if host.isascii() else host.encode("idna").decode()
    except ValueError:
        return ""
    # "https://banco.com@otro.com": whom it names is not where it leads
    if not ascii_host or "@" in parts.netloc:
        return ""
    if _PLAIN.fullmatch(host) or ":" in host:
        return address
    where = ascii_host if port is None else f"{ascii_host}:{port}"
    start = f"{address.partition('://')[0]}://"
    return f"{start}{where}{address[len(start) + len(parts.netloc) :]}"


@register.filter
def with_mentions(html: SafeString, message: Any) -> SafeString:
    """The text of a note, escaped, with the agents that it names marked as such."""
    names = message.payload.get("mentions") if message.direction == "note" else None
    if not names:
        return html
    # every second piece is a tag
    pieces = _TAG.split(html)
    pieces[::2] = [AT_NAME.sub(lambda match: _mark_name(match, names), piece) for piece in pieces[::2]]
    return mark_safe("".join(pieces))  # noqa: S308


def _mark_name(match: re.Match[str], names: dict[str, str]) -> str:
    said = match[1]
    name = said if said.lower() in names else said.rstrip(".+-")
    if name.lower() not in names:
        return match[0]
    return format_html('<b class="wa-at" title="{}">@{}</b>{}', names[name.lower()], name, said[len(name) :])
