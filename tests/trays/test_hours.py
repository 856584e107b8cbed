"""Office hours: by weekday, over midnight, on holidays, and when clocks are changed."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from trays import hours
from trays.hours import Hours
from trays.models import Holiday, Opening, Tray

MONTEVIDEO, NEW_YORK, SANTIAGO = (
    ZoneInfo("America/Montevideo"),
    ZoneInfo("America/New_York"),
    ZoneInfo("America/Santiago"),
)
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
MONDAY = date(2026, 3, 2)


def at(day, clock, zone=MONTEVIDEO, fold=0):
    hour, minute = map(int, clock.split(":"))
    return datetime.combine(day, time(hour, minute, fold=fold), zone)


def week(*stretches, holidays=(), zone=MONTEVIDEO):
    """Hours of tray 1: stretches of (weekday, opens, closes)."""
    days = {}
    for weekday, opens, closes in stretches:
        days[weekday] = (*days.get(weekday, ()), (time.fromisoformat(opens), time.fromisoformat(closes)))
    return Hours({1: days} if days else {}, {None: frozenset(holidays)}, zone)


OFFICE = week(
    *((day, "09:00", "13:00") for day in range(5)),
    *((day, "14:00", "18:00") for day in range(5)),
    (SAT, "10:00", "13:00"),
)


@pytest.mark.parametrize(
    ("day", "clock", "is_open", "opens"),
    [
        (MONDAY, "08:59", False, (MONDAY, "09:00")),
        (MONDAY, "09:00", True, (MONDAY, "09:00")),
        (MONDAY, "12:59", True, (MONDAY, "12:59")),
        (MONDAY, "13:00", False, (MONDAY, "14:00")),
        (MONDAY, "17:59", True, (MONDAY, "17:59")),
        (MONDAY, "18:00", False, (date(2026, 3, 3), "09:00")),
        (date(2026, 3, 6), "20:00", False, (date(2026, 3, 7), "10:00")),
        (date(2026, 3, 7), "13:00", False, (date(2026, 3, 9), "09:00")),
        (date(2026, 3, 8), "12:00", False, (date(2026, 3, 9), "09:00")),
    ],
)
def test_a_week_in_the_office(day, clock, is_open, opens):
    now = at(day, clock)
    assert OFFICE.is_open(1, now) is is_open
    assert OFFICE.is_open(1, now.astimezone(UTC)) is is_open
    assert OFFICE.opens_at(1, now.astimezone(UTC)) == at(*opens)


def test_without_openings_it_is_open_always():
    always = week()
    assert always.is_open(1, at(MONDAY, "03:00"))
    assert always.opens_at(1, at(MONDAY, "03:00")) == at(MONDAY, "03:00")


def test_a_holiday_closes_whatever_the_hours():
    for own in (week(holidays=[MONDAY]), week((MON, "09:00", "18:00"), (TUE, "00:00", "00:00"), holidays=[MONDAY])):
        assert not own.is_open(1, at(MONDAY, "12:00"))
        assert own.opens_at(1, at(MONDAY, "12:00")) == at(MONDAY + timedelta(days=1), "00:00")


def test_midnight_is_the_end_of_the_day():
    night = week((MON, "22:00", "00:00"), (TUE, "00:00", "06:00"), (WED, "00:00", "00:00"))
    tuesday = MONDAY + timedelta(days=1)
    for day, clock, is_open in [
        (MONDAY, "21:59", False), (MONDAY, "23:59", True), (tuesday, "00:00", True), (tuesday, "05:59", True),
        (tuesday, "06:00", False), (tuesday, "23:59", False), (tuesday + timedelta(days=1), "00:00", True),
        (tuesday + timedelta(days=1), "23:59", True), (tuesday + timedelta(days=2), "00:00", False),
    ]:  # fmt: skip
        assert night.is_open(1, at(day, clock)) is is_open, (day, clock)


def test_sixty_days_are_looked_at_and_no_more():
    one = week((MON, "09:00", "10:00"), holidays=[MONDAY + timedelta(weeks=n) for n in range(8)])
    assert one.opens_at(1, at(MONDAY, "08:00")) == at(MONDAY + timedelta(weeks=8), "09:00")
    none = week((MON, "09:00", "10:00"), holidays=[MONDAY + timedelta(weeks=n) for n in range(9)])
    assert none.opens_at(1, at(MONDAY, "08:00")) is None
    assert not none.is_open(1, at(MONDAY, "09:30"))


def test_an_hour_that_is_skipped_begins_when_clocks_have_jumped():
    jump = date(2026, 3, 8)  # 02:00 is 03:00
    for opens in ("02:00", "02:30"):
        own = week((SUN, opens, "10:00"), zone=NEW_YORK)
        assert own.opens_at(1, at(jump, "00:00", NEW_YORK)) == at(jump, "03:00", NEW_YORK)
    gone = week((SUN, "02:10", "02:50"), zone=NEW_YORK)
    assert gone.opens_at(1, at(jump, "00:00", NEW_YORK)) == at(jump + timedelta(days=7), "02:10", NEW_YORK)
    assert not gone.is_open(1, at(jump, "03:00", NEW_YORK))


def test_a_midnight_that_is_skipped():
    jump = date(2026, 9, 6)  # 00:00 is 01:00
    own = week((SUN, "00:00", "09:00"), zone=SANTIAGO)
    opens = own.opens_at(1, at(jump - timedelta(days=1), "12:00", SANTIAGO))
    assert opens == at(jump, "01:00", SANTIAGO)
    assert own.is_open(1, opens)
    eve = week((SAT, "20:00", "00:00"), zone=SANTIAGO)
    assert eve.is_open(1, opens.astimezone(UTC) - timedelta(seconds=1))
    assert not eve.is_open(1, opens)


def test_an_hour_that_comes_twice_is_open_from_its_first_to_its_last_time():
    back = date(2026, 11, 1)  # 02:00 is 01:00 again
    own = week((SUN, "01:15", "01:30"), zone=NEW_YORK)
    for clock, fold, is_open in [("01:10", 0, False), ("01:15", 0, True), ("01:45", 0, True), ("01:10", 1, True),
                                 ("01:29", 1, True), ("01:30", 1, False)]:  # fmt: skip
        assert own.is_open(1, at(back, clock, NEW_YORK, fold)) is is_open, (clock, fold)


times = st.integers(0, 47).map(lambda half: time(half // 2, half % 2 * 30))
stretch = st.tuples(st.integers(0, 6), times, times).filter(lambda one: one[1] < one[2] or one[2] == time(0))


@given(
    st.lists(stretch, max_size=5),
    st.sets(st.integers(0, 12), max_size=4),
    # around a change of clocks in either direction
    st.sampled_from([(NEW_YORK, date(2026, 3, 6)), (NEW_YORK, date(2026, 10, 30)), (SANTIAGO, date(2026, 9, 4)),
                     (SANTIAGO, date(2026, 4, 2)), (MONTEVIDEO, date(2026, 12, 29))]),
    st.integers(0, 4 * 24 * 6),
)  # fmt: skip
def test_it_opens_at_the_first_moment_at_which_it_is_open(stretches, free, zone_and_day, tens):
    zone, day = zone_and_day
    days = {}
    for weekday, opens, closes in stretches:
        days[weekday] = (*days.get(weekday, ()), (opens, closes))
    own = Hours({1: days} if days else {}, {1: frozenset(day + timedelta(days=n) for n in free)}, zone)
    now = datetime.combine(day, time(0), zone).astimezone(UTC) + timedelta(minutes=10 * tens)
    opens = own.opens_at(1, now)
    assert (opens == now) == own.is_open(1, now)
    if opens is None:
        return
    assert opens >= now
    assert own.is_open(1, opens)
    moment = now
    while moment < opens.astimezone(UTC):
        assert not own.is_open(1, moment), moment
        moment += timedelta(minutes=10)


# --- from the database ---------------------------------------------------------------------------


@pytest.fixture
def zone(settings):
    settings.TIME_ZONE = "America/Montevideo"


def test_several_trays_cost_two_queries(ventas, soporte, zone, django_assert_num_queries):
    Opening.objects.create(tray=ventas, weekday=MON, opens=time(9), closes=time(12))
    Opening.objects.create(tray=ventas, weekday=MON, opens=time(13), closes=time(0))
    Opening.objects.create(tray=soporte, weekday=TUE, opens=time(9), closes=time(12))
    Holiday.objects.create(day=MONDAY + timedelta(days=1), name="De Soporte", tray=soporte)
    Holiday.objects.create(day=MONDAY + timedelta(days=7), name="De todas")
    general = Tray.objects.general()
    with django_assert_num_queries(2):
        own = hours.of([ventas, soporte, general])
        nine = at(MONDAY, "09:30")
        assert [own.is_open(tray, nine) for tray in (ventas, soporte, general)] == [True, False, True]
        assert own.opens_at(soporte, nine) == at(MONDAY + timedelta(days=15 - 7), "09:00")
        assert own.opens_at(ventas, at(MONDAY, "12:30")) == at(MONDAY, "13:00")
        assert not own.is_open(general, at(MONDAY + timedelta(days=7), "12:00"))
    assert hours.is_open(ventas, at(MONDAY, "23:59"))
    assert hours.opens_at(ventas, at(MONDAY + timedelta(days=1), "00:00")) == at(MONDAY + timedelta(days=14), "09:00")


def test_in_words_for_a_customer(ventas, zone):
    assert hours.words(ventas, at(MONDAY, "08:00")) == ""
    Opening.objects.create(tray=ventas, weekday=MON, opens=time(9), closes=time(12))
    assert hours.words(ventas, at(MONDAY, "08:00")) == "hoy a las 9:00"
    assert hours.words(ventas.pk, at(MONDAY, "09:00")) == ""
    for weeks in range(10):
        Holiday.objects.create(day=MONDAY + timedelta(weeks=weeks), name="Cerrado")
    assert hours.words(ventas, at(MONDAY, "08:00")) == "más adelante"


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (at(MONDAY, "09:00"), "hoy a las 9:00"),
        (at(MONDAY, "23:30"), "hoy a las 23:30"),
        (at(date(2026, 3, 3), "09:05"), "mañana a las 9:05"),
        (at(date(2026, 3, 3), "01:00"), "mañana a la 1:00"),
        (at(date(2026, 3, 3), "00:00"), "mañana a las 0:00"),
        (at(date(2026, 3, 3), "13:00"), "mañana a las 13:00"),
        (at(date(2026, 3, 4), "09:00"), "el miércoles a las 9:00"),
        (at(date(2026, 3, 8), "09:00"), "el domingo a las 9:00"),
        (at(date(2026, 3, 9), "09:00"), "el 9 de marzo a las 9:00"),
        (at(date(2026, 4, 30), "01:30"), "el 30 de abril a la 1:30"),
        (at(date(2027, 1, 4), "09:00"), "el 4 de enero de 2027 a las 9:00"),
    ],
)
def test_when_it_is_as_one_says_it(when, said, zone):
    with translation.override("es"):
        assert hours.when_words(when, at(MONDAY, "08:00")) == said
        # days are those of the office, whatever zone the moments come in
        assert hours.when_words(when.astimezone(UTC), at(MONDAY, "08:00").astimezone(ZoneInfo("Asia/Tokyo"))) == said


def test_a_tray_of_somebody_is_open_but_for_holidays(ana, zone):
    assert hours.is_open(ana.personal_tray, at(MONDAY, "03:00"))
    Holiday.objects.create(day=MONDAY, name="De todas")
    assert not hours.is_open(ana.personal_tray, at(MONDAY, "03:00"))
