"""Leases: a row is one worker's for a while, and nobody's after that."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from common.lease import Lease, prune_rows
from tests import people
from wittybots.models import Event

CLAIM = timedelta(minutes=1)
LEASE = Lease(state="state", claimed="sending", backoff=(timedelta(seconds=1), timedelta(seconds=10)))


@pytest.fixture
def endpoint(db):
    return people.external_bot().endpoint


@pytest.fixture
def row(endpoint):
    return Event.objects.create(endpoint=endpoint, kind="ping")


def again(row):
    """The row as another worker reads it."""
    return Event.objects.get(pk=row.pk)


def is_found(lease, row, now):
    """By the query, and by what was read: the same answer."""
    found = lease.find_due(Event.objects.all(), now).filter(pk=row.pk).exists()
    assert found == lease.is_due(again(row), now)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM wittybots_event WHERE {lease.due_sql}", {"now": now})  # noqa: S608
        assert cursor.fetchone()[0] == found
    return found


def test_it_waits_longer_after_each_attempt_and_gives_up_after_the_last():
    assert [LEASE.delay_after(number) for number in (1, 2, 3)] == [timedelta(seconds=1), timedelta(seconds=10), None]
    assert LEASE.delay_after(1, timedelta(seconds=4)) == timedelta(seconds=4)
    assert LEASE.delay_after(2, timedelta(seconds=4)) == timedelta(seconds=10)
    assert Lease().delay_after(1) is None


def test_a_claimed_row_is_due_again_when_its_claim_runs_out(row):
    now = timezone.now()
    assert is_found(LEASE, row, now)
    assert LEASE.claim_row(row, now + CLAIM, reason="mía")
    assert (row.state, row.attempts, row.next_try_at, row.reason) == ("sending", 1, now + CLAIM, "mía")
    kept = again(row)
    assert (kept.state, kept.attempts, kept.next_try_at, kept.reason) == ("sending", 1, now + CLAIM, "mía")
    assert not is_found(LEASE, row, now)
    assert not is_found(LEASE, row, now + CLAIM - timedelta(microseconds=1))
    assert is_found(LEASE, row, now + CLAIM)


def test_where_no_time_says_that_it_is_over_it_is_never_due(row):
    assert not is_found(Lease(null_is_due=False), row, timezone.now())
    LEASE.claim_row(row, timezone.now())
    assert is_found(Lease(null_is_due=False), row, timezone.now())


def test_of_two_that_read_it_at_once_one_gets_it(row):
    now, other = timezone.now(), again(row)
    assert LEASE.claim_row(row, now + CLAIM)
    assert not LEASE.claim_row(other, now + CLAIM + CLAIM)
    assert (other.state, other.attempts) == ("queued", 0), "what was not written is not in the instance either"
    assert again(row).next_try_at == now + CLAIM


def test_of_many_workers_one_gets_it(transactional_db):
    row, now = Event.objects.create(endpoint=people.external_bot().endpoint, kind="ping"), timezone.now()

    def claim(number):
        try:
            return LEASE.claim_row(read[number], now + CLAIM)
        finally:
            connection.close()

    read = [again(row) for _number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(claim, range(8))) == 1
    assert again(row).attempts == 1


def test_one_that_comes_back_late_writes_nothing(row):
    now = timezone.now()
    LEASE.claim_row(row, now)
    other = again(row)
    assert LEASE.claim_row(other, now + CLAIM)
    assert not LEASE.extend_claim(row, now + CLAIM + CLAIM)
    assert not LEASE.release_row(row, state="done")
    assert (again(row).state, again(row).attempts, again(row).next_try_at) == ("sending", 2, now + CLAIM)
    assert LEASE.release_row(other, state="done")
    assert (again(row).state, again(row).next_try_at) == ("done", None)


def test_a_claim_is_extended_by_who_has_it(row):
    now = timezone.now()
    LEASE.claim_row(row, now + CLAIM)
    assert LEASE.extend_claim(row, now + 3 * CLAIM, status_code=200)
    assert (again(row).next_try_at, again(row).status_code, again(row).attempts) == (now + 3 * CLAIM, 200, 1)
    assert LEASE.release_row(row, state="done"), "its token is the new one"


def test_what_failed_is_put_back_and_due_later(row):
    now = timezone.now()
    LEASE.claim_row(row, now + CLAIM)
    assert LEASE.release_row(row, now + LEASE.delay_after(row.attempts), state="queued")
    assert not is_found(LEASE, row, now)
    assert is_found(LEASE, row, now + timedelta(seconds=1))
    assert LEASE.claim_row(row, now + CLAIM)
    assert again(row).attempts == 2


def test_rows_without_state_or_attempts_are_leased_by_their_time_alone(row):
    now, bare = timezone.now(), Lease(attempts="")
    other = again(row)
    assert bare.claim_row(row, now + CLAIM)
    assert not bare.claim_row(other, now + CLAIM)
    assert (again(row).state, again(row).attempts) == ("queued", 0)


@pytest.mark.parametrize("batch", [1, 2, 3, 10])
def test_rows_are_pruned_in_batches(endpoint, batch, django_assert_max_num_queries):
    now = timezone.now()
    for days in range(6):
        Event.objects.create(endpoint=endpoint, kind="ping", created_at=now - timedelta(days=days))
    old = Event.objects.filter(created_at__lt=now - timedelta(days=2)).order_by("created_at")
    with django_assert_max_num_queries(2 * (3 // batch + 1)):
        assert prune_rows(old, batch) == 3
    assert Event.objects.count() == 3
    assert not old.exists()
