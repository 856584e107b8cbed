"""The words that were typed: what the index of messages is asked, and what is marked in a text that was found.

A word stands for all that begin with it or with its Spanish stem ("cotizaciones" finds "cotización"); folded as the
index is, by PostgreSQL. "palabras juntas" have to stand side by side, -palabra must not be there.
"""

import re
import unicodedata
from dataclasses import dataclass

from django.db import connection

MAX_TYPED_CHARS = 100
MAX_WORDS = 12
# shorter, and a stem stands for too much: of "casa" it is "cas"
MIN_STEM_CHARS = 4
MIN_PLURAL_CHARS = 4
_PARTS = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')
_READ = """
SELECT part.number, word, (ts_lexize('spanish_stem', regexp_replace(word, '([cs])ion$', '\\1ión')))
FROM unnest(%s::text[]) WITH ORDINALITY AS part(said, number), unnest(text_words(part.said)) AS word
"""


@dataclass(frozen=True)
class Words:
    """`query`: for a tsvector, '' where nothing was typed that can be looked for; `beginnings`: what is marked;
    `phrases`: folded, for LIKE; `is_common`: there are words, but none that tells messages apart."""

    query: str = ""
    beginnings: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    is_common: bool = False


def clean_typed(typed: str) -> str:
    return typed.replace("\x00", "").strip()[:MAX_TYPED_CHARS]


def read_words(typed: str) -> Words:
    parts = [(bool(minus), whole, whole or single) for minus, whole, single in _PARTS.findall(typed)][:MAX_WORDS]
    wanted: list[str] = []
    beginnings: list[str] = []
    unwanted: list[str] = []
    has_common = False
    folded = _fold([said for _minus, _whole, said in parts])
    for number, (minus, whole, _said) in enumerate(parts, 1):
        for word, stem in folded.get(number, ()):
            # no stem: a word of the grammar, as "de"
            is_common = stem is None and not whole
            has_common = has_common or is_common
            if len(word) < 2 or is_common:
                continue
            beginning = word if whole else _beginning_of(word, stem or "")
            if minus:
                unwanted.append(f"!{_quote(beginning)}:*")
            else:
                wanted.append(_quote(beginning) if whole else f"{_quote(beginning)}:*")
                beginnings.append(beginning)
    phrases = [
        " ".join(word for word, _stem in folded.get(number, ()))
        for number, (minus, whole, _said) in enumerate(parts, 1)
        if whole and not minus
    ]
    if not wanted:
        # what only says what must not be there would be all the rest
        return Words(is_common=has_common)
    return Words(" & ".join(wanted + unwanted), tuple(beginnings), tuple(one for one in phrases if " " in one))


def _fold(parts: list[str]) -> dict[int, list[tuple[str, str | None]]]:
    """(word, stem or None) of each part, by its number from 1."""
    found: dict[int, list[tuple[str, str | None]]] = {}
    if not parts:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_READ, [parts])
        for number, word, stems in cursor.fetchall():
            found.setdefault(number, []).append((word, fold_letters(stems[0]) if stems else None))
    return found


def _beginning_of(word: str, stem: str) -> str:
    if any(letter.isdigit() for letter in word):
        return word
    if len(stem) >= MIN_STEM_CHARS and word.startswith(stem):
        return stem
    return word[:-1] if len(word) >= MIN_PLURAL_CHARS and word.endswith("s") else word


def _quote(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def fold_letters(text: str) -> str:
    """Without accents and case; for marking, where PostgreSQL has found already."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
