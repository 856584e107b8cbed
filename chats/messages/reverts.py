"""A reaction, a correction or a withdrawal of ours that the network refused: the thread says again what is true."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from chats import locks, publish
from chats.messages.rows import show_again
from chats.models import Chat, Message

# done twice they are what they were done once: a claim of one that ran out is sent again
SAFE_TO_REPEAT = Message.COMMANDS


@transaction.atomic
def revert_refused(message: Message, reason: str) -> None:
    """Put back what a failed row of the outbox (SAFE_TO_REPEAT) changed at once, and say so in the chat.

    Nothing happens for a row of another kind, one that has not failed, or the second time. What has been changed
    again since stands. Locks the chat, then both messages: not to be called while a message is locked.
    """
    if message.kind not in SAFE_TO_REPEAT:
        return
    chat = locks.lock_chat(message.chat_id)
    wanted = {message.pk, message.payload.get("target")}
    rows = Message.objects.select_for_update(of=("self",)).filter(chat=chat, pk__in=wanted).order_by("pk")
    found = {one.pk: one for one in rows}
    failed, target = found[message.pk], found.get(message.payload.get("target"))
    if failed.status != "failed" or failed.payload.get("undone"):
        return
    failed.payload["undone"] = True
    failed.save(update_fields=("payload",))
    if target and not _passed_on(failed):
        _restore_target(target, failed)
    if target:
        publish.message_changed(target)
    _write_note(chat, target, _note_text(failed, reason))


def _passed_on(failed: Message) -> bool:
    """Changed again since: should that fail too, what stood before this one comes back."""
    later = Message.objects.filter(
        chat=failed.chat_id, kind=failed.kind, payload__target=failed.payload["target"], pk__gt=failed.pk
    ).exclude(payload__has_key="undone")
    following = later.select_for_update(of=("self",)).order_by("pk").first()
    if following is None:
        return False
    following.payload["before"] = failed.payload.get("before")
    following.save(update_fields=("payload",))
    return True


def _restore_target(target: Message, failed: Message) -> None:
    before: Any = failed.payload.get("before")
    if failed.kind == "reaction" and target.own_reaction == failed.payload.get("emoji", ""):
        target.own_reaction = before if isinstance(before, str) else ""
    elif failed.kind == "edit" and target.edited_at == failed.created_at and isinstance(before, dict):
        target.text = before["text"]
        target.edited_at = parse_datetime(before["edited_at"]) if before["edited_at"] else None
    elif failed.kind == "withdrawal" and target.withdrawn_at == failed.created_at:
        target.withdrawn_at = None
    target.save(update_fields=("own_reaction", "text", "edited_at", "withdrawn_at"))
    if failed.kind != "reaction":
        show_again(target)


def _note_text(failed: Message, reason: str) -> str:
    emoji = failed.payload.get("emoji", "")
    what = {
        "reaction": _("No se pudo reaccionar con %(emoji)s") % {"emoji": emoji}
        if emoji
        else _("No se pudo quitar la reacción"),
        "edit": _("No se pudo corregir el mensaje"),
        "withdrawal": _("No se pudo retirar el mensaje"),
    }[failed.kind]
    return f"{what}: {reason}"[:1000] if reason else f"{what}."


def _write_note(chat: Chat, target: Message | None, words: str) -> None:
    """A line in the conversation that never leaves."""
    line = Message.objects.create(
        chat=chat, origin_id=chat.origin_id, direction="note", author="system", text=words, reply_to=target,
        created_at=timezone.now(),
    )  # fmt: skip
    publish.message_stored(chat, line)
