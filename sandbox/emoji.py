"""Emoji: what WhatsApp takes as a reaction (one, whichever), and the fixed list that Telegram has for bots."""

import unicodedata

_JOINER, _PRESENTATION, _KEYCAP = "\u200d", "\ufe0f", "\u20e3"
_SKINS = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_TAGS = frozenset(map(chr, range(0xE0020, 0xE0080)))
# emoji that are no "other symbols" to Unicode
_OTHERS = frozenset("\u203c\u2049\u2194\u2195\u2196\u2197\u2198\u2199\u21a9\u21aa\u25fd\u25fe\u2934\u2935\u3030\u303d")

# of ReactionTypeEmoji in the Bot API, without variation selectors
_TELEGRAM = (
    "👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤\u200d🔥 🌚 🌭 💯 🤣 "
    "⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨\u200d💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 "
    "☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷\u200d♂ 🤷 🤷\u200d♀ 😡"
)
TELEGRAM_REACTIONS = frozenset(_TELEGRAM.split())


def _is_flag_letter(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _is_base(char: str) -> bool:
    # the block of emoji as a whole: this Python may not know the newest of them
    is_pictograph = "\U0001f000" <= char <= "\U0001faff"
    return is_pictograph or (char > "\u00a8" and (unicodedata.category(char) == "So" or char in _OTHERS))


def is_one_emoji(text: str) -> bool:
    """Whether this is one emoji and nothing else: a flag, a keycap, or a sign with all that joins it."""
    if len(text) == 2 and all(map(_is_flag_letter, text)):
        return True
    if text and text[0] in "#*0123456789":
        return text[1:] in (_KEYCAP, _PRESENTATION + _KEYCAP)
    return all(map(_is_sign, text.split(_JOINER))) if text else False


def _is_sign(part: str) -> bool:
    """One of the signs between joiners: a base, its presentation, its skin, the tags of a flag."""
    if not part or not _is_base(part[0]) or _is_flag_letter(part[0]):
        return False
    rest = part[1:].rstrip("".join(_TAGS))
    return rest in ("", _PRESENTATION) or (rest.rstrip(_PRESENTATION) in _SKINS and len(rest) <= 2)
