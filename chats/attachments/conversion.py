"""Files turned into what a line takes, before they leave: by the worker, in a process of its own, once.

What becomes of a file is said by origins/file_rules.py. The new bytes take the place of the old ones in the
attachment, so that the thread shows what the customer gets, and a second try finds nothing left to do.
"""

import logging
import threading
from dataclasses import replace
from uuid import uuid4

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from chats import jobs, publish
from chats.attachments import convert_process, thumbnails
from chats.attachments.child_process import run_decoder
from chats.attachments.file_types import ENDINGS, detect_type
from chats.attachments.found_type import FileType
from chats.errors import Rejected, Rejection
from chats.models import Attachment, Chat, Message
from common.errors import Failure, OriginError
from origins.file_rules import JPEG, FileFacts, FilePlan, plan_file
from origins.models import Origin

log = logging.getLogger(__name__)

MAX_SECONDS = 120
# so many at once in a process, for each may take a core; what waits asks again after so many seconds
_converting = threading.BoundedSemaphore(2)
TURN_SECONDS = 3.0


def plan_attachment(origin: Origin, attachment: Attachment, *, voice: bool = False) -> FilePlan:
    """How it leaves by this line. Raises OriginError in words where it cannot."""
    seen = FileFacts(attachment.mime, attachment.trait_names, attachment.size, attachment.is_voice or voice)
    return plan_file(origin.can, origin.get_kind_display(), seen)


def plan_reply_file(chat: Chat, attachment: Attachment, *, voice: bool = False) -> FilePlan:
    """The same of what an agent sends now. Raises Rejected (INVALID)."""
    try:
        return plan_attachment(chat.origin, attachment, voice=voice)
    except OriginError as error:
        raise Rejected(Rejection.INVALID, str(error), chat=chat) from error


def make_ready(message: Message) -> None:
    """Turn its files into what its line takes. Safe twice and at once. Raises OriginError in words."""
    for attachment in message.attachments.order_by("id"):
        plan = plan_attachment(message.chat.origin, attachment)
        if not plan.becomes:
            continue
        if not _converting.acquire(blocking=False):
            raise OriginError(_("Se convierte cuando le toque"), failure=Failure.CHAT, after=TURN_SECONDS)
        try:
            _convert_attachment(attachment, plan)
        finally:
            _converting.release()
        publish.message_changed(message)


def _convert_attachment(attachment: Attachment, plan: FilePlan) -> None:
    old_name, storage = str(attachment.file.name), attachment.file.storage
    try:
        with storage.open(old_name, "rb") as file:
            made = convert_bytes(file.read(), attachment, plan)
    except FileNotFoundError as error:
        if Attachment.objects.filter(pk=attachment.pk).exclude(file=old_name).exists():
            return  # another was quicker
        raise OriginError(_("El archivo del mensaje ya no está. Adjuntalo de nuevo.")) from error
    seen = _check_made(attachment, made, plan)
    old_thumb = attachment.thumb.name
    # a name of its own: two at once must not write over each other
    attachment.file.save(f"{uuid4().hex}.bin", ContentFile(made), save=False)
    new_name = str(attachment.file.name)
    # compare and set: another worker may have been quicker, whose file stands then
    if not Attachment.objects.filter(pk=attachment.pk, file=old_name).update(
        file=new_name, name=_new_name(attachment.name, seen.mime), mime=seen.mime, size=len(made), thumb="",
        traits=",".join(seen.traits), width=seen.width, height=seen.height, peaks="", seconds=None,
        is_borrowed=False,
    ):  # fmt: skip
        storage.delete(new_name)
        return
    if not attachment.is_borrowed:
        storage.delete(old_name)
    if old_thumb:
        storage.delete(old_thumb)
    thumbnails.make_thumbnail(attachment.pk)
    jobs.make_peaks(attachment.pk)


def convert_bytes(data: bytes, attachment: Attachment, plan: FilePlan) -> bytes:
    """The file as another type; b"" where none could be made of it."""
    traits = [*sorted(attachment.trait_names), *(["voice"] if attachment.is_voice else [])]
    return run_decoder(
        convert_process.__file__, attachment.mime, plan.becomes, str(plan.most), ",".join(traits),
        data=data, seconds=MAX_SECONDS, without=f"no {plan.becomes}",
    )  # fmt: skip


def _check_made(attachment: Attachment, made: bytes, plan: FilePlan) -> FileType:
    """What came of it. Raises OriginError where it is not what was to be made, or does not fit."""
    seen = detect_type(made)
    if plan.becomes.startswith("audio/") and seen.mime == "video/mp4":
        seen = replace(seen, mime="audio/mp4")
    fits = seen.mime == plan.becomes or (plan.becomes == JPEG and seen.mime == "image/png")
    if made and fits and (not plan.most or len(made) <= plan.most):
        return seen
    log.warning("file %s could not be turned into %s", attachment.pk, plan.becomes)
    if attachment.is_voice:
        raise OriginError(_("No se pudo preparar la nota de voz. Grabala de nuevo."))
    if plan.becomes == JPEG:
        raise OriginError(_("No se pudo abrir la foto para convertirla. Mandala como JPEG o PNG."))
    raise OriginError(_("No se pudo convertir el archivo. Mandalo en otro formato o más corto."))


def _new_name(name: str, mime: str) -> str:
    stem = name.rpartition(".")[0] or name
    return f"{stem}{ENDINGS.get(mime, '')}"
