"""Customers' answers to a bot's questions: what of their words is kept, by the kind of the question."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext as _

MAX_ANSWER_CHARS = 500
_NUMBER = re.compile(r"(?<![\w.,])[-+]?(?:\d{1,3}(?: \d{3})+|\d+)(?:[.,]\d+)*(?![\w])")
_BEFORE = re.compile(r"\b(?:nro|num|no|n)\.?(?=\d)", re.IGNORECASE)
_EMAIL = re.compile(r"[^\s<>(),;:\"]+@[^\s<>(),;:\"]+")
_PHONE = re.compile(r"\+?\(?\d[\d\s().-]{4,30}\d")
_email = EmailValidator()


def read_answer(kind: str, text: str) -> str | None:
    """The answer as it is kept, or None where these words are none of this kind."""
    said = text.strip()
    if kind == "text":
        return said[:MAX_ANSWER_CHARS].strip() or None
    return {"number": _read_number, "email": _read_email, "phone": _read_phone}[kind](said[:MAX_ANSWER_CHARS])


def hint_for(kind: str) -> str:
    return {
        "text": _("Escribilo con palabras, por favor."),
        "number": _("Necesito un solo número, por ejemplo 1234."),
        "email": _("Necesito una dirección de email, por ejemplo nombre@ejemplo.com."),
        "phone": _("Necesito un número de teléfono, por ejemplo 099 123 456."),
    }[kind]


def _fold_digits(text: str) -> str:
    """Digits of any script and keyboard as 0 to 9."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in plain)


def _read_number(said: str) -> str | None:
    """The one number in it, with its leading zeros, points and commas: it may be a document's or an order's."""
    found = _NUMBER.findall(_BEFORE.sub("", _fold_digits(said)))
    return found[0].replace(" ", "") if len(found) == 1 else None


def _read_email(said: str) -> str | None:
    found = [one.strip(".'!?¿¡*_`") for one in _EMAIL.findall(said)]
    if len(found) != 1 or len(found[0]) > 254:
        return None
    try:
        _email(found[0])
    except ValidationError:
        return None
    return found[0]


def _read_phone(said: str) -> str | None:
    """The one number of 6 to 15 digits in it, without what stands between them."""
    found = _PHONE.findall(_fold_digits(said))
    digits = re.sub(r"\D", "", found[0]) if len(found) == 1 else ""
    if not 6 <= len(digits) <= 15:
        return None
    return f"+{digits}" if found[0].startswith("+") else digits
