"""Names as they may be shown: nothing in them turns the direction of what stands around, or shows nothing."""

import unicodedata

# embeddings, overrides, isolates and marks of direction; a name is set in its own direction without them
_DIRECTIONS = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C))
# letters and symbols by their category, and nothing to see
_BLANKS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u17b4\u17b5\U0001d159")


def show_name(name: object) -> str:
    """A name of a person or a file for a screen; '' where nothing of it can be seen.

    What is kept, and what programs get, stays as it came.
    """
    shown = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in str(name))
    shown = shown.translate(_DIRECTIONS).strip()
    return shown if is_visible(shown) else ""


def is_visible(text: str) -> bool:
    """Whether there is a letter, a number, a sign or a picture in it."""
    return any(unicodedata.category(c)[0] in "LNPS" and c not in _BLANKS for c in text)
