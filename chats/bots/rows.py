"""Rows of the outbox for what bots say. The caller holds the chat's lock, and has checked whose it is."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from chats import jobs, publish
from chats.attachments import bot_files
from chats.bots import validation
from chats.errors import Rejected, Rejection
from chats.messages.bulk import write_rows
from chats.messages.rows import first_status, show_latest
from chats.messages.templates import check_usable, fill_body, filled_in, kept_template
from chats.models import Chat, Message, Template
from chats.window import free_text_allowed
from common.text_splitting import split_text
from origins.capabilities import Capabilities
from wittybots.models import Bot
from wittybots.turns import Saying


def _split_texts(chat: Chat, saying: Saying) -> tuple[str, list[str]]:
    """The caption of its first file, and the texts that follow, none longer than the origin takes.

    The choices of a single file stand below it where the origin has buttons there.
    """
    can = chat.origin.can
    if saying.attachments:
        kind = bot_files.kind_before_fetch(bot_files.media_of(saying.attachments[0]), saying.kind)
        fits = len(saying.text) <= can.max_caption_chars(kind)
        if fits and (not saying.choices or _fit_below_file(can, kind, saying)):
            return saying.text, []
    texts = split_text(saying.text, can.text, counts_bytes=can.counts_bytes)
    return "", texts or ([saying.text] if saying.choices else [])


def _fit_below_file(can: Capabilities, kind: str, saying: Saying) -> bool:
    most, longest = can.choices_with_file
    return (
        kind in can.captioned
        and len(saying.attachments) == 1
        and len(saying.choices) <= most
        and all(len(choice["title"]) <= longest for choice in saying.choices)
    )


def write_messages(chat: Chat, bot: Bot, said: Sequence[Saying], now: datetime) -> None:
    """All of it, or `Rejected` (plan_messages)."""
    store_messages(chat, plan_messages(chat, bot, said, now))


def plan_messages(chat: Chat, bot: Bot, said: Sequence[Saying], now: datetime) -> list[Message]:
    """Rows that are not stored yet, in order, one at least of each saying.

    `Rejected`: CONFLICT where the customer's window is shut, INVALID what the line does not take.
    """
    if chat.is_blocked:
        raise Rejected(Rejection.CONFLICT, _("El contacto está bloqueado: no se le puede escribir"), chat=chat)
    if not free_text_allowed(chat, now, by_person=False) and any(one.kind != "template" for one in said):
        raise Rejected(
            Rejection.CONFLICT,
            _("La sesión con el cliente está cerrada: solo se puede enviar una plantilla"),
            chat=chat,
        )
    messages: list[Message] = []
    for saying in said:
        if saying.kind == "template":
            messages.append(_make_template(chat, bot, saying, now))
        else:
            messages += plan_parts(chat, bot, saying, now)
    return messages


def plan_parts(chat: Chat, bot: Bot, saying: Saying, now: datetime) -> list[Message]:
    """One message of the bot, as several where the origin takes no text so long; the choices stand under the last."""
    quoted = _find_quoted(chat, saying.reply_to)
    made: list[Message] = []
    caption, texts = _split_texts(chat, saying)
    offered = {"choices": [dict(one) for one in saying.choices]} if saying.choices else {}
    for number, file in enumerate(saying.attachments):
        text, media = caption if number == 0 else "", bot_files.media_of(file)
        kind, below = bot_files.kind_before_fetch(media, saying.kind), {} if texts else offered
        made.append(_make_row(chat, bot, now, kind=kind, text=text, payload={"media": media} | below, reply_to=quoted))
        quoted = None
    for number, text in enumerate(texts, 1):
        payload = offered if number == len(texts) else {}
        made.append(_make_row(chat, bot, now, text=text, payload=payload, reply_to=quoted))
        quoted = None
    return made


def _make_row(
    chat: Chat,
    bot: Bot,
    now: datetime,
    *,
    kind: str = "text",
    text: str = "",
    payload: dict[str, Any] | None = None,
    reply_to: Message | None = None,
) -> Message:
    going = (
        {"status": "queued", "media_due_at": bot_files.first_fetch_due(now)}
        if "media" in (payload or {})
        else first_status(chat, now)
    )
    return Message(
        chat=chat, origin_id=chat.origin_id, direction="out", author="bot", bot=bot, kind=kind, text=text,
        payload=payload or {}, reply_to=reply_to, created_at=now, **going,
    )  # fmt: skip


def store_messages(chat: Chat, messages: Sequence[Message], fields: Sequence[str] = ()) -> None:
    """Store what was planned, with the chat's numbers; where nothing was, only these fields of it, which are of those
    that messages write as well (chats/messages/bulk.py). Screens are told after the commit."""
    if not messages:
        if fields:
            chat.save(update_fields=fields)
        return
    show_latest(chat, messages[-1])
    # not before it is certain that it goes out
    if templates := [one for one in messages if one.kind == "template"]:
        chat.last_template_at = templates[-1].created_at
        chat.session_expires_at = max(chat.session_expires_at, chat.last_template_at + chat.origin.session)
        chat.save(update_fields=("last_template_at",))
    write_rows(chat.origin_id, messages, [chat])
    for message in messages:
        if "media" in message.payload:
            jobs.fetch_media(message.pk)
    publish.messages_stored(chat, messages)


def write_note(chat: Chat, bot: Bot, text: str, now: datetime) -> None:
    """For the agent, in the thread."""
    note = Message.objects.create(
        chat=chat, origin_id=chat.origin_id, direction="note", author="bot", bot=bot, text=text, created_at=now
    )
    publish.message_stored(chat, note)


def _make_template(chat: Chat, bot: Bot, saying: Saying, now: datetime) -> Message:
    wanted = saying.template or {}
    usable = Template.objects.usable_on(chat.origin)
    template = usable.filter(
        name=str(wanted.get("name", ""))[:512], language=str(wanted.get("language") or "es")[:12]
    ).first()
    if template is None:
        raise validation.refuse_words(_("No hay una plantilla aprobada con ese nombre en ese idioma"))
    check_usable(chat, template)
    if template.header_format not in ("", "TEXT"):
        raise validation.refuse_words(_("Las plantillas con archivo en el encabezado las envía una persona"))
    given = wanted.get("variables")
    values = {str(name): str(value) for name, value in given.items()} if isinstance(given, Mapping) else {}
    text, filled = fill_body(template, values), filled_in(template, values)
    return _make_row(chat, bot, now, kind="template", text=text, payload={"template": kept_template(template, filled)})


def _find_quoted(chat: Chat, ref: str) -> Message | None:
    if not ref:
        return None
    try:
        found = Message.objects.filter(chat=chat, uuid=UUID(ref)).exclude(direction="note").first()
    except ValueError:
        found = None
    if found is None:
        raise validation.refuse_words(_("El mensaje al que responde no está en este chat"))
    return found
