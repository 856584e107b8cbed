"""The log of what endpoints were told: paged, filtered, and sent again."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import people
from tests.backoffice.bot_pages import bot_page, integration, text_of
from tests.backoffice.pages import history, page
from wittybots.models import Event


def log(client, query=""):
    return client.get(page("wittybots_event", "changelist") + query)


def test_the_log_says_what_became_of_each_call_and_nothing_of_the_customer(as_sofia, server):
    bot = people.external_bot(url=server.url)
    origin = people.received_by(bot)
    chat = people.says(origin, "+59899123456", "mi clave es 1234", name="Marta Gómez").message.chat
    assert Event.objects.filter(chat_id=chat.pk).exists()
    Event.objects.filter(kind="message_created").update(
        state="failed", status_code=503, took_ms=87, attempts=4, reason="Respondió HTTP 503"
    )
    event = Event.objects.get(kind="message_created")
    for path in (page("wittybots_event", "changelist"), page("wittybots_event", "change", event.pk)):
        text = text_of(as_sofia.get(path))
        for word in ("message_created", str(chat.pk), "Falló", "503", "87", "Respondió HTTP 503"):
            assert word in text, word
        for word in ("1234", "Marta", "99123456"):
            assert word not in text


def test_the_log_of_one_endpoint_and_of_one_state(as_sofia):
    bot, other = people.external_bot(), people.external_bot()
    for endpoint in (bot.endpoint, other.endpoint):
        for state in ("done", "failed"):
            Event.objects.create(endpoint=endpoint, kind="message_created", chat_id=1, state=state)
    path = f"?endpoint__id__exact={bot.endpoint.pk}"
    assert page("wittybots_event", "changelist") + path in text_of(as_sofia.get(bot_page("change", bot)))
    found = log(as_sofia, path).context["cl"].result_list
    assert {event.endpoint_id for event in found} == {bot.endpoint.pk}
    assert [event.state for event in log(as_sofia, f"{path}&state__exact=failed").context["cl"].result_list] == [
        "failed"
    ]


def test_nothing_of_the_log_is_written_by_hand(as_sofia):
    event = Event.objects.create(endpoint=people.external_bot().endpoint, kind="ping", state="failed")
    assert as_sofia.get(page("wittybots_event", "add")).status_code == 403
    assert as_sofia.post(page("wittybots_event", "change", event.pk), {"state": "done"}).status_code == 403
    assert as_sofia.post(page("wittybots_event", "delete", event.pk), {"post": "yes"}).status_code == 403
    assert Event.objects.get().state == "failed"


@pytest.mark.parametrize("state", ["failed", "done", "dropped"])
def test_what_is_over_is_sent_again(as_sofia, state):
    event = Event.objects.create(endpoint=integration(), kind="conversation_closed", state=state, attempts=4)
    as_sofia.post(page("wittybots_event", "again", event.pk))
    assert Event.objects.get().state == "queued"
    assert history() == ["se envía de nuevo en un momento"]


def test_what_is_on_its_way_or_has_nowhere_to_go_is_not_sent_again(as_sofia):
    on, off = integration(), integration(is_active=False)
    waiting = Event.objects.create(endpoint=on, kind="conversation_closed", state="queued")
    stuck = Event.objects.create(endpoint=off, kind="conversation_closed", state="failed")
    assert "no corresponde" in text_of(as_sofia.post(page("wittybots_event", "again", waiting.pk), follow=True))
    assert "está apagado" in text_of(as_sofia.post(page("wittybots_event", "again", stuck.pk), follow=True))
    assert set(Event.objects.values_list("state", flat=True)) == {"queued", "failed"}
    assert history() == []


def test_many_are_sent_again_after_a_question_only_those_ticked(as_sofia):
    endpoint = integration()
    events = [
        Event.objects.create(endpoint=endpoint, kind="conversation_closed", chat_id=1, state="failed")
        for _n in range(3)
    ]
    chosen = {"action": "again", "_selected_action": [events[0].pk, events[1].pk], "select_across": "1"}
    asked = as_sofia.post(page("wittybots_event", "changelist"), chosen)
    assert "con el mismo id" in text_of(asked)
    as_sofia.post(page("wittybots_event", "changelist"), chosen | {"confirmed": "again"})
    states = Event.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == ["queued", "queued", "failed"]


def test_the_log_of_a_big_table_is_a_page_that_counts_nothing(as_sofia):
    endpoint = people.external_bot().endpoint
    Event.objects.bulk_create(
        Event(endpoint=endpoint, kind="message_created", chat_id=number, state="done") for number in range(20_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE wittybots_event, wittybots_endpoint")
    for query in ("", f"?endpoint__id__exact={endpoint.pk}", "?state__exact=queued"):
        with CaptureQueriesContext(connection) as queries:
            response = log(as_sofia, query)
        asked = [one["sql"] for one in queries if "wittybots_event" in one["sql"] and one["sql"].startswith("SELECT")]
        assert not [sql for sql in asked if "COUNT(" in sql.upper()]
        for sql in asked:
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN " + sql)
                plan = "\n".join(row[0] for row in cursor.fetchall())
            assert "Seq Scan on wittybots_event_first" not in plan, plan
        if not query:
            first = response.context["cl"]
            after = log(as_sofia, first.following).context["cl"].result_list
            assert max(event.pk for event in after) < min(event.pk for event in first.result_list)
