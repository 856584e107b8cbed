"""How sounds look: their length and a bar for each part of them, measured once by the worker when they arrive."""

import re

from chats import jobs, publish
from chats.attachments import measure_process
from chats.attachments.child_process import run_decoder
from chats.models import Attachment, Message

# seconds, also where the process waits and uses none of its own
MAX_SECONDS = 30
_MEASURED = re.compile(rb"(\d{1,6}) ([0-9a-z]{1,64})")


def ask_for_peaks(attachment: Attachment) -> None:
    """Ask the worker for them, after the commit. Lost with the broker, players draw a line."""
    if attachment.mime in measure_process.FORMATS:
        jobs.make_peaks(attachment.pk)


def make_peaks(attachment_pk: int) -> bool:
    """Measure a sound, and show it so where it is seen. False: it is measured, is none, or cannot be read."""
    attachment = Attachment.objects.filter(pk=attachment_pk, peaks="").first()
    if attachment is None or attachment.mime not in measure_process.FORMATS:
        return False
    try:
        with attachment.file.storage.open(str(attachment.file.name), "rb") as file:
            seconds, peaks = measure_sound(file.read(), attachment.mime)
    except OSError:
        return False
    # compare and set: another worker may have been quicker, or the file is another by now
    measured = Attachment.objects.filter(pk=attachment_pk, peaks="", file=attachment.file.name)
    if not peaks or not measured.update(peaks=peaks, seconds=seconds):
        return False
    if message := Message.objects.filter(attachments=attachment_pk).first():
        publish.message_changed(message)
    return True


def measure_sound(data: bytes, mime: str) -> tuple[int | None, str]:
    """(its seconds, its bars); (None, '') whatever the sound did to the process that tried."""
    said = run_decoder(measure_process.__file__, mime, data=data, seconds=MAX_SECONDS, without="no shape of a sound")
    found = _MEASURED.fullmatch(said)
    return (int(found[1]), found[2].decode()) if found else (None, "")
