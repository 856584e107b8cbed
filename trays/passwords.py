"""Passwords that everybody tries first, in the languages of here: Django's own list is English."""

import unicodedata
from functools import cache
from pathlib import Path

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

WORDS_FILE = Path(__file__).with_name("common_passwords.txt")
# what stands for letters in the passwords of those who are told to use signs
SIGNS = str.maketrans("013457@$!", "oieastasi")


class CommonWordsValidator:
    """Refuses one word of the list or two of them, with any numbers and signs around and between."""

    def validate(self, password: str, user: object = None) -> None:
        if any(_is_made_of_words(letters) for letters in _read_letters(password)):
            raise ValidationError(
                _("Es de las más usadas: las palabras comunes, con números o sin ellos, se prueban primero."),
                code="password_too_common",
            )

    def get_help_text(self) -> str:
        return _("Que no sea una palabra común, tampoco con números.")


@cache
def _read_words() -> frozenset[str]:
    lines = WORDS_FILE.read_text(encoding="utf-8").splitlines()
    return frozenset(_letters_of(word) for line in lines if not line.startswith("#") for word in line.split())


def _letters_of(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in plain if char.isascii() and char.isalpha())


def _read_letters(password: str) -> set[str]:
    """What it says without its signs, and with those between its letters read as letters."""
    where = [number for number, char in enumerate(password) if char.isalpha()]
    inside = password[where[0] : where[-1] + 1] if where else ""
    return {_letters_of(inside), _letters_of(inside.translate(SIGNS))} - {""}


def _is_made_of_words(letters: str) -> bool:
    words = _read_words()
    return letters in words or any(letters[:cut] in words and letters[cut:] in words for cut in range(1, len(letters)))
