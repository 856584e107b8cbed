"""Retention: words and files go when they are older than the installation keeps them. Rows stay, so that figures and
histories are the same afterwards.

The sweep walks messages (and files) by number from where it had come to, up to the first that is young enough: no
message says a later time than that at which it was stored. One worker at a time, a batch a transaction.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Func, JSONField, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from chats.attachments.removal import remove_files
from chats.erasing import NOTHING_SAID
from chats.models import Attachment, Chat, Message, RetentionProgress
from contacts.models import StateChange

BATCH = 1000
# of one sweep; the next goes on
MAX_BATCHES = 200
# in a payload: its words are gone for their age
FORGOTTEN = "forgotten"


def sweep(now: datetime | None = None) -> tuple[int, int]:
    """Forget what is too old. Returns how many messages and files it came past."""
    now = now or timezone.now()
    words = _walk(settings.MESSAGES_KEPT_DAYS, now, _forget_messages)
    files = _walk(settings.FILES_KEPT_DAYS, now, _forget_files)
    return words, files


def _walk(days: int, now: datetime, forget: Callable[[RetentionProgress, datetime], int]) -> int:
    """Batches of one kind, as long as there is something. No days: for ever."""
    total = 0
    for _batch in range(MAX_BATCHES if days else 0):
        with transaction.atomic():
            RetentionProgress.objects.get_or_create(pk=1)
            progress = RetentionProgress.objects.select_for_update(skip_locked=True).filter(pk=1).first()
            done = forget(progress, now - timedelta(days=days)) if progress else 0
        total += done
        if done < BATCH:
            break
    return total


def _forget_messages(progress: RetentionProgress, before: datetime) -> int:
    rows = Message.objects.filter(pk__gt=progress.message_id).order_by("pk")
    pks = _take_old(list(rows.values_list("pk", "created_at")[:BATCH]), before)
    if not pks:
        return 0
    remove_files(Attachment.objects.filter(message__in=pks))
    said = Message.objects.filter(pk__in=pks)
    # erased chats have nothing left, and no mark
    said.exclude(kind="move").filter(chat__erased_at=None).update(**NOTHING_SAID | {"payload": {FORGOTTEN: True}})
    said.update(media_due_at=None)
    StateChange.objects.filter(line__in=pks).exclude(note="").update(note="")
    chats = Chat.objects.filter(pk__in=said.values("chat"), preview_at__lt=before).exclude(preview="")
    chats.update(preview="", preview_kind="", preview_author="", preview_agent=None)
    RetentionProgress.objects.filter(pk=progress.pk).update(message_id=pks[-1])
    return len(pks)


def _forget_files(progress: RetentionProgress, before: datetime) -> int:
    rows = Attachment.objects.filter(pk__gt=progress.attachment_id, message__isnull=False).order_by("pk")
    pks = _take_old(list(rows.values_list("pk", "created_at")[:BATCH]), before)
    if not pks:
        return 0
    # said where the file stood, as where it could not be fetched
    gone = {"media": {"reason": _("pasó el tiempo que se guardan los archivos"), "retry": False}}
    Message.objects.filter(attachments__in=pks).update(
        payload=Func(F("payload"), Value(gone, JSONField()), arg_joiner=" || ", template="(%(expressions)s)"),
        media_due_at=None,
    )
    remove_files(Attachment.objects.filter(pk__in=pks))
    RetentionProgress.objects.filter(pk=progress.pk).update(attachment_id=pks[-1])
    return len(pks)


def _take_old(rows: list[tuple[int, datetime]], before: datetime) -> list[int]:
    """Their numbers, up to the first that is young."""
    old = []
    for pk, at in rows:
        if at >= before:
            break
        old.append(pk)
    return old
