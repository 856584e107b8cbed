"""Whole rounds with bots of Rasa, Typebot and Botpress."""

from django.utils import timezone

from chats import moves
from gateway.endpoints import calls
from tests import bot_contracts, people
from tests.gateway.endpoints.endpoint_calls import asks, bot_said, event, tell, tell_all
from wittybots.connectors import botpress, http_call
from wittybots.models import Endpoint, Event


def test_a_round_with_rasa(db, ventas):
    rasa = bot_contracts.Rasa("tok")
    rasa.replies = {
        "Hola": [{"text": "¿Qué querés?", "buttons": [{"title": "Ventas", "payload": "/ventas"}]}],
        "/ventas": [{"text": "Te paso."}, {"custom": {"handoff": {"tray": "Ventas", "summary": "ventas"}}}],
    }
    bot = people.external_bot("rasa", rasa.server.url, access_token="tok")
    origin = people.received_by(bot)
    try:
        chat = asks(origin)
        tell_all(chat)
        people.says(origin, "cust-1", "Ventas", kind="choice", payload={"payload": "/ventas"})
        tell_all(chat)
    finally:
        rasa.server.close()
    chat = people.fresh(chat)
    assert (chat.tray, chat.bot_summary) == (ventas, "ventas")
    assert bot_said(chat) == ["¿Qué querés?", "Te paso."]


def test_a_round_with_typebot_and_another_one_begins_anew(db, ana):
    flow = bot_contracts.Typebot()
    flow.steps = [
        ([bot_contracts.bubble("¿Qué?")], bot_contracts.buttons("Ventas", "Soporte")),
        ([bot_contracts.bubble("/bandeja General: quiere ventas")], None),
    ]
    bot = people.external_bot("typebot", flow.server.url, remote_id="mi-bot")
    origin = people.received_by(bot)
    try:
        chat = asks(origin)
        tell_all(chat)
        asks(origin, "Ventas")
        tell_all(chat)
        chat = people.fresh(chat)
        assert (chat.state, chat.bot_summary) == ("BANDEJA", "quiere ventas")
        moves.take(chat.pk, ana)
        moves.close(chat.pk, ana)
        chat = asks(origin, "Hola de nuevo")
        tell_all(chat)
    finally:
        flow.server.close()
    assert [told.path.rsplit("/", 1)[1] for told in flow.server.got] == ["startChat", "continueChat", "startChat"]
    assert bot_said(chat) == ["¿Qué?", "¿Qué?"]


def test_a_round_with_botpress_that_takes_its_time(db, monkeypatch):
    monkeypatch.setattr(http_call, "WITHIN", 0.7)
    monkeypatch.setattr(botpress, "EVERY", 0.05)
    monkeypatch.setattr(botpress, "QUIET", 0.2)
    monkeypatch.setattr(botpress, "AGAIN", 0.05)
    studio = bot_contracts.Botpress()
    studio.says = lambda _conversation, words: [(1.2, {"type": "text", "text": f"pensé en {words}"})]
    bot = people.external_bot("botpress", studio.server.url, remote_id="hook-1")
    origin = people.received_by(bot)
    try:
        chat = asks(origin)
        tell_all(chat)
    finally:
        studio.server.close()
    assert bot_said(chat) == ["pensé en Hola"]
    assert len(studio.posted()) == 1
    done = Event.objects.get(kind="message_created")
    assert (done.state, done.attempts) == ("done", 1)
    assert Endpoint.objects.get().failing_since is None


def test_a_silent_botpress_is_not_listened_to_for_ever(db, monkeypatch):
    monkeypatch.setattr(http_call, "WITHIN", 0.7)
    monkeypatch.setattr(botpress, "EVERY", 0.05)
    studio = bot_contracts.Botpress()
    bot = people.external_bot("botpress", studio.server.url, remote_id="hook-1")
    try:
        chat = asks(people.received_by(bot))
        tell(chat)
        assert event(chat).state == "queued"
        Event.objects.update(created_at=timezone.now() - calls.MAX_LISTEN, next_try_at=timezone.now())
        tell(chat)
    finally:
        studio.server.close()
    assert event(chat).state == "done"
    assert people.fresh(chat).bot_due_at is not None, "and so it goes to people in time"
