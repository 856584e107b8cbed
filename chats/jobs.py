"""Jobs for workers: one typed function each, asked for after the commit.

Each only wakes: what is to be done stands in rows, and a sweep finds what the broker forgot.
"""

import contextlib
import functools
import time
from functools import partial
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError
from redis import RedisError

from live import wakes
from live.breaker import Breaker
from live.feed import current_feed

# what is due later than this is left to the sweeps, which come more often
MAX_COUNTDOWN_SECONDS = 60
MIN_COUNTDOWN_SECONDS = 0.01
# the queues that a pump works at (gateway/pump.py), and the task that works at one where no pump listens, or later
OUTBOX, CALLS = "outbox", "calls"
TASKS = {OUTBOX: "gateway.tasks.deliver", CALLS: "gateway.tasks.call_endpoints"}
# wakes for later are joined by moments of so long
MOMENT_SECONDS = 0.25
# by then the answer may be there
TYPING_EXPIRES_SECONDS = 5
# a wake that nobody has heard by then was lost with its worker
FORGOTTEN_SECONDS = 5


def deliver() -> None:
    """Send what waits to leave, in any chat."""
    transaction.on_commit(partial(wakes.give_wake, OUTBOX))


def deliver_later(seconds: float) -> None:
    """The same in a while; past a minute the sweep does."""
    _wake_later(OUTBOX, seconds)


def call_endpoints() -> None:
    """Tell endpoints what waits for them, whichever they are."""
    transaction.on_commit(partial(wakes.give_wake, CALLS))


def call_endpoints_later(seconds: float) -> None:
    """The same in a while; past a minute the sweep does."""
    _wake_later(CALLS, seconds)


def _wake_later(queue: str, seconds: float) -> None:
    if seconds < MAX_COUNTDOWN_SECONDS:
        transaction.on_commit(partial(_send_wake, queue, max(seconds, MIN_COUNTDOWN_SECONDS)))


def _send_wake(queue: str, countdown: float) -> None:
    """One a moment wakes for all who ask: whatever is due in it is due at its end."""
    moment = int((time.time() + countdown) / MOMENT_SECONDS) + 1
    name, countdown = f"woken:{queue}:{moment}", moment * MOMENT_SECONDS - time.time()
    try:
        is_first = current_feed().redis.set(name, 1, nx=True, px=int((countdown + FORGOTTEN_SECONDS) * 1000))
    except RedisError:
        return  # nor is there a broker, or it is another: the sweep finds it
    if is_first and not _send_task(TASKS[queue], countdown=countdown):
        with contextlib.suppress(RedisError):
            current_feed().redis.delete(name)


def tend_broadcasts() -> None:
    """Make lists of broadcasts, and send what is due of them."""
    _ask("gateway.tasks.tend_broadcasts")


def fetch_media(message_pk: int) -> None:
    """Fetch the media that a message names."""
    _ask("gateway.tasks.fetch_media", message_pk)


def fetch_media_later(message_pk: int, seconds: float) -> None:
    """The same in a while; past a minute the sweep does."""
    _ask_later("gateway.tasks.fetch_media", message_pk, seconds=seconds)


def acknowledge(origin_pk: int, ref: str) -> None:
    """Give the network the answer that it wants at once."""
    _ask("gateway.tasks.acknowledge", origin_pk, ref)


def sync_templates(origin_pk: int) -> None:
    """Read an account's templates anew: what we know of them is out of date."""
    _ask("gateway.tasks.sync_templates", origin_pk)


def make_thumbnail(attachment_pk: int) -> None:
    """Make a picture's small copy."""
    _ask("gateway.tasks.make_thumbnail", attachment_pk)


def make_peaks(attachment_pk: int) -> None:
    """Measure how a sound looks."""
    _ask("gateway.tasks.make_peaks", attachment_pk)


def process_body(body_pk: int) -> None:
    """Make sense of a kept body."""
    _ask("gateway.tasks.process_body", body_pk)


def process_body_now(body_pk: int) -> bool:
    """The same without waiting for a commit, for who wants to know. False: no broker; the sweep finds the body."""
    return _send_task("gateway.tasks.process_body", body_pk, countdown=None)


def release_bot(bot_pk: int) -> None:
    """Give people the chats of a bot that attends no more."""
    _ask("gateway.tasks.release_bot", bot_pk)


def show_typing(chat_pk: int) -> None:
    """Tell the network that somebody is about to answer; a worker that comes to it too late lets it be."""
    task = partial(_send_task, "gateway.tasks.show_typing", chat_pk, countdown=None, expires=TYPING_EXPIRES_SECONDS)
    transaction.on_commit(task)


def assign_chats(tray_pk: int | None = None) -> None:
    """Give what waits in a tray that assigns by itself to who is there; of all such trays, if none is named."""
    _ask("gateway.tasks.assign_chats", tray_pk)


def try_push(subscription_pk: int) -> None:
    """Send an agent's browser a notice to see how it comes."""
    _ask("inbox.tasks.try_push", subscription_pk)


def mail_entry_links() -> None:
    """Mail the links to come in that wait for it."""
    _ask("inbox.tasks.mail_entry_links")


def carry_out_csv(job_pk: int) -> None:
    """Go on with a file of contacts."""
    _ask("inbox.tasks.carry_out_csv", job_pk)


def carry_out_copy(job_pk: int) -> None:
    """Make the copy of a person's data."""
    _ask("inbox.tasks.carry_out_copy", job_pk)


def carry_out_report(job_pk: int) -> None:
    """Make a file of figures."""
    _ask("reports.tasks.carry_out_export", job_pk)


def carry_out_erasure(job_pk: int) -> None:
    """Go on erasing a person."""
    _ask("inbox.tasks.carry_out_erasure", job_pk)


def _ask_later(task: str, *args: Any, seconds: float) -> None:
    if seconds < MAX_COUNTDOWN_SECONDS:
        _ask(task, *args, countdown=max(seconds, MIN_COUNTDOWN_SECONDS))


def _ask(task: str, *args: Any, countdown: float | None = None) -> None:
    transaction.on_commit(partial(_send_task, task, *args, countdown=countdown))


def _send_task(task: str, *args: Any, countdown: float | None, expires: float | None = None) -> bool:
    """False: nobody was told."""
    # who has found it silent spares all others the wait
    breaker = _own_breaker() if settings.BROKER_URL else current_feed().breaker
    if breaker.spare():
        return False
    try:
        # by name: who asks need not know the task; without retries, so that a lost broker costs no request its time
        current_app.send_task(task, args=args, retry=False, countdown=countdown, expires=expires)
    except (OperationalError, OSError) as error:
        breaker.trip(f"the worker was not woken: {type(error).__name__}")
        return False
    return True


@functools.cache
def _own_breaker() -> Breaker:
    """Of a broker that is not Redis."""

    def answers() -> bool:
        try:
            reach_broker()
        except (OperationalError, OSError):
            return False
        return True

    return Breaker("the broker", answers)


def reach_broker() -> str:
    """Connects to it anew. By what, such as amqp. Raises OperationalError or OSError where it does not answer."""
    with current_app.connection_for_write() as connection:
        connection.connect()
        return str(connection.transport_cls)
