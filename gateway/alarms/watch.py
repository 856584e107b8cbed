"""The watch: a thread of each process that looks whether all is well, keeps what is not, and tells whom it concerns.

Web processes, workers and the clock each have one, so that whatever stops, another still says so. One of them looks
at a time; that two look at once does no harm: a row stands for each alarm, and who has claimed it tells.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connections
from django.db.models import F
from django.utils import timezone

from common.clocks import read_database_time, watched
from common.lease import Lease
from gateway.alarms import certificate, checks, telling
from gateway.alarms.facts import Found, Trouble
from gateway.models import Alarm
from live import claims

log = logging.getLogger(__name__)

# of all processes one looks in this time
TURN_SECONDS = 25
# what lasts for less is no alarm, and what is gone for less is not over
HOLD, CLEAR = timedelta(seconds=60), timedelta(seconds=120)
# what still stands is told again
AGAIN = timedelta(hours=24)
LEASE = Lease()
# longer than telling takes; what could not be told is tried again then
CLAIM = timedelta(seconds=120)
MAX_STANDING = 100

_begun = threading.Lock()
# as this process last read them, the oldest first
_standing: Sequence[Alarm] = ()


def begin() -> None:
    """Have this process watch from now on. Again: nothing."""
    if _begun.acquire(blocking=False):
        threading.Thread(target=_watch, name="alarms", daemon=True).start()


def standing() -> Sequence[Alarm]:
    """What has been wrong for a minute, as of a moment ago; asks nobody, so that every page may show it."""
    return _standing


def _watch() -> None:
    _try_look(read_clock)
    while True:
        # first: who has only just started finds nobody else at work yet
        time.sleep(settings.ALARM_LOOK_SECONDS)
        _try_look(look)


def _try_look(look_at: Callable[[], object]) -> None:
    try:
        look_at()
    except Exception:  # the next look says what it finds
        log.exception("alarms could not be looked at")
    finally:
        connections.close_all()


def read_clock() -> datetime:
    """The database's; and whether that of this machine is right."""
    now = read_database_time()
    watched.note(now)
    return now


def look() -> None:
    """One look of this process: at its machine, and where it is its turn at everything."""
    global _standing
    now = read_clock()
    found = Found(checks.find_here(now, timezone.now()))
    keep_found(found, now)
    if claims.take_turn("alarms", TURN_SECONDS):
        certificate.look_again(now)
        keep_found(checks.find_troubles(now), now)
        tell_due(now)
    _standing = read_standing(now)


def read_standing(now: datetime) -> list[Alarm]:
    rows = Alarm.objects.filter(seen_at__gte=F("began_at") + HOLD, seen_at__gt=now - CLEAR)
    return list(rows.order_by("began_at", "pk")[:MAX_STANDING])


def keep_found(found: Found, now: datetime) -> None:
    """Each trouble is a row from when it was first found; what nobody can tell of now is as it was."""
    rows = [_make_row(trouble, now) for trouble in found.troubles]
    # in one order for all: two that write at once do not wait for each other in a circle
    Alarm.objects.bulk_create(
        sorted(rows, key=lambda row: row.name),
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["words", "advice", "page", "seen_at"],
    )
    Alarm.objects.filter(name__in=sorted(found.unknown)).update(seen_at=now)


def _make_row(trouble: Trouble, now: datetime) -> Alarm:
    words, advice = trouble.words[:1000], trouble.advice[:1000]
    return Alarm(
        name=trouble.name[:200], words=words, advice=advice, page=trouble.page[:300], began_at=now, seen_at=now
    )


def tell_due(now: datetime) -> int:
    """Tell what has begun, what still stands after a day and what is over. Returns how many alarms were told."""
    rows = list(Alarm.objects.order_by("pk")[:MAX_STANDING])
    # over before anybody was told; or long ago, and nothing that tells is set any more
    forgotten = [row.pk for row in rows if _is_over(row, now) and (not row.told_at or row.seen_at <= now - AGAIN)]
    Alarm.objects.filter(pk__in=forgotten, seen_at__lte=now - CLEAR).delete()
    due = [row for row in rows if row.pk not in forgotten and _is_due(row, now) and LEASE.is_due(row, now)]
    ours = LEASE.claim_rows(due, [now + CLAIM] * len(due))
    begun = [row for row in ours if not _is_over(row, now)]
    over = [row for row in ours if _is_over(row, now)]
    if not ours or not telling.tell(begun, over):
        return 0
    LEASE.write_rows(begun, {"told_at": [now] * len(begun), "next_try_at": [None] * len(begun)})
    for row in over:
        Alarm.objects.filter(pk=row.pk, next_try_at=row.next_try_at).delete()
    return len(ours)


def _is_over(row: Alarm, now: datetime) -> bool:
    return row.seen_at <= now - CLEAR


def _is_due(row: Alarm, now: datetime) -> bool:
    if _is_over(row, now):
        return True
    if row.told_at is None:
        return row.seen_at - row.began_at >= HOLD
    return row.told_at <= now - AGAIN
