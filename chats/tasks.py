"""What the worker and the clock do. Ids in, no thought here; each is safe to run twice and at once."""

from datetime import timedelta

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from chats import delivery, files, ledger, moves


@shared_task
def deliver(chat_pk: int) -> None:
    delivery.deliver(chat_pk)


@shared_task
def expire_due() -> int:
    return moves.expire()


@shared_task
def sweep_outbox() -> None:
    """Send what the broker forgot, or what a worker died with."""
    for chat_pk in delivery.due(timezone.now()):
        deliver.delay(chat_pk)


@shared_task
def sweep_bodies() -> None:
    """Process kept bodies that nobody finished: their request was killed, or the database went away."""
    ledger.finish_left(timezone.now() - timedelta(seconds=60))


@shared_task
def fetch_media(message_pk: int) -> None:
    files.fetch(message_pk)


@shared_task
def drop_loose_files() -> int:
    return files.drop_loose(timezone.now() - timedelta(days=1))


@shared_task
def clear_sessions() -> None:
    call_command("clearsessions")
