"""How many waited at the end of each hour, reckoned back from those of now."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from chats import expiry, moves, undo
from reports import rollup
from reports.periods import Period
from reports.today import read_today
from tests import people

DAY = date(2026, 11, 3)


def at(hour, minute=0):
    return datetime(2026, 11, 3, hour, minute, tzinfo=ZoneInfo("America/Montevideo"))


def waited(hour, waiting):
    rollup.sweep()
    return {line.label: line.waiting for line in read_today(Period(DAY, DAY), hour, waiting).hours}


def test_who_came_to_wait_and_who_waits_no_more(http_origin, ventas, ana):
    first, second, _third = (people.waiting(http_origin, at=at(10, minute)) for minute in (5, 10, 50))
    moves.take(first.pk, ana, at=at(11, 5))
    # from tray to tray it waits on
    moves.take(second.pk, ana, at=at(12, 1))
    moves.send(second.pk, ventas, ana, at=at(12, 2))
    moves.give_back(first.pk, ana, at=at(12, 30))
    moves.take(first.pk, ana, at=at(13, 5))
    moves.close(first.pk, ana, at=at(13, 20))
    found = waited(14, 2)
    assert [found[f"{hour} h"] for hour in (10, 11, 12, 13, 14)] == [3, 2, 3, 2, 2]
    expiry.expire(now=at(10, 30).replace(day=4))
    assert waited(14, 2)["14 h"] == 2


def test_what_was_undone_did_not_happen(http_origin, ana):
    chat = people.waiting(http_origin, at=at(10, 5))
    moves.take(chat.pk, ana, at=at(10, 20))
    moves.give_back(chat.pk, ana, at=at(11, 0))
    undo.undo_move(chat.pk, ana, at=at(11, 0) + timedelta(seconds=3))
    found = waited(12, 0)
    assert [found[f"{hour} h"] for hour in (10, 11, 12)] == [0, 0, 0]


def test_an_hour_that_is_not_there_yet_has_no_number(http_origin):
    people.waiting(http_origin, at=at(1, 5))
    found = waited(2, 1)
    assert (found["1 h"], found["2 h"], found["5 h"]) == (1, 1, None)
    assert found.get("0 h", 0) == 0
