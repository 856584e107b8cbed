"""Validation of what external bots send: texts, files, trays, attributes. `Rejected` (INVALID) says what is wrong."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from chats.errors import Rejected, Rejection
from chats.messages.replies import MAX_REPLY_CHARS
from chats.messages.rows import clean_text
from chats.models import Chat
from common import address_guard
from common.errors import OriginError
from trays.models import Tray
from wittybots.turns import KINDS, Saying

MAX_CHOICES, MAX_FILES, MAX_ATTRIBUTES, MAX_TAGS = 10, 5, 50, 20
MAX_TITLE_CHARS, MAX_PAYLOAD_CHARS, MAX_NAME_CHARS, MAX_VALUE_CHARS, MAX_SUMMARY_CHARS = 40, 200, 40, 500, 2_000
MEDIA = ("image", "audio", "video", "document")


def refuse_words(words: str) -> Rejected:
    return Rejected(Rejection.INVALID, words)


def check_saying(saying: Saying) -> Saying:
    """The saying as it can be kept. Raises `Rejected` naming what is wrong with it."""
    text = clean_text(saying.text).strip()
    if saying.kind not in KINDS:
        raise refuse_words(_("No se puede enviar un mensaje de tipo %(kind)s") % {"kind": saying.kind[:20]})
    if len(text) > MAX_REPLY_CHARS:
        raise refuse_words(
            _("El mensaje tiene %(n)s caracteres; entran %(most)s") % {"n": len(text), "most": MAX_REPLY_CHARS}
        )
    if saying.kind in ("text", "choices") and not text and not saying.attachments:
        raise refuse_words(_("El mensaje está vacío"))
    if saying.kind in MEDIA and not saying.attachments:
        raise refuse_words(_("Falta el archivo"))
    if len(saying.attachments) > MAX_FILES:
        raise refuse_words(_("Entran %(most)s archivos por mensaje") % {"most": MAX_FILES})
    if len(saying.choices) > MAX_CHOICES:
        raise refuse_words(_("Entran %(most)s opciones por mensaje") % {"most": MAX_CHOICES})
    choices = tuple(check_choice(one) for one in saying.choices)
    files = tuple(_checked_file(one) for one in saying.attachments)
    return Saying(saying.kind, text, choices, files, saying.template, clean_text(saying.reply_to).strip()[:36])


def _checked_file(given: Mapping[str, str]) -> dict[str, str]:
    """A file as far as it can be checked without fetching it (chats/attachments/bot_files.py)."""
    file = {name: clean_text(str(given.get(name) or "")) for name in ("url", "filename", "mime_type")}
    try:
        address_guard.check_without_lookup(file["url"])
    except OriginError as error:
        raise refuse_words(_("No se pudo traer el archivo: %(reason)s") % {"reason": str(error)[:200]}) from error
    return file


def check_choice(one: Mapping[str, str]) -> dict[str, str]:
    title = clean_text(str(one.get("title", ""))).strip()
    payload = clean_text(str(one.get("payload") or title)).strip()
    if not title or len(title) > MAX_TITLE_CHARS or len(payload) > MAX_PAYLOAD_CHARS:
        raise refuse_words(
            _("Cada opción lleva un título de hasta %(title)s caracteres y un valor de hasta %(payload)s")
            % {"title": MAX_TITLE_CHARS, "payload": MAX_PAYLOAD_CHARS}
        )
    return {"title": title, "payload": payload}


def find_tray(wanted: str | int | None) -> Tray:
    """The tray that the bot names, by id or by name; General for none. Raises `Rejected` naming those there are."""
    if wanted is None or wanted == "":
        return Tray.objects.general()
    usable = Tray.objects.in_use().filter(kind__in=(Tray.Kind.GENERAL, Tray.Kind.CUSTOM))
    said = clean_text(str(wanted)).strip()
    found = usable.filter(name__iexact=said[:60]).first() if not isinstance(wanted, int) else None
    if found is None and said.isascii() and said.isdecimal() and len(said) < 19:
        found = usable.filter(pk=int(said)).first()
    if found is None:
        names = list(usable.in_order().values_list("name", flat=True)[:200])
        refused = refuse_words(
            _("No hay una bandeja %(name)s. Hay: %(names)s") % {"name": said[:60], "names": ", ".join(names)}
        )
        refused.trays = names
        raise refused
    return found


def merge_attributes(chat: Chat, given: Mapping[str, Any]) -> dict[str, Any]:
    """The chat's attributes with these. Raises `Rejected`: too many, a name or a value that cannot be kept."""
    merged = dict(chat.attributes)
    for name, value in given.items():
        name = clean_text(str(name)).strip()
        if not name or len(name) > MAX_NAME_CHARS:
            raise refuse_words(
                _("El nombre de un atributo lleva de 1 a %(most)s caracteres") % {"most": MAX_NAME_CHARS}
            )
        if value is None:
            merged.pop(name, None)
            continue
        if not isinstance(value, (str, int, float, bool)) or value != value or value in (float("inf"), -float("inf")):
            raise refuse_words(_("El atributo %(name)s no es un texto, un número ni un sí o no") % {"name": name})
        kept_value = clean_text(value).strip() if isinstance(value, str) else value
        if len(str(kept_value)) > MAX_VALUE_CHARS:
            raise refuse_words(
                _("El atributo %(name)s pasa de %(most)s caracteres") % {"name": name, "most": MAX_VALUE_CHARS}
            )
        merged[name] = kept_value
    if len(merged) > MAX_ATTRIBUTES:
        raise refuse_words(_("Entran %(most)s atributos por chat") % {"most": MAX_ATTRIBUTES})
    return merged


def check_tags(given: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(clean_text(str(one)).strip() for one in given))
    if len(found) > MAX_TAGS or any(not tag or len(tag) > MAX_NAME_CHARS for tag in found):
        raise refuse_words(
            _("Entran %(most)s etiquetas de 1 a %(long)s caracteres") % {"most": MAX_TAGS, "long": MAX_NAME_CHARS}
        )
    return found
