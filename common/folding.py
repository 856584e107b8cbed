"""Text as people search it: without accents, case and invisible letters; each word for itself, numbers as digits.

The folding is PostgreSQL's `fold_text` (made by a migration of trays): a column, its index and what is typed are folded
by one code.
"""

import re
import unicodedata
from typing import Any

from django.db import models
from django.db.models import Lookup, Q

from common.phones import phone_forms

MAX_WORDS = 12
# +598 (0)99 417 265, 099-417-265
_NUMBER_PART = re.compile(r"[+(]*\d[\d().\-/]*")
# behind a country's code the 0 by which its own people call is left out
_NATIONAL_ZERO = "(0)"


class FoldedTextField(models.TextField):
    """Text that is folded already; each word stands behind a blank."""


class _Folds(Lookup):
    """`name__folds="nandu"`: holds that word; one of a letter or two only where a word begins.

    Shorter than three letters there is nothing that an index of trigrams could be asked but the beginning of a word.
    """

    lookup_name = "folds"
    prepare_rhs = False

    def fold_left(self, left: str) -> str:
        return f"(' ' || fold_text({left}))"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_values = self.process_lhs(compiler, connection)
        right, right_values = self.process_rhs(compiler, connection)
        return f"{self.fold_left(left)} LIKE folded_pattern({right})", (*left_values, *right_values)


class _FoldedAlready(_Folds):
    def fold_left(self, left: str) -> str:
        return left


models.CharField.register_lookup(_Folds)
models.TextField.register_lookup(_Folds)
FoldedTextField.register_lookup(_FoldedAlready)


def words_q(field: str, typed: str) -> Q:
    """The rows whose `field` holds each word that was typed, in any order; a phone number in any of its writings."""
    found = Q()
    for run in runs_of(unicodedata.normalize("NFKC", typed)):
        as_words = Q()
        for word in run:
            as_words &= Q(**{f"{field}__folds": word})
        numbers = Q()
        for digits in number_forms(run):
            numbers |= Q(**{f"{field}__folds": digits})
        found &= as_words | numbers if numbers else as_words
    return found


def runs_of(typed: str) -> list[list[str]]:
    """Words that are looked for together: each alone, but the parts of a number as one."""
    runs: list[list[str]] = []
    was_number = False
    parts = typed.split()[:MAX_WORDS]
    # a dash between words is none, unless there is nothing else to look for
    words = [part for part in parts if any(unicodedata.category(letter)[0] not in "PZC" for letter in part)]
    for part in words or parts:
        is_number = bool(_NUMBER_PART.fullmatch(part))
        if is_number and was_number and not part.startswith("+"):
            runs[-1].append(part)
        else:
            runs.append([part])
        was_number = is_number
    return runs


def number_forms(run: list[str]) -> list[str]:
    """The digits of a number as they may stand in an address: without the national 0, in each form of a mobile."""
    if not _NUMBER_PART.fullmatch(run[0]):
        return []
    typed = "".join(run)
    bare = _digits_of(typed.replace(_NATIONAL_ZERO, ""))
    found = [bare.lstrip("0") or bare]
    if typed.startswith("+"):
        found += [bare[:size] + bare[size + 1 :] for size in (1, 2, 3) if bare[size : size + 1] == "0"]
    return [form for number in found for form in phone_forms(number)]


def _digits_of(typed: str) -> str:
    return "".join(str(unicodedata.decimal(letter)) for letter in typed if letter.isdecimal())
