"""How large a menu may be, and what its parts may be called."""

from wittybots.menu.intents import BACK, HOME, PERSON

MOST_LEVELS, MOST_OPTIONS = 6, 60
MOST_KEYWORDS, MOST_QUESTIONS = 30, 10
LONGEST_LABEL, LONGEST_KEYWORD, LONGEST_TEXT, LONGEST_ATTRIBUTE = 40, 40, 1000, 40
KINDS = ("text", "number", "email", "phone")
ID = r"[a-z0-9-]{1,24}"
# these are buttons of the bot's own
RESERVED_IDS = frozenset({BACK, HOME, PERSON})
# letters of any language, digits, spaces, - and _: what stands between {{ and }}
ATTRIBUTE = rf"[^\W_][\w -]{{0,{LONGEST_ATTRIBUTE - 1}}}"
