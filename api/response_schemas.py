"""What the API gives, as OpenAPI shows it. It is made by chats/serializers.py, in these forms."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

Status = Literal["pending", "open", "closed", "expired"]


class Identifier(BaseModel):
    kind: str
    value: str


class ContactName(BaseModel):
    id: int
    name: str


class ContactCard(ContactName):
    identifiers: list[Identifier] = Field(description="By what its origin knows it: phone, user, visitor, …")


class Window(BaseModel):
    open: bool = Field(description="Whether anything but a template may be sent now.")
    closes_at: datetime


class Place(BaseModel):
    """Where a conversation is: pending with a bot, open in a tray or with an agent, closed, expired."""

    id: int
    status: Status
    control_version: int = Field(description="Grows with each change of place.")


class Conversation(Place):
    """A conversation that the bot holds."""

    attributes: dict[str, Any]
    tags: list[str]
    window: Window
    contact: ContactCard


class Elsewhere(Place):
    """A conversation that the bot had: where it is now, and nothing else of it."""

    contact: ContactName


class File(BaseModel):
    id: str
    url: str = Field(description="Signed; good for a day.")
    mime_type: str
    filename: str
    size: int
    width: int | None
    height: int | None


class Message(BaseModel):
    id: str
    sequence: int = Field(description="Grows with what is stored.")
    direction: Literal["in", "out"]
    author: Literal["customer", "bot", "agent"]
    type: str = Field(
        description="text, image, audio, video, document, sticker, location, contact, choice, template, unsupported"
    )
    content: str
    payload: dict[str, Any] = Field(description="Choices offered or taken, a location, a contact card, by type.")
    attachments: list[File]
    reply_to: str | None
    source_id: str | None = Field(description="The id that the origin gave it.")
    status: str | None = Field(
        description="Of what goes out: queued, sending, unconfirmed, sent, failed, delivered, read."
    )
    sent_at: datetime


class Conversations(BaseModel):
    items: list[Conversation | Elsewhere]
    has_more: bool
    next: str | None = Field(description="The cursor of the next page.")


class Messages(BaseModel):
    items: list[Message]
    has_more: bool
    next: int = Field(description="The after to go on with, also when there is no more yet.")


class Said(BaseModel):
    messages: list[Message] = Field(description="One, or the parts that it was split into.")
    conversation: Place


class HandedOver(BaseModel):
    status: Status
    tray: str
    tray_id: int
    control_version: int
    open_now: bool = Field(description="Whether the tray is within its hours.")


class Tray(BaseModel):
    id: int
    name: str
    kind: Literal["general", "custom"]
    agents_available: int = Field(description="With access to it, and marked as available now.")
    open_now: bool = Field(description="Whether it is within its hours.")
    opens_at: datetime | None = Field(description="When it opens, if it is not open now and ever opens.")


class Trays(BaseModel):
    items: list[Tray]


class ContactState(BaseModel):
    """Where a contact's chat is or was, and since when."""

    state: Literal["BOT", "BANDEJA", "AGENTE", "EXPIRADO"]
    tray: str | None
    agent: str | None
    at: datetime
    cause: str = Field(
        description="arrived, handed_over, taken, given_back, sent, closed, relocated, expired, reopened"
    )


class Contact(ContactCard):
    origin: str
    active_at: datetime
    current: ContactState | None
    previous: ContactState | None


class Contacts(BaseModel):
    items: list[Contact]
    has_more: bool
    next: str | None = Field(description="The cursor of the next page.")


class BotName(BaseModel):
    id: int
    name: str


class Me(BaseModel):
    """Whose token this is."""

    name: str
    bot: BotName | None = Field(description="None: an integration.")
    scopes: list[str]
    rate_limit: int = Field(description="Requests a minute.")


class ProblemError(BaseModel):
    location: str = Field(description="As in body.buttons.0.title or query.limit.")
    message: str


class Problem(BaseModel):
    """An RFC 9457 problem; type ends in the code that programs look at."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemError] | None = Field(None, description="With invalid: what is wrong where.")
    conversation: Place | None = Field(None, description="With a 409: where it is now.")
    trays: list[str] | None = Field(None, description="With unknown-tray: those there are.")
    words: str | None = Field(None, description="The same in words for agents, in the installation's language.")
