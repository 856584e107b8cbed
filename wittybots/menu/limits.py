"""Limits of a menu: its size, and the names of its parts."""

from wittybots.menu.intents import BACK, HOME, PERSON

MAX_LEVELS, MAX_OPTIONS = 6, 60
MAX_KEYWORDS, MAX_QUESTIONS = 30, 10
MAX_LABEL_CHARS, MAX_KEYWORD_CHARS, MAX_TEXT_CHARS, MAX_ATTRIBUTE_CHARS = 40, 40, 1000, 40
KINDS = ("text", "number", "email", "phone")
ID = r"[a-z0-9-]{1,24}"
# these are buttons of the bot's own
RESERVED_IDS = frozenset({BACK, HOME, PERSON})
# letters of any language, digits, spaces, - and _: what stands between {{ and }}
ATTRIBUTE = rf"[^\W_][\w -]{{0,{MAX_ATTRIBUTE_CHARS - 1}}}"
