"""Small copies of pictures, for lists and threads; who wants to see it whole gets the file itself. Of films the first
picture, to stand there until they are played."""

import logging

from django.core.files.base import ContentFile

from chats import jobs, publish
from chats.attachments import poster_process, shrink_process
from chats.attachments.child_process import run_decoder
from chats.models import Attachment, Message

log = logging.getLogger(__name__)

# seconds, also where the process waits and uses none of its own
MAX_SECONDS = 20
# a picture that is small already is its own small copy
SMALL_BYTES = 150_000


def ask_for_thumbnail(attachment: Attachment) -> None:
    """Ask the worker for it, after the commit. Lost with the broker, the file itself is shown."""
    if _wants_one(attachment):
        jobs.make_thumbnail(attachment.pk)


def make_thumbnail(attachment_pk: int) -> bool:
    """Give a picture its small copy, a film its first picture. False: it has one, needs none, or none could be made.

    Never raises for a file.
    """
    attachment = Attachment.objects.filter(pk=attachment_pk, thumb="").first()
    if attachment is None or not _wants_one(attachment):
        return False
    try:
        with attachment.file.storage.open(str(attachment.file.name), "rb") as file:
            small = draw_poster(file.read(), attachment.mime) if _is_film(attachment) else shrink_picture(file.read())
        if not small:
            return False
        attachment.thumb.save(f"{attachment.uuid.hex}.webp", ContentFile(small), save=False)
    except OSError as error:
        log.warning("no small copy of file %s: %s", attachment_pk, type(error).__name__)
        return False
    # compare and set: another worker may have been quicker, or the file has gone
    if not Attachment.objects.filter(pk=attachment_pk, thumb="").update(thumb=attachment.thumb.name):
        attachment.thumb.delete(save=False)
        return False
    if _is_film(attachment) and (message := Message.objects.filter(attachments=attachment_pk).first()):
        publish.message_changed(message)
    return True


def _wants_one(attachment: Attachment) -> bool:
    return _is_film(attachment) or _is_large(attachment)


def _is_film(attachment: Attachment) -> bool:
    return attachment.mime in poster_process.FORMATS


def _is_large(attachment: Attachment) -> bool:
    if attachment.width is None or attachment.height is None:
        return False
    return max(attachment.width, attachment.height) > shrink_process.SIDE or attachment.size > SMALL_BYTES


def shrink_picture(data: bytes) -> bytes:
    """The small copy as WebP; b"" where there is none, whatever the picture did to the process that tried."""
    return run_decoder(
        shrink_process.__file__, data=data, seconds=MAX_SECONDS, without="no small copy",
        nothing=shrink_process.NONE_NEEDED,
    )  # fmt: skip


def draw_poster(data: bytes, mime: str) -> bytes:
    """The first picture of a film, small, as WebP; b"" where there is none, as above."""
    return run_decoder(poster_process.__file__, mime, data=data, seconds=MAX_SECONDS, without="no poster of a film")
