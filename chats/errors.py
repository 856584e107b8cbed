"""Refusals of the core, in words for whoever asked. Edges choose the HTTP status (gateway/rejections.py)."""

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chats.models import Chat, Message


class Rejection(StrEnum):
    """Why something is refused."""

    # the chat is elsewhere, or what is asked does not fit (any more)
    CONFLICT = "conflict"
    # it fits, and whoever asks has not the right
    FORBIDDEN = "forbidden"
    # who asks does not say (any more) who it is
    UNAUTHENTICATED = "unauthenticated"
    # there is none that whoever asks may see
    NOT_FOUND = "not_found"
    # the wish itself makes no sense, or is past a limit
    INVALID = "invalid"
    # what was sent cannot be read
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    # not now: a store does not answer
    UNAVAILABLE = "unavailable"


class Rejected(Exception):
    """Something asked of a chat that is not done. `message` is Spanish, for the agent; `chat`: the one it is about."""

    def __init__(self, code: Rejection, message: str, *, chat: "Chat | None" = None) -> None:
        super().__init__(message)
        self.code, self.message, self.chat = code, message, chat
        # the names of those there are, where the wish was for a tray that is not
        self.trays: list[str] = []
        # what has come that who wrote has not seen
        self.missed: Message | None = None
