"""Values of attributes: how each type is read, how it is kept, and how it is said. No clock and no database here."""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from django.utils.formats import date_format, get_format, number_format
from django.utils.translation import gettext as _

from contacts.errors import CardRefused
from contacts.models import AttributeDefinition
from contacts.models.card import MAX_VALUE_CHARS

YES, NO = "yes", "no"
_YES_WORDS = ("yes", "sí", "si", "s", "1", "true", "verdadero")
_NO_WORDS = ("no", "n", "0", "false", "falso")
_DATES = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y")
_MAX_DIGITS = 20
Kind = AttributeDefinition.Kind


def clean_words(typed: str) -> str:
    """In one line, as PostgreSQL can keep it: composed, without NUL and lone surrogates."""
    return " ".join(clean_lines(typed).split())


def clean_lines(typed: str) -> str:
    """The same with its lines kept."""
    kept = typed.replace("\x00", "").replace("\r\n", "\n").encode("utf-8", "replace").decode("utf-8")
    return unicodedata.normalize("NFC", kept).strip()


def read_value(definition: AttributeDefinition, typed: str) -> str:
    """What was typed as it is kept, '' for none. Raises CardRefused where it is none of this type."""
    words = clean_words(typed)
    if not words:
        return ""
    if len(words) > MAX_VALUE_CHARS:
        raise CardRefused(
            _("%(what)s: tiene %(n)s caracteres; entran %(most)s")
            % {"what": definition.label, "n": len(words), "most": MAX_VALUE_CHARS}
        )
    if definition.kind == Kind.NUMBER:
        return _read_number(definition, words)
    if definition.kind == Kind.DATE:
        return _read_date(definition, words)
    if definition.kind == Kind.YES_NO:
        return _read_yes_no(definition, words)
    if definition.kind == Kind.CHOICE:
        return _read_choice(definition, words)
    return words


def _read_number(definition: AttributeDefinition, words: str) -> str:
    plain = words.replace(" ", "")
    # "1.234,5" and "1.234" as people write them where the comma is the sign; "1234.5" as programs do
    if get_format("DECIMAL_SEPARATOR") == "," and re.fullmatch(r"-?\d{1,3}(\.\d{3})+(,\d+)?|-?\d+,\d+", plain):
        plain = plain.replace(".", "").replace(",", ".")
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", plain) or len(plain) > _MAX_DIGITS:
        raise CardRefused(_("%(what)s tiene que ser un número, como 1234,5") % {"what": definition.label})
    try:
        number = Decimal(plain)
    except InvalidOperation as error:
        raise CardRefused(_("%(what)s tiene que ser un número, como 1234,5") % {"what": definition.label}) from error
    return f"{number.normalize():f}" if number else "0"


def _read_date(definition: AttributeDefinition, words: str) -> str:
    for form in _DATES:
        try:
            found = datetime.strptime(words, form).date()
        except ValueError:
            continue
        if found.year >= 1900:
            return found.isoformat()
    raise CardRefused(_("%(what)s tiene que ser una fecha, como 27/11/2026") % {"what": definition.label})


def _read_yes_no(definition: AttributeDefinition, words: str) -> str:
    if words.lower() in _YES_WORDS:
        return YES
    if words.lower() in _NO_WORDS:
        return NO
    raise CardRefused(_("%(what)s tiene que ser sí o no") % {"what": definition.label})


def _read_choice(definition: AttributeDefinition, words: str) -> str:
    for choice in definition.choices:
        if choice.casefold() == words.casefold():
            return choice
    raise CardRefused(_("%(what)s: “%(value)s” no está en la lista") % {"what": definition.label, "value": words[:60]})


def say_value(definition: AttributeDefinition, value: str) -> str:
    """A kept value in words."""
    if not value:
        return ""
    if definition.kind == Kind.YES_NO:
        return _("sí") if value == YES else _("no")
    if definition.kind == Kind.DATE:
        return date_format(date.fromisoformat(value), "SHORT_DATE_FORMAT")
    if definition.kind == Kind.NUMBER:
        # without grouping: order and document numbers are numbers too
        return number_format(Decimal(value), use_l10n=True, force_grouping=False)
    return value
