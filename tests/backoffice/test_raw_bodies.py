"""The ledger in the admin: what became of what came in, never what it says, and "process again"."""

import json

import pytest
from celery import current_app
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError

from chats.models import Message
from gateway import tasks
from gateway.inbound import body_processing as ledger_of_chats
from gateway.inbound import raw_bodies
from origins.models import Body
from tests import people

WORDS = "el secreto de la abuela"


def body(origin, number=1, state="processed", **fields):
    said = {"messages": [{"id": f"m-{number}", "from": "cust-1", "type": "text", "text": WORDS}]}
    kept, _is_new = raw_bodies.keep_body(origin, json.dumps(said).encode())
    Body.objects.filter(pk=kept.pk).update(state=state, **fields)
    return Body.objects.get(pk=kept.pk)


def page(name, *args):
    return reverse(f"admin:origins_body_{name}", args=args)


def shown(response):
    return [one.pk for one in response.context["cl"].result_list]


def test_what_became_of_it_is_shown_and_what_it_says_is_not(as_sofia, http_origin):
    kept = body(http_origin, state="broken", reason="0: id: missing", repeats=2, attempts=1)
    for path in (page("changelist"), page("change", kept.pk), page("history", kept.pk)):
        text = as_sofia.get(path).content.decode()
        assert WORDS not in text
        assert "abuela" not in text
    text = as_sofia.get(page("change", kept.pk)).content.decode()
    for words in (str(http_origin), "No se entendió", "0: id: missing", bytes(kept.digest).hex()):
        assert words in text


def test_not_by_a_forged_list_either(as_sofia, http_origin):
    body(http_origin)
    for lookup in ("raw__contains=abuela", "digest__startswith=a", "raw=x"):
        assert as_sofia.get(f"{page('changelist')}?{lookup}").status_code == 400
    assert WORDS not in as_sofia.get(f"{page('changelist')}?q=abuela").content.decode()


def test_nothing_is_added_changed_or_deleted_by_hand(as_sofia, http_origin):
    kept = body(http_origin)
    assert as_sofia.get(page("add")).status_code == 403
    assert as_sofia.post(page("change", kept.pk), {"state": "received", "reason": "x"}).status_code == 403
    assert as_sofia.post(page("delete", kept.pk), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [kept.pk], "post": "yes"}
    as_sofia.post(page("changelist"), chosen)
    assert Body.objects.get().state == "processed"


def test_an_agent_sees_none_of_it(client, ana, http_origin):
    kept = body(http_origin)
    client.force_login(ana, backend="django.contrib.auth.backends.ModelBackend")
    for path in (page("changelist"), page("change", kept.pk), page("again", kept.pk)):
        assert client.get(path, follow=True).status_code == 403
    assert client.post(page("again", kept.pk), follow=True).status_code == 403
    assert not Message.objects.exists()


def test_the_list_is_paged_by_key_and_nothing_is_counted(as_sofia, http_origin):
    bodies = [body(http_origin, number).pk for number in range(1, 121)][::-1]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        first = as_sofia.get(page("changelist"))
    assert shown(first) == bodies[:50]
    asked = [one["sql"] for one in queries if "origins_body" in one["sql"]]
    assert asked
    assert not any("COUNT(" in sql.upper() for sql in asked)
    # neither the bytes themselves, which may be megabytes each
    assert not any('"origins_body"."raw",' in sql for sql in asked)
    second = as_sofia.get(page("changelist") + first.context["cl"].following)
    assert shown(second) == bodies[50:100]
    third = as_sofia.get(page("changelist") + second.context["cl"].following)
    assert shown(third) == bodies[100:]
    assert third.context["cl"].following == ""
    assert shown(as_sofia.get(page("changelist") + third.context["cl"].newest)) == bodies[:50]
    assert "Anteriores" in first.content.decode()


def test_a_list_of_many_asks_as_much_as_one_of_few(as_sofia, http_origin):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            as_sofia.get(page("changelist"))
        return len(queries)

    body(http_origin)
    asked()  # the first page of a session is noted with it
    few = asked()
    for number in range(2, 40):
        body(http_origin, number)
    assert asked() == few


@pytest.mark.parametrize("key", ["x", "-1", "9" * 40, "1'; --", "١٢"])
def test_a_key_that_is_none_is_the_first_page(as_sofia, http_origin, key):
    kept = body(http_origin)
    assert shown(as_sofia.get(page("changelist"), {"antes": key})) == [kept.pk]


def test_filters_by_origin_state_and_time(as_sofia, http_origin):
    from datetime import timedelta

    other = people.http_origin()
    mine, broken = body(http_origin), body(other, state="broken")
    old = body(other, 2, received_at=timezone.now() - timedelta(days=3))
    found = lambda query: set(shown(as_sofia.get(f"{page('changelist')}?{query}")))  # noqa: E731
    assert found(f"origin__id__exact={http_origin.pk}") == {mine.pk}
    assert found("state__exact=broken") == {broken.pk}
    assert found("recibido=dia") == {mine.pk, broken.pk}
    assert found(f"recibido=semana&origin__id__exact={other.pk}") == {broken.pk, old.pk}


def test_one_is_processed_again_at_once_and_nothing_is_stored_twice(as_sofia, http_origin):
    kept = body(http_origin, state="broken", reason="it was not understood yet")
    assert "no se repite" in as_sofia.get(page("again", kept.pk)).content.decode()
    assert not Message.objects.exists()
    text = as_sofia.post(page("again", kept.pk), follow=True).content.decode()
    assert "nuevos 1, ya estaban 0, no se entendieron 0" in text
    assert "nuevos 0, ya estaban 1" in as_sofia.post(page("again", kept.pk), follow=True).content.decode()
    assert Message.objects.filter(direction="in").count() == 1
    kept.refresh_from_db()
    assert (kept.state, kept.reason) == ("processed", "") or kept.state == "duplicate"
    assert LogEntry.objects.filter(object_id=str(kept.pk)).count() == 2
    assert WORDS not in " ".join(entry.change_message for entry in LogEntry.objects.all())


def test_many_are_left_to_the_worker_after_a_question(as_sofia, http_origin, monkeypatch):
    sent = []
    monkeypatch.setattr(current_app, "send_task", lambda task, args, **_more: sent.append((task, *args)))
    first, second, third = (body(http_origin, number, state="broken") for number in range(3))
    chosen = {"action": "again", "_selected_action": [first.pk, second.pk], "select_across": "1"}
    asked = as_sofia.post(page("changelist"), chosen).content.decode()
    assert str(second) in asked
    assert sent == []
    text = as_sofia.post(page("changelist"), chosen | {"confirmed": "again"}, follow=True).content.decode()
    assert "Se procesan de nuevo 2" in text
    # "all of them" is only what was ticked
    assert sorted(sent) == [("gateway.tasks.process_body", first.pk), ("gateway.tasks.process_body", second.pk)]
    assert not Message.objects.exists()
    assert third.state == "broken"


def test_many_are_really_processed_by_the_worker(as_sofia, http_origin, monkeypatch):
    asked = []
    monkeypatch.setattr(current_app, "send_task", lambda _task, args, **_more: asked.extend(args))
    # one was left to people after too many tries
    bodies = [body(http_origin, number, state="broken", attempts=number * 9) for number in range(2)]
    untouched = body(http_origin, 2, state="broken")
    chosen = {"action": "again", "confirmed": "again", "_selected_action": [one.pk for one in bodies]}
    as_sofia.post(page("changelist"), chosen)
    assert sorted(asked) == [one.pk for one in bodies]
    for pk in asked:
        tasks.process_body(pk)
    assert Message.objects.filter(direction="in").count() == 2
    assert set(Body.objects.values_list("pk", "state")) == {
        *((pk, "processed") for pk in asked), (untouched.pk, "broken"),
    }  # fmt: skip


def test_without_a_broker_it_says_so_and_the_sweep_finds_them(as_sofia, http_origin, monkeypatch):
    def lost(*_args, **_more):
        raise OperationalError("connection refused")

    monkeypatch.setattr(current_app, "send_task", lost)
    bodies = [body(http_origin, number, state="broken") for number in range(2)]
    chosen = {"action": "again", "confirmed": "again", "_selected_action": [one.pk for one in bodies]}
    text = as_sofia.post(page("changelist"), chosen, follow=True).content.decode()
    assert "La cola del worker no responde" in text
    assert "se procesan de nuevo" not in text
    assert list(ledger_of_chats.find_unfinished(timezone.now())) == [one.pk for one in bodies]
    assert LogEntry.objects.count() == 2
