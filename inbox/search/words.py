"""The words that were typed: what the index of messages is asked, and what is marked in a text that was found.

A word stands for all that begin with it or with its Spanish stem ("cotizaciones" finds "cotización"); folded as the
index is, by PostgreSQL. "palabras juntas" have to stand side by side, -palabra must not be there. A number is found by
any part of its digits, however it is written.
"""

import re
import unicodedata
from dataclasses import dataclass

from common.folding import number_forms, runs_of
from common.prepared import fetch_rows

MAX_TYPED_CHARS = 100
MAX_WORDS = 12
# shorter, and a stem stands for too much: of "casa" it is "cas"
MIN_STEM_CHARS = 4
MIN_PLURAL_CHARS = 4
# fewer are in every number
MIN_DIGITS = 3
_PARTS = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')
_READ = """
SELECT part.number, word, ts_lexize('spanish_stem', regexp_replace(word, '([cs])ion$', '\\1ión'))
FROM unnest(%s::text[]) WITH ORDINALITY AS part(said, number), unnest(text_words(part.said)) AS word
"""


@dataclass(frozen=True)
class Number:
    """A number as it was typed: its words for a tsvector, and its digits in each form that a phone may have."""

    query: str
    digits: tuple[str, ...]


@dataclass(frozen=True)
class Words:
    """`query`: for a tsvector, all but the numbers; `unwanted`: any of these; `phrases`: folded, for LIKE;
    `beginnings`: what is marked; `is_common`: there are words, but none that tells messages apart."""

    query: str = ""
    numbers: tuple[Number, ...] = ()
    unwanted: str = ""
    phrases: tuple[str, ...] = ()
    beginnings: tuple[str, ...] = ()
    is_common: bool = False

    def __bool__(self) -> bool:
        """Whether something is looked for. What only says what must not be there would be all the rest."""
        return bool(self.query or self.numbers)

    @property
    def whole_query(self) -> str:
        """All that has to be there, numbers too, as words."""
        return " & ".join(filter(None, (self.query, *(number.query for number in self.numbers))))


@dataclass
class _Part:
    """What stands together: a word, words side by side, or the parts of a number."""

    said: str
    is_whole: bool = False
    is_unwanted: bool = False
    digits: tuple[str, ...] = ()


def clean_typed(typed: str) -> str:
    return typed.replace("\x00", "").strip()[:MAX_TYPED_CHARS]


def read_words(typed: str) -> Words:
    wanted: list[str] = []
    unwanted: list[str] = []
    beginnings: list[str] = []
    phrases: list[str] = []
    numbers: list[Number] = []
    parts = _split(typed)
    is_common = False
    for part, folded in zip(parts, _fold([part.said for part in parts]), strict=True):
        # no stem: a word of the grammar, as "de"
        telling = [one for one in folded if len(one[0]) > 1 and (part.is_whole or one[1] is not None)]
        is_common = is_common or any(stem is None for _word, stem in folded)
        begun = [word if part.is_whole else _beginning_of(word, stem or "") for word, stem in telling]
        asked = [quote_word(word) if part.is_whole else f"{quote_word(word)}:*" for word in begun]
        if part.is_unwanted:
            unwanted += asked
            continue
        beginnings += begun
        if part.digits and asked:
            numbers.append(Number(" & ".join(asked), part.digits))
        else:
            wanted += asked
        if part.is_whole and len(folded) > 1:
            phrases.append(" ".join(word for word, _stem in folded))
    return Words(" & ".join(wanted), tuple(numbers), " | ".join(unwanted), tuple(phrases), tuple(beginnings), is_common)


def _split(typed: str) -> list[_Part]:
    parts: list[_Part] = []
    loose: list[str] = []

    def end_loose() -> None:
        for run in runs_of(" ".join(loose)):
            digits = tuple(form for form in number_forms(run) if len(form) >= MIN_DIGITS)
            parts.append(_Part(" ".join(run), digits=digits))
        loose.clear()

    for minus, whole, single in _PARTS.findall(unicodedata.normalize("NFKC", typed)):
        if single and not minus:
            loose.append(single)
        else:
            end_loose()
            parts.append(_Part(whole or single, bool(whole), bool(minus)))
    end_loose()
    return parts[:MAX_WORDS]


def _fold(parts: list[str]) -> list[list[tuple[str, str | None]]]:
    """Of each part its words, each with its stem or None."""
    found: list[list[tuple[str, str | None]]] = [[] for _part in parts]
    if parts:
        for number, word, stems in fetch_rows(_READ, [parts]):
            found[number - 1].append((word, fold_letters(stems[0]) if stems else None))
    return found


def _beginning_of(word: str, stem: str) -> str:
    if any(letter.isdigit() for letter in word):
        return word
    if len(stem) >= MIN_STEM_CHARS and word.startswith(stem):
        return stem
    return word[:-1] if len(word) >= MIN_PLURAL_CHARS and word.endswith("s") else word


def quote_word(word: str) -> str:
    """A word as a tsquery takes it."""
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def fold_letters(text: str) -> str:
    """Without accents and case; for marking, where PostgreSQL has found already."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
