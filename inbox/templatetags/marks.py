"""WhatsApp's marks in what people wrote: *bold*, _italic_, ~struck~ and ```code```, escaped first."""

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from inbox.templatetags.links import linked

register = template.Library()

# of the other lines these signs mean nothing
MARKING = ("whatsapp",)
_TAGS = {"*": "b", "_": "i", "~": "s"}
_CODE = re.compile(r"```(.+?)```|`([^`\n]+)`", re.S)
# a word's own sign (snake_case, 2*3*4) is no mark; what is marked begins and ends with a letter or a sign
_MARK = re.compile(r"(?<![\w])([*_~])(?=\S)((?:(?!\1)[^\n])*(?!\1)\S)\1(?!\w)")
_LINK = re.compile(r"<a .*?</a>", re.S)
# stands for a piece that is HTML already; no stored text has it
_HELD = re.compile("\0(\\d+)\0")


@register.filter
def said_on(text: str, kind: str) -> SafeString:
    """The text as its line (`origin.kind`) shows it, with its links."""
    if kind not in MARKING:
        return linked(text)
    held: list[str] = []

    def hold(html: str) -> str:
        held.append(html)
        return f"\0{len(held) - 1}\0"

    text = text.replace("\0", "")
    text = _CODE.sub(lambda match: hold(f"<code>{escape(match[1] or match[2])}</code>"), text)
    # no sign in an address is a mark
    html = _LINK.sub(lambda match: hold(match[0]), linked(text))
    html = _mark(html)
    # every piece has been escaped
    return mark_safe(_HELD.sub(lambda match: held[int(match[1])], html))  # noqa: S308


def _mark(html: str) -> str:
    return _MARK.sub(lambda match: f"<{_TAGS[match[1]]}>{_mark(match[2])}</{_TAGS[match[1]]}>", html)


@register.filter
def unmarked(text: str, kind: str) -> str:
    """The same without its marks, for lists."""
    if kind not in MARKING:
        return text
    return _strip(_CODE.sub(lambda match: match[1] or match[2], text))


def _strip(text: str) -> str:
    return _MARK.sub(lambda match: _strip(match[2]), text)
