"""What is said in a chat: the only writer of messages (lines about moves are written with the move).

hearing     what comes in: messages, once each, with what follows for the chat and its bot
amending    reactions, edits and withdrawals of the customer; what left by the business's own phone
saying      what agents say, and what they change of it
templating  the messages that open a new session
settling    what became of what went out
undoing     what the network refused of what agents changed
window      whether something may go out at this moment
"""

from chats.messages.acceptance import record_accepted
from chats.messages.amendments import apply_amendment
from chats.messages.corrections import edit_message, react_to, withdraw_message
from chats.messages.echoes import store_echo
from chats.messages.identity import change_identity
from chats.messages.receipts import apply_receipt, apply_watermark
from chats.messages.replies import (
    MAX_REPLY_CHARS,
    check_holder,
    retry_message,
    send_card,
    send_place,
    send_reply,
    write_note,
)
from chats.messages.rows import MAX_TEXT_CHARS, SAME_MOMENT, Stored, clean_text, place_in_time
from chats.messages.templates import (
    MAX_VALUE_CHARS,
    VARIABLE,
    call_of,
    fill_body,
    filled_in,
    send_template,
    variables_of,
)
from chats.window import HUMAN_WINDOW, WINDOW, free_text_allowed, is_late, session_open, window_state

__all__ = [
    "HUMAN_WINDOW",
    "MAX_REPLY_CHARS",
    "MAX_TEXT_CHARS",
    "MAX_VALUE_CHARS",
    "SAME_MOMENT",
    "VARIABLE",
    "WINDOW",
    "Stored",
    "apply_amendment",
    "apply_receipt",
    "apply_watermark",
    "call_of",
    "change_identity",
    "check_holder",
    "clean_text",
    "edit_message",
    "fill_body",
    "filled_in",
    "free_text_allowed",
    "is_late",
    "place_in_time",
    "react_to",
    "record_accepted",
    "retry_message",
    "send_card",
    "send_place",
    "send_reply",
    "send_template",
    "session_open",
    "store_echo",
    "variables_of",
    "window_state",
    "withdraw_message",
    "write_note",
]
