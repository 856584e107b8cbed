"""Files that go along with a quick reply: few, as large as an agent may send, together within what a scope may keep."""

from collections.abc import Iterable, Sequence
from functools import partial
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from chats.attachments.file_types import detect_type, safe_name
from chats.attachments.uploads import MAX_UPLOAD_BYTES, MB
from inbox.models import QuickReply, QuickReplyFile
from inbox.quick_replies.scopes import Scope

MAX_FILES = 3
MAX_SCOPE_BYTES = 200 * MB


def check_files(
    scope: Scope, reply: QuickReply | None, uploads: Sequence[UploadedFile], removed: frozenset[int]
) -> str:
    """Why these cannot be kept beside those that stay, '' where they can."""
    for one in uploads:
        name = safe_name(one.name or "")
        if not one.size:
            return _("%(name)s está vacío") % {"name": name}
        if one.size > MAX_UPLOAD_BYTES:
            return _("%(name)s pesa más de %(most)s MB") % {"name": name, "most": MAX_UPLOAD_BYTES // MB}
    staying = list(reply.files.exclude(pk__in=removed).values_list("size", flat=True)) if reply else []
    if uploads and len(staying) + len(uploads) > MAX_FILES:
        return _("Van hasta %(most)s archivos") % {"most": MAX_FILES}
    theirs = QuickReplyFile.objects.filter(**{f"reply__{name}": value for name, value in scope.fields.items()})
    kept = theirs.exclude(reply=reply).aggregate(size=Sum("size"))["size"] or 0
    moves = bool(staying) and reply is not None and reply.scope != scope.value
    if (uploads or moves) and kept + sum(staying) + sum(one.size or 0 for one in uploads) > MAX_SCOPE_BYTES:
        return _("Los archivos de estas respuestas pasan de %(most)s MB") % {"most": MAX_SCOPE_BYTES // MB}
    return ""


def change_files(reply: QuickReply, uploads: Sequence[UploadedFile], removed: frozenset[int]) -> None:
    """Keep those and drop these, in the transaction of the reply. Raises OSError where the storage fails."""
    drop_files(reply.files.filter(pk__in=removed))
    written: list[QuickReplyFile] = []
    try:
        for one in uploads:
            data = one.read()
            file = QuickReplyFile(
                reply=reply, name=safe_name(one.name or ""), mime=detect_type(data).mime, size=len(data)
            )
            # the name on disk says nothing and cannot collide
            file.file.save(f"{uuid4().hex}.bin", ContentFile(data), save=False)
            written.append(file)
            file.save()
    except BaseException:  # whatever ends it: a file without its row would never be found
        for file in written:
            file.file.delete(save=False)
        raise


def drop_files(files: Iterable[QuickReplyFile]) -> None:
    """Their rows now, their bytes after the commit."""
    for file in list(files):
        stored = file.file
        file.delete()
        transaction.on_commit(partial(stored.storage.delete, str(stored.name)))
