"""What is said in a chat: the only writer of messages (lines about moves are written with the move).

hearing     what comes in: messages, once each, with what follows for the chat and its bot
amending    reactions, edits and withdrawals of the customer; what left by the business's own phone
saying      what agents say, and what they change of it
templating  the messages that open a new session
settling    what became of what went out
undoing     what the network refused of what agents changed
window      whether something may go out at this moment
"""

from chats.messages.acceptance import taken
from chats.messages.amendments import amend
from chats.messages.echoes import echo
from chats.messages.identity import rename
from chats.messages.receipts import settle, watermark
from chats.messages.replies import (
    LONGEST_REPLY,
    edit,
    holds,
    note,
    react_to,
    reply,
    retry,
    send_card,
    send_place,
    withdraw,
)
from chats.messages.rows import LONGEST, SAME_MOMENT, Stored, clean, said_place
from chats.messages.templates import LONGEST_VALUE, VARIABLE, call_of, fill, filled_in, send_template, variables_of
from chats.window import HUMAN_WINDOW, WINDOW, free_text_allowed, is_late, session_open, window_state

__all__ = [
    "HUMAN_WINDOW",
    "LONGEST",
    "LONGEST_REPLY",
    "LONGEST_VALUE",
    "SAME_MOMENT",
    "VARIABLE",
    "WINDOW",
    "Stored",
    "amend",
    "call_of",
    "clean",
    "echo",
    "edit",
    "fill",
    "filled_in",
    "free_text_allowed",
    "holds",
    "is_late",
    "note",
    "react_to",
    "rename",
    "reply",
    "retry",
    "said_place",
    "send_card",
    "send_place",
    "send_template",
    "session_open",
    "settle",
    "taken",
    "variables_of",
    "watermark",
    "window_state",
    "withdraw",
]
