"""A turn with an external bot: what it is told and what it answers, in one form for all connectors and the API.

`Turn` is what a connector is called with; a `Reply` is what it made of the answer. Both know nothing of
chats' models: ids, plain values and the bodies that the API shows (docs/bots/api.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from wittybots.models import Endpoint

# until when a bot that took the event, or whose only answer could not be had, has to have said something
SPEAK_WITHIN = timedelta(seconds=45)
KINDS = ("text", "choices", "image", "audio", "video", "document", "template")


@dataclass(frozen=True)
class Saying:
    """One message of the bot: `choices` of {title, payload}, `attachments` of {url, mime_type?, filename?},
    `template` of {name, language, variables}, `reply_to` a message's uuid."""

    kind: str = "text"
    text: str = ""
    choices: tuple[Mapping[str, str], ...] = ()
    attachments: tuple[Mapping[str, str], ...] = ()
    template: Mapping[str, Any] | None = None
    reply_to: str = ""


@dataclass(frozen=True)
class HandOver:
    """The bot gives the chat to people. `tray`: a name or an id; None: General."""

    tray: str | int | None = None
    summary: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""


@dataclass(frozen=True)
class Turn:
    """One thing to tell. `body` is the event as webhooks carry it: {id, event, created_at, attempt, conversation,
    contact, message}; `memory` is what this connector kept of the chat at its last turn."""

    uuid: str
    event: str
    attempt: int
    at: datetime
    chat_id: int
    # of the StateChange that began the round: another one each time the chat comes (back) to the bot
    change_id: int
    text: str = ""
    payload: str = ""
    name: str = ""
    # when this call began: what the bot says through the API from then on is its answer
    began: datetime | None = None
    memory: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """What came back. `answered`: the bot has had its say with this (also if it says nothing); False: it took
    the event and may answer through the API. `memory` None: leave it as it is."""

    said: tuple[Saying, ...] = ()
    hand_over: HandOver | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    answered: bool = False
    memory: Mapping[str, Any] | None = None
    status_code: int = 200
    # what of the answer made no sense and was left out, in words
    odd: tuple[str, ...] = ()
    # nothing yet: listen again in so many seconds, without telling anew (0: that was it)
    again: float = 0


class Connector(Protocol):
    """A module of wittybots/connectors."""

    # of the events that it can be told, those that make sense to it
    EVENTS: frozenset[str]

    def call(self, endpoint: Endpoint, turn: Turn) -> Reply:
        """Tell it, and read its answer. Raises OriginError (permanent: the same call would fail again)."""
