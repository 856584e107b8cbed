"""The sweep of broadcasts: lists are made, those whose hour has come begin, those that run go on, and what became of
them is counted. Any number of workers at once."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from chats.messages.broadcasts import filling, headers, sending, tallying
from chats.models import Broadcast

log = logging.getLogger(__name__)

State = Broadcast.State
# a draft that nobody has begun
DRAFT_KEPT_FOR = timedelta(days=30)
# in one night
MAX_PRUNED = 500


def tend_all(now: datetime | None = None) -> int:
    """Returns how many messages were made."""
    now = now or timezone.now()
    Broadcast.objects.filter(state=State.SCHEDULED, start_at__lte=now).update(state=State.RUNNING, started_at=now)
    made = 0
    moving = Broadcast.objects.filter(state__in=(State.FILLING, State.RUNNING)).order_by("pk")
    for pk, state in list(moving.values_list("pk", "state")):
        try:
            made += _tend(pk, state, now)
        except Exception:  # one that cannot be worked at must not keep the others
            log.exception("broadcast %s could not be worked at", pk)
    return made


def follow_all(now: datetime | None = None) -> None:
    """What becomes known of those that do not run."""
    for pk in tallying.find_followed(now or timezone.now()):
        tallying.tally(pk)


def _tend(pk: int, state: str, now: datetime) -> int:
    if state == State.FILLING:
        filling.fill(pk, now)
        return 0
    tallying.tally(pk)
    return sending.send_next(pk, now) if state == State.RUNNING else 0


def prune_drafts(now: datetime) -> int:
    """Lists of people whom nobody has written to are not kept for ever."""
    old = Broadcast.objects.filter(state__in=(State.DRAFT, State.FAILED), created_at__lt=now - DRAFT_KEPT_FOR)
    gone = 0
    for pk in list(old.order_by("pk").values_list("pk", flat=True)[:MAX_PRUNED]):
        # each may have 50,000 recipients
        with transaction.atomic():
            if (one := old.select_for_update(skip_locked=True).filter(pk=pk).first()) is not None:
                headers.drop_files(one)
                one.delete()
                gone += 1
    return gone
