"""The throttle: fixed windows that begin with their first, and an even rate of which a burst may be borrowed."""

import uuid

import pytest

from live import throttle
from live.feed import current_feed
from live.throttle import Rate


@pytest.fixture
def name():
    return uuid.uuid4().hex


def test_a_window_begins_with_its_first_and_counts_until_it_ends(name):
    seen = [throttle.count_in_window(name, 60) for _number in range(3)]
    assert [one.count for one in seen] == [1, 2, 3]
    assert all(50 < one.seconds_left <= 60 for one in seen)
    current_feed().redis.expire(f"limit:{name}", 0)
    assert throttle.count_in_window(name, 60).count == 1


def test_over_the_limit_of_one_name_others_are_not_held(name):
    assert [throttle.is_over_limit(name, most=2, seconds=60) for _number in range(4)] == [False, False, True, True]
    assert not throttle.is_over_limit(f"{name}-other", most=2, seconds=60)


def test_what_is_counted_is_read_again_and_holds_nobody(name):
    for _number in range(3):
        throttle.count_one(name)
    assert throttle.read_counts([name, f"{name}-other"]) == [3, 0]
    assert throttle.read_counts([]) == []


def test_a_turn_is_reserved_under_all_rates_or_under_none(name):
    slow, quick = Rate(f"{name}-slow", 1 / 60, 2), Rate(f"{name}-quick", 1 / 60, 3)
    assert [throttle.reserve_turn([slow, quick], held=name) for _number in range(2)] == [0, 0]
    assert 50 < throttle.reserve_turn([slow, quick], held=name) <= 60
    # what was not let pass was not counted with the other either
    assert throttle.reserve_turn([quick], held=name) == 0
    assert throttle.reserve_turn([quick], held=name) > 0


def test_while_it_is_held_nothing_passes(name):
    rate = Rate(f"{name}-rate", 100, 100)
    throttle.hold_all(name, 30)
    assert 20 < throttle.reserve_turn([rate], held=name) <= 30
    assert throttle.reserve_turn([rate], held=f"{name}-other") == 0


def test_without_redis_nobody_is_held(name, own_valkey):
    own_valkey.stop()
    try:
        assert not throttle.is_over_limit(name, most=0, seconds=60)
        assert throttle.reserve_turn([Rate(name, 1 / 60, 0)], held=name) == 0
        throttle.hold_all(name, 30)
        throttle.count_one(name)
        assert throttle.read_counts([name]) == [0]
    finally:
        own_valkey.start()
