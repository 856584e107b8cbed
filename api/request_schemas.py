"""Schemas of what the API takes: bounded, and nothing that has to be guessed."""

from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic.functional_validators import AfterValidator

from chats.bots import validation
from chats.messages.replies import MAX_REPLY_CHARS

MAX_ID = 2**63 - 1
StateFilter = Literal["", "BOT", "BANDEJA", "AGENTE", "EXPIRADO"]
# what PostgreSQL keeps as it is: anything but NUL
NO_NUL = r"^[^\u0000]*$"
# what a client compares its own with
UUID = r"^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$"


def _check_scalar(value: Any) -> Any:
    if value is not None and not isinstance(value, (str, int, float)):
        raise ValueError("a text, a number, true, false or null")
    if isinstance(value, float) and not isfinite(value):
        raise ValueError("a finite number")
    if len(str(value)) > validation.MAX_VALUE_CHARS:
        raise ValueError(f"at most {validation.MAX_VALUE_CHARS} characters")
    return value


def _check_tray(value: Any) -> Any:
    is_id = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_ID
    is_name = isinstance(value, str) and 1 <= len(value) <= 200
    if value is not None and not is_id and not is_name:
        raise ValueError("the name of a tray, or its id")
    return value


def _one_of(*kinds: dict[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [*kinds, {"type": "null"}]})


Name = Annotated[str, StringConstraints(min_length=1, max_length=validation.MAX_NAME_CHARS)]
Scalar = Annotated[
    Any,
    AfterValidator(_check_scalar),
    _one_of(
        {"type": "string", "maxLength": validation.MAX_VALUE_CHARS},
        {"type": "number", "minimum": -1e300, "maximum": 1e300},
        {"type": "boolean"},
    ),
]
TrayRef = Annotated[
    Any,
    AfterValidator(_check_tray),
    _one_of({"type": "string", "minLength": 1, "maxLength": 200}, {"type": "integer", "minimum": 1, "maximum": MAX_ID}),
]
Attributes = Annotated[dict[Name, Scalar], Field(max_length=validation.MAX_ATTRIBUTES)]
Version = Annotated[
    int | None,
    Field(
        ge=0,
        le=MAX_ID,
        description="The control_version that the bot has seen: with an older one the answer is 409. Without it "
        "only the place counts.",
    ),
]


class Given(BaseModel):
    """What others send: nothing that is not known, nothing that has to be guessed."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Button(Given):
    """A choice that the customer may tap."""

    title: str = Field(min_length=1, max_length=validation.MAX_TITLE_CHARS)
    payload: str = Field(
        "", max_length=validation.MAX_PAYLOAD_CHARS, description="What comes back; the title if empty."
    )


class GivenFile(Given):
    """A file, fetched after the answer from where the bot keeps it: at most 10 MB, within 10 seconds."""

    url: str = Field(pattern=r"^https?://[^\s\u0000-\u001f]+$", max_length=2000)
    mime_type: str = Field("", max_length=100, description="What it says it is; its content decides.")
    filename: str = Field("", max_length=200)


class GivenTemplate(Given):
    """An approved template of the conversation's origin."""

    name: str = Field(min_length=1, max_length=512, pattern=NO_NUL)
    language: str = Field("es", min_length=2, max_length=12, pattern=r"^[A-Za-z_-]+$")
    variables: dict[
        Annotated[str, StringConstraints(max_length=60, pattern=NO_NUL)],
        Annotated[str, StringConstraints(max_length=1024, pattern=NO_NUL)],
    ] = Field({}, max_length=50)


class NewMessage(Given):
    """What the bot says. A text is split where the origin takes none so long; buttons stand under its last part."""

    type: Literal["text", "choices", "image", "audio", "video", "document", "template"] = "text"
    content: str = Field("", max_length=MAX_REPLY_CHARS, description="The text, or what stands under the first file.")
    buttons: list[Button] = Field([], max_length=validation.MAX_CHOICES)
    attachments: list[GivenFile] = Field([], max_length=validation.MAX_FILES)
    template: GivenTemplate | None = Field(None, description="With type template.")
    reply_to: Annotated[str, StringConstraints(pattern=UUID)] | None = Field(None, description="The id of a message.")
    control_version: Version = None


class NewHandoff(Given):
    """The bot gives the conversation to people."""

    tray: TrayRef = Field(None, description="A tray by name (any case) or id; General without one.")
    summary: str = Field(
        "", max_length=validation.MAX_SUMMARY_CHARS, description="For the agent, never for the customer."
    )
    attributes: Attributes = Field({}, description="Merged into the conversation's; null takes one away.")
    message: str = Field("", max_length=MAX_REPLY_CHARS, description="Said to the customer before the hand-over.")
    control_version: Version = None


class Change(Given):
    """What the bot found out. What is left out stays as it is."""

    attributes: Attributes | None = Field(None, description="Merged; null takes one away. At most 50 stand.")
    tags: list[Name] | None = Field(None, max_length=validation.MAX_TAGS, description="Replace those there are.")
    control_version: Version = None
