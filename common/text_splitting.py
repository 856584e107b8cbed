"""Cutting texts to what a network takes: at a sensible place, and never inside of what people see as one character."""

import re
import unicodedata

# letters that stand before what they belong to, and so never at the end of a part
_LEADING = frozenset("\u0d4e\U000111c2\U000111c3\U0001193f\U00011941\U00011a3a\U00011d46\U00011f02") | {
    chr(code) for code in range(0x11A84, 0x11A8A)
}
# letters that belong to the one before although Unicode calls them no marks: Thai and Lao am, halfwidth voice marks
_TRAILING = frozenset("\u0e33\u0eb3\uff9e\uff9f")
_MARKS = ("Mn", "Mc", "Me")
_SENTENCE = re.compile(r"[.!?…。！？][\"'»”’)\]]*(?=\s)")
ELLIPSIS = "…"


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _hangul_class(char: str) -> str:
    """L, V or T of a jamo, S of a syllable, '' of anything else."""
    code = ord(char)
    if 0x1100 <= code <= 0x115F or 0xA960 <= code <= 0xA97C:
        return "L"
    if 0x1160 <= code <= 0x11A7 or 0xD7B0 <= code <= 0xD7C6:
        return "V"
    if 0x11A8 <= code <= 0x11FF or 0xD7CB <= code <= 0xD7FB:
        return "T"
    return "S" if 0xAC00 <= code <= 0xD7A3 else ""


def _joins_before(char: str) -> bool:
    """Belongs to what stands before it: marks, variation selectors, skin tones, tags, joiners."""
    return (
        unicodedata.category(char) in _MARKS
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\U000e0020" <= char <= "\U000e007f"
        or char in "\u200c\u200d"
        or char in _TRAILING
    )


def is_boundary(text: str, at: int) -> bool:
    """Whether the text may be cut before `at`. Rather too careful: it joins more than Unicode's rules do."""
    if at <= 0 or at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if _joins_before(after) or (before == "\r" and after == "\n"):
        return False
    # joiners, and the signs that stand before a number
    if before in _LEADING or unicodedata.category(before) == "Cf":
        return False
    if _is_flag(before) and _is_flag(after):
        first = at
        while first > 0 and _is_flag(text[first - 1]):
            first -= 1
        return (at - first) % 2 == 0
    if _hangul_class(after) in ("V", "T"):
        return not _hangul_class(before)
    if _hangul_class(before) == "L" and _hangul_class(after):
        return False
    return not _has_virama(text, at)


def _has_virama(text: str, at: int) -> bool:
    """What stands before `at` ends with a consonant that has lost its vowel: the next one is written into it."""
    while at > 0 and (unicodedata.category(text[at - 1]) in _MARKS or text[at - 1] in "\u200c\u200d"):
        if unicodedata.combining(text[at - 1]) == 9:
            return True
        at -= 1
    return False


def _measure_text(text: str, counts_bytes: bool) -> int:
    return len(text.encode("utf-8", "surrogatepass")) if counts_bytes else len(text)


def _find_farthest(text: str, start: int, most: int, counts_bytes: bool) -> int:
    """How far a part that begins at `start` may go at most; one character at least."""
    if not counts_bytes:
        return min(start + max(most, 1), len(text))
    end, size = start, 0
    while end < len(text):
        size += _measure_text(text[end], True)
        if size > most:
            break
        end += 1
    return max(end, start + 1)


def _find_cut(text: str, start: int, end: int) -> int:
    """Where to cut between `start` and `end`: after a paragraph, a line or a sentence of the later half, else
    between two words, else between two characters; at `end` where one character is longer than the part."""
    half = start + (end - start + 1) // 2
    for mark in ("\n\n", "\n"):
        at = text.rfind(mark, half, end + len(mark))
        if at > start and at <= end and is_boundary(text, at):
            return at
    for found in reversed(list(_SENTENCE.finditer(text, half, min(end + 1, len(text))))):
        if found.end() <= end and is_boundary(text, found.end()):
            return found.end()
    for at in range(end, start, -1):
        if text[at].isspace() and is_boundary(text, at):
            return at
    return next((at for at in range(end, start, -1) if is_boundary(text, at)), end)


def _find_end_of_words(text: str, end: int) -> int:
    """Where the white space before `end` begins, as far as it may be cut off."""
    found = at = end
    while at > 0 and text[at - 1].isspace():
        at -= 1
        if is_boundary(text, at):
            found = at
    return found


def split_text(text: str, most: int, *, counts_bytes: bool = False) -> list[str]:
    """The text in parts of at most `most` characters (or UTF-8 bytes), in order, none of them blank.

    Joined again they lack only white space at the cuts. A blank text has no part.
    """
    if _measure_text(text, counts_bytes) <= most:
        return [text] if text.strip() else []
    parts, start = [], 0
    while start < len(text):
        end = _find_farthest(text, start, most, counts_bytes)
        if end < len(text):
            end = _find_cut(text, start, end)
        part = text[start:end] if end == len(text) else text[start : _find_end_of_words(text, end)]
        if part.strip():
            parts.append(part)
        start = end
        while start < len(text) and text[start].isspace() and is_boundary(text, start + 1):
            start += 1
    return parts


def cut_text(text: str, most: int) -> str:
    """The text in at most `most` characters, with … where something is missing."""
    if len(text) <= most:
        return text
    end = next((at for at in range(most - 1, 0, -1) if is_boundary(text, at)), 0)
    short = text[:end].rstrip()
    return short + ELLIPSIS if short else text[:most]
