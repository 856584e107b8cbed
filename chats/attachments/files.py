"""Files: kept uploads, the media that messages name (fetched by the worker), and what of them leaves.

What a message says of its media is in payload["media"]; what became of it stands there too:
    tries   how often it was tried to fetch it
    reason  why it is not there, in words ('' or missing: it is there, or on its way)
    retry   whether another try can help
`Message.media_due_at` is when the next try is due; NULL once it is there or given up.
"""

import logging
import threading
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import bot_events, jobs, moves, publish
from chats.attachments import links, thumbnails
from chats.attachments.file_types import ENDINGS, PICTURES, PLAYED, UNKNOWN, Look, look, safe_name
from chats.errors import Rejected, Rejection
from chats.models import Attachment, Chat, Message
from common.errors import OriginError
from origins import facts
from origins.models import Origin
from origins.networks import network
from trays.models import Agent
from wittybots import events
from wittybots.models import Event

__all__ = [
    "PLAYED",
    "drop",
    "drop_loose",
    "due",
    "fetch",
    "first_try",
    "keep",
    "keep_bytes",
    "look",
    "outgoing",
    "retry",
    "safe_name",
]

log = logging.getLogger(__name__)

MB = 1024 * 1024
# of an upload
MOST_BYTES = 10 * MB
# when media are due that the worker was told of at once: it was not, or died
FIRST_TRY = timedelta(seconds=60)
# longer than one try may take, with all its timeouts
CLAIM = timedelta(minutes=5)
WAITS = [timedelta(seconds=s) for s in (20, 120, 900, 7200)]
# of these one may take 100 MB of memory: so many at once in a process
LARGE = ("document", "video")
_large = threading.BoundedSemaphore(2)
# seconds that a thread of the worker waits for its turn at a large one; then the sweep asks again
PATIENCE = 10


def first_try(payload: dict[str, Any]) -> datetime | None:
    """When the sweep looks after the media that a message names; None where it names none."""
    return timezone.now() + FIRST_TRY if payload.get("media") else None


# --- uploads -----------------------------------------------------------------------------------


def keep(upload: UploadedFile, **owner: Any) -> Attachment:
    """Store an upload that no message has yet. Raises Refused: 413 too large, 422 empty, 503 nowhere to put it."""
    if (upload.size or 0) > MOST_BYTES:
        raise Rejected(Rejection.TOO_LARGE, _("El archivo pesa más de 10 MB. Mandalo por partes"))
    if not upload.size:
        raise Rejected(Rejection.INVALID, _("El archivo está vacío"))
    try:
        kept = keep_bytes(upload.read(), upload.name or "", **owner)
    except OSError as error:
        log.exception("an upload could not be kept")
        raise Rejected(Rejection.UNAVAILABLE, _("No se pudo guardar el archivo. Probá en un rato")) from error
    thumbnails.wanted(kept)
    return kept


def keep_bytes(data: bytes, name: str, *, seen: Look | None = None, **owner: Any) -> Attachment:
    """Store bytes as an attachment; `seen`: what look() said of them. Raises OSError where the storage fails."""
    seen = seen or look(data)
    attachment = Attachment(
        name=safe_name(name), mime=seen.mime, size=len(data), width=seen.width, height=seen.height, **owner
    )
    # the name on disk says nothing and cannot collide
    attachment.file.save(f"{attachment.uuid.hex}.bin", ContentFile(data), save=False)
    try:
        attachment.save()
    except BaseException:  # whatever ends it: a file without its row would never be found
        attachment.file.delete(save=False)
        raise
    return attachment


def drop_loose(before: datetime, most: int = 500) -> int:
    """Delete uploads that no message took. Returns how many."""
    loose = list(Attachment.objects.filter(message=None, created_at__lt=before).order_by("created_at")[:most])
    for attachment in loose:
        drop(attachment)
    return len(loose)


def drop(attachment: Attachment) -> None:
    """Delete an upload, unless a message has it."""
    # compare and set: a message may take it at this very moment
    gone, _rows = Attachment.objects.filter(pk=attachment.pk, message=None).delete()
    if gone:
        attachment.file.delete(save=False)
        if attachment.thumb:
            attachment.thumb.delete(save=False)


# --- media that a message names ------------------------------------------------------------------


def due(now: datetime, most: int = 200) -> list[int]:
    """Messages whose media are to be tried (again): nobody did, or who did has died, or it is time. Oldest first."""
    waiting = Message.objects.filter(media_due_at__lte=now).order_by("media_due_at")
    return list(waiting.values_list("pk", flat=True)[:most])


def fetch(message_pk: int) -> None:
    """Fetch the media that a message names, into an attachment; a placeholder says why where it cannot.

    Safe to run twice and at once: a claim for a limited time, and one attachment whoever is first.
    """
    if Message.objects.values_list("kind", flat=True).get(pk=message_pk) not in LARGE:
        _fetch(message_pk)
    # before the claim, which must not run out while we wait
    elif _large.acquire(timeout=PATIENCE):
        try:
            _fetch(message_pk)
        finally:
            _large.release()


def _fetch(message_pk: int) -> None:
    message = _claim(message_pk, timezone.now())
    if message is None:
        return
    try:
        kept = _bring(message)
    except OriginError as error:
        _missed(message_pk, error)
        return
    except Exception:  # a surprise of ours, or of the storage: tried again as often as anything else
        log.exception("media of message %s", message_pk)
        _missed(message_pk, OriginError(_("algo falló de nuestro lado"), permanent=False))
        return
    thumbnails.make(kept.pk)
    if not _attach(message_pk, kept):
        # with the small copy that it has by now
        kept.refresh_from_db()
        drop(kept)


@transaction.atomic
def _claim(message_pk: int, now: datetime) -> Message | None:
    """The message, ours to fetch for a while; None where there is nothing to do, or another is at it."""
    message = Message.objects.select_for_update(of=("self",)).select_related("origin").get(pk=message_pk)
    media = message.payload.get("media")
    if not isinstance(media, dict) or message.attachments.exists():
        message.media_due_at = None
        message.save(update_fields=("media_due_at",))
        return None
    tries, planned = media.get("tries", 0), message.media_due_at
    if tries and (planned is None or planned > now):
        return None
    if not (media.get("url") or media.get("id")):
        _say(message, None, reason=_("el mensaje no dice dónde está"), retry=False)
        return None
    if tries > len(WAITS):
        # whoever tried last died of it
        _say(message, None, reason=_("algo falló de nuestro lado"), retry=True)
        return None
    message.payload["media"] = {**media, "tries": tries + 1}
    message.media_due_at = now + CLAIM
    message.save(update_fields=("payload", "media_due_at"))
    return message


def _bring(message: Message) -> Attachment:
    """The media, looked at and kept without a message. Raises OriginError; a code where another try can help."""
    origin, media, kind = message.origin, message.payload["media"], message.kind
    most, said = _most(origin, kind), media.get("size")
    said = said if isinstance(said, int) and not isinstance(said, bool) else 0
    if said > most:
        raise OriginError(_("pesa más de %(most)s MB") % {"most": most // MB})
    data = network(origin.kind).fetch(origin, media, most)
    if not data:
        raise OriginError(_("llegó vacío"), permanent=False)
    if said and len(data) != said:
        words = _("pesa más de lo que dice el mensaje") if len(data) > said else _("llegó incompleto")
        raise OriginError(words, permanent=False)
    seen = look(data)
    _check(kind, str(media.get("mime_type") or ""), seen)
    if kind == "audio" and seen.mime.startswith("video/"):
        # sound alone in a film's box
        seen = Look(seen.mime.replace("video/", "audio/"))
    name = str(media.get("filename") or "") or f"{message.get_kind_display()}{ENDINGS.get(seen.mime, '')}"
    is_voice = bool(media.get("voice")) and seen.mime.startswith("audio/")
    return keep_bytes(data, name, seen=seen, is_voice=is_voice)


def _most(origin: Origin, kind: str) -> int:
    """Most bytes of one file. Only WhatsApp carries papers and films of more than 25 MB."""
    large = origin.kind == Origin.Kind.WHATSAPP and kind in LARGE
    return min(settings.MEDIA_MOST_BYTES, (100 if large else 25) * MB)


def _check(kind: str, said: str, seen: Look) -> None:
    """Raises OriginError when what came is not what the message says it is."""
    said = said.split(";")[0].strip().lower()
    if seen.is_bomb:
        raise OriginError(_("la foto es demasiado grande para abrirla"))
    if seen.is_page and said not in ("text/html", "application/xhtml+xml"):
        raise OriginError(_("llegó una página web en lugar del archivo"), permanent=False)
    if kind in ("image", "sticker"):
        # what we cannot tell may be a picture of a format that we do not show (HEIC, a drawn sticker)
        strange = seen.mime == UNKNOWN and said not in ("", UNKNOWN, *PICTURES.values())
        fits = seen.is_picture or strange or (kind == "sticker" and seen.mime == "video/webm")
        if not fits:
            raise OriginError(_("lo que llegó no es una foto"), code="type")
    elif kind in ("audio", "video"):
        if seen.mime != UNKNOWN and not seen.mime.startswith(("audio/", "video/")):
            raise OriginError(_("lo que llegó no es un audio ni un video"), code="type")
    # of papers only what is told with certainty: what looks like a ZIP may be many things
    elif (said in PICTURES.values() and not seen.is_picture) or (said == "application/pdf" and seen.mime != said):
        raise OriginError(_("lo que llegó no es del tipo que dice el mensaje"), code="type")


@transaction.atomic
def _attach(message_pk: int, kept: Attachment) -> bool:
    """Give the message its file. False: it has one."""
    message = Message.objects.select_for_update().get(pk=message_pk)
    if message.attachments.exists():
        return False
    Attachment.objects.filter(pk=kept.pk).update(message=message, chat_id=message.chat_id)
    _say(message, None, reason="", retry=False)
    if not _is_still_to_be_told(message):
        bot_events.record_message_update(message)
    return True


def _is_still_to_be_told(message: Message) -> bool:
    """Whether its bot gets it with its file anyway; held, so that nobody tells it without before we are through."""
    first = Event.objects.filter(
        endpoint__bot=message.bot_id, chat=message.chat_id, message=message.pk, kind=events.SAID, state="queued"
    )
    return message.bot_id is not None and first.select_for_update(no_key=True, of=("self",)).first() is not None


@transaction.atomic
def _missed(message_pk: int, error: OriginError) -> None:
    """Say why it is not there, and plan the next try where one can help."""
    message = Message.objects.select_for_update().get(pk=message_pk)
    if message.attachments.exists():
        return
    tries = max(1, message.payload["media"].get("tries", 1))
    again = None
    if not error.permanent and tries <= len(WAITS):
        again = timezone.now() + max(WAITS[tries - 1], timedelta(seconds=error.after))
    # what a server answered it may answer otherwise later; what we saw ourselves stays as it is
    _say(message, again, reason=_in_words(error), retry=bool(error.code) or not error.permanent)


def _in_words(error: OriginError) -> str:
    """As it stands behind "No se pudo traer: ", without the advice, which depends on whether a try can help."""
    words = str(error)
    if words == f"HTTP {error.code}":
        if error.code in ("404", "410"):
            return _("ya no está disponible")
        if error.code in ("401", "403"):
            return _("no está permitido verlo")
        return _("el servidor no lo da (%(words)s)") % {"words": words}
    words = words.split(". ")[0].rstrip(". ")[:200]
    first = words.split(" ")[0]
    # a name stays a name
    return words[:1].lower() + words[1:] if first in ("El", "La", "Lo", "Se", "No", "Llegó") else words


def _say(message: Message, again: datetime | None, **what: Any) -> None:
    message.payload["media"] = {**message.payload["media"], **what}
    message.media_due_at = again
    message.save(update_fields=("payload", "media_due_at"))
    publish.changed(message)


@transaction.atomic
def retry(message_pk: int, agent: Agent) -> Message:
    """*Reintentar*, by any agent who sees the chat: fetch anew now. Raises Refused: 404 not seen, 409 nothing to do."""
    moves.working(agent)
    seen = Message.objects.filter(pk=message_pk, chat__in=Chat.objects.visible_to(agent))
    message = seen.select_for_update(of=("self",)).first()
    if message is None:
        raise Rejected(Rejection.NOT_FOUND, _("Ese mensaje no existe"))
    media = message.payload.get("media") or {}
    if message.attachments.exists() or not media:
        raise Rejected(Rejection.CONFLICT, _("El archivo ya está en el chat"))
    if not media.get("reason"):
        raise Rejected(Rejection.CONFLICT, _("El archivo se está trayendo"))
    if not media.get("retry"):
        raise Rejected(Rejection.CONFLICT, _("Ese archivo no se puede traer. Pedile que lo mande de nuevo"))
    message.payload["media"] = {**media, "tries": 0}
    _say(message, timezone.now() + FIRST_TRY, reason="", retry=False)
    jobs.fetch_media(message.pk)
    return message


# --- what leaves ---------------------------------------------------------------------------------


def outgoing(attachment: Attachment) -> facts.File:
    """A file as a network sends it; its bytes are read from the storage when they are needed."""
    # not FieldFile.open: it gives the same file, where it stood, to everybody who asks
    return facts.File(
        name=attachment.name,
        mime=attachment.mime,
        size=attachment.size,
        open=partial(attachment.file.storage.open, str(attachment.file.name), "rb"),
        url=links.file_url(attachment),
        is_voice=attachment.is_voice,
        is_picture=attachment.is_picture,
    )
