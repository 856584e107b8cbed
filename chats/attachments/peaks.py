"""How sounds look: their length and a bar for each part of them, measured once by the worker when they arrive.

What nobody measured (older than the measuring, or the broker lost it) is swept up, a little each minute.
"""

import re
from datetime import datetime, timedelta
from time import monotonic

from django.db.models import QuerySet

from chats import jobs, publish
from chats.attachments import measure_process
from chats.attachments.child_process import run_decoder
from chats.models import Attachment, Message

# seconds, also where the process waits and uses none of its own
MAX_SECONDS = 30
# of a sweep: it takes the worker from what waits for it
MAX_SWEPT, SWEEP_SECONDS = 50, 15.0
# by then its own task has come to it
ASKED_WITHIN = timedelta(minutes=10)
# the shape of what cannot be read: players draw a line, and nobody tries again
NO_PEAKS = "-"
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
    except FileNotFoundError:
        seconds, peaks = None, ""
    except OSError:  # the storage is away: the sweep comes back to it
        return False
    # compare and set: another worker may have been quicker, or the file is another by now
    unmeasured = Attachment.objects.filter(pk=attachment_pk, peaks="", file=attachment.file.name)
    if not unmeasured.update(peaks=peaks or NO_PEAKS, seconds=seconds) or not peaks:
        return False
    if message := Message.objects.filter(attachments=attachment_pk).first():
        publish.message_changed(message)
    return True


def sweep_sounds(now: datetime) -> int:
    """Measure some that nobody measured, the newest first. Returns how many were; safe twice and at once."""
    until, measured = monotonic() + SWEEP_SECONDS, 0
    for pk, mime in list(find_unmeasured(now).values_list("pk", "mime")[:MAX_SWEPT]):
        if mime not in measure_process.FORMATS:
            Attachment.objects.filter(pk=pk, peaks="").update(peaks=NO_PEAKS)
        elif monotonic() > until:
            break
        else:
            measured += make_peaks(pk)
    return measured


def find_unmeasured(now: datetime) -> "QuerySet[Attachment]":
    sounds = Attachment.objects.filter(peaks="", mime__startswith="audio/", created_at__lt=now - ASKED_WITHIN)
    return sounds.order_by("-pk")


def measure_sound(data: bytes, mime: str) -> tuple[int | None, str]:
    """(its seconds, its bars); (None, '') whatever the sound did to the process that tried."""
    said = run_decoder(measure_process.__file__, mime, data=data, seconds=MAX_SECONDS, without="no shape of a sound")
    found = _MEASURED.fullmatch(said)
    return (int(found[1]), found[2].decode()) if found else (None, "")
