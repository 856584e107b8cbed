"""What bots made for Chatwoot send and are answered, and what a message of theirs says in our terms."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from wittybots.connectors.parsing import Found, choices_of, first_of, items_of, text_of, url_of
from wittybots.turns import Saying

MOST_ID = 2**63 - 1


class ChatwootMessage(BaseModel):
    content: str | None = Field(None, max_length=65_536)
    message_type: Literal["outgoing", "1", 1] = "outgoing"
    private: bool = Field(False, description="A note: kept for the summary of the hand-over.")
    content_type: str = Field("text", description="text, input_select, cards, article; others as text")
    content_attributes: dict[str, Any] = Field(default_factory=dict)
    template_params: dict[str, Any] | None = None


class ChatwootStatus(BaseModel):
    status: Literal["open", "resolved", "pending", "snoozed"] | None = Field(
        None, description="open hands over to people; resolved and snoozed change nothing"
    )


class ChatwootTyping(BaseModel):
    typing_status: Literal["on", "off"] = "on"


class ChatwootLabels(BaseModel):
    labels: list[Annotated[str, Field(min_length=1, max_length=40)]] = Field(max_length=20)


class ChatwootAttributes(BaseModel):
    custom_attributes: dict[str, Any]


class ChatwootAssignment(BaseModel):
    team_id: int | None = Field(None, ge=1, le=MOST_ID, description="A tray's id: where `open` hands over to")
    assignee_id: int | None = Field(None, description="Means nothing here")


class ChatwootSaid(BaseModel):
    id: int
    content: str | None
    inbox_id: int
    conversation_id: int
    message_type: int
    content_type: str
    status: str
    content_attributes: dict[str, Any]
    created_at: int
    private: bool
    source_id: str | None
    sender: dict[str, Any]


class ChatwootToggled(BaseModel):
    meta: dict[str, Any]
    payload: dict[str, Any]


class ChatwootTeam(BaseModel):
    id: int
    name: str
    account_id: int


# --- what a message says ---------------------------------------------------------------------------


def sayings(body: ChatwootMessage) -> list[Saying]:
    """What one message of theirs says: choices of an input_select, each card of its own, an article's links as text."""
    text, given = (body.content or "").strip(), body.content_attributes
    if body.template_params:
        return [Saying("template", template=_template(body.template_params))]
    found = Found()
    if body.content_type == "input_select":
        choices = choices_of(given.get("items"), found, ("title", "value"), ("value", "title"))
        if choices:
            return [Saying("choices", text, tuple(choices))]
    items = [one for one in items_of(given.get("items"), "items", found) if isinstance(one, Mapping)]
    if body.content_type == "cards":
        return [*([Saying(text=text)] if text else []), *(_card(one) for one in items)] or [Saying(text=text)]
    if body.content_type == "article":
        lines = ["\n".join(_lines(one, ("title", "description", "link"))) for one in items]
        text = "\n\n".join(line for line in (text, *lines) if line)
    return [Saying(text=text)]


def _card(card: Mapping[str, Any]) -> Saying:
    found = Found()
    lines, taps = _lines(card, ("title", "description")), []
    for action in items_of(card.get("actions"), "actions", found):
        if isinstance(action, Mapping) and action.get("type") == "link":
            lines.append(" ".join(_lines(action, ("text", "uri"))))
        else:
            taps.append(action)
    choices = tuple(choices_of(taps, found, ("text",), ("payload", "text")))
    text, picture = "\n".join(lines), url_of(card.get("media_url"))
    if picture and not choices:
        return Saying("image", text, attachments=({"url": picture},))
    return Saying("choices" if choices else "text", text, choices)


def _lines(one: Mapping[str, Any], names: tuple[str, ...]) -> list[str]:
    return [text for name in names if (text := first_of(one, (name,)))]


def _template(params: Mapping[str, Any]) -> dict[str, Any]:
    processed = params.get("processed_params")
    variables = processed.get("body", processed) if isinstance(processed, Mapping) else {}
    return {
        "name": text_of(params.get("name"), 512),
        "language": text_of(params.get("language"), 12),
        "variables": variables if isinstance(variables, Mapping) else {},
    }
