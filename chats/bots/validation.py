"""Validation of what external bots send: texts, files, trays, attributes. `Rejected` (INVALID) says what is wrong."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from chats.errors import Rejected, Rejection
from chats.messages.replies import LONGEST_REPLY
from chats.messages.rows import clean
from chats.models import Chat
from common import address_guard
from common.errors import OriginError
from trays.models import Tray
from wittybots.turns import KINDS, Saying

MOST_CHOICES, MOST_FILES, MOST_ATTRIBUTES, MOST_TAGS = 10, 5, 50, 20
LONGEST_TITLE, LONGEST_PAYLOAD, LONGEST_NAME, LONGEST_VALUE, LONGEST_SUMMARY = 40, 200, 40, 500, 2_000
MEDIA = ("image", "audio", "video", "document")


def odd(words: str) -> Rejected:
    return Rejected(Rejection.INVALID, words)


def checked(saying: Saying) -> Saying:
    """The saying as it can be kept. Raises Refused (422) naming what is wrong with it."""
    text = clean(saying.text).strip()
    if saying.kind not in KINDS:
        raise odd(_("No se puede enviar un mensaje de tipo %(kind)s") % {"kind": saying.kind[:20]})
    if len(text) > LONGEST_REPLY:
        raise odd(_("El mensaje tiene %(n)s caracteres; entran %(most)s") % {"n": len(text), "most": LONGEST_REPLY})
    if saying.kind in ("text", "choices") and not text and not saying.attachments:
        raise odd(_("El mensaje está vacío"))
    if saying.kind in MEDIA and not saying.attachments:
        raise odd(_("Falta el archivo"))
    if len(saying.attachments) > MOST_FILES:
        raise odd(_("Entran %(most)s archivos por mensaje") % {"most": MOST_FILES})
    if len(saying.choices) > MOST_CHOICES:
        raise odd(_("Entran %(most)s opciones por mensaje") % {"most": MOST_CHOICES})
    choices = tuple(choice(one) for one in saying.choices)
    files = tuple(_checked_file(one) for one in saying.attachments)
    return Saying(saying.kind, text, choices, files, saying.template, clean(saying.reply_to).strip()[:36])


def _checked_file(given: Mapping[str, str]) -> dict[str, str]:
    """A file as far as it can be checked without fetching it (chats/attachments/bot_files.py)."""
    file = {name: clean(str(given.get(name) or "")) for name in ("url", "filename", "mime_type")}
    try:
        address_guard.check_without_lookup(file["url"])
    except OriginError as error:
        raise odd(_("No se pudo traer el archivo: %(reason)s") % {"reason": str(error)[:200]}) from error
    return file


def choice(one: Mapping[str, str]) -> dict[str, str]:
    title = clean(str(one.get("title", ""))).strip()
    payload = clean(str(one.get("payload") or title)).strip()
    if not title or len(title) > LONGEST_TITLE or len(payload) > LONGEST_PAYLOAD:
        raise odd(
            _("Cada opción lleva un título de hasta %(title)s caracteres y un valor de hasta %(payload)s")
            % {"title": LONGEST_TITLE, "payload": LONGEST_PAYLOAD}
        )
    return {"title": title, "payload": payload}


def tray_of(wanted: str | int | None) -> Tray:
    """The tray that the bot names, by id or by name; General for none. Raises Refused (422) naming those there are."""
    if wanted is None or wanted == "":
        return Tray.objects.general()
    usable = Tray.objects.in_use().filter(kind__in=(Tray.Kind.GENERAL, Tray.Kind.CUSTOM))
    said = clean(str(wanted)).strip()
    found = usable.filter(name__iexact=said[:60]).first() if not isinstance(wanted, int) else None
    if found is None and said.isascii() and said.isdecimal() and len(said) < 19:
        found = usable.filter(pk=int(said)).first()
    if found is None:
        names = list(usable.in_order().values_list("name", flat=True)[:200])
        refused = odd(_("No hay una bandeja %(name)s. Hay: %(names)s") % {"name": said[:60], "names": ", ".join(names)})
        refused.trays = names
        raise refused
    return found


def merged(chat: Chat, given: Mapping[str, Any]) -> dict[str, Any]:
    """The chat's attributes with these. Raises Refused (422): too many, a name or a value that cannot be kept."""
    merged = dict(chat.attributes)
    for name, value in given.items():
        name = clean(str(name)).strip()
        if not name or len(name) > LONGEST_NAME:
            raise odd(_("El nombre de un atributo lleva de 1 a %(most)s caracteres") % {"most": LONGEST_NAME})
        if value is None:
            merged.pop(name, None)
            continue
        if not isinstance(value, (str, int, float, bool)) or value != value or value in (float("inf"), -float("inf")):
            raise odd(_("El atributo %(name)s no es un texto, un número ni un sí o no") % {"name": name})
        kept_value = clean(value).strip() if isinstance(value, str) else value
        if len(str(kept_value)) > LONGEST_VALUE:
            raise odd(_("El atributo %(name)s pasa de %(most)s caracteres") % {"name": name, "most": LONGEST_VALUE})
        merged[name] = kept_value
    if len(merged) > MOST_ATTRIBUTES:
        raise odd(_("Entran %(most)s atributos por chat") % {"most": MOST_ATTRIBUTES})
    return merged


def tags_of(given: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(clean(str(one)).strip() for one in given))
    if len(found) > MOST_TAGS or any(not tag or len(tag) > LONGEST_NAME for tag in found):
        raise odd(_("Entran %(most)s etiquetas de 1 a %(long)s caracteres") % {"most": MOST_TAGS, "long": LONGEST_NAME})
    return found
