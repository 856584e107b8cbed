"""A body whose row in the ledger is written with it stores exactly what the whole way stores."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.forms.models import model_to_dict
from django.utils import timezone

from chats import moves
from gateway.inbound import whole_bodies
from origins.models import Body
from tests import people
from tests.chats.receive.ways import NOW, whole_way
from tests.threads import start
from wittybots.models import Event

KEPT = (
    "state", "tray", "agent", "unread", "preview", "preview_kind", "last_customer_at", "session_expires_at",
    "last_message_at", "bot_memory", "bot_path",
)  # fmt: skip
SAID = ("direction", "author", "kind", "text", "payload", "reaction", "status", "created_at", "sent_at")


def at_once(origin, raw):
    outcome = whole_bodies.store_at_once(origin, raw)
    return outcome and outcome.as_json()


def body_of(sender, ref, text, at=None, **more):
    import json

    message = {"id": ref, "from": sender, "text": text, "type": "text", **more}
    if at:
        message["timestamp"] = at.astimezone(UTC).isoformat()
    return json.dumps({"messages": [message]}).encode()


def state_of(chat):
    chat.refresh_from_db()
    chat.contact.refresh_from_db()
    messages = [
        {name: getattr(message, name) for name in SAID} for message in chat.messages.exclude(kind="move").order_by("id")
    ]
    return {name: model_to_dict(chat, KEPT)[name] for name in KEPT if name in model_to_dict(chat, KEPT)}, messages


@pytest.fixture
def twins(ana, monkeypatch):
    """Two origins alike, with the clock standing still."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    one, other = people.http_origin(), people.http_origin()
    bot = people.with_bot(one)
    from wittybots.models import Reception

    Reception.objects.create(origin=other, bot=bot)
    return one, other


TEXTS = [
    ("hola", None),
    ("  dos   espacios ", -30),
    ("tarde por segundos", -40),
    ("", None),
    ("¿y? \U0001f44d", 90),
    ("del futuro", 3600),
]


@pytest.mark.parametrize("place", ["bot", "tray", "agent"])
def test_both_ways_store_the_same(place, twins, ana):
    quick_chat = slow_chat = None
    for origin in twins:
        people.says(origin, "cust", "Hola", name="Marta", at=NOW - timedelta(minutes=2), now=NOW - timedelta(minutes=2))
        from contacts.models import Contact

        chat = Contact.objects.get(origin=origin).chat
        if place != "bot":
            moves.hand_over(chat.pk, moves.Tray.objects.general(), at=NOW - timedelta(minutes=1))
        if place == "agent":
            moves.take(chat.pk, ana, at=NOW - timedelta(minutes=1))
        quick_chat, slow_chat = (chat, slow_chat) if origin == twins[0] else (quick_chat, chat)
    for number, (text, seconds) in enumerate(TEXTS[:1] if place == "bot" else TEXTS):
        at = NOW + timedelta(seconds=seconds) if seconds is not None else None
        raw = body_of("cust", f"q-{number}", text, at)
        assert at_once(twins[0], raw) == {"accepted": 1, "duplicates": 0, "rejected": []}
        assert whole_way(twins[1], raw) == {"accepted": 1, "duplicates": 0, "rejected": []}
        assert state_of(quick_chat) == state_of(slow_chat)
    stored = 1 if place == "bot" else len(TEXTS)
    assert Body.objects.filter(origin=twins[0], state="processed").count() == stored


def test_both_ways_tell_an_external_bot_the_same(db):
    bot, told = people.external_bot(), []
    for way in (at_once, whole_way):
        origin = people.received_by(bot)
        chat = people.says(origin, "cust", "Hola", name="Marta", at=NOW, now=NOW).message.chat
        chat.bot_due_at, chat.bot_memory = None, {"streak": 3, "said": 4, "minute": 7, "connector": {"a": 1}}
        chat.save()
        assert way(origin, body_of("cust", "q-1", "¿Hay?")) == {"accepted": 1, "duplicates": 0, "rejected": []}
        found, last = people.fresh(chat), chat.messages.order_by("id").last()
        due = (found.bot_due_at - timezone.now()).total_seconds()
        event = Event.objects.filter(chat_id=chat.pk).order_by("id").last()
        assert (event.message_id, event.control_version) == (last.pk, found.change_id)
        told.append((
            found.bot_memory, 50 < due < 55, found.unread, found.preview, last.bot, last.text,
            event.kind, event.endpoint.bot, event.state, event.attempts, Event.objects.filter(chat_id=chat.pk).count(),
        ))  # fmt: skip
        # the first unanswered one is what counts
        assert way(origin, body_of("cust", "q-2", "¿Hola?"))["accepted"] == 1
        assert people.fresh(chat).bot_due_at == found.bot_due_at
    assert told[0] == told[1]


def test_the_same_body_and_the_same_id_are_stored_once(http_origin):
    chat = people.waiting(http_origin, sender="cust")
    raw = body_of("cust", "q-1", "una vez")
    assert at_once(http_origin, raw)["accepted"] == 1
    assert at_once(http_origin, raw) is None  # the whole way says that it is a duplicate
    assert whole_way(http_origin, raw) == {"accepted": 0, "duplicates": 1, "rejected": []}
    again = body_of("cust", "q-1", "una vez, en otro cuerpo")
    assert at_once(http_origin, again) is None
    assert whole_way(http_origin, again) == {"accepted": 0, "duplicates": 1, "rejected": []}
    assert chat.messages.filter(external_id="q-1").count() == 1
    chat.refresh_from_db()
    assert chat.unread == 2


def test_the_bot_keeps_count_of_what_it_did_not_understand(http_origin):
    people.with_bot(http_origin)
    first = people.says(http_origin, "cust", "Hola", name="Marta")
    assert at_once(http_origin, body_of("cust", "q-1", "no encaja"))["accepted"] == 1
    chat = people.fresh(first.message.chat)
    assert (chat.bot_memory["greeted"], chat.bot_memory["misfits"]) == (True, 1)
    assert chat.messages.filter(author="bot").count() == 2
    # the second misfit hands over
    assert at_once(http_origin, body_of("cust", "q-2", "tampoco"))["accepted"] == 1
    assert people.fresh(chat).state == "BANDEJA"


def test_a_time_of_the_future_counts_as_now(http_origin):
    chat = people.waiting(http_origin, sender="cust")
    at_once(http_origin, body_of("cust", "q-1", "x", at=datetime(2090, 1, 1, tzinfo=UTC)))
    chat.refresh_from_db()
    assert chat.last_customer_at <= timezone.now()


@pytest.mark.parametrize("place", ["tray", "agent"])
def test_screens_are_told_the_same_as_by_the_whole_way(
    place, http_origin, ventas, ana, django_capture_on_commit_callbacks, own_valkey
):
    """The fragments made from the statement's own answer are those made from the rows."""
    import re

    import redis
    from django.conf import settings

    from chats import publish

    chat = people.waiting(http_origin, ventas, sender="cust", name="Marta <b>")
    if place == "agent":
        moves.take(chat.pk, ana)
    chat = people.fresh(chat)
    group = f"tray.{ventas.pk}" if place == "tray" else f"agent.{ana.pk}"
    listener = redis.Redis.from_url(settings.REDIS_URL).pubsub(ignore_subscribe_messages=True)
    listener.subscribe(f"live:{group}", f"live:{publish.chat_group(chat.pk, chat.change_id)}")
    for _ in range(2):
        listener.get_message(timeout=1)

    def told():
        found = [listener.get_message(timeout=2) for _ in range(2)]
        return {m["channel"]: m["data"].decode().partition("\n")[2] for m in found if m}

    with django_capture_on_commit_callbacks(execute=True):
        assert at_once(http_origin, body_of("cust", "q-1", "¿Hay alguien?"))["accepted"] == 1
    quickly = told()
    chat = people.fresh(chat)
    message = chat.messages.get(external_id="q-1")
    with django_capture_on_commit_callbacks(execute=True):
        publish.message_stored(chat, message)
    slowly = told()
    assert set(quickly) == set(slowly)
    assert len(quickly) == 2
    blank = re.compile(r"\s+")
    assert {k: blank.sub(" ", v) for k, v in quickly.items()} == {k: blank.sub(" ", v) for k, v in slowly.items()}
    assert any("Marta &lt;b&gt;" in text for text in quickly.values())


@pytest.mark.django_db(transaction=True)
def test_a_message_at_the_very_moment_of_a_take_is_told_to_who_took_it(transactional_db, own_valkey):
    """The statement waits for the move's lock and then sees less than it has: nothing of that may be silent."""
    import redis
    from django.conf import settings
    from django.db import transaction

    line, ana = people.http_origin(), people.hire("ana", first_name="Ana")
    chat = people.waiting(line, sender="cust")
    stored = []

    def message():
        stored.append(at_once(line, body_of("cust", "q-1", "justo ahora")))

    listener = redis.Redis.from_url(settings.REDIS_URL).pubsub(ignore_subscribe_messages=True)
    listener.subscribe(f"live:agent.{ana.pk}")
    listener.get_message(timeout=60)
    with transaction.atomic():
        moves.take(chat.pk, ana)
        late = start(message)
        assert not stored, "the statement waits for the move"
    late.result(120)
    chat = people.fresh(chat)
    assert stored == [{"accepted": 1, "duplicates": 0, "rejected": []}]
    assert chat.messages.filter(external_id="q-1").count() == 1
    told = [event["data"].decode() for event in iter(lambda: listener.get_message(timeout=1), None)]
    assert any('"unread": 2' in text and '"heard": true' in text for text in told), told


def test_the_way_through_the_bot_is_kept_short(http_origin):
    people.with_bot(http_origin, options=[people.option("Horarios", reply="De 9 a 18")])
    first = people.says(http_origin, "cust", "Hola", name="Marta")
    for number in range(15):
        assert at_once(http_origin, body_of("cust", f"q-{number}", "horarios"))["accepted"] == 1
    assert people.fresh(first.message.chat).bot_path == ["Horarios"] * 12


def test_a_statement_that_somebody_made_the_server_forget_costs_no_message(transactional_db, client, http_origin):
    people.waiting(http_origin, sender="cust")
    for ref in ("q-1", "q-2", "q-3"):
        answer = people.post_signed(client, http_origin, body_of("cust", ref, "hola"))
        assert answer.json() == {"accepted": 1, "duplicates": 0, "rejected": []}
        with connection.cursor() as cursor:
            # so that the driver does not see it either
            cursor.execute("DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$")
    assert Body.objects.filter(state="processed").count() == 3
    connection.close()
    assert at_once(http_origin, body_of("cust", "q-4", "hola")) is not None
