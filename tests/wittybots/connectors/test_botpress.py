"""The connector of Botpress, against a server that follows its contract."""

import json
import time

import pytest

from common.errors import OriginError
from tests import bot_contracts, http_server
from tests.wittybots.connectors.connector_turns import texts, to, turn
from wittybots.connectors import botpress, botpress_messages, http_call
from wittybots.connectors.parsing import Found
from wittybots.models import Endpoint
from wittybots.turns import HandOver


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(botpress, "EVERY", 0.05)
    monkeypatch.setattr(botpress, "QUIET", 0.2)


@pytest.mark.parametrize("key", ["", "la-clave"])
@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("page", [2, 100])
@pytest.mark.usefixtures("quick")
def test_a_talk_with_botpress(key, newest_first, page, opened):
    server = opened(bot_contracts.Botpress(encryption_key=key, newest_first=newest_first, page=page))
    server.says = lambda _conversation, words: [
        (0.05, {"type": "text", "text": f"eco {words}"}),
        (0.1, {"type": "text", "text": "¿y?"}),
    ]
    endpoint = to(server.server, remote_id="hook-1", access_token=key)
    first = botpress.call(endpoint, turn("uno", uuid="e-1"))
    assert texts(first) == ["eco uno", "¿y?"]
    assert first.answered
    second = botpress.call(endpoint, turn("dos", uuid="e-2", memory=first.memory))
    assert texts(second) == ["eco dos", "¿y?"]
    assert len(server.owners) == 1, "one conversation a round"
    assert server.messages[0]["metadata"]["wittyagent"]["event"] == "e-1"
    other = botpress.call(endpoint, turn("tres", uuid="e-3", change_id=41))
    assert texts(other) == ["eco tres", "¿y?"]
    assert len(server.owners) == 2


@pytest.mark.usefixtures("quick")
def test_a_bot_that_thinks_is_listened_to_again_and_told_once(opened, monkeypatch):
    monkeypatch.setattr(http_call, "WITHIN", 0.7)
    server = opened(bot_contracts.Botpress())
    server.says = lambda *_: [(1.0, {"type": "text", "text": "pensé"})]
    endpoint = to(server.server, remote_id="hook-1")
    first = botpress.call(endpoint, turn("Hola"))
    assert first.again
    assert not first.answered
    time.sleep(0.4)
    again = botpress.call(endpoint, turn("Hola", memory=json.loads(json.dumps(dict(first.memory)))))
    assert texts(again) == ["pensé"]
    assert len(server.posted()) == 1


@pytest.mark.usefixtures("quick")
def test_what_botpress_says_late_is_said_with_its_next_answer(opened):
    server = opened(bot_contracts.Botpress())
    server.says = lambda _conversation, words: [
        (0, {"type": "text", "text": f"a {words}"}),
        (0.6, {"type": "text", "text": "tarde"}),
    ]
    endpoint = to(server.server, remote_id="hook-1")
    first = botpress.call(endpoint, turn("1", uuid="e-1"))
    assert texts(first) == ["a 1"]
    time.sleep(0.6)
    assert texts(botpress.call(endpoint, turn("2", uuid="e-2", memory=first.memory))) == ["tarde", "a 2"]


@pytest.mark.usefixtures("quick")
def test_a_line_that_is_cut_after_the_message_was_posted_does_not_post_it_again(opened):
    server = opened(bot_contracts.Botpress())
    server.says = lambda *_: [(0, {"type": "text", "text": "hola"})]
    act = server.server.act
    server.server.act = lambda told: http_server.cut if told.method == "GET" else act(told)
    endpoint = to(server.server, remote_id="hook-1")
    first = botpress.call(endpoint, turn())
    assert first.again
    server.server.act = act
    assert texts(botpress.call(endpoint, turn(memory=first.memory))) == ["hola"]
    assert len(server.posted()) == 1


def test_the_addresses_of_botpress():
    right = "https://chat.botpress.cloud/abc"
    for url, name in [
        (right, ""), (right + "/", "abc"), ("https://chat.botpress.cloud", "abc"), ("", "abc"),
        ("https://webhook.botpress.cloud/abc", ""), ("https://WEBHOOK.botpress.cloud", "abc"),
    ]:  # fmt: skip
        assert botpress.address_of(Endpoint(url=url, remote_id=name)) == right
    with pytest.raises(OriginError):
        botpress.address_of(Endpoint(url="https://chat.botpress.cloud/"))


def test_botpress_can_be_tried_and_an_error_that_looks_like_a_success_is_one(opened, bot):
    server = opened(bot_contracts.Botpress())
    assert botpress.call(to(server.server, remote_id="hook-1"), turn(event="ping", body={})).status_code == 200
    with pytest.raises(OriginError):
        botpress.call(to(server.server, remote_id="otro"), turn(event="ping", body={}))
    bot.answers = [{"code": 404, "message": "Bot not found"}]
    with pytest.raises(OriginError) as refused:
        botpress.call(to(bot, remote_id="x"), turn())
    assert refused.value.permanent


def heard(*payloads, **metadata):
    found = Found()
    for payload in payloads:
        botpress_messages.read_message({"payload": payload, "metadata": metadata or None}, found)
    return found


def test_messages_of_botpress_of_every_kind():
    found = heard(
        {"type": "text", "text": "hola"},
        {"type": "markdown", "markdown": "**hola**"},
        {"type": "choice", "text": "¿Qué?", "options": [{"label": "Ventas", "value": "v"}]},
        {"type": "dropdown", "text": "¿Cuál?", "options": [{"label": "A", "value": "a"}]},
        {"type": "image", "imageUrl": "https://x.example/a.png"},
        {"type": "file", "fileUrl": "https://x.example/a.pdf", "title": "a.pdf"},
        {"type": "location", "latitude": -34.9, "longitude": -56.1, "title": "Acá"},
        {
            "type": "card", "title": "Caja", "subtitle": "azul", "imageUrl": "https://x.example/c.png",
            "actions": [
                {"action": "url", "label": "Ver", "value": "https://x.example"},
                {"action": "postback", "label": "Quiero", "value": "buy"},
            ],
        },
        {"type": "carousel", "items": [{"type": "card", "title": "Uno", "actions": []}]},
        {"type": "bloc", "items": [{"type": "text", "text": "dentro"}, {"type": "audio", "audioUrl": "https://x.example/a.mp3"}]},
    )  # fmt: skip
    assert [one.kind for one in found.said] == [
        "text", "text", "choices", "choices", "image", "document", "text", "image", "choices", "text", "text", "audio",
    ]  # fmt: skip
    assert found.said[2].choices == ({"title": "Ventas", "payload": "v"},)
    assert found.said[6].text == "Acá\nhttps://maps.google.com/?q=-34.9,-56.1"
    assert found.said[8].text == "Caja\nazul\nVer: https://x.example"
    assert not found.odd


def test_botpress_hands_over_by_a_line_or_by_metadata():
    assert heard({"type": "text", "text": "Te paso.\n/bandeja Ventas: quiere"}).hand_over == HandOver(
        "Ventas", "quiere"
    )
    found = heard({"type": "text", "text": "Te paso."}, handoff={"tray": "Ventas"}, attributes={"n": 1})
    assert found.hand_over == HandOver("Ventas")
    assert found.attributes == {"n": 1}


@pytest.mark.parametrize(
    "payload",
    [None, [], {}, {"type": "x"}, {"type": "image", "imageUrl": "javascript:1"}, {"type": "carousel", "items": [1]}],
)
def test_odd_messages_of_botpress_are_named(payload):
    found = heard(payload)
    assert not found.said
    assert found.odd
