"""The connector of Typebot, against a server that follows its contract."""

import pytest

from common.errors import OriginError
from tests import bot_contracts
from tests.wittybots.connectors.connector_turns import texts, to, turn
from wittybots.connectors import typebot
from wittybots.models import Endpoint
from wittybots.turns import HandOver


def test_a_flow_of_typebot_from_its_start_to_people(opened):
    server = opened(bot_contracts.Typebot(token="tok"))
    server.steps = [
        (
            [bot_contracts.bubble("¡Hola Marta!"), bot_contracts.bubble("¿Qué necesitás?")],
            bot_contracts.buttons("Ventas", "Soporte"),
        ),
        ([bot_contracts.bubble("¿Tu número de pedido?")], {"id": "t", "type": "text input", "options": {}}),
        ([bot_contracts.bubble("Te paso con alguien.")], None),
    ]
    endpoint = to(server.server, remote_id="mi-bot", access_token="tok")
    first = typebot.call(endpoint, turn("Hola"))
    assert [(one.kind, one.text) for one in first.said] == [("text", "¡Hola Marta!"), ("choices", "¿Qué necesitás?")]
    assert [one["title"] for one in first.said[1].choices] == ["Ventas", "Soporte"]
    assert first.hand_over is None
    second = typebot.call(endpoint, turn("Ventas", payload="Ventas", memory=first.memory))
    assert texts(second) == ["¿Tu número de pedido?"]
    last = typebot.call(endpoint, turn("77", memory=second.memory))
    assert texts(last) == ["Te paso con alguien."]
    assert last.hand_over == HandOver()
    assert last.memory == {}
    assert [told.path.rsplit("/", 1)[1] for told in server.server.got] == ["startChat", "continueChat", "continueChat"]
    started = server.server.got[0].body
    assert started["message"] == {"type": "text", "text": "Hola"}
    assert started["prefilledVariables"] == {"name": "Marta", "nombre": "Marta", "chat": "12", "pedido": "77"}
    assert server.server.got[2].body == {"message": {"type": "text", "text": "77"}}


def test_a_session_that_typebot_forgot_begins_anew_once(opened):
    server = opened(bot_contracts.Typebot())
    server.steps = [([bot_contracts.bubble("Hola")], bot_contracts.buttons("A"))]
    endpoint = to(server.server, remote_id="mi-bot")
    first = typebot.call(endpoint, turn())
    server.forget()
    again = typebot.call(endpoint, turn(memory=first.memory))
    assert texts(again) == ["Hola"]
    assert again.memory != first.memory
    assert [told.path.rsplit("/", 1)[1] for told in server.server.got] == ["startChat", "continueChat", "startChat"]
    server.public_id = "otro"
    server.forget()
    with pytest.raises(OriginError) as refused:
        typebot.call(endpoint, turn(memory=again.memory))
    assert refused.value.permanent
    assert len(server.server.got) == 5


@pytest.mark.parametrize(
    ("words", "said", "hand_over"),
    [
        ("/bandeja Ventas: quiere 3 cajas", [], HandOver("Ventas", "quiere 3 cajas")),
        ("Ya te atienden.\n/bandeja Ventas", ["Ya te atienden."], HandOver("Ventas")),
        ("/BANDEJA: sin nombre", [], HandOver(None, "sin nombre")),
        ("/handoff Soporte técnico : urge: ya", [], HandOver("Soporte técnico", "urge: ya")),
        ("/bandeja", [], HandOver()),
        ("Chau\n/fin", ["Chau"], None),
        ("y/o lo que sea", ["y/o lo que sea"], HandOver()),
        ("/bandejas no es", ["/bandejas no es"], HandOver()),
    ],
)
def test_the_end_of_a_flow_leads_to_people_unless_it_says_otherwise(words, said, hand_over, opened):
    server = opened(bot_contracts.Typebot())
    server.steps = [([bot_contracts.bubble(words)], None)]
    reply = typebot.call(to(server.server, remote_id="mi-bot"), turn())
    assert texts(reply) == said
    assert reply.hand_over == hand_over


@pytest.mark.parametrize("path", ["", "/", "/api/v1", "/api/v1/"])
def test_the_address_of_typebot_may_name_its_api(path, opened):
    server = opened(bot_contracts.Typebot())
    typebot.call(Endpoint(url=server.server.url + path, remote_id="mi-bot"), turn(event="ping", body={}))
    assert server.server.got[0].path == "/api/v1/typebots/mi-bot/startChat"
    assert server.server.got[0].body == {"isOnlyRegistering": True}


def test_typebot_without_its_public_id_is_final():
    with pytest.raises(OriginError) as refused:
        typebot.call(Endpoint(url="https://typebot.example"), turn())
    assert refused.value.permanent


def rich(*nodes):
    return {"type": "richText", "richText": list(nodes)}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (rich({"type": "p", "children": [{"text": "Hola "}, {"text": "vos", "bold": True}]}), "Hola vos"),
        (rich({"type": "p", "children": [{"text": "a"}]}, {"type": "p", "children": [{"text": "b"}]}), "a\nb"),
        (rich({"type": "p", "children": [{"type": "a", "url": "https://x.example", "children": [{"text": "acá"}]}]}), "acá (https://x.example)"),
        (rich({"type": "ul", "children": [{"type": "li", "children": [{"type": "lic", "children": [{"text": t}]}]} for t in "ab"]}), "- a\n- b"),
        (rich({"type": "p", "children": [{"type": "inline-variable", "children": [{"type": "p", "children": [{"text": "v"}]}]}]}), "v"),
        (rich(None, [], "x", {"children": 5}, {"text": ["x"]}), ""),
        ({"type": "markdown", "markdown": "**hola**"}, "**hola**"),
        ({"plainText": "viejo"}, "viejo"),
        ({}, ""),
    ],
)  # fmt: skip
def test_rich_text_becomes_plain(content, words):
    assert typebot.words_of(content) == words


def test_bubbles_of_every_kind():
    kinds = [
        ("image", {"url": "https://x.example/a.png"}), ("audio", {"url": "https://x.example/a.mp3"}),
        ("video", {"url": "https://x.example/a.mp4", "type": "url"}), ("video", {"id": "dQw4", "type": "youtube"}),
        ("embed", {"url": "https://x.example/page"}), ("image", {"url": "data:image/png;base64,AA"}), ("future", {}),
    ]  # fmt: skip
    reply = typebot.read_answer({"messages": [{"type": kind, "content": content} for kind, content in kinds]}, "s")
    assert [(one.kind, one.text) for one in reply.said] == [
        ("image", ""), ("audio", ""), ("video", ""), ("text", "https://www.youtube.com/watch?v=dQw4"),
        ("text", "https://x.example/page"),
    ]  # fmt: skip
    assert len(reply.odd) == 2


def test_what_typebot_asks_by_tapping():
    for asked, titles in [
        ({"type": "picture choice input", "items": [{"title": "Rojo", "pictureSrc": "x"}]}, ["Rojo"]),
        ({"type": "cards input", "items": [{"title": "Uno"}]}, ["Uno"]),
        ({"type": "rating input", "options": {"length": 3}}, ["1", "2", "3"]),
        ({"type": "choice input", "items": [{"content": None}, {"content": "A"}]}, ["A"]),
    ]:
        reply = typebot.read_answer({"messages": [], "input": asked}, "s")
        assert [one["title"] for one in reply.said[0].choices] == titles
        assert reply.said[0].text
        assert reply.memory == {"session": "s"}
    for asked in ({"type": "text input"}, {"type": "file input", "options": {}}, {"type": 5}, {}):
        reply = typebot.read_answer({"messages": [], "input": asked}, "s")
        assert not reply.said
        assert reply.hand_over is None
