"""Taking the next chat: who waits longest over all of one's trays, and nothing of others'."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chats import access, moves
from chats.errors import Rejected, Rejection
from tests import people


def test_take_next_gives_who_waits_longest_over_all_of_ones_trays(http_origin, ana, ventas):
    def at(minutes):
        return timezone.now() - timedelta(minutes=minutes)

    third = people.waiting(http_origin, at=at(10))
    first = people.waiting(http_origin, ana.personal_tray, at=at(30))
    second = people.waiting(http_origin, ventas, at=at(20))
    assert [moves.take_next(ana).pk for _ in range(3)] == [first.pk, second.pk, third.pk]
    assert moves.take_next(ana) is None
    taken = people.fresh(first)
    assert (taken.agent, taken.taken_from, taken.change.cause) == (ana, ana.personal_tray, "taken")


def test_take_next_never_reaches_cerradas_or_trays_of_others(http_origin, ana, bruno, caio, soporte, ventas):
    closed = people.held(http_origin, bruno)
    moves.close(closed.pk, bruno)
    people.waiting(http_origin, soporte)
    people.waiting(http_origin, bruno.personal_tray)
    assert moves.take_next(ana) is None


def test_take_next_gives_a_supervisor_nothing_of_others_personal_trays(http_origin, ana, sofia, ventas):
    people.waiting(http_origin, ana.personal_tray)
    people.waiting(http_origin, ventas)
    assert moves.take_next(sofia) is None
    own = people.waiting(http_origin, sofia.personal_tray)
    assert moves.take_next(sofia).pk == own.pk


def test_take_next_of_two_that_came_at_once_gives_the_first(http_origin, ana):
    at = timezone.now() - timedelta(minutes=1)
    first, second = (people.waiting(http_origin, at=at) for _ in range(2))
    assert [moves.take_next(ana).pk, moves.take_next(ana).pk] == [first.pk, second.pk]


def test_take_next_is_not_for_who_has_left(http_origin, ana):
    people.waiting(http_origin)
    access.deactivate_agent(ana)
    with pytest.raises(Rejected) as refusal:
        moves.take_next(ana)
    assert refusal.value.code == Rejection.FORBIDDEN
