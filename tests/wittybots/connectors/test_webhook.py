"""The webhook connector: events signed, and whatever its answers bring."""

import pytest
from standardwebhooks import Webhook

from tests import http_server
from tests.wittybots.connectors.connector_turns import SECRET, texts, to, turn
from wittybots.connectors import webhook
from wittybots.turns import HandOver, Saying


def test_a_webhook_carries_the_event_signed(bot):
    bot.answers = [{"messages": [{"content": "Hola Marta"}]}]
    endpoint = to(bot)
    endpoint.previous_secret = "whsec_b3Rybw=="
    reply = webhook.call(endpoint, turn("ñandú 👩‍👩‍👧"))
    told = bot.got[0]
    assert told.headers["content-type"] == "application/json"
    assert told.headers["user-agent"] == "WittyAgent"
    for secret in (SECRET, "whsec_b3Rybw=="):
        assert Webhook(secret).verify(told.raw, told.headers)["message"]["content"] == "ñandú 👩‍👩‍👧"
    assert told.headers["webhook-id"] == told.body["id"] == "e-1"
    assert set(told.body) == {"id", "event", "created_at", "attempt", "conversation", "contact", "message"}
    assert reply.answered
    assert reply.said == (Saying(text="Hola Marta"),)


@pytest.mark.parametrize("answer", [None, (200, b"", {}), (202, b"  ", {}), {}, {"ok": True}, "ok", 5, True])
def test_an_answer_without_messages_leaves_the_bot_to_the_api(answer, bot):
    bot.answers = [(200, answer, {}) if isinstance(answer, (str, int)) else answer]
    reply = webhook.call(to(bot), turn())
    assert not reply.answered
    assert not reply.said


def test_who_only_listens_may_say_what_he_likes(bot):
    bot.answers = [http_server.text("<html>OK</html>", "text/html"), {"messages": ["no"], "handoff": True}]
    for _ in range(2):
        reply = webhook.call(to(bot, bot_id=None), turn())
        assert (reply.status_code, reply.said, reply.hand_over, reply.answered) == (200, (), None, False)


def test_an_empty_list_of_messages_is_an_answer(bot):
    bot.answers = [{"messages": []}]
    assert webhook.call(to(bot), turn()).answered


def test_a_webhook_may_say_all_that_the_api_takes():
    reply = webhook.read_answer(
        {
            "messages": [
                "un texto",
                7,
                {"type": "text", "content": "otro", "reply_to": "0b5e"},
                {"content": "¿Qué?", "buttons": [{"title": "Ventas", "payload": "v"}, "Soporte"]},
                {"type": "image", "content": "mirá", "attachments": [{"url": "https://x.example/a.png"}]},
                {"attachments": ["https://x.example/b.pdf"]},
                {"attachments": [{"url": "https://x.example/c", "mime_type": "audio/ogg", "filename": "c.ogg"}]},
                {"type": "template", "template": {"name": "aviso", "language": "es", "variables": {"n": "1"}}},
            ],
            "handoff": {"tray": "Ventas", "summary": "quiere 3", "attributes": {"n": 3}, "message": "ya va"},
            "attributes": {"pedido": "77", "vip": True, "viejo": None},
        }
    )
    assert not reply.odd
    assert texts(reply)[:4] == ["un texto", "7", "otro", "¿Qué?"]
    assert reply.said[2].reply_to == "0b5e"
    assert reply.said[3].choices == ({"title": "Ventas", "payload": "v"}, {"title": "Soporte", "payload": "Soporte"})
    assert [one.kind for one in reply.said] == [
        "text", "text", "text", "choices", "image", "document", "audio", "template",
    ]  # fmt: skip
    assert reply.said[7].template["name"] == "aviso"
    assert reply.hand_over == HandOver("Ventas", "quiere 3", {"n": 3}, "ya va")
    assert reply.attributes == {"pedido": "77", "vip": True, "viejo": None}


@pytest.mark.parametrize(
    ("given", "made"),
    [
        (True, HandOver()), ("Ventas", HandOver("Ventas")), (3, HandOver(3)), ({}, HandOver()),
        ({"tray": 3}, HandOver(3)), ({"tray": ""}, HandOver()), (False, None), (None, None), ([], None), (1.5, None),
        ({"tray": ["x"], "summary": "s"}, HandOver(None, "s")), ({"tray": True}, HandOver()),
        ({"summary": 7, "message": None, "attributes": "x"}, HandOver(None, "7")),
    ],
)  # fmt: skip
def test_a_hand_over_in_any_form(given, made):
    reply = webhook.read_answer({"handoff": given})
    assert reply.hand_over == made
    assert reply.answered == (made is not None)


def test_the_broken_parts_of_an_answer_are_left_out_and_named():
    reply = webhook.read_answer(
        {
            "messages": [
                None,
                "bien",
                [],
                {"content": {"x": 1}},
                {"type": "image"},
                {"type": "template"},
                {"content": 5},
            ],
            "handoff": [],
            "attributes": {"a": [1], "b": "x"},
        }
    )
    assert texts(reply) == ["bien", "5"]
    assert reply.attributes == {"b": "x"}
    assert len(reply.odd) == 7
    assert reply.answered


def test_too_many_choices_become_lines_and_long_titles_are_cut():
    many = [f"Opción {number}" for number in range(12)]
    reply = webhook.read_answer({"messages": [{"content": "Elegí", "buttons": many}]})
    assert reply.said[0].kind == "text"
    assert reply.said[0].text.splitlines() == ["Elegí", *(f"- {one}" for one in many)]
    long = "x" * 60
    choice = webhook.read_answer({"messages": [{"content": "Elegí", "buttons": [long]}]}).said[0].choices[0]
    assert (len(choice["title"]), choice["payload"]) == (40, long)


def test_a_webhook_may_answer_as_rasa_does(bot):
    bot.answers = [[{"recipient_id": "x", "text": "Hola"}, {"recipient_id": "x", "custom": {"handoff": {}}}]]
    reply = webhook.call(to(bot), turn())
    assert texts(reply) == ["Hola"]
    assert reply.hand_over == HandOver()
    assert reply.answered
