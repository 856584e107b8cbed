"""The health of endpoints: what is said of those in trouble, and at what cost."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gateway.status import endpoints
from tests import people
from tests.backoffice.bot_pages import bot_page, integration, made, text_of
from tests.backoffice.pages import page, words
from wittybots import tokens
from wittybots.models import Event


@pytest.fixture
def as_sofia(client, sofia):
    client.force_login(sofia, backend="django.contrib.auth.backends.ModelBackend")
    return client


def door_of(thing):
    return endpoints.read_status(thing)


NOW = timezone.now()


def test_one_that_answers_has_nothing_to_say(db):
    bot = people.external_bot(heard_at=NOW)
    assert (door_of(bot).level, door_of(bot).notes) == ("good", [])
    assert door_of(integration(heard_at=NOW)).level == "good"


@pytest.mark.parametrize(
    ("fields", "level", "said"),
    [
        ({"trouble": "Respondió HTTP 500", "failing_since": timedelta(minutes=12)}, "bad", "Respondió HTTP 500. Desde hace 12 min."),
        ({"is_active": False, "switched_off_at": timedelta(hours=3), "trouble": "HTTP 500"}, "bad", "Se apagó solo hace 3 h"),
        ({"is_active": False}, "off", "Desactivado"),
        ({"heard_at": None}, "look", "Todavía no respondió nunca"),
    ],
)  # fmt: skip
def test_an_endpoint_in_trouble_says_what_and_what_to_do(db, fields, level, said):
    # ago, when the test runs: it may be minutes after the file was read
    fields = {k: timezone.now() - v if isinstance(v, timedelta) else v for k, v in fields.items()}
    for thing in (people.external_bot(**{"heard_at": NOW, **fields}), integration(**{"heard_at": NOW, **fields})):
        door = door_of(thing)
        assert door.level == level
        assert said in words(door)


def test_a_bot_without_an_address_is_in_trouble_only_where_customers_come_to_it(db):
    bot = made("rasa")
    assert door_of(bot).level == "look"
    people.received_by(bot)
    assert door_of(bot).level == "bad"
    polling = made("webhook")
    people.received_by(polling)
    tokens.issue_token("T", polling)
    assert door_of(polling).level == "good"


def test_what_waits_to_be_told_and_since_when(db):
    bot = people.external_bot(heard_at=NOW)
    for minutes, state in ((7, "queued"), (30, "sending"), (90, "done")):
        Event.objects.create(
            endpoint=bot.endpoint,
            kind="message_created",
            chat_id=minutes,
            state=state,
            created_at=NOW - timedelta(minutes=minutes),
        )
    door = endpoints.build_statuses([endpoints.list_external_bots().get()], now=NOW)[0]
    assert (door.waiting, door.waiting_since) == (2, NOW - timedelta(minutes=30))
    assert "2 avisos esperan, el más viejo desde hace 30 min." in words(door)


def test_supervision_shows_them_like_lines_the_worst_first(as_sofia):
    people.external_bot(heard_at=NOW)
    bad = people.external_bot(heard_at=NOW, trouble="Respondió HTTP 500", failing_since=NOW)
    integration(is_active=False, switched_off_at=NOW)
    made("menu")  # no line uses it
    response = as_sofia.get("/supervision/")
    doors = [door for door, _resolved in response.context["endpoints"]]
    assert [door.level for door in doors] == ["bad", "bad", "good"]
    assert bad in [door.bot for door in doors]
    assert response.context["in_trouble"] == 2
    assert "Respondió HTTP 500" in text_of(response)


def test_a_menu_that_a_line_uses_is_there_and_says_when_it_is_switched_off(as_sofia, http_origin):
    bot = people.with_bot(http_origin, name="WittyBots")
    assert [(one.bot, one.level, one.notes) for one in endpoints.list_statuses()] == [(bot, "good", [])]
    assert "Hoy todavía no terminó con ningún chat." in text_of(as_sofia.get("/supervision/"))
    type(bot).objects.update(is_active=False)
    assert [(one.level, one.label) for one in endpoints.list_statuses()] == [("off", "Desactivado")]


def test_without_external_bots_supervision_is_as_it_was(as_sofia):
    made("menu")
    assert "endpoints-health" not in text_of(as_sofia.get("/supervision/"))


def test_as_many_queries_for_ten_bots_as_for_one(as_sofia):
    def asked(path):
        with CaptureQueriesContext(connection) as queries:
            assert as_sofia.get(path).status_code == 200
        return len(queries)

    paths = ("/supervision/", bot_page("changelist"), page("wittybots_endpoint", "changelist"))
    paths += (page("wittybots_token", "changelist"), page("wittybots_event", "changelist"))

    def more():
        bot = people.external_bot(heard_at=NOW)
        tokens.issue_token("T", bot)
        Event.objects.create(endpoint=bot.endpoint, kind="message_created", chat_id=1)
        integration(name=f"CRM {bot.pk}")
        made("menu", name=f"Menú {bot.pk}")
        people.with_bot(people.http_origin(), name=f"Menú en uso {bot.pk}")

    more()
    asked(paths[0])  # the first request of a session also notes who is here
    few = [asked(path) for path in paths]
    for _number in range(9):
        more()
    assert [asked(path) for path in paths] == few
