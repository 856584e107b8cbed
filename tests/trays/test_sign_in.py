"""Who may try to sign in, and when: strangers are held, and nobody is locked out by what they do."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.test import Client
from django.utils import timezone
from django.utils.module_loading import import_string

from tests import people
from trays import sign_in

pytestmark = pytest.mark.django_db
WRONG = "no"


def at(address):
    """A browser that nobody has signed in with, at this address behind the proxy."""
    return Client(REMOTE_ADDR="127.0.0.1", headers={"X-Forwarded-For": address})


def tries(browser, name, password=WRONG):
    return browser.post("/login/", {"username": name, "password": password}).status_code


def signs_in(browser, agent):
    return tries(browser, agent.username, people.PASSWORD) == 302


def time_passes(seconds):
    """Everything that was counted is so much older."""
    for attempt in AccessAttempt.objects.all():
        AccessAttempt.objects.filter(pk=attempt.pk).update(
            attempt_time=attempt.attempt_time - timedelta(seconds=seconds)
        )


@pytest.fixture(autouse=True)
def _behind_the_proxy(settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]


@pytest.mark.parametrize("name", ["x" * 400, "bru\0no", "é" * 300, "\U0001f600" * 200])
def test_a_name_that_nobody_can_have_is_wrong_and_no_more(name, bruno):
    stranger = at("203.0.113.7")
    assert {tries(stranger, name) for _ in range(7)} <= {422, 429}
    assert signs_in(at("203.0.113.8"), bruno)


def test_a_stranger_who_fails_locks_nobody_out(bruno):
    stranger = at("203.0.113.7")
    assert [tries(stranger, "bruno") for _ in range(7)] == [422] * 5 + [429] * 2
    assert tries(stranger, "bruno", people.PASSWORD) == 429
    assert signs_in(at("198.51.100.4"), bruno)


def test_who_is_no_proxy_of_ours_is_not_believed(bruno, settings):
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    assert [tries(at(f"203.0.113.{n}"), "bruno") for n in range(7)] == [422] * 5 + [429] * 2


def test_an_address_that_tries_many_names_is_held_and_no_other(bruno):
    answers = [tries(at("203.0.113.7"), f"nombre{n}") for n in range(30)]
    assert answers == [422] * sign_in.MAX_FAILURES_OF_AN_ADDRESS + [429] * 10
    assert tries(at("203.0.113.7"), "bruno", people.PASSWORD) == 429
    assert signs_in(at("203.0.113.8"), bruno)


def test_all_addresses_of_one_customer_of_ipv6_count_as_one():
    assert [tries(at(f"2001:db8:1:2::{n:x}"), f"nombre{n}") for n in range(1, 31)][-1] == 429
    assert tries(at("2001:db8:1:3::1"), "bruno") == 422


def test_a_name_that_many_addresses_try_waits_longer_and_longer(bruno):
    answers = [tries(at(f"203.0.113.{n}"), "bruno") for n in range(40)]
    assert answers == [422] * sign_in.MAX_FAILURES_OF_A_NAME + [429] * 30
    waits = []
    for number in range(8):
        answer = at(f"198.51.100.{number}").post("/login/", {"username": "bruno", "password": "no"})
        waits.append(int(answer["Retry-After"]))
        time_passes(waits[-1])
        # the wait was this address's own, and it counts once
        assert tries(at(f"198.51.100.{number}"), "bruno") == 422
        assert tries(at(f"198.51.100.{number}"), "bruno") == 429
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_the_owner_in_a_new_place_is_let_in_after_the_wait_whoever_else_is_at_it(bruno):
    for number in range(40):
        tries(at(f"203.0.113.{number}"), "bruno")
    new = at("198.51.100.4")
    waits = int(new.post("/login/", {"username": "bruno", "password": people.PASSWORD})["Retry-After"])
    assert waits <= sign_in.MAX_DELAY_SECONDS
    time_passes(waits)
    for number in range(40, 80):
        tries(at(f"203.0.113.{number}"), "bruno")
    assert signs_in(new, bruno)


def test_the_owner_is_not_held_where_he_has_signed_in_before(bruno):
    home = at("198.51.100.4")
    assert signs_in(home, bruno)
    for number in range(40):
        tries(at(f"203.0.113.{number}"), "bruno")
    # the address is enough: his browser has forgotten him
    assert signs_in(at("198.51.100.4"), bruno)


def test_who_shares_the_strangers_address_comes_in_by_the_known_browser(bruno, ana):
    office = "198.51.100.4"
    known = at(office)
    assert signs_in(known, bruno)
    known.post("/logout/")
    for _ in range(7):
        locked = tries(at(office), "bruno")
    for number in range(30):
        tries(at(office), f"nombre{number}")
    assert (locked, tries(at(office), "ana", people.PASSWORD)) == (429, 429)
    assert signs_in(known, bruno)


def test_a_known_browser_may_fail_as_often_as_any_and_helps_with_no_other_name(bruno, ana):
    known = at("198.51.100.4")
    assert signs_in(known, bruno)
    known.post("/logout/")
    assert [tries(known, "bruno") for _ in range(7)] == [422] * 5 + [429] * 2
    # bruno's browser is a stranger to the name of ana
    cookie = next(name for name in known.cookies if name.startswith("device-"))
    thief = at("203.0.113.7")
    thief.cookies[sign_in._cookie_name("ana")] = known.cookies[cookie].value
    assert [tries(thief, "ana") for _ in range(7)] == [422] * 5 + [429] * 2
    assert {one.ip_address for one in AccessAttempt.objects.filter(username="ana")} == {"203.0.113.7"}


def test_a_browser_that_many_share_knows_so_many_of_them_and_the_last(bruno):
    shared = at("198.51.100.4")
    agents = [people.hire(f"turno{number}") for number in range(sign_in.MAX_AGENTS_OF_A_DEVICE + 4)]
    for agent in [*agents, bruno]:
        assert signs_in(shared, agent)
        shared.post("/logout/")
    known = [name for name, cookie in shared.cookies.items() if name.startswith("device-") and cookie.value]
    assert len(known) == sign_in.MAX_AGENTS_OF_A_DEVICE
    assert sign_in._cookie_name("bruno") in known


@pytest.mark.parametrize("value", ["", "x", "ñ", "a:b:c", "x" * 5000])
def test_a_cookie_that_is_not_ours_is_no_known_browser(bruno, value):
    browser = at("203.0.113.7")
    browser.cookies[sign_in._cookie_name("bruno")] = value
    assert [tries(browser, "bruno") for _ in range(6)][-1] == 429


def test_what_is_refused_makes_no_lock_longer(bruno):
    stranger = at("203.0.113.7")
    for _ in range(6):
        tries(stranger, "bruno")
    time_passes(14 * 60)
    assert tries(stranger, "bruno") == 429
    time_passes(61)
    assert tries(stranger, "bruno") == 422


def test_a_supervisor_opens_every_place(bruno):
    office = at("198.51.100.4")
    for number in range(30):
        tries(office, f"nombre{number}")
    for number in range(40):
        tries(at(f"203.0.113.{number}"), "bruno")
    assert tries(office, "bruno", people.PASSWORD) == 429
    sign_in.unlock(bruno)
    assert signs_in(office, bruno)
    assert tries(at("198.51.100.4"), "nombre1") == 429


def test_the_page_says_when_to_come_again(bruno):
    stranger = at("203.0.113.7")
    for _ in range(6):
        held = stranger.post("/login/", {"username": "bruno", "password": "no"})
    assert held.status_code == 429
    assert 890 < int(held["Retry-After"]) <= 900
    assert "Esperá 15 minutos" in held.content.decode()
    for number in range(10):
        tries(at(f"203.0.114.{number}"), "ana")
    short = at("198.51.100.4").post("/login/", {"username": "ana", "password": "no"})
    assert (short["Retry-After"], "Esperá 1 segundo y" in short.content.decode()) == ("1", True)


def test_a_name_that_nobody_has_is_answered_as_one_that_somebody_has(bruno):
    def answers(name, network):
        return [tries(at(f"{network}.{n}"), name) for n in range(14)]

    assert answers("bruno", "203.0.113") == answers("nadie", "203.0.114")


def test_each_failure_is_one_line_with_the_address_and_the_name(bruno, caplog):
    for name in ("bruno", "ñandú@casa", "a b\nsign-in failed: address=192.0.2.1 name=x", "bruno\u2028x"):
        tries(at("203.0.113.7, 203.0.113.9"), name)
    for _ in range(6):
        tries(at("203.0.113.9"), "bruno")
    said = [record.getMessage() for record in caplog.records if record.name == "trays.sign_in"]
    assert said[0] == "sign-in failed: address=203.0.113.9 name=bruno"
    assert said[1] == "sign-in failed: address=203.0.113.9 name=ñandú@casa"
    assert said[-1] == "sign-in held: address=203.0.113.9 name=bruno"
    form = re.compile(r"sign-in (failed|held): address=203\.0\.113\.9 name=[\w.@+?-]*")
    assert all(form.fullmatch(line) for line in said)
    # and nobody else says it again
    assert not [record for record in caplog.records if record.name.startswith("axes") and record.levelname != "INFO"]


def format_line(record):
    form = settings.LOGGING["formatters"]["line"]
    return import_string(form["()"])(form["fmt"], form["datefmt"]).format(record)


def test_the_documented_filter_finds_each_line_and_is_not_led_astray(bruno, caplog):
    told = Path("docs/operate.md").read_text()
    filters = re.search(r"^failregex = ((?:.+\n\s+)+.+)$", told, re.MULTILINE)[1].split("\n")
    found = re.compile("|".join(one.strip().replace("<HOST>", r"(\S+)") for one in filters), re.MULTILINE)
    for name in (
        "bruno",
        "x WARNING trays.sign_in sign-in failed: address=192.0.2.1 name=x",
        "x\naddress=192.0.2.1 name=",
    ):
        tries(at("203.0.113.9"), name)
    token = {"Authorization": "Bearer wa_x", "X-Forwarded-For": "203.0.113.9"}
    assert Client().get("/api/v1/trays", headers=token).status_code == 401
    lines = [format_line(record) for record in caplog.records if record.name in ("trays.sign_in", "api.auth")]
    assert [list(filter(None, found.search(line).groups())) for line in lines] == [["203.0.113.9"]] * 4
    forged = "sign-in failed: address=192.0.2.1 name=x"
    for line in (f"ERROR django.request Service Unavailable: /x WARNING trays.sign_in {forged}", f"WARNING x {forged}"):
        assert not found.search(f"2026-11-22 13:00:00,123 {line}")
    # as they are shown there
    assert len(found.findall(told)) == 2


def test_the_documented_filter_reads_the_time_of_a_line_wherever_the_machine_is(bruno, caplog):
    told = Path("docs/operate.md").read_text()
    pattern = re.search(r"^datepattern = (.+)$", told, re.MULTILINE)[1].replace("%%", "%")
    tries(at("203.0.113.9"), "bruno")
    record = next(one for one in caplog.records if one.name == "trays.sign_in")
    time, _, _rest = format_line(record).partition(" WARNING ")
    read = datetime.strptime(time, pattern)
    assert read.tzinfo is not None
    assert read.timestamp() == int(record.created)


def test_the_old_password_is_not_guessed_at_an_open_page(bruno):
    page = at("198.51.100.4")
    signs_in(page, bruno)
    new = {"old_password": "no", "new_password1": "otra-clave-larga-2", "new_password2": "otra-clave-larga-2"}
    assert [page.post("/password/", new).status_code for _ in range(12)] == [422] * 10 + [429] * 2


def test_old_records_go(bruno):
    signs_in(at("198.51.100.4"), bruno)
    tries(at("203.0.113.7"), "bruno")
    AccessLog.objects.update(attempt_time=timezone.now() - timedelta(days=31))
    time_passes(3600)
    sign_in.forget_old_records()
    assert not AccessLog.objects.exists()
    assert not AccessAttempt.objects.exists()
