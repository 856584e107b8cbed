"""The connector of Rasa, against a server that follows its contract."""

import pytest

from common.errors import OriginError
from tests import bot_contracts
from tests.wittybots.connectors.connector_turns import CONTACT, CONVERSATION, PICTURE, message, to, turn
from wittybots.connectors import rasa
from wittybots.connectors.parsing import Found
from wittybots.models import Endpoint
from wittybots.turns import HandOver


@pytest.mark.parametrize("path", ["", "/", "/webhooks/rest/webhook", "/webhooks/rest/webhook/"])
@pytest.mark.parametrize("token", ["", "se cre+to"])
def test_rasa_gets_the_words_and_answers_at_once(path, token, opened):
    server = opened(bot_contracts.Rasa(token))
    server.replies["Hola"] = [
        {"text": "¿Qué querés?", "buttons": [{"title": "Ventas", "payload": "/ventas"}]},
        {"image": "https://x.example/a.png", "text": "mirá"},
        {"attachment": {"type": "video", "payload": {"src": "https://x.example/v.mp4"}}},
        {"custom": {"attributes": {"intent": "saludo"}}},
        {"custom": {"action": "handoff", "tray": "Ventas", "summary": "saluda"}},
    ]
    endpoint = Endpoint(url=server.server.url + path, access_token=token)
    reply = rasa.call(endpoint, turn())
    told = server.server.got[0]
    assert told.body["sender"] == "12-40"
    assert told.body["metadata"]["conversation"] == CONVERSATION
    assert told.body["metadata"]["contact"] == CONTACT
    assert told.body["metadata"]["control_version"] == 40
    assert [(one.kind, one.text) for one in reply.said] == [
        ("choices", "¿Qué querés?"),
        ("image", "mirá"),
        ("video", ""),
    ]
    assert reply.said[0].choices == ({"title": "Ventas", "payload": "/ventas"},)
    assert reply.said[2].attachments[0]["url"] == "https://x.example/v.mp4"
    assert reply.hand_over == HandOver("Ventas", "saluda")
    assert reply.attributes == {"intent": "saludo"}
    assert reply.answered
    assert not reply.odd


def test_rasa_gets_the_payload_of_a_button_and_the_address_of_a_picture(opened):
    server = opened(bot_contracts.Rasa())
    rasa.call(to(server.server), turn("Ventas", payload="/ventas"))
    rasa.call(to(server.server), turn("", said=message("", type="image", attachments=[PICTURE])))
    assert [told.body["message"] for told in server.server.got] == ["/ventas", PICTURE["url"]]


def test_a_new_round_with_rasa_is_another_sender(opened):
    server = opened(bot_contracts.Rasa())
    rasa.call(to(server.server), turn())
    rasa.call(to(server.server), turn(change_id=55))
    assert [told.body["sender"] for told in server.server.got] == ["12-40", "12-55"]


def test_a_silent_rasa_has_answered_and_a_wrong_token_is_final(opened):
    server = opened(bot_contracts.Rasa("bueno"))
    assert rasa.call(Endpoint(url=server.server.url, access_token="bueno"), turn()).answered
    with pytest.raises(OriginError) as refused:
        rasa.call(Endpoint(url=server.server.url, access_token="malo"), turn())
    assert refused.value.permanent
    assert "malo" not in str(refused.value)


def test_rasa_can_be_tried(opened):
    server = opened(bot_contracts.Rasa())
    assert rasa.call(to(server.server), turn(event="ping", body={})).status_code == 200
    assert server.server.got[0].method == "GET"


@pytest.mark.parametrize(
    "custom", [{"handoff": "Ventas"}, {"handover": {"tray": "Ventas"}}, {"action": "Handoff", "tray": "Ventas"}]
)
def test_rasa_hands_over_in_several_words(custom):
    found = Found()
    rasa.read_answer([{"custom": custom}], found)
    assert found.hand_over == HandOver("Ventas")
    assert not found.odd


@pytest.mark.parametrize(
    "value", [None, {}, "x", [None], [[]], [{}], [{"text": None}], [{"custom": 5}], [{"custom": {"x": 1}}]]
)
def test_odd_parts_of_rasas_answer_are_named(value):
    found = Found()
    rasa.read_answer(value, found)
    assert not found.said
    assert bool(found.odd) == (value is not None)
