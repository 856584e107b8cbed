"""What external bots are told and what becomes of their answers. The bots really listen."""

from datetime import timedelta

import pytest
from django.utils import timezone
from standardwebhooks import Webhook

from chats import moves
from chats.bots import external, release
from chats.models import Chat, Message
from gateway.endpoints import calls
from tests import people
from tests.gateway.endpoints.endpoint_calls import alone, asks, bot_said, event, tell, tell_all
from wittybots.models import Endpoint


def test_the_bot_hears_what_the_customer_says_and_answers_at_once(origin, server):
    server.answers = [{"messages": ["¡Hola Marta!"], "attributes": {"pedido": "77"}}]
    chat = asks(origin)
    assert chat.bot_due_at
    assert tell(chat) == 1
    told = server.got[0]
    assert Webhook(people.SIGNING).verify(told.raw, told.headers)
    body = told.body
    assert body["event"] == "message_created"
    assert body["message"]["content"] == "Hola"
    assert body["contact"]["name"] == "Marta"
    assert body["conversation"]["status"] == "pending"
    assert body["conversation"]["control_version"] == chat.change_id
    assert body["attempt"] == 1
    done = event(chat)
    assert (done.state, done.status_code, done.attempts, done.reason) == ("done", 200, 1, "")
    assert str(done.uuid) == body["id"]
    assert done.took_ms is not None
    chat = people.fresh(chat)
    assert bot_said(chat) == ["¡Hola Marta!"]
    assert chat.attributes == {"pedido": "77"}
    assert chat.bot_due_at is None
    assert tell(chat) == 0
    assert len(server.got) == 1


def test_a_bot_that_answers_by_the_api_has_a_while_left(origin):
    chat, began = asks(origin), timezone.now()
    tell(chat)
    chat = people.fresh(chat)
    assert timedelta(seconds=40) < chat.bot_due_at - began
    assert chat.bot_due_at - timezone.now() <= timedelta(seconds=45)
    external.say_messages(chat.pk, chat.bot, [external.Saying(text="Hola")])
    assert people.fresh(chat).bot_due_at is None


def test_an_empty_answer_is_one(origin, server):
    server.answers = [{"messages": []}]
    chat = asks(origin)
    tell(chat)
    assert people.fresh(chat).bot_due_at is None


def test_an_answer_of_which_nothing_could_be_said_is_none(origin, server):
    server.answers = [{"messages": [None, {"x": 1}]}]
    chat = asks(origin)
    tell(chat)
    assert people.fresh(chat).bot_due_at is not None
    assert event(chat).state == "done"
    assert "mensaje 1" in event(chat).reason.lower()


def test_the_bot_hands_over_with_a_summary(origin, server, ventas):
    server.answers = [
        {"messages": ["Te paso."], "handoff": {"tray": "ventas", "summary": "Quiere 3", "attributes": {"n": 3}}}
    ]
    chat = asks(origin)
    tell(chat)
    chat = people.fresh(chat)
    assert (chat.state, chat.tray) == ("BANDEJA", ventas)
    assert (chat.bot_summary, chat.attributes) == ("Quiere 3", {"n": 3})
    assert bot_said(chat) == ["Te paso."]
    assert people.all_consistent()


@pytest.mark.parametrize(
    "handoff",
    [
        {"tray": "No existe", "summary": "s"},
        {"tray": 999999},
        {"attributes": {"a": "x"}, "tray": "???", "message": "y" * 3_900},
    ],
)
def test_a_hand_over_that_does_not_fit_leads_to_general_all_the_same(origin, server, handoff):
    server.answers = [{"handoff": handoff}]
    chat = asks(origin)
    tell(chat)
    assert people.fresh(chat).tray.kind == "general"
    assert "bandeja" in event(chat).reason


def test_odd_parts_are_left_out_and_the_others_said(origin, server):
    long = "x" * 100_000
    inside = {"type": "image", "attachments": ["http://10.0.0.1/a.png"]}
    server.answers = [{"messages": ["uno", long, inside, "dos"]}]
    chat = asks(origin)
    tell(chat)
    assert bot_said(chat) == ["uno", "dos"]
    assert event(chat).state == "done"
    assert event(chat).reason


def test_a_picture_that_cannot_be_had_has_failed_and_the_others_are_said(origin, server):
    server.answers = [
        {"messages": ["uno", {"type": "image", "attachments": [server.url + "/a.png"]}, "dos"]},
        (404, b"", {}),
    ]
    chat = asks(origin)
    tell(chat)
    people.fetch_files(chat)
    said = chat.messages.filter(author="bot", direction="out").order_by("id")
    assert [(one.text, one.status) for one in said] == [("uno", "sent"), ("", "failed"), ("dos", "sent")]
    assert said[1].reason == "No se pudo traer el archivo: ya no está disponible"
    assert event(chat).state == "done"


def test_pictures_of_the_bot_are_fetched(origin, server):
    png = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc33"
        "0000000049454e44ae426082"
    )
    server.answers = [{"messages": [{"type": "image", "attachments": [server.url + "/a.png"]}]}, (200, png, {})]
    chat = asks(origin)
    tell(chat)
    people.fetch_files(chat)
    said = Message.objects.get(chat=chat.pk, author="bot", direction="out")
    assert [file.size for file in said.attachments.all()] == [len(png)]


def test_the_payload_of_a_choice_goes_along(origin, server):
    people.says(origin, "cust-1", "Ventas", kind="choice", payload={"payload": "opt-1"})
    chat = Chat.objects.get()
    tell(people.fresh(chat))
    assert server.bodies[0]["message"]["payload"]["payload"] == "opt-1"


def test_an_integration_hears_what_becomes_of_chats_and_no_messages(db, server, ana):
    Endpoint.objects.create(name="CRM", url=server.url, secret=people.SIGNING)
    origin = people.http_origin()
    server.answers = [{"messages": ["no me corresponde"], "handoff": True}]
    chat = people.held(origin, ana)
    moves.close(chat.pk, ana)
    endpoint = Endpoint.objects.get()
    calls.call_endpoint(endpoint.pk, chat.pk)
    assert [body["event"] for body in server.bodies] == ["conversation_created", "conversation_closed"]
    assert [body["conversation"]["status"] for body in server.bodies] == ["open", "closed"]
    assert all(set(body["conversation"]) == {"id", "status", "control_version"} for body in server.bodies)
    assert all(body["contact"] == {"id": chat.contact_id} and body["message"] is None for body in server.bodies)
    assert not bot_said(chat)


def test_a_bot_is_told_where_its_chat_went_and_nothing_else(db, server, ana):
    bot = people.external_bot(url=server.url)
    origin = people.received_by(bot)
    server.answers = [None]
    chat = asks(origin)
    release.release_chat(chat.pk, bot, "x")
    moves.take(chat.pk, ana)
    tell_all(chat)
    by_event = {body["event"]: body for body in server.bodies}
    assert set(by_event) == {"conversation_created", "conversation_opened"}
    opened = by_event["conversation_opened"]
    assert set(opened["conversation"]) == {"id", "status", "control_version"}
    assert opened["conversation"]["status"] == "open"
    assert opened["contact"] is None


def test_a_bot_may_greet_as_soon_as_it_has_the_chat(db, server):
    bot = people.external_bot(url=server.url, events=["conversation_created"])
    server.answers = [{"messages": ["Bienvenida"]}]
    chat = asks(people.received_by(bot))
    tell(chat)
    assert server.bodies[0]["contact"]["name"] == "Marta"
    assert bot_said(chat) == ["Bienvenida"]


def test_a_bot_that_greets_and_only_takes_the_question_still_owes_an_answer(db, server):
    bot = people.external_bot(url=server.url)
    server.act = lambda told: {"messages": ["Hola"]} if told.body["event"] == "conversation_created" else None
    chat = asks(people.received_by(bot))
    tell_all(chat)
    assert chat.messages.filter(author="bot").count() == 1
    due = people.fresh(chat).bot_due_at - timezone.now()
    assert timedelta(seconds=40) < due < timedelta(seconds=46)


def test_a_bot_that_answers_through_the_api_while_it_is_told_owes_nothing(transactional_db, server):
    bot = people.external_bot(url=server.url, events=["message_created"])

    def act(told):
        alone(lambda: external.say_messages(told.body["conversation"]["id"], bot, [external.Saying(text="Sí, hay")]))

    server.act = act
    chat = asks(people.received_by(bot))
    tell_all(chat)
    assert chat.messages.filter(author="bot").count() == 1
    assert people.fresh(chat).bot_due_at is None
