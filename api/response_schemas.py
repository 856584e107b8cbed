"""Schemas of the API's answers: the serializers' models (chats/serializers.py), and what is made of them."""

from typing import Literal

from pydantic import BaseModel, Field

from chats.serializers import ContactCard, ContactName, ConversationBody, Message, Place, Status, Time

StateName = Literal["BOT", "BANDEJA", "AGENTE", "EXPIRADO"]


class Conversation(ConversationBody):
    """A conversation that the bot holds."""

    contact: ContactCard


class Elsewhere(Place):
    """A conversation that the bot had: where it is now, and nothing else of it."""

    contact: ContactName


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
    agents_available: int = Field(
        description="With access to it, their switch on, and a browser heard from in the last minute."
    )
    open_now: bool = Field(description="Whether it is within its hours.")
    opens_at: Time | None = Field(description="When it opens, if it is not open now and ever opens.")


class Trays(BaseModel):
    items: list[Tray]


class ContactState(BaseModel):
    """Where a contact's chat is or was, and since when."""

    state: StateName
    tray: str | None
    agent: str | None
    at: Time
    cause: str = Field(
        description="arrived, handed_over, taken, given_back, sent, closed, relocated, expired, reopened, undone, "
        "forgotten, assigned, added, erased"
    )


class Contact(ContactCard):
    origin: str
    active_at: Time
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
