"""What is logged at what length: a refusal is one line, an outage a line a minute, an error all that it has."""

import io
import logging
import re
import time

import httpx
import psycopg
import pytest
from celery import Celery
from celery.beat import ScheduleEntry, Scheduler
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import OperationalError, connection
from django.http import Http404
from django.test import Client, override_settings
from django.urls import path
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import ConnectionError as RedisConnectionError
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests import people
from tests.windows import logged_in
from wittyagent import log_filters
from wittyagent.log_filters import OutageFilter


@pytest.fixture
def said(monkeypatch):
    """`said()`: the lines that the console has shown, of the settings' own handler."""
    console = next(one for one in logging.getLogger().handlers if any(isinstance(f, OutageFilter) for f in one.filters))
    outage = next(one for one in console.filters if isinstance(one, OutageFilter))
    monkeypatch.setattr(outage, "_held_back", {})
    stream = io.StringIO()
    former = console.setStream(stream)
    yield lambda: stream.getvalue().splitlines()
    console.setStream(former)


def raising(error):
    def view(_request, **_named):
        raise error

    return view


urlpatterns = [
    path("forbidden/", raising(PermissionDenied("not theirs"))),
    path("suspicious/", raising(SuspiciousOperation("it\nlooks forged"))),
    path("bad/", raising(BadRequest("no sense"))),
    path("missing/", raising(Http404("nothing"))),
    path("broken/", raising(ZeroDivisionError("ours"))),
]
REFUSED = {
    "/forbidden/": "Forbidden (Permission denied): /forbidden/",
    "/suspicious/": "it?looks forged",
    "/bad/": "no sense: /bad/",
    "/missing/": "Not Found: /missing/",
    "/nowhere/": "Not Found: /nowhere/",
}


@pytest.mark.parametrize("asked", REFUSED)
@override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[])
def test_a_refusal_is_one_line_with_who_asked(said, asked):
    assert Client(raise_request_exception=False, REMOTE_ADDR="203.0.113.7").get(asked).status_code in (400, 403, 404)
    (line,) = said()
    assert REFUSED[asked] in line
    assert line.endswith("(asked by 203.0.113.7)")


@pytest.mark.parametrize("host", ["evil.example", "testserver:x", "a b", "ñ", "", "x" * 3000])
def test_a_wrong_host_is_one_line(said, host):
    assert Client(headers={"Host": host}).get("/login/").status_code == 400
    (line,) = said()
    assert "(asked by 127.0.0.1)" in line or len(line) > 900


@override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[])
def test_an_error_of_ours_keeps_its_traceback(said):
    assert Client(raise_request_exception=False).get("/broken/").status_code == 500
    assert "ZeroDivisionError: ours" in said()
    assert len(said()) > 5


def test_an_outage_is_one_line_and_then_a_count(said, monkeypatch):
    monkeypatch.setattr(log_filters, "WINDOW_SECONDS", 0.5)
    with pytest.raises(psycopg.OperationalError) as refused:
        psycopg.connect("host=127.0.0.1 port=1")
    wrapped = OperationalError("connection failed")
    wrapped.__cause__ = refused.value
    log = logging.getLogger("anything")
    for error in (refused.value, wrapped, RedisConnectionError("gone"), BrokerError("gone\ntoo")):
        for _ in range(5):
            log.error("it failed", exc_info=error)
            log.error("because of %s", error)
    first = said()
    assert [line.partition("anything ")[2][:27] for line in first] == [
        "the database does not answe",
        "Redis does not answer: Conn",
    ]
    latest = time.monotonic() + 60
    while len(said()) < 4:
        assert time.monotonic() < latest, "the count was never said"
        time.sleep(0.05)
    assert sorted(line.partition("log_filters ")[2] for line in said()[2:]) == [
        "Redis does not answer: 19 more in the last minute",
        "the database does not answer: 19 more in the last minute",
    ]


def test_the_clock_that_cannot_reach_the_broker_says_it_in_one_line(said):
    clock = Celery(broker="redis://127.0.0.1:1/0", set_as_current=False)
    clock.conf.task_publish_retry = False
    clock.conf.broker_transport_options = {"max_retries": 1, "interval_start": 0, "interval_step": 0}
    schedule = Scheduler(clock, lazy=True)
    for name in ("sweep_outbox", "sweep_bodies", "expire_due"):
        schedule.apply_entry(ScheduleEntry(name=name, task=f"gateway.tasks.{name}", schedule=15.0, app=clock))
    (line,) = [line for line in said() if " INFO " not in line]
    assert "celery.beat Redis does not answer" in line


@pytest.mark.django_db
def test_a_statement_that_fails_is_no_outage(said):
    with pytest.raises(OperationalError) as late, connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 1")
        cursor.execute("SELECT pg_sleep(5)")
    for _ in range(2):
        logging.getLogger("anything").error("it failed", exc_info=late.value)
    assert len([line for line in said() if line.endswith("anything it failed")]) == 2
    assert any("statement timeout" in line for line in said())


def test_with_everything_down_a_process_says_so_in_a_few_lines(serve, ana):
    origin = people.web_origin()
    cookie = {"Cookie": f"sessionid={logged_in(ana).cookies['sessionid'].value}"}
    # nothing listens there
    site = serve(DATABASE_URL="postgres://witty@127.0.0.1:1/witty", REDIS_URL="redis://127.0.0.1:1/0")
    asked = [
        "/bandejas/",
        "/chat/",
        "/login/",
        "/admin/",
        f"/w/{origin.key}/",
        f"/w/{origin.key}/messages/",
        "/api/v1/trays",
    ]
    asked += ["/readyz", "/files/00000000-0000-0000-0000-000000000000/", "/nowhere/"]
    statuses = {}
    with httpx.Client(base_url=site.url, headers=cookie, timeout=60) as browser:
        for _ in range(3):
            for address in asked:
                statuses[address] = browser.get(address, headers={"Authorization": "Bearer wa_x"}).status_code
            statuses["webhook"] = browser.post(f"/webhooks/{origin.key}/", json={}).status_code
            with pytest.raises((ConnectionClosed, InvalidStatus)):
                connect(site.url.replace("http", "ws") + "/ws/", origin=site.url, additional_headers=cookie).recv(60)
    assert set(statuses.values()) <= {200, 401, 500, 503}
    # but for the servers' own record of what was asked for, and of what they do
    lines = [line for line in site.said(100_000).splitlines() if not re.search('"(GET|POST|WS|WebSocket)| INFO ', line)]
    assert not [line for line in lines if "Traceback" in line]
    assert len([line for line in lines if "the database does not answer" in line]) == 1
    assert len(lines) < 10, lines
