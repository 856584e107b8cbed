"""The state of media that a message names, kept with it: what is known of fetching them, and when to try again.

`payload["media"]` says what the origin named, and what became of it:
    tries   how often it was tried to fetch it
    reason  why it is not there, in words ('' or missing: it is there, or on its way)
    retry   whether another try can help
`Message.media_due_at` is when the next try is due, or when the one under way runs out; NULL once it is there or
given up.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import bot_events, jobs, locks, publish
from chats.attachments import bot_files
from chats.errors import Rejected, Rejection
from chats.models import Attachment, Chat, Message
from common.errors import OriginError
from common.lease import Lease
from trays.models import Agent
from wittybots import events
from wittybots.models import Event

# when media are due that the worker was told of at once: it was not, or died
FIRST_FETCH_AFTER = timedelta(seconds=60)
# longer than one try may take, with all its timeouts
FETCH_CLAIM = timedelta(minutes=5)
# how often it was tried is said in the payload
LEASE = Lease(
    until="media_due_at",
    null_is_due=False,
    attempts="",
    backoff=tuple(timedelta(seconds=s) for s in (20, 120, 900, 7200)),
)


def first_fetch_due(payload: dict[str, Any], now: datetime) -> datetime | None:
    """When the sweep looks after the media that a message names; None where it names none."""
    return now + FIRST_FETCH_AFTER if payload.get("media") else None


def due_fetches(now: datetime, most: int = 200) -> list[int]:
    """Messages whose media are to be tried (again): nobody did, or who did has died, or it is time. Oldest first."""
    waiting = LEASE.find_due(Message.objects.all(), now).order_by("media_due_at")
    return list(waiting.values_list("pk", flat=True)[:most])


@transaction.atomic
def claim_fetch(message_pk: int, now: datetime) -> Message | None:
    """The message, ours to fetch for a while; None where there is nothing to do, or another is at it."""
    message = _lock(message_pk)
    media = message.payload.get("media")
    if not isinstance(media, dict) or message.attachments.exists():
        LEASE.release_row(message)
        return None
    if bot_files.is_by_bot(message) and message.status != Message.Status.QUEUED:
        # given up meanwhile: nobody waits for it any more
        LEASE.release_row(message)
        return None
    tries = media.get("tries", 0)
    # the first try may be made before the sweep looks after it
    if tries and not LEASE.is_due(message, now):
        return None
    if not (media.get("url") or media.get("id")):
        _give_up(message, _("el mensaje no dice dónde está"), retry=False)
        return None
    lease, claim = (bot_files.LEASE, bot_files.CLAIM) if bot_files.is_by_bot(message) else (LEASE, FETCH_CLAIM)
    if tries and lease.delay_after(tries) is None:
        # whoever tried last died of it
        _give_up(message, _("algo falló de nuestro lado"), retry=True)
        return None
    payload = {**message.payload, "media": {**media, "tries": tries + 1}}
    return message if lease.claim_row(message, now + claim, payload=payload) else None


def _lock(message_pk: int) -> Message:
    """The message, held. What becomes of a bot's changes its chat, which everybody locks first."""
    of_bot = Message.objects.filter(pk=message_pk, author=Message.Author.BOT)
    if (chat_pk := of_bot.values_list("chat", flat=True).first()) is not None:
        Chat.objects.select_for_update(no_key=True).only("pk").get(pk=chat_pk)
    return Message.objects.select_for_update(of=("self",)).select_related("origin").get(pk=message_pk)


@transaction.atomic
def attach_fetched(message_pk: int, kept: Attachment) -> bool:
    """Give the message its file. False: it has one, or waits no more."""
    message = _lock(message_pk)
    if message.attachments.exists() or not message.payload.get("media"):  # or its words went meanwhile
        return False
    if bot_files.is_by_bot(message) and message.status != Message.Status.QUEUED:
        return False
    Attachment.objects.filter(pk=kept.pk).update(message=message, chat_id=message.chat_id)
    _update_media(message, None, reason="", retry=False)
    if bot_files.is_by_bot(message):
        bot_files.release_message(message, kept)
    elif not _is_still_to_be_told(message):
        bot_events.record_message_update(message)
    return True


def _is_still_to_be_told(message: Message) -> bool:
    """Whether its bot gets it with its file anyway; held, so that nobody tells it without before we are through."""
    first = Event.objects.filter(
        endpoint__bot=message.bot_id, chat_id=message.chat_id, message_id=message.pk, kind=events.SAID, state="queued"
    )
    return message.bot_id is not None and first.select_for_update(no_key=True, of=("self",)).first() is not None


@transaction.atomic
def record_missed(message_pk: int, error: OriginError) -> None:
    """Say why it is not there, and plan the next try where one can help."""
    message = _lock(message_pk)
    if message.attachments.exists() or not message.payload.get("media"):
        return
    tries = max(1, message.payload["media"].get("tries", 1))
    if bot_files.is_by_bot(message):
        _plan_for_bot(message, error, tries)
        return
    delay = None if error.permanent else LEASE.delay_after(tries, timedelta(seconds=error.after))
    again = None if delay is None else timezone.now() + delay
    # what a server answered it may answer otherwise later; what we saw ourselves stays as it is
    _update_media(message, again, reason=_reason_in_words(error), retry=bool(error.code) or not error.permanent)


def _plan_for_bot(message: Message, error: OriginError, tries: int) -> None:
    after = bot_files.next_try(error, tries)
    if after is None:
        _give_up(message, _reason_in_words(error), retry=False)
        return
    _update_media(message, timezone.now() + after)
    jobs.fetch_media_later(message.pk, after.total_seconds())


def _give_up(message: Message, reason: str, *, retry: bool) -> None:
    """No more by itself; `retry`: whether an agent may ask for another try."""
    if bot_files.is_by_bot(message):
        bot_files.fail_message(message, _("No se pudo traer el archivo: %(reason)s") % {"reason": reason})
    _update_media(message, None, reason=reason, retry=retry and not bot_files.is_by_bot(message))


def give_up_unclaimed(now: datetime, most: int = 200) -> int:
    """Bots' files that nobody came for fail, so that what stands behind them goes out. Returns how many."""
    before = now - bot_files.MAX_UNCLAIMED
    late = Message.objects.filter(media_due_at__lt=before, author=Message.Author.BOT).order_by("media_due_at")
    return sum(_give_up_unclaimed(pk, before) for pk in late.values_list("pk", flat=True)[:most])


@transaction.atomic
def _give_up_unclaimed(message_pk: int, before: datetime) -> bool:
    message = _lock(message_pk)
    if message.media_due_at is None or message.media_due_at >= before or message.attachments.exists():
        return False
    _give_up(message, _("no se lo pudo traer a tiempo"), retry=False)
    return True


def _reason_in_words(error: OriginError) -> str:
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


def _update_media(message: Message, again: datetime | None, **what: Any) -> None:
    # the row is locked: what is written here holds, also where the claim has run out
    payload = {**message.payload, "media": {**message.payload["media"], **what}}
    if LEASE.release_row(message, again, payload=payload):
        publish.message_changed(message)


@transaction.atomic
def retry_fetch(message_pk: int, agent: Agent) -> Message:
    """*Reintentar*, by any agent who sees the chat: fetch anew now.

    Raises Rejected: NOT_FOUND where it is not seen, CONFLICT where there is nothing to do.
    """
    locks.hold_active_agent(agent)
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
    _update_media(message, timezone.now() + FIRST_FETCH_AFTER, reason="", retry=False)
    jobs.fetch_media(message.pk)
    return message
