"""expire_chats and replay: what an operator does by hand."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError
from django.utils import timezone

from chats.models import Message
from gateway.inbound import body_processing
from gateway.inbound import raw_bodies as bodies
from gateway.management.commands import replay
from origins.models import Body
from tests import people
from tests.commands import run


def test_the_sweep_by_hand(http_origin):
    chat = people.waiting(http_origin)
    assert run("expire_chats") == "0 expired\n"
    later = chat.session_expires_at + timedelta(seconds=1)
    assert run("expire_chats", "--now", later.isoformat()) == "1 expired\n"
    assert people.fresh(chat).state == "EXPIRADO"
    assert run("expire_chats", "--now", later.isoformat()) == "0 expired\n"


def test_a_time_without_zone_is_the_installations(http_origin):
    chat = people.waiting(http_origin)
    local = timezone.localtime(chat.session_expires_at).replace(tzinfo=None)
    assert run("expire_chats", "--now", (local - timedelta(minutes=1)).isoformat()) == "0 expired\n"
    assert run("expire_chats", "--now", (local + timedelta(minutes=1)).isoformat()) == "1 expired\n"


@pytest.mark.parametrize("text", ["mañana", "2026-13-01", "1750000000x"])
@pytest.mark.parametrize("command", [("expire_chats", "--now"), ("replay", "--since")])
def test_a_bad_time_is_said_so(db, command, text):
    with pytest.raises(CommandError, match="not a time in ISO 8601"):
        run(*command, text)


def keep(origin, *ids):
    raw = json.dumps({"messages": [{"id": i, "from": "cust-1", "type": "text", "text": i} for i in ids]})
    return bodies.keep_body(origin, raw.encode())[0]


def test_what_was_stored_once_stays_once(http_origin):
    for ids in (("a", "b"), ("c",)):
        body_processing.process_body(keep(http_origin, *ids))
    Message.objects.filter(external_id="c").delete()
    assert run("replay") == ("2 bodies: 1 accepted, 2 duplicates, 0 rejected, 0 crashed, 0 of an origin that is off\n")
    assert sorted(Message.objects.exclude(external_id=None).values_list("external_id", flat=True)) == ["a", "b", "c"]


def test_oldest_first_in_batches_and_since(http_origin, monkeypatch):
    monkeypatch.setattr(replay, "BATCH", 2)
    now = timezone.now()
    kept = [keep(http_origin, str(n)) for n in range(5)]
    for hours, body in enumerate(kept):
        Body.objects.filter(pk=body.pk).update(received_at=now - timedelta(hours=hours))
    seen = []
    monkeypatch.setattr(body_processing, "process_body", lambda body: seen.append(body.pk) or body_processing.Outcome())
    run("replay")
    assert seen == [body.pk for body in reversed(kept)]
    seen.clear()
    run("replay", "--since", (now - timedelta(hours=1)).isoformat())
    assert seen == [kept[1].pk, kept[0].pk]
    seen.clear()
    run("replay", "--id", str(kept[3].pk))
    assert seen == [kept[3].pk]


def test_a_body_that_crashes_does_not_stop_the_others(http_origin, monkeypatch):
    first, _second = keep(http_origin, "a"), keep(http_origin, "b")
    really = body_processing.process_body

    def process(body):
        if body.pk == first.pk:
            raise RuntimeError("boom")
        return really(body)

    monkeypatch.setattr(body_processing, "process_body", process)
    out = run("replay")
    assert f"body {first.pk}: RuntimeError: boom" in out
    assert "2 bodies: 1 accepted, 0 duplicates, 0 rejected, 1 crashed" in out


def test_an_origin_that_is_off_is_left_alone(http_origin):
    keep(http_origin, "a")
    type(http_origin).objects.update(is_active=False)
    assert "1 of an origin that is off" in run("replay")
    assert not Message.objects.exists()


def test_an_unknown_id_is_said_so(db):
    with pytest.raises(CommandError, match="no body 7 is kept"):
        run("replay", "--id", "7")
