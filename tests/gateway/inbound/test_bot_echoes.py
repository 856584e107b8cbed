"""Echoes of what other programs of the business sent by the line: readable, with their buttons, and none of it lost."""

import pytest

from chats.models import Message
from tests import people
from tests.gateway.inbound.network_posts import MARTA, takes

BUTTONS = [
    {"type": "postback", "title": "Sí", "payload": "s"},
    {"type": "web_url", "title": "Ver", "url": "https://a.uy"},
]
ASKS = {"template_type": "button", "text": "¿Confirmás?", "buttons": BUTTONS}
SHOE = {
    "template_type": "generic",
    "elements": [{"title": "Zapatilla azul 42", "subtitle": "$ 2.990", "image_url": "https://img.example.org/1.jpg"}],
}


def shown():
    return list(Message.objects.filter(direction="out").order_by("id"))


@pytest.mark.parametrize(("kind", "to"), [("messenger", "24001"), ("instagram", "90001")])
@pytest.mark.parametrize(
    ("payload", "words"), [(ASKS, ("¿Confirmás?", "Sí", "https://a.uy")), (SHOE, ("Zapatilla azul 42", "$ 2.990"))]
)
def test_a_template_of_another_program_can_be_read(client, request, kind, to, payload, words):
    line = request.getfixturevalue(kind)
    said = {"mid": "m_t", "is_echo": True, "app_id": 99, "attachments": [{"type": "template", "payload": payload}]}
    takes(client, line, people.meta_event(kind, "", to=to, message=said))
    (message,) = shown()
    assert message.kind != "unsupported"
    assert all(one in message.text for one in words)


def test_a_word_that_another_program_left_for_itself_is_not_our_id(client, messenger):
    pictures = [{"type": "image", "payload": {"url": f"https://x.example/{n}.jpg"}} for n in range(2)]
    said = {"mid": "m_p", "is_echo": True, "metadata": "campaña-7", "attachments": pictures}
    takes(client, messenger, people.meta_event("messenger", "", to="24001", message=said))
    assert [one.external_id for one in shown()] == ["m_p", "m_p:1"]


def test_the_buttons_of_another_bot_stand_below_its_words(client, messenger):
    quick = [{"content_type": "text", "title": title, "payload": "x"} for title in ("Ventas", "Soporte")]
    said = {"mid": "m_q", "is_echo": True, "text": "¿Con quién?", "quick_replies": quick}
    takes(client, messenger, people.meta_event("messenger", "", to="24001", message=said))
    (message,) = shown()
    assert (message.text, [one["title"] for one in message.payload["choices"]]) == (
        "¿Con quién?",
        ["Ventas", "Soporte"],
    )


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (
            {"interactive": {"type": "button", "header": {"type": "text", "text": "Turno"}, "body": {"text": "¿Venís?"},
                             "action": {"buttons": [{"type": "reply", "reply": {"id": "s", "title": "Sí"}}]}}},
            ("Turno", "¿Venís?", "Sí"),
        ),
        (
            {"template": {"name": "turno", "language": {"code": "es"}, "components": [
                {"type": "body", "parameters": [{"type": "text", "text": "Ana"}, {"type": "text", "text": "las 10"}]}]}},
            ("turno", "Ana, las 10"),
        ),
        (
            {"template": {"name": "turno", "namespace": "n_1", "components": [
                {"type": "BODY", "text": "Hola Ana"}, {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Sí"}]}]}},
            ("Hola Ana", "Sí"),
        ),
    ],
)  # fmt: skip
def test_what_another_program_sent_by_whatsapp_can_be_read(client, whatsapp, what, words):
    body = people.wa_echo(MARTA, "", id="wamid.T")
    (item,) = body["entry"][0]["changes"][0]["value"]["message_echoes"]
    del item["text"]
    item |= {"type": next(iter(what)), **what}
    takes(client, whatsapp, body)
    (message,) = shown()
    assert message.kind == "text"
    assert all(one in message.text for one in words)
    assert "namespace" not in message.text
