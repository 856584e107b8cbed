"""`etiqueta:mayorista` among what was typed: whose contact has that tag."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from contacts.models import Tag
from inbox.search.words import fold_letters

_ASKED = re.compile(r'(?:^|(?<=\s))etiqueta:(?:"([^"]*)"?|(\S*))', re.IGNORECASE)


@dataclass(frozen=True)
class Asked:
    """`typed`: what else was typed; `unknown`: what was asked for, where there is no such tag."""

    typed: str
    tag: Tag | None = None
    unknown: str = ""


def read_tag(typed: str, tags: Sequence[Tag]) -> Asked:
    """Of several that are asked for the last counts. A tag is known by its word, or by the only one that begins so."""
    asked = [(whole or single).strip() for whole, single in _ASKED.findall(typed)]
    if not asked:
        return Asked(typed)
    rest = " ".join(_ASKED.sub(" ", typed).split())
    word = fold_letters(asked[-1])
    same = [tag for tag in tags if fold_letters(tag.word) == word]
    begun = same or [tag for tag in tags if word and fold_letters(tag.word).startswith(word)]
    return Asked(rest, begun[0]) if len(begun) == 1 else Asked(rest, unknown=asked[-1] or "…")
