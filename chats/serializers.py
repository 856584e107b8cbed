"""Serializers: conversations, contacts and messages as the API, webhooks and the web chat give them, each shaped once.

The API's operations return these models, and its description is made of them; webhooks and sockets carry what
`as_json` makes of them.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal, cast

from django.db.models import Prefetch
from pydantic import BaseModel, Field, PlainSerializer, WithJsonSchema

from chats import file_links, models
from chats.window import free_text_allowed
from common.names import show_name
from contacts import models as contacts
from contacts.models import State, StateChange
from trays.models import Tray

Status = Literal["pending", "open", "closed", "expired"]
PENDING, OPEN, CLOSED, EXPIRED = "pending", "open", "closed", "expired"
# what payloads keep for ourselves
PRIVATE_PAYLOAD = (
    "forgotten", "media", "template", "before", "undone", "target", "via", "chosen", "survey", "score",
)  # fmt: skip
# what payloads have of a message's words, which goes with its text
WORDS_PAYLOAD = ("cards", "words", "about", "answered", "story")
MAX_IDENTIFIERS = 20

# as `isoformat` writes it: pydantic's own way is another
Time = Annotated[
    datetime, PlainSerializer(datetime.isoformat), WithJsonSchema({"type": "string", "format": "date-time"})
]


def as_json(body: BaseModel) -> dict[str, Any]:
    """The body as JSON keeps it, its times as texts."""
    return body.model_dump(mode="json")


# --- contacts ------------------------------------------------------------------------------------


class Identifier(BaseModel):
    kind: str
    value: str


class ContactName(BaseModel):
    id: int
    name: str


class ContactCard(ContactName):
    identifiers: list[Identifier] = Field(description="By what its origin knows it: phone, user, visitor, …")


def prefetch_identifiers(lookup: str = "addresses") -> "Prefetch[Any, Any, Any]":
    """The addresses that `serialize_contact` reads, of all contacts of a query at once."""
    return Prefetch(lookup, _identifiers(contacts.Address.objects), to_attr="identifiers")


def _identifiers(addresses: Any) -> Any:
    return addresses.filter(revoked_at=None).order_by("id")


def name_contact(person: contacts.Contact) -> ContactName:
    return ContactName(id=person.pk, name=person.name)


def serialize_contact(person: contacts.Contact) -> ContactCard:
    """By what its origin knows it. One query, or none after `prefetch_identifiers`."""
    known = getattr(person, "identifiers", None)
    if known is None:
        known = _identifiers(person.addresses)[:MAX_IDENTIFIERS]
    return ContactCard(
        id=person.pk,
        name=person.name,
        identifiers=[Identifier(kind=one.kind, value=one.value) for one in known[:MAX_IDENTIFIERS]],
    )


# --- conversations -------------------------------------------------------------------------------


class Window(BaseModel):
    open: bool = Field(description="Whether anything but a template may be sent now.")
    closes_at: Time


class Place(BaseModel):
    """Where a conversation is: pending with a bot, open in a tray or with an agent, closed, expired."""

    id: int
    status: Status
    control_version: int = Field(description="Grows with each change of place.")


class ConversationBody(Place):
    """A conversation as its bot is told of it, beside its contact."""

    attributes: dict[str, Any]
    tags: list[str]
    window: Window


def status_of(at: models.Chat | StateChange) -> Status:
    """pending (with the bot) | open (in a tray or with an agent) | closed | expired."""
    if at.state == State.BOT:
        return "pending"
    if at.state == State.EXPIRADO:
        return "expired"
    return "closed" if at.tray is not None and at.tray.kind == Tray.Kind.CLOSED else "open"


def serialize_place(chat: models.Chat) -> Place:
    """All that a bot may know of a chat that is not its own any more."""
    return Place(id=chat.pk, status=status_of(chat), control_version=chat.change_id or 0)


def serialize_conversation(chat: models.Chat, now: datetime) -> ConversationBody:
    is_open = free_text_allowed(chat, now, by_person=False)
    return ConversationBody(
        **dict(serialize_place(chat)),
        attributes=chat.attributes,
        tags=list(chat.tags),
        window=Window(open=is_open, closes_at=chat.session_expires_at),
    )


# --- messages ------------------------------------------------------------------------------------


class File(BaseModel):
    id: str
    url: str = Field(description="Signed; good for a day, and only while the bot has the chat.")
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
    payload: dict[str, Any] = Field(
        description="Choices offered or taken, a location, a contact card, by type; `cards` of what there is to read "
        "in it (their words stand in `content` too), `about` of what it answers or asks about, `answered` where "
        "that message is not stored, `referral`."
    )
    attachments: list[File]
    reply_to: str | None
    source_id: str | None = Field(description="The id that the origin gave it.")
    status: str | None = Field(
        description="Of what goes out: queued, sending, unconfirmed, sent, failed, delivered, read."
    )
    sent_at: Time


def serialize_message(message: models.Message, bot_pk: int, *, is_hidden: bool = False) -> Message:
    """For this bot, which may read it (chats/bots/reading.py). `is_hidden`: without its text. `author` says customer,
    bot or agent and no name. Never for a note."""
    is_withdrawn = message.withdrawn_at is not None
    left_out = PRIVATE_PAYLOAD + (WORDS_PAYLOAD if is_hidden else ()) + (("answered",) if message.reply_to else ())
    # of what was withdrawn nothing is left: a place and a contact card are words as well
    payload = {} if is_withdrawn else {key: value for key, value in message.payload.items() if key not in left_out}
    return Message(
        id=str(message.uuid),
        sequence=message.pk,
        direction=cast(Literal["in", "out"], message.direction),
        author=cast(Literal["customer", "bot", "agent"], message.author),
        type=message.kind,
        content="" if is_withdrawn or is_hidden else message.text,
        payload=payload,
        attachments=[] if is_withdrawn else serialize_files(message.files, bot_pk),
        reply_to=str(message.reply_to.uuid) if message.reply_to else None,
        source_id=message.external_id,
        status=message.status or None,
        sent_at=message.sent_at or message.created_at,
    )


def serialize_files(files: Iterable[models.Attachment], bot_pk: int) -> list[File]:
    """Their addresses are signed, and good for a day while the bot has the chat."""
    return [
        File(
            id=str(file.uuid),
            url=file_links.file_url_for_bot(file, bot_pk),
            mime_type=file.mime,
            filename=file.name,
            size=file.size,
            width=file.width,
            height=file.height,
        )
        for file in files
    ]


# --- the web chat --------------------------------------------------------------------------------


class VisitorFile(BaseModel):
    id: str
    name: str
    mime: str
    size: int
    width: int | None
    height: int | None


class VisitorMessage(BaseModel):
    """A message as its customer may know it: never a note, never a surname."""

    id: str
    number: int
    author: Literal["me", "bot", "agent"]
    name: str
    kind: str
    text: str
    choices: list[Any]
    title: str
    client_id: str | None
    files: list[VisitorFile]
    at: Time


def serialize_for_visitor(message: models.Message) -> VisitorMessage:
    is_own = message.author == models.Message.Author.CUSTOMER
    return VisitorMessage(
        id=str(message.uuid),
        number=message.pk,
        author="me" if is_own else cast(Literal["bot", "agent"], message.author),
        name=message.agent.short_name if message.agent else "",
        kind=message.kind,
        text=message.text,
        choices=message.payload.get("choices", []),
        title=message.payload.get("title") or "",
        client_id=message.external_id if is_own else None,
        files=[
            VisitorFile(
                id=str(file.uuid),
                name=show_name(file.name),
                mime=file.mime,
                size=file.size,
                width=file.width,
                height=file.height,
            )
            for file in message.attachments.all()
        ],
        at=message.created_at,
    )
