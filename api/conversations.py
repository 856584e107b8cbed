"""The operations on conversations, for the bot that has them. One that it had shows only where it is, and no word."""

from typing import Annotated, Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Path, Query, Router

from api import idempotency, pagination, request_schemas, response_schemas
from api.auth import Bearer, bot_of
from api.response_schemas import Conversation, Elsewhere
from chats import serializers
from chats.bots import external, reading
from chats.models import Chat
from contacts.models import State
from contacts.place import is_with_bot
from trays import hours
from trays.models import Tray
from wittybots.models import Bot, Token
from wittybots.turns import HandOver, Saying

router = Router(auth=Bearer(Token.Scope.CONVERSATIONS.value), tags=["Conversations"])

ChatId = Annotated[int, Path(ge=1, le=request_schemas.MAX_ID)]
_CLOSED = Q(state=State.BANDEJA, tray__kind=Tray.Kind.CLOSED)
STATUSES = {
    serializers.PENDING: Q(state=State.BOT),
    serializers.OPEN: Q(state__in=(State.BANDEJA, State.AGENTE)) & ~_CLOSED,
    serializers.CLOSED: _CLOSED,
    serializers.EXPIRED: Q(state=State.EXPIRADO),
}


def _show_conversation(bot: Bot, chat: Chat) -> Conversation | Elsewhere:
    """The whole conversation to the bot that holds it, its place to one that had it."""
    if is_with_bot(chat, bot.pk):
        body = serializers.serialize_conversation(chat, timezone.now())
        return Conversation(**dict(body), contact=serializers.serialize_contact(chat.contact))
    return Elsewhere(**dict(serializers.serialize_place(chat)), contact=serializers.name_contact(chat.contact))


@router.get(
    "",
    response={200: response_schemas.Conversations},
    summary="The conversations that the bot holds",
    operation_id="list_conversations",
)
def list_conversations(
    request: HttpRequest,
    status: Annotated[
        response_schemas.Status,
        Query("pending", description="pending: those it holds now. Any other: those it had, by where they are."),
    ],
    cursor: pagination.Cursor,
    limit: pagination.Limit,
) -> dict[str, Any]:
    """In the order of their ids. Those that the bot only had show their place, and nothing else."""
    bot = bot_of(request)
    found = Chat.objects.with_people().filter(STATUSES[status], bot=bot, pk__gt=pagination.read_id(cursor))
    found = found.prefetch_related(serializers.prefetch_identifiers("contact__addresses")).order_by("pk")
    return pagination.list_page(found, limit, lambda chat: _show_conversation(bot, chat), lambda chat: str(chat.pk))


@router.get(
    "/{int:id}",
    response={200: Conversation | Elsewhere},
    summary="One conversation",
    operation_id="get_conversation",
)
def get_conversation(request: HttpRequest, id: ChatId) -> Conversation | Elsewhere:
    """The bot's own as a whole; one that it had, and that is elsewhere now, as its place."""
    bot = bot_of(request)
    return _show_conversation(bot, external.find_chat_of_bot(id, bot))


@router.patch(
    "/{int:id}",
    response={200: Conversation},
    summary="Keep attributes and tags",
    operation_id="change_conversation",
)
def change_conversation(request: HttpRequest, id: ChatId, body: request_schemas.Change) -> Conversation | Elsewhere:
    """What the bot found out, for the agent and for its own next turns."""
    bot = _note_version(request, body.control_version)
    chat = external.keep_findings(id, bot, attributes=body.attributes, tags=body.tags, change_id=body.control_version)
    return _show_conversation(bot, chat)


@router.get(
    "/{int:id}/messages",
    response={200: response_schemas.Messages},
    summary="What was said in it",
    operation_id="list_messages",
)
def list_messages(
    request: HttpRequest,
    id: ChatId,
    after: Annotated[
        int, Query(0, ge=0, le=request_schemas.MAX_ID, description="Only what comes after this sequence.")
    ],
    limit: pagination.Limit,
) -> dict[str, Any]:
    """In the order in which it was stored, while the bot has it; never notes, nor what was said while it had not.

    What was changed while it did not have it is shown without its text. Once it has left the bot: 409.
    """
    bot = bot_of(request)
    chat = external.find_held_chat(id, bot)
    found, more = pagination.read_page(reading.readable_messages(chat, bot.pk).filter(pk__gt=after), limit)
    after = found[-1].pk if found else after
    items = [serializers.serialize_message(one, bot.pk, is_hidden=one.is_hidden) for one in found]
    return {"items": items, "has_more": more, "next": after}


@router.post(
    "/{int:id}/messages",
    response={201: response_schemas.Said},
    summary="Say something to the customer",
    operation_id="say",
)
def send_message(request: HttpRequest, id: ChatId, body: request_schemas.NewMessage) -> HttpResponse:
    """Refused with 409 once the conversation is with people: the agent is not talked over."""
    bot = _note_version(request, body.control_version)
    saying = Saying(
        kind=body.type,
        text=body.content,
        choices=tuple({"title": one.title, "payload": one.payload} for one in body.buttons),
        attachments=tuple(one.model_dump() for one in body.attachments),
        template=body.template.model_dump() if body.template else None,
        reply_to=body.reply_to or "",
    )

    def act() -> idempotency.Answer:
        said = external.say_messages(id, bot, [saying], change_id=body.control_version)
        messages = [serializers.serialize_message(one, bot.pk) for one in said]
        return 201, response_schemas.Said(messages=messages, conversation=serializers.serialize_place(said[0].chat))

    return idempotency.answer_once(
        request, act, repeat=lambda kept: kept if external.has_chat(id, bot) else _without_words(kept)
    )


def _without_words(said: dict[str, Any]) -> dict[str, Any]:
    """The answer to who asks again once the conversation is elsewhere: what became of it, by ids."""
    return said | {"messages": [one | {"content": "", "payload": {}, "attachments": []} for one in said["messages"]]}


@router.post(
    "/{int:id}/handoff",
    response={200: response_schemas.HandedOver},
    summary="Hand the conversation over to a tray",
    operation_id="hand_over",
)
def hand_over(request: HttpRequest, id: ChatId, body: request_schemas.NewHandoff) -> HttpResponse:
    """From then on it is with people. A second time changes nothing and is a 409."""
    bot = _note_version(request, body.control_version)
    wish = HandOver(tray=body.tray, summary=body.summary, attributes=body.attributes, message=body.message)

    def act() -> idempotency.Answer:
        chat = external.hand_over(id, bot, wish, change_id=body.control_version)
        return 200, _show_hand_over(chat, chat.tray or Tray.objects.general())

    return idempotency.answer_once(request, act)


def _show_hand_over(chat: Chat, tray: Tray) -> response_schemas.HandedOver:
    place = serializers.serialize_place(chat)
    return response_schemas.HandedOver(
        status=place.status,
        tray=str(tray),
        tray_id=tray.pk,
        control_version=place.control_version,
        open_now=hours.is_open(tray, timezone.now()),
    )


@router.post(
    "/{int:id}/typing",
    response={204: None},
    summary="Show that the bot is about to answer",
    operation_id="typing",
)
def show_typing(request: HttpRequest, id: ChatId) -> HttpResponse:
    """Where the origin can show it. Nobody waits longer for it: a minute after the customer wrote, people take over."""
    bot = _note_version(request, None)

    def act() -> idempotency.Answer:
        external.extend_for_typing(id, bot)
        return 204, None

    return idempotency.answer_once(request, act)


def _note_version(request: HttpRequest, control_version: int | None) -> Bot:
    """The bot; what it believes goes along, so that a refusal can say what was wrong (problems.refused)."""
    request.control_version = control_version  # type: ignore[attr-defined]
    return bot_of(request)
