"""Fetching the media that messages name: bounded in memory and time, checked, and kept as attachments."""

import logging
import threading
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from chats.attachments import bot_files, peaks, thumbnails
from chats.attachments.file_types import ENDINGS, PICTURES, UNKNOWN, FileType, detect_type
from chats.attachments.media import attach_fetched, claim_fetch, record_missed
from chats.attachments.uploads import MAX_UPLOAD_BYTES, MB, drop_upload, keep_bytes
from chats.models import Attachment, Message
from common import guarded_http
from common.errors import OriginError
from origins.models import Origin
from origins.networks import network_of

log = logging.getLogger(__name__)

# of these one may take 100 MB of memory: so many at once in a process
LARGE = ("document", "video")
_large = threading.BoundedSemaphore(2)
# seconds that a thread of the worker waits for its turn at a large one; then the sweep asks again
LARGE_WAIT_SECONDS = 10


def fetch_media(message_pk: int) -> None:
    """Fetch the media that a message names, into an attachment; a placeholder says why where it cannot.

    Safe to run twice and at once: a claim for a limited time, and one attachment whoever is first.
    """
    kind, author = Message.objects.values_list("kind", "author").get(pk=message_pk)
    if kind not in LARGE or author == Message.Author.BOT:
        _fetch_claimed(message_pk)
    # before the claim, which must not run out while we wait
    elif _large.acquire(timeout=LARGE_WAIT_SECONDS):
        try:
            _fetch_claimed(message_pk)
        finally:
            _large.release()


def _fetch_claimed(message_pk: int) -> None:
    message = claim_fetch(message_pk, timezone.now())
    if message is None:
        return
    try:
        is_by_bot = bot_files.is_by_bot(message)
        kept = _download_for_bot(message.payload["media"]) if is_by_bot else _download_media(message)
    except OriginError as error:
        record_missed(message_pk, error)
        return
    except Exception:  # a surprise of ours, or of the storage: tried again as often as anything else
        log.exception("media of message %s", message_pk)
        record_missed(message_pk, OriginError(_("algo falló de nuestro lado"), permanent=False))
        return
    thumbnails.make_thumbnail(kept.pk)
    if not attach_fetched(message_pk, kept):
        # with the small copy that it has by now
        kept.refresh_from_db()
        drop_upload(kept)
        return
    # nobody waits for it
    peaks.ask_for_peaks(kept)


def _download_media(message: Message) -> Attachment:
    """The media, looked at and kept without a message. Raises OriginError; a code where another try can help."""
    origin, media, kind = message.origin, message.payload["media"], message.kind
    most, said = _max_bytes(origin, kind), media.get("size")
    said = said if isinstance(said, int) and not isinstance(said, bool) else 0
    if said > most:
        raise OriginError(_("pesa más de %(most)s MB") % {"most": most // MB})
    data = network_of(origin.kind).fetch_media(origin, media, most)
    if not data:
        raise OriginError(_("llegó vacío"), permanent=False)
    if said and len(data) != said:
        words = _("pesa más de lo que dice el mensaje") if len(data) > said else _("llegó incompleto")
        raise OriginError(words, permanent=False)
    seen = detect_type(data)
    _check_type(kind, str(media.get("mime_type") or ""), seen)
    if kind == "audio" and seen.mime.startswith("video/"):
        # sound alone in a film's box
        seen = replace(seen, mime=seen.mime.replace("video/", "audio/"))
    name = str(media.get("filename") or "") or f"{message.get_kind_display()}{ENDINGS.get(seen.mime, '')}"
    is_voice = bool(media.get("voice")) and seen.mime.startswith("audio/")
    return keep_bytes(data, name, seen=seen, is_voice=is_voice)


def _download_for_bot(media: dict[str, Any]) -> Attachment:
    """What a bot wants to be sent, kept without a message, whatever it turns out to be. Raises OriginError."""
    data, _headers = guarded_http.download_bytes(
        media["url"], MAX_UPLOAD_BYTES, within=bot_files.MAX_FETCH_SECONDS, timeout=bot_files.MAX_SILENT_SECONDS
    )
    if not data:
        raise OriginError(_("está vacío"))
    return keep_bytes(data, media["filename"])


def _max_bytes(origin: Origin, kind: str) -> int:
    """Most bytes of one file. Only WhatsApp carries papers and films of more than 25 MB."""
    large = origin.kind == Origin.Kind.WHATSAPP and kind in LARGE
    return min(settings.MEDIA_MOST_BYTES, (100 if large else 25) * MB)


def _check_type(kind: str, said: str, seen: FileType) -> None:
    """Raises OriginError when what came is not what the message says it is."""
    said = said.split(";")[0].strip().lower()
    if seen.is_bomb:
        raise OriginError(_("la foto es demasiado grande para abrirla"))
    if seen.is_page and said not in ("text/html", "application/xhtml+xml"):
        raise OriginError(_("llegó una página web en lugar del archivo"), permanent=False)
    if kind in ("image", "sticker"):
        # what we cannot tell may be a picture of a format that we do not show (HEIC, a drawn sticker)
        strange = seen.mime == UNKNOWN or seen.mime.startswith("image/")
        strange = strange and said not in ("", UNKNOWN, *PICTURES.values())
        fits = seen.is_picture or strange or (kind == "sticker" and seen.mime == "video/webm")
        if not fits:
            raise OriginError(_("lo que llegó no es una foto"), code="type")
    elif kind in ("audio", "video"):
        if seen.mime != UNKNOWN and not seen.mime.startswith(("audio/", "video/")):
            raise OriginError(_("lo que llegó no es un audio ni un video"), code="type")
    # of papers only what is told with certainty: what looks like a ZIP may be many things
    elif (said in PICTURES.values() and not seen.is_picture) or (said == "application/pdf" and seen.mime != said):
        raise OriginError(_("lo que llegó no es del tipo que dice el mensaje"), code="type")
