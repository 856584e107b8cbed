"""Filters for what a search has found: the words that were looked for are marked, all else is escaped."""

import re
import unicodedata
from typing import Any

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from inbox.search.words import Words, fold_letters

register = template.Library()

# as the index takes words apart (fold_text)
_WORD = re.compile(r"[^\W_]+(?:['’`][^\W_]+)*")
MAX_BEFORE, MAX_CHARACTERS = 60, 240


@register.filter
def marked(text: Any, words: Words) -> SafeString:
    """A line of the text around the first word that was looked for, each of them marked."""
    line = unicodedata.normalize("NFC", " ".join(str(text).split()))
    first = next((at for at, _end in _list_marks(line, words)), 0)
    start = _begin_of_word(line, first - MAX_BEFORE) if first > MAX_BEFORE else 0
    shown = line[start : start + MAX_CHARACTERS]
    pieces, done = ["…" if start else ""], 0
    for at, end in _list_marks(shown, words):
        pieces += [conditional_escape(shown[done:at]), format_html('<mark class="wa-hit">{}</mark>', shown[at:end])]
        done = end
    pieces += [conditional_escape(shown[done:]), "…" if start + MAX_CHARACTERS < len(line) else ""]
    # each piece has been escaped
    return mark_safe("".join(pieces))  # noqa: S308


def _list_marks(text: str, words: Words) -> list[tuple[int, int]]:
    digits = [form for number in words.numbers for form in number.digits]

    def is_wanted(word: str) -> bool:
        return _fold_word(word).startswith(words.beginnings) or any(form in word for form in digits)

    found = list(_WORD.finditer(text))
    phrased = _list_phrased([_fold_word(match[0]) for match in found], words)
    return [match.span() for at, match in enumerate(found) if at in phrased or is_wanted(match[0])]


def _list_phrased(folded: list[str], words: Words) -> set[int]:
    """The places of words that stand side by side as was asked, also those that are too short to be looked for."""
    asked = [phrase.split() for phrase in words.phrases]
    begun = [(at, one) for one in asked for at in range(len(folded)) if folded[at : at + len(one)] == one]
    return {at + step for at, one in begun for step in range(len(one))}


def _fold_word(word: str) -> str:
    return fold_letters(re.sub("['’`]", "", word))


def _begin_of_word(text: str, at: int) -> int:
    return text.rfind(" ", 0, at) + 1
