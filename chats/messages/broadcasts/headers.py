"""The file above a broadcast's message: kept once with the broadcast, and shown by each of its messages from there."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from chats.attachments import uploads
from chats.attachments.conversion import plan_attachment
from chats.attachments.file_types import FileType, detect_type, safe_name
from chats.errors import Rejected, Rejection
from chats.messages.templates import HEADER_TYPES, say_header_rule
from chats.models import Attachment, Broadcast, Message, Template
from common.errors import OriginError
from origins.models import Origin


def read_header(origin: Origin, template: Template, data: bytes, name: str) -> dict[str, Any] | None:
    """What it is, as the broadcast keeps it; None where the template has none. Raises Rejected (INVALID)."""
    if template.header_format not in HEADER_TYPES:
        return None
    if not data:
        raise Rejected(Rejection.INVALID, _("Elegí el archivo del encabezado"))
    if len(data) > uploads.MAX_UPLOAD_BYTES:
        words = _("El archivo del encabezado pesa más de %(most)s MB") % {
            "most": uploads.MAX_UPLOAD_BYTES // uploads.MB
        }
        raise Rejected(Rejection.INVALID, words)
    seen = detect_type(data)
    if seen.mime not in HEADER_TYPES[template.header_format].split(","):
        raise Rejected(Rejection.INVALID, say_header_rule(template.header_format))
    facts = {
        "name": safe_name(name), "size": len(data), "mime": seen.mime, "width": seen.width, "height": seen.height,
        "traits": list(seen.traits),
    }  # fmt: skip
    try:
        plan = plan_attachment(origin, _describe("", facts))
    except OriginError as error:
        raise Rejected(Rejection.INVALID, str(error)) from error
    if plan.becomes:
        words = _("Para una difusión no se convierte: mandalo ya como %(type)s") % {"type": plan.becomes}
        raise Rejected(Rejection.INVALID, words)
    return facts


def keep_header(broadcast: Broadcast, facts: dict[str, Any] | None, data: bytes) -> None:
    """Before the broadcast is written. Raises OSError where the storage fails."""
    broadcast.header_facts = facts
    if facts is not None:
        # the name on disk says nothing and cannot collide
        broadcast.header_file.save(f"{uuid4().hex}.bin", ContentFile(data), save=False)


def show_header(broadcast: Broadcast, messages: Sequence[Message]) -> None:
    """Each of these, which are stored, shows it from where it is kept. In the transaction that wrote them."""
    if broadcast.header_facts is None:
        return
    made = [describe_header(broadcast) for _message in messages]
    for attachment, message in zip(made, messages, strict=True):
        attachment.message, attachment.chat_id = message, message.chat_id
    Attachment.objects.bulk_create(made)


def describe_header(broadcast: Broadcast) -> Attachment:
    """The file of one that has one, as a message shows it; not stored."""
    return _describe(str(broadcast.header_file.name), broadcast.header_facts or {})


def copy_header(broadcast: Broadcast, message: Message) -> None:
    """For a test, which may outlive its draft: bytes of its own. Raises Rejected (UNAVAILABLE)."""
    if broadcast.header_facts is None:
        return
    try:
        with broadcast.header_file.storage.open(str(broadcast.header_file.name), "rb") as kept:
            uploads.keep_bytes(kept.read(), broadcast.header_facts["name"], message=message, chat=message.chat)
    except OSError as error:
        raise Rejected(Rejection.UNAVAILABLE, _("Ahora no se puede traer el archivo. Probá en un rato")) from error


def drop_files(broadcast: Broadcast) -> None:
    """Of a draft that goes, once that is committed: its messages were never made."""
    for file in (broadcast.file, broadcast.header_file):
        if file:
            storage, name = file.storage, str(file.name)
            transaction.on_commit(lambda storage=storage, name=name: storage.delete(name))  # type: ignore[misc]


def _describe(stored: str, facts: dict[str, Any]) -> Attachment:
    seen = FileType(facts["mime"], facts["width"], facts["height"], tuple(facts["traits"]))
    return uploads.describe_borrowed(stored, facts["name"], seen, facts["size"])
