"""Parsing of bots' answers, however odd, into sayings: each part on its own, what makes no sense left out and named.

Nothing here raises: what cannot be read goes to `Found.odd` in words.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from common.parsing import read_if_text
from wittybots.turns import HandOver, Reply, Saying

# more than these in one answer are a loop of its own
MAX_PARTS = 30
MAX_CHOICES, MAX_TITLE_CHARS, MAX_PAYLOAD_CHARS = 10, 40, 200
MAX_TEXT_CHARS, MAX_URL_CHARS, MAX_NAME_CHARS = 65_536, 2_000, 200
MAX_ATTRIBUTES = 50
MEDIA = ("image", "audio", "video", "document")
# a line by which a bot that can only write hands over: /bandeja Ventas: quiere una cotización
COMMAND = re.compile(r"^\s*/(?:bandeja|handoff)\b[ \t]*([^:\n]*?)[ \t]*(?::[ \t]*(.*?))?[ \t]*$", re.I | re.M)
# the flow is over, and the chat stays with the bot
STAY = re.compile(r"^\s*/fin[ \t]*$", re.I | re.M)


@dataclass
class Found:
    """What is being made of an answer."""

    said: list[Saying] = field(default_factory=list)
    hand_over: HandOver | None = None
    stays: bool = False
    attributes: dict[str, Any] = field(default_factory=dict)
    odd: list[str] = field(default_factory=list)

    def reply(self, *, answered: bool, memory: Mapping[str, Any] | None = None, status_code: int = 200) -> Reply:
        return Reply(
            tuple(self.said), self.hand_over, self.attributes, answered, memory, status_code, tuple(self.odd[:10])
        )


def text_of(value: Any, most: int = MAX_TEXT_CHARS) -> str:
    """A text, or a number as one; '' for anything else."""
    if isinstance(value, float) and value == value and abs(value) < 1e15:
        value = str(value)
    return read_if_text(value, most).strip()


def items_of(value: Any, what: str, found: Found) -> list[Any]:
    """A list, at most MAX_PARTS of it."""
    if value is None:
        return []
    if not isinstance(value, list):
        found.odd.append(_("%(what)s no es una lista") % {"what": what})
        return []
    if len(value) > MAX_PARTS:
        found.odd.append(_("%(what)s tiene más de %(most)s elementos") % {"what": what, "most": MAX_PARTS})
    return value[:MAX_PARTS]


def url_of(value: Any) -> str:
    """A web address, '' for anything else."""
    url = value.strip() if isinstance(value, str) else ""
    return url if url.lower().startswith(("http://", "https://")) and len(url) <= MAX_URL_CHARS else ""


def choices_of(value: Any, found: Found, titles: Iterable[str], payloads: Iterable[str]) -> list[dict[str, str]]:
    """[{title, payload}]: a title too long is cut, a payload is the title where there is none of its own."""
    made = []
    for one in items_of(value, _("La lista de opciones"), found):
        item = one if isinstance(one, Mapping) else dict.fromkeys(titles, one)
        title = first_of(item, titles)
        payload = first_of(item, payloads) or title
        if not title or len(payload) > MAX_PAYLOAD_CHARS:
            found.odd.append(_("Una opción no tiene título o su valor es demasiado largo"))
            continue
        made.append({"title": shorten_text(title, MAX_TITLE_CHARS), "payload": payload})
    return made


def first_of(item: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((text for name in names if (text := text_of(item.get(name), 1_000))), "")


def shorten_text(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def offer_choices(text: str, choices: list[dict[str, str]], **more: Any) -> Saying:
    """A text with what may be tapped; as lines of the text where there are too many to tap."""
    if not choices:
        return Saying(text=text, **more)
    text = text or _("Elegí una opción:")
    if len(choices) <= MAX_CHOICES:
        return Saying("choices", text, tuple(choices), **more)
    return Saying(text="\n".join([text, *(f"- {one['title']}" for one in choices)]), **more)


def file_of(value: Any) -> dict[str, str]:
    """{url, mime_type?, filename?} from an address or an object with one; {} for anything else."""
    if not isinstance(value, Mapping):
        return {"url": url} if (url := url_of(value)) else {}
    url = url_of(value.get("url") or value.get("src") or value.get("data_url"))
    if not url:
        return {}
    names = {"mime_type": ("mime_type", "content_type"), "filename": ("filename", "name", "title")}
    more = {name: text_of(first_of(value, keys), MAX_NAME_CHARS) for name, keys in names.items()}
    return {"url": url} | {name: text for name, text in more.items() if text}


def kind_of_file(file: Mapping[str, str], hint: str = "") -> str:
    """image, audio, video or document."""
    if hint in MEDIA:
        return hint
    major = file.get("mime_type", "").split("/")[0]
    return major if major in MEDIA else "document"


def add_file(kind: str, value: Any, text: str, found: Found) -> None:
    """A message with a file, or an odd part."""
    if file := file_of(value):
        found.said.append(Saying(kind, text, attachments=(file,)))
    else:
        found.odd.append(_("Un archivo sin dirección web"))
        add_text(text, found)


def add_text(text: str, found: Found, choices: list[dict[str, str]] | None = None) -> None:
    """A text that may hold a command; what is left of it is said."""
    text = carry_out_commands(text, found)
    if text or choices:
        found.said.append(offer_choices(text, choices or []))


def carry_out_commands(text: str, found: Found) -> str:
    """Carry out `/bandeja <name>: <summary>` and `/fin` lines; the text without them."""
    if "/" not in text:
        return text
    if match := COMMAND.search(text):
        tray, summary = (match[1] or "").strip(), (match[2] or "").strip()
        found.hand_over = HandOver(tray[:MAX_NAME_CHARS] or None, summary[:2_000])
        text = COMMAND.sub("", text)
    if STAY.search(text):
        found.stays = True
        text = STAY.sub("", text)
    return text.strip()


def attributes_of(value: Any, found: Found) -> dict[str, Any]:
    """Texts, numbers, yes and no by name; None takes one away."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        found.odd.append(_("Los atributos no son un objeto"))
        return {}
    kept: dict[str, Any] = {}
    for name, one in list(value.items())[:MAX_ATTRIBUTES]:
        if one is None or isinstance(one, bool) or (isinstance(one, (int, float)) and abs(one) < 1e15):
            kept[text_of(name, 40)] = one
        elif isinstance(one, str):
            kept[text_of(name, 40)] = text_of(one, 500)
        else:
            found.odd.append(_("El atributo %(name)s no es un texto, un número ni un sí o no") % {"name": name[:40]})
    kept.pop("", None)
    return kept


def hand_over_of(value: Any, found: Found) -> HandOver | None:
    """From {tray, summary, attributes, message}, a tray's name or id, or true (General)."""
    if value is None or value is False:
        return None
    if value is True:
        return HandOver()
    if isinstance(value, (str, int)):
        return HandOver(text_of(value, MAX_NAME_CHARS) if isinstance(value, str) else value)
    if not isinstance(value, Mapping):
        found.odd.append(_("handoff no es un objeto"))
        return None
    tray = value.get("tray")
    if tray is not None and (isinstance(tray, bool) or not isinstance(tray, (str, int))):
        found.odd.append(_("La bandeja de handoff no es un nombre ni un número"))
        tray = None
    if isinstance(tray, str):
        tray = text_of(tray, MAX_NAME_CHARS) or None
    return HandOver(
        tray,
        text_of(value.get("summary"), 2_000),
        attributes_of(value.get("attributes"), found),
        text_of(value.get("message"), 4_000),
    )


def describe_unread(what: str, value: Any) -> str:
    """A part that makes no sense, in words that show none of it."""
    return _("%(what)s no se entiende (%(type)s)") % {"what": what, "type": type(value).__name__}
