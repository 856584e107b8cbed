"""What stands in a body's way: the ledger, other messages of it, those who lock at the same instant."""

import psycopg
import pytest
from django.db import transaction
from django.utils import timezone

from chats import access
from chats.attachments.uploads import keep_bytes
from chats.bots import reading
from chats.messages import parked
from chats.models import Chat, Message, ParkedFact
from chats.receive import receiving
from common.errors import OriginError
from gateway.inbound import raw_bodies, whole_bodies
from origins.facts import Incoming, Reaction, Renamed
from origins.models import Body
from tests import people
from tests.threads import start
from trays.models import Tray
from wittybots.models import Event

ONE = b'{"messages": [{"id": "q-1", "from": "cust", "text": "Hola", "type": "text"}]}'


def fact(sender, ref, text="Hola", **more):
    return Incoming(ref, sender, more.pop("kind", "text"), text, **more)


def test_a_body_that_was_kept_and_not_processed_goes_the_whole_way(client, http_origin):
    people.waiting(http_origin, sender="cust")
    body, _is_new = raw_bodies.keep_body(http_origin, ONE)
    Body.objects.filter(pk=body.pk).update(state="broken", reason="the origin is switched off")
    assert whole_bodies.store_at_once(http_origin, ONE) is None
    answer = people.post_signed(client, http_origin, ONE)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    assert Body.objects.get().state == "processed"


def test_two_that_name_the_same_file_are_not_both_stored(http_origin):
    people.waiting(http_origin, sender="cust")
    mine = keep_bytes(b"hola", "a.txt", origin=http_origin, visitor="cust")
    both = [fact("cust", ref, "", files=(str(mine.uuid),)) for ref in ("q-1", "q-2")]
    first, second = receiving.receive_all(http_origin, both)
    assert first.message.attachments.get() == mine
    assert isinstance(second, OriginError)
    assert not Message.objects.filter(external_id="q-2").exists()


def test_an_external_bot_reads_the_first_words_of_which_something_was_told_before(db):
    bot = people.external_bot()
    origin = people.received_by(bot, people.whatsapp_origin())
    parked.park_fact(origin, Reaction("5491155550101", "q-1", "👍", "wa_id"))
    said = receiving.receive(origin, fact("5491155550101", "q-1", address_kind="wa_id", name="Marta")).message
    said.refresh_from_db()
    chat = people.fresh(said.chat)
    assert (chat.state, said.bot, said.reaction) == ("BOT", bot, "👍")
    assert [one.pk for one in reading.readable_messages(chat, bot.pk)] == [said.pk]
    assert Event.objects.filter(message_id=said.pk, kind="message_created").count() == 1
    assert not ParkedFact.objects.exists()


def test_a_chat_whose_bot_was_deleted_is_answered_by_the_one_that_receives(http_origin):
    bot = people.with_bot(http_origin)
    chat = people.says(http_origin, "cust", "Hola").message.chat
    Chat.objects.filter(pk=chat.pk).update(bot=None)
    said = people.says(http_origin, "cust", "¿Hola?").message
    assert people.fresh(chat).state == "BOT"
    assert said.bot == bot
    assert chat.messages.filter(author="bot", bot=bot).count() == 2


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_what_answers_a_message_of_the_same_body_is_shown_with_it(db, ana, order):
    origin = people.whatsapp_origin()
    people.held(origin, ana, sender="5491155550101", address_kind="wa_id")
    given = {
        "a": fact("5491155550101", "a", address_kind="wa_id", reply_to="b"),
        "b": fact("5491155550101", "b", address_kind="wa_id"),
    }
    receiving.receive_all(origin, [given[name] for name in order])
    assert Message.objects.get(external_id="a").reply_to == Message.objects.get(external_id="b")
    assert not ParkedFact.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_several_at_the_moment_their_tray_is_archived_wait_for_nobody_who_waits_for_them(transactional_db):
    ventas = people.tray("Ventas")
    origin = people.http_origin()
    waiting = people.waiting(origin, ventas, sender="waits")
    people.with_bot(origin, options=[people.option("Ventas", ventas)])
    asks = people.says(origin, "asks", "Hola").message.chat
    with transaction.atomic():
        Tray.objects.select_for_update(no_key=True).get(pk=ventas.pk)
        late = start(
            lambda: receiving.receive_all(origin, [fact("waits", "q-1", "¿Y?"), fact("asks", "q-2", "Ventas")])
        )
        access.archive_tray(ventas)
    assert [one.is_new for one in late.result(120)] == [True, True]
    general = Tray.objects.general()
    assert {people.fresh(chat).tray for chat in (waiting, asks)} == {general}


def test_what_was_told_of_ids_is_held_before_any_chat_is(db, ana, monkeypatch):
    from chats.messages import identity

    origin = people.whatsapp_origin()
    chat = people.held(origin, ana, sender="AR.1", address_kind="bsuid")
    at = timezone.now()
    identity.change_identity(origin, Renamed((("wa_id", "5491100000001"),), (("wa_id", "5491155550101"),), at))
    statements, really = [], psycopg.Cursor.execute
    monkeypatch.setattr(
        psycopg.Cursor, "execute", lambda self, *args, **more: statements.append(args[0]) or really(self, *args, **more)
    )
    come = fact("5491155550101", "q-1", address_kind="wa_id", aliases=(("bsuid", "AR.1"),))
    assert receiving.receive(origin, come).message.chat == chat
    marks = ("ROLLBACK TO", "pg_advisory_xact_lock", "FOR NO KEY UPDATE OF c")
    found = [mark for one in statements for mark in marks if mark in str(one)]
    # what was locked is let go first
    assert found[:4] == [marks[2], marks[0], marks[1], marks[2]]
    assert not ParkedFact.objects.exists()
