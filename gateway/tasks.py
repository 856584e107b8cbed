"""Celery tasks of the worker and the clock. Ids in, no thought here; each is safe to run twice and at once."""

import threading
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import assigning, expiry, forgotten, retention
from chats.attachments import budgets, media, peaks, thumbnails, uploads
from chats.bots import external, release
from chats.messages import parked, reminders, scheduled, snoozing, surveys
from chats.messages.broadcasts import tending
from chats.models import Message
from common.clocks import where_clocks_agree
from gateway import partitioning, template_sync
from gateway.endpoints import circuit_breaker, event_queue, removal
from gateway.endpoints import pump as calls
from gateway.inbound import body_processing
from gateway.inbound import media as inbound_media
from gateway.outbound import pump as outbox
from origins.models import Origin
from origins.networks import network_of
from origins.whatsapp import shared_uploads
from trays import audit, presence, sign_in
from wittybots import tokens
from wittybots.models import Bot


@shared_task
def deliver() -> None:
    outbox.send_due()


@shared_task
@where_clocks_agree
def expire_due() -> int:
    return expiry.expire()


@shared_task
@where_clocks_agree
def sweep_later() -> None:
    """Snoozed chats come back, and reminders ring, at their time."""
    now = timezone.now()
    snoozing.return_due(now)
    reminders.ring_due(now)


@shared_task
@where_clocks_agree
def send_scheduled() -> int:
    return scheduled.settle_due()


@shared_task
@where_clocks_agree
def tend_held() -> tuple[int, int]:
    """Remind agents of who waits for them, and return what stays without an answer."""
    return forgotten.tend_held()


@shared_task
def assign_chats(tray_pk: int | None = None) -> int:
    return assigning.assign_waiting(tray_pk)


@shared_task
def sweep_outbox() -> None:
    """Send what the broker forgot, or what a worker died with."""
    outbox.send_due()


@shared_task
@where_clocks_agree
def process_body(body_pk: int) -> None:
    body_processing.take_up(body_pk)


@shared_task
def sweep_bodies() -> None:
    """Process kept bodies that nobody finished: their request was killed, the broker forgot, the database went away."""
    for body_pk in body_processing.find_unfinished(timezone.now() - timedelta(seconds=60)):
        process_body.apply_async((body_pk,), expires=60)


@shared_task
@where_clocks_agree
def sweep_parked() -> int:
    return parked.sweep_parked()


@shared_task
def acknowledge(origin_pk: int, ref: str) -> None:
    origin = Origin.objects.get(pk=origin_pk)
    network_of(origin.kind).acknowledge(origin, ref)


@shared_task
def show_typing(chat_pk: int) -> None:
    external.show_typing(chat_pk)


@shared_task
def call_endpoints() -> None:
    calls.send_due()


@shared_task
@where_clocks_agree
def sweep_calls() -> None:
    """Send endpoints what nobody was woken for or a worker died with; customers whose bot is late go to people."""
    now = timezone.now()
    release.release_overdue(now)
    if event_queue.find_due(now, most=1):
        call_endpoints.apply_async(expires=15)


@shared_task
def release_bot(bot_pk: int) -> None:
    """Nothing, if it attends again by now."""
    if (bot := Bot.objects.filter(pk=bot_pk, is_active=False).first()) is not None:
        release.release_all(bot, _("El bot se apagó"))


@shared_task
@where_clocks_agree
def switch_off_endpoints() -> int:
    """Also what of a bot that was switched off the broker forgot to say."""
    for bot in Bot.objects.filter(is_active=False):
        release_bot(bot.pk)
    return circuit_breaker.switch_off_failing(timezone.now())


@shared_task
def sync_templates(origin_pk: int) -> None:
    template_sync.try_sync(Origin.objects.get(pk=origin_pk))


@shared_task
def sync_all_templates() -> int:
    return template_sync.sync_all()


# slow downloads must leave threads to what goes out; a customer waits for what a bot sends, behind nobody else's film
_fetching, _fetching_for_bots = threading.BoundedSemaphore(4), threading.BoundedSemaphore(4)


@shared_task
def fetch_media(message_pk: int) -> None:
    is_by_bot = Message.objects.filter(pk=message_pk, author=Message.Author.BOT).exists()
    slots = _fetching_for_bots if is_by_bot else _fetching
    if not slots.acquire(blocking=False):
        fetch_media.apply_async((message_pk,), countdown=3, expires=300)
        return
    try:
        inbound_media.fetch_media(message_pk)
    finally:
        slots.release()


@shared_task
def make_thumbnail(attachment_pk: int) -> None:
    thumbnails.make_thumbnail(attachment_pk)


@shared_task
def make_peaks(attachment_pk: int) -> None:
    peaks.make_peaks(attachment_pk)


@shared_task
def measure_sounds() -> int:
    return peaks.sweep_sounds(timezone.now())


@shared_task
@where_clocks_agree
def sweep_media() -> None:
    """Fetch what the broker forgot, and what may be there by now; nobody waits for ever for a bot's file.

    In the queue of what goes out: a worker of that one is there where replies leave, also when the caller is away.
    """
    media.give_up_unclaimed(timezone.now())
    for message_pk in media.due_fetches(timezone.now()):
        fetch_media.apply_async((message_pk,), expires=60)


@shared_task
@where_clocks_agree
def prune() -> int:
    """Forget raw bodies, the log of calls, presence and the audit log after their days (settings); what no message
    came for, and removed endpoints."""
    partitioning.tend_months(timezone.now())
    parked.prune_parked()
    removal.prune_removed(timezone.now())
    event_queue.prune_events(timezone.now() - timedelta(days=settings.EVENTS_KEPT_DAYS))
    tokens.prune_answered(timezone.now() - timedelta(days=1))
    budgets.prune_budgets(timezone.now())
    reminders.prune_reminders(timezone.now())
    presence.prune_log(timezone.now())
    audit.prune_entries()
    tending.prune_drafts(timezone.now())
    shared_uploads.prune_uploads(timezone.now())
    return body_processing.prune_bodies()


@shared_task
@where_clocks_agree
def forget_old() -> tuple[int, int]:
    return retention.sweep()


# asked every five minutes: what no message took is gone within the hour
LOOSE_FOR = timedelta(minutes=50)


@shared_task
@where_clocks_agree
def drop_loose_files() -> int:
    return uploads.drop_loose_uploads(timezone.now() - LOOSE_FOR)


@shared_task
@where_clocks_agree
def clear_sessions() -> None:
    call_command("clearsessions")
    sign_in.forget_old_records()


@shared_task
@where_clocks_agree
def ask_scores() -> int:
    return surveys.ask_due()


@shared_task
@where_clocks_agree
def tend_broadcasts() -> int:
    return tending.tend_all()


@shared_task
def follow_broadcasts() -> None:
    tending.follow_all()


@shared_task
@where_clocks_agree
def log_presence() -> int:
    return presence.log_comings()
