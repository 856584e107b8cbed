"""The operations that bots made for Chatwoot call: they move over by address and token alone (docs/bots/chatwoot.md).

Paths, bodies and answers are Chatwoot's; refusals are the API's own. The account's number means nothing here.
"""

from collections.abc import Callable
from typing import Annotated, Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Path, Router
from ninja.security import APIKeyHeader

from api import idempotency
from api.auth import admit_token, bot_of
from api.chatwoot.schemas import (
    MAX_ID,
    ChatwootAssignment,
    ChatwootAttributes,
    ChatwootLabels,
    ChatwootMessage,
    ChatwootSaid,
    ChatwootStatus,
    ChatwootTeam,
    ChatwootToggled,
    ChatwootTyping,
    read_sayings,
)
from chats import locks, serializers
from chats.bots import external, validation
from chats.errors import Rejected, Rejection
from chats.messages.rows import clean_text
from chats.models import Chat, Message
from contacts.place import is_with_bot
from trays.models import Tray
from wittybots.connectors import chatwoot
from wittybots.models import Bot, Token
from wittybots.turns import HandOver

OUTGOING = 1
MAX_NOTES, MAX_NOTES_CHARS = 20, 2_000


class AccessToken(APIKeyHeader):
    """Chatwoot's header for a token of ours, which comes in with dashes (wittyagent/underscore_headers.py)."""

    param_name = "api_access_token"

    def _get_key(self, request: HttpRequest) -> str | None:
        return request.headers.get("api-access-token")

    def authenticate(self, request: HttpRequest, key: str | None) -> Token | None:
        return admit_token(request, key.strip(), Token.Scope.CONVERSATIONS.value) if key and key.strip() else None


router = Router(auth=AccessToken(), tags=["Chatwoot"])
Account = Annotated[int, Path(ge=0, le=MAX_ID)]
ChatId = Annotated[int, Path(ge=1, le=MAX_ID)]


# --- what they do --------------------------------------------------------------------------------


@router.post(
    "/{int:account_id}/conversations/{int:id}/messages",
    response={200: ChatwootSaid},
    summary="Say something to the customer, or note something",
    operation_id="chatwoot_create_message",
)
def create_message(request: HttpRequest, account_id: Account, id: ChatId, body: ChatwootMessage) -> HttpResponse:
    """Of several that one message becomes (cards), the last one is answered."""
    bot = bot_of(request)

    if body.private:
        words = clean_text(body.content or "").strip()

        def act() -> idempotency.Answer:
            return 200, _render_message(_keep_note(id, bot, words), bot, body, None)
    else:
        wish = read_sayings(body)

        def act() -> idempotency.Answer:
            return 200, _render_message(id, bot, body, external.say_messages(id, bot, wish)[-1])

    return _answer_once(request, id, bot, act, content="", content_attributes={})


def _answer_once(
    request: HttpRequest, chat_pk: int, bot: Bot, act: Callable[[], idempotency.Answer], **elsewhere: Any
) -> HttpResponse:
    """As `idempotency.answer_once`; `elsewhere` is said again in place of words once the chat has left the bot."""
    return idempotency.answer_once(
        request, act, repeat=lambda kept: kept if external.has_chat(chat_pk, bot) else kept | elsewhere
    )


@router.post(
    "/{int:account_id}/conversations/{int:id}/toggle_status",
    response={200: ChatwootToggled},
    summary="Hand over to people (open)",
    operation_id="chatwoot_toggle_status",
)
def toggle_status(request: HttpRequest, account_id: Account, id: ChatId, body: ChatwootStatus) -> HttpResponse:
    """`open`, or no status: to the tray that was assigned, or General. `resolved`: a bot closes nothing, it stays."""
    bot = bot_of(request)
    return idempotency.answer_once(
        request, lambda: (200, _render_status(_change_status(id, bot, body.status or "open")))
    )


def _change_status(chat_pk: int, bot: Bot, status: str) -> Chat:
    chat = external.find_chat_of_bot(chat_pk, bot)
    holds = is_with_bot(chat, bot.pk)
    if holds and status == "open":
        memory = _memory_of(chat)
        notes = "\n".join(memory.get("notes", []))[:MAX_NOTES_CHARS]
        return external.hand_over(chat_pk, bot, HandOver(memory.get("tray"), notes), change_id=chat.change_id)
    if not holds and status != chatwoot.STATUSES[serializers.status_of(chat)]:
        # nor does it take a chat back from people
        raise Rejected(Rejection.CONFLICT, _("El chat ya no es del bot"), chat=chat)
    return chat


@router.post(
    "/{int:account_id}/conversations/{int:id}/toggle_typing_status",
    response={200: dict[str, Any]},
    summary="Show that the bot is about to answer",
    operation_id="chatwoot_toggle_typing_status",
)
def toggle_typing(request: HttpRequest, account_id: Account, id: ChatId, body: ChatwootTyping) -> HttpResponse:
    """`off` changes nothing: it goes away by itself."""
    bot = bot_of(request)

    def act() -> idempotency.Answer:
        if body.typing_status == "on":
            external.extend_for_typing(id, bot)
        else:
            external.find_chat_of_bot(id, bot)
        return 200, {}

    return idempotency.answer_once(request, act)


@router.post(
    "/{int:account_id}/conversations/{int:id}/labels",
    response={200: dict[str, Any]},
    summary="Replace the tags",
    operation_id="chatwoot_labels",
)
def replace_labels(request: HttpRequest, account_id: Account, id: ChatId, body: ChatwootLabels) -> HttpResponse:
    """All of them at once, as with Chatwoot."""
    bot = bot_of(request)

    def act() -> idempotency.Answer:
        return 200, {"payload": list(external.keep_findings(id, bot, tags=body.labels).tags)}

    return _answer_once(request, id, bot, act, payload=[])


@router.post(
    "/{int:account_id}/conversations/{int:id}/custom_attributes",
    response={200: dict[str, Any]},
    summary="Keep attributes",
    operation_id="chatwoot_custom_attributes",
)
def custom_attributes(request: HttpRequest, account_id: Account, id: ChatId, body: ChatwootAttributes) -> HttpResponse:
    """Merged with those there are; null takes one away."""
    bot = bot_of(request)

    def act() -> idempotency.Answer:
        return 200, {"custom_attributes": external.keep_findings(id, bot, attributes=body.custom_attributes).attributes}

    return _answer_once(request, id, bot, act, custom_attributes={})


@router.post(
    "/{int:account_id}/conversations/{int:id}/assignments",
    response={200: ChatwootTeam | dict[str, Any]},
    summary="Name the tray to hand over to",
    operation_id="chatwoot_assignments",
)
def assign_team(request: HttpRequest, account_id: Account, id: ChatId, body: ChatwootAssignment) -> HttpResponse:
    """Carried out by `toggle_status` open."""
    bot = bot_of(request)

    def act() -> idempotency.Answer:
        tray = validation.find_tray(body.team_id) if body.team_id else None
        _change_memory(id, bot, lambda memory: {**memory, "tray": tray.pk if tray else None})
        return 200, _render_team(tray) if tray else {}

    return idempotency.answer_once(request, act)


@router.get(
    "/{int:account_id}/teams",
    response={200: list[ChatwootTeam]},
    summary="The trays, as teams",
    operation_id="chatwoot_teams",
)
def list_teams(request: HttpRequest, account_id: Account) -> list[dict[str, Any]]:
    """What `assignments` takes as `team_id`."""
    bot_of(request)
    usable = Tray.objects.in_use().filter(kind__in=(Tray.Kind.GENERAL, Tray.Kind.CUSTOM)).in_order()
    return [_render_team(tray) for tray in usable[:500]]


# --- between their words and ours ----------------------------------------------------------------


def _keep_note(chat_pk: int, bot: Bot, words: str) -> int:
    """Agents read it as the summary of the hand-over. The chat's id."""
    if not words:
        raise Rejected(Rejection.INVALID, _("El mensaje está vacío"))
    words = words[:MAX_NOTES_CHARS]
    _change_memory(chat_pk, bot, lambda memory: {**memory, "notes": [*memory.get("notes", []), words][-MAX_NOTES:]})
    return chat_pk


def _memory_of(chat: Chat) -> dict[str, Any]:
    held = chat.bot_memory.get("connector")
    return dict(held) if isinstance(held, dict) else {}


@transaction.atomic
def _change_memory(chat_pk: int, bot: Bot, change: Any) -> None:
    external.find_chat_of_bot(chat_pk, bot)
    chat = locks.lock_chat(chat_pk)
    if not is_with_bot(chat, bot.pk):
        raise Rejected(Rejection.CONFLICT, _("El chat ya no es del bot"), chat=chat)
    external.remember_connector(chat_pk, bot, change(_memory_of(chat)), change_id=chat.change_id or 0)


def _render_message(chat_pk: int, bot: Bot, body: ChatwootMessage, message: Message | None) -> dict[str, Any]:
    shown = serializers.serialize_message(message, bot.pk) if message else None
    return {
        "id": shown.sequence if shown else 0,
        "content": body.content,
        "inbox_id": chatwoot.INBOX["id"],
        "conversation_id": chat_pk,
        "message_type": OUTGOING,
        "content_type": body.content_type,
        "status": "sent",
        "content_attributes": body.content_attributes,
        "created_at": chatwoot.write_seconds(shown.sent_at.isoformat() if shown else None),
        "private": body.private,
        "source_id": shown.source_id if shown else None,
        "sender": chatwoot.BOT,
    }


def _render_status(chat: Chat) -> dict[str, Any]:
    status = chatwoot.STATUSES[serializers.status_of(chat)]
    return {"meta": {}, "payload": {"success": True, "current_status": status, "conversation_id": chat.pk}}


def _render_team(tray: Tray) -> dict[str, Any]:
    return {"id": tray.pk, "name": str(tray), "account_id": chatwoot.ACCOUNT["id"]}
