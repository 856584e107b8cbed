"""Files that go along with a quick reply: few, as large as an agent may send, together within what a scope may keep.

A message that takes one shows the bytes that are kept here (lend_file). They go when neither a reply nor a message has
them; which of both went first makes no difference.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.utils.translation import gettext as _

from chats.attachments import uploads
from chats.attachments.file_types import FileType, detect_type, safe_name
from chats.attachments.uploads import MAX_UPLOAD_BYTES, MB
from chats.errors import Rejected, Rejection
from chats.models import Attachment
from inbox.models import QuickReply, QuickReplyFile
from inbox.quick_replies.scopes import Scope
from trays.models import Agent

MAX_FILES = 3
MAX_SCOPE_BYTES = 200 * MB
# free ones that are dropped at once
PAGE = 500


def check_files(scope: Scope, reply: QuickReply | None, added: Sequence[UploadedFile], removed: frozenset[int]) -> str:
    """Why these cannot be kept beside those that stay, '' where they can."""
    for one in added:
        name = safe_name(one.name or "")
        if not one.size:
            return _("%(name)s está vacío") % {"name": name}
        if one.size > MAX_UPLOAD_BYTES:
            return _("%(name)s pesa más de %(most)s MB") % {"name": name, "most": MAX_UPLOAD_BYTES // MB}
    staying = list(reply.files.exclude(pk__in=removed).values_list("size", flat=True)) if reply else []
    if added and len(staying) + len(added) > MAX_FILES:
        return _("Van hasta %(most)s archivos") % {"most": MAX_FILES}
    theirs = QuickReplyFile.objects.filter(**{f"reply__{name}": value for name, value in scope.fields.items()})
    kept = theirs.exclude(reply=reply).aggregate(size=Sum("size"))["size"] or 0
    moves = bool(staying) and reply is not None and reply.scope != scope.value
    if (added or moves) and kept + sum(staying) + sum(one.size or 0 for one in added) > MAX_SCOPE_BYTES:
        return _("Los archivos de estas respuestas pasan de %(most)s MB") % {"most": MAX_SCOPE_BYTES // MB}
    return ""


def change_files(reply: QuickReply, added: Sequence[UploadedFile], removed: frozenset[int]) -> None:
    """Keep those and drop these, in the transaction of the reply. Raises OSError where the storage fails."""
    drop_files(reply.files.filter(pk__in=removed))
    written: list[QuickReplyFile] = []
    try:
        for one in added:
            data = one.read()
            seen = detect_type(data)
            file = QuickReplyFile(
                reply=reply, name=safe_name(one.name or ""), mime=seen.mime, size=len(data), **_facts_of(seen)
            )
            # the name on disk says nothing and cannot collide
            file.file.save(f"{uuid4().hex}.bin", ContentFile(data), save=False)
            written.append(file)
            file.save()
    except BaseException:  # whatever ends it: a file without its row would never be found
        for file in written:
            file.file.delete(save=False)
        raise


def _facts_of(seen: FileType) -> dict[str, Any]:
    return {"traits": ",".join(seen.traits)[:100], "width": seen.width, "height": seen.height}


def drop_files(files: "QuerySet[QuickReplyFile]") -> None:
    """They go along no more; their bytes go after the commit, unless messages show them."""
    if files.update(reply=None):
        transaction.on_commit(drop_unused)


def drop_unused() -> int:
    """Delete what neither a reply nor a message has. Returns how many; safe twice and at once."""
    # once a file has no reply nobody borrows it anew (lend_file), so what is free stays free
    shown = uploads.borrowed().filter(file=OuterRef("file"))
    free = list(QuickReplyFile.objects.filter(~Exists(shown), reply=None)[:PAGE])
    for one in free:
        # the bytes first: a run that is cut off finds the row again
        one.file.storage.delete(str(one.file.name))
        one.delete()
    return len(free)


# --- sending -----------------------------------------------------------------------------------


def find_file(agent: Agent, uuid: UUID) -> QuickReplyFile | None:
    """A file of a reply that this agent may use now."""
    return _seen_files(agent).filter(uuid=uuid).first()


def _seen_files(agent: Agent) -> "QuerySet[QuickReplyFile]":
    return QuickReplyFile.objects.filter(reply__in=QuickReply.objects.visible_to(agent))


@transaction.atomic
def lend_file(agent: Agent, uuid: UUID) -> Attachment:
    """An attachment of the bytes that are kept, without a message yet. Raises Rejected (INVALID) where it is gone."""
    # held: whoever drops it meanwhile waits, and finds that it is lent
    file = _seen_files(agent).select_for_update(no_key=True, of=("self",)).filter(uuid=uuid).first()
    if file is None:
        raise Rejected(Rejection.INVALID, _("Ese archivo ya no va con la respuesta rápida"))
    if file.traits is None:
        _look_at(file)
    return uploads.borrow_file(as_attachment(file))


def as_attachment(file: QuickReplyFile) -> Attachment:
    """As what a message would show it, not written."""
    seen = FileType(file.mime, file.width, file.height, tuple(filter(None, (file.traits or "").split(","))))
    return uploads.describe_borrowed(str(file.file.name), file.name, seen, file.size)


def _look_at(file: QuickReplyFile) -> None:
    """Of one that was kept before its facts were."""
    try:
        with file.file.storage.open(str(file.file.name), "rb") as stored:
            facts = _facts_of(detect_type(stored.read()))
    except OSError as error:
        raise Rejected(Rejection.UNAVAILABLE, _("Ahora no se puede traer el archivo. Probá en un rato")) from error
    for name, value in facts.items():
        setattr(file, name, value)
    file.save(update_fields=list(facts))
