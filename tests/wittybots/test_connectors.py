"""What each connector sends, to servers that follow the other side's contract, and what it makes of any answer."""

import json
import time
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from standardwebhooks import Webhook

from common.errors import OriginError
from tests import botserver, contracts
from wittybots.connectors import (
    KINDS,
    botpress,
    botpress_messages,
    chatwoot,
    connector_of,
    http_call,
    rasa,
    typebot,
    webhook,
)
from wittybots.connectors.parsing import Found, carry_out_commands
from wittybots.models import EVENTS, Endpoint
from wittybots.turns import HandOver, Saying, Turn

SECRET = "whsec_c2VjcmV0bw=="
AT = datetime(2026, 11, 22, 13, tzinfo=UTC)
CONVERSATION = {
    "id": 12, "status": "pending", "control_version": 40, "attributes": {"pedido": "77"}, "tags": ["vip"],
    "window": {"open": True, "closes_at": "2026-11-23T13:00:00+00:00"},
}  # fmt: skip
CONTACT = {
    "id": 5, "name": "Marta",
    "identifiers": [{"kind": "wa_id", "value": "5491155550101"}, {"kind": "http", "value": "cust-17"}],
}  # fmt: skip


def message(text="Hola", **more):
    return {
        "id": "0b5e", "sequence": 90, "direction": "in", "author": "customer", "type": "text", "content": text,
        "payload": {}, "attachments": [], "reply_to": None, "source_id": "m-1", "status": None,
        "sent_at": "2026-11-22T13:00:00+00:00", **more,
    }  # fmt: skip


PICTURE = {
    "id": "f1", "url": "https://nuestra.example/f1", "mime_type": "image/png", "filename": "a.png", "size": 9,
    "width": 1, "height": 1,
}  # fmt: skip


def turn(text="Hola", event="message_created", payload="", uuid="e-1", memory=None, said=None, **more):
    said = message(text) if said is None and event.startswith("message") else said
    body = {
        "id": uuid, "event": event, "created_at": AT.isoformat(), "attempt": 1, "conversation": CONVERSATION,
        "contact": CONTACT, "message": said,
    }  # fmt: skip
    given = {"attempt": 1, "chat_id": 12, "change_id": 40, "name": "Marta", **more}
    return Turn(
        uuid=uuid, event=event, at=AT, text=text, payload=payload, memory=memory or {}, **{"body": body, **given}
    )


@pytest.fixture(autouse=True)
def _allowed(settings):
    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]


@pytest.fixture
def bot():
    server = botserver.BotServer()
    yield server
    server.close()


@pytest.fixture
def opened():
    """Contract servers that are closed when the test is over."""
    made = []

    def open_one(server):
        made.append(server)
        return server

    yield open_one
    for one in made:
        one.server.close()


def to(server, **fields):
    return Endpoint(**{"url": server.url, "secret": SECRET, "name": "Bot", "bot_id": 1, **fields})


def texts(reply):
    return [one.text for one in reply.said]


# --- all of them ---------------------------------------------------------------------------------


def test_every_kind_of_external_bot_has_a_connector_that_knows_its_events():
    for kind in KINDS:
        assert set(EVENTS) | {"ping"} >= connector_of(kind).EVENTS
        assert {"message_created", "ping"} <= connector_of(kind).EVENTS
    with pytest.raises(LookupError):
        connector_of("menu")
    with pytest.raises(LookupError):
        connector_of("os")


LATE = [botserver.hang, botserver.trickle, botserver.trickle_head]


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("answer", LATE, ids=lambda one: one.__name__)
def test_nothing_takes_longer_than_its_time(kind, answer, bot, monkeypatch):
    # none of these answers ever ends
    monkeypatch.setattr(http_call, "WITHIN", 0.6)
    bot.answers = [answer]
    with pytest.raises(OriginError) as refused:
        connector_of(kind).call(to(bot, remote_id="x"), turn())
    assert not refused.value.permanent
    assert refused.value.code == "ReadTimeout"


def test_the_time_is_five_seconds(bot, monkeypatch):
    given, request = [], http_call.guarded_http.send_request
    monkeypatch.setattr(http_call, "time", SimpleNamespace(monotonic=lambda: 100.0))
    monkeypatch.setattr(
        http_call.guarded_http,
        "send_request",
        lambda *what, **how: (given.append(how["within"]), request(*what, **how))[1],
    )
    webhook.call(to(bot), turn())
    assert given == [5.0]


BROKEN = {
    "cut": botserver.cut,
    "cut in the answer": botserver.cut_in_the_answer,
    "cut before the body": botserver.cut_before_the_body,
    "500": (500, {"messages": ["no"]}, {}),
    "502 page": botserver.text("<html>Bad gateway</html>", "text/html", 502),
    "429": (429, {}, {"Retry-After": "2"}),
    "302 inside": (302, None, {"Location": "http://169.254.169.254/latest/meta-data/"}),
    "301": (301, b"", {"Location": "/otro"}),
    "400": (400, {}, {}),
    "422": (422, {}, {}),
}


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("how", BROKEN)
def test_what_may_pass_is_tried_again(kind, how, bot):
    bot.answers = [BROKEN[how]]
    with pytest.raises(OriginError) as refused:
        connector_of(kind).call(to(bot, remote_id="x"), turn())
    assert not refused.value.permanent
    assert len(bot.got) == 1, "no redirect is followed, nothing is tried twice by itself"


@pytest.mark.parametrize("kind", sorted(KINDS - {"chatwoot"}))
@pytest.mark.parametrize(
    "answer",
    [
        botserver.text("<html>Hola</html>", "text/html"),
        botserver.text("{'no': 'JSON'}"),
        botserver.text(b"\xff\xfe\x00"),
        botserver.text('{"messages": ["cut'),
        botserver.text('{"messages": ["' + "x" * 2_000_000 + '"]}'),
        botserver.text("[" * 100_000),
    ],
    ids=["page", "not JSON", "not UTF-8", "half", "2 MB", "deep"],
)
def test_an_answer_that_cannot_be_read_is_tried_again(kind, answer, bot):
    bot.answers = [answer]
    with pytest.raises(OriginError) as refused:
        connector_of(kind).call(to(bot, remote_id="x"), turn())
    assert not refused.value.permanent


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_what_no_try_can_mend_is_final(kind, status, bot):
    bot.answers = [(status, {}, {})]
    with pytest.raises(OriginError) as refused:
        connector_of(kind).call(to(bot, remote_id="x"), turn())
    assert refused.value.permanent
    assert refused.value.code == str(status)


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/", "http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest", "http://localhost/",
        "file:///etc/passwd", "ftp://bot.example/", "gopher://x/", "javascript:alert(1)", "http://", "http:///x", "bot",
        "http://user:clave@bot.example/", "http://[::1", "http://x:99999/",
    ],
)  # fmt: skip
def test_an_address_inside_or_none_is_refused_for_good(kind, url, settings):
    settings.ALLOWED_INTERNAL_HOSTS = []
    with pytest.raises(OriginError) as refused:
        connector_of(kind).call(Endpoint(url=url, remote_id="x", secret=SECRET), turn())
    assert refused.value.permanent


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(
    "url", ["http://\x00/", "http://a b/", "http://ñ.example/", "http://" + "a" * 300 + ".example"]
)
def test_an_odd_name_is_nobodys(kind, url, settings):
    settings.ALLOWED_INTERNAL_HOSTS = []
    with pytest.raises(OriginError):
        connector_of(kind).call(Endpoint(url=url, remote_id="x", secret=SECRET), turn())


def test_nobody_who_listens_may_come_back():
    with pytest.raises(OriginError) as refused:
        webhook.call(Endpoint(url="http://127.0.0.1:1/", secret=SECRET), turn())
    assert not refused.value.permanent


# --- webhooks ------------------------------------------------------------------------------------


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
    bot.answers = [botserver.text("<html>OK</html>", "text/html"), {"messages": ["no"], "handoff": True}]
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


# --- Rasa ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "/", "/webhooks/rest/webhook", "/webhooks/rest/webhook/"])
@pytest.mark.parametrize("token", ["", "se cre+to"])
def test_rasa_gets_the_words_and_answers_at_once(path, token, opened):
    server = opened(contracts.Rasa(token))
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
    server = opened(contracts.Rasa())
    rasa.call(to(server.server), turn("Ventas", payload="/ventas"))
    rasa.call(to(server.server), turn("", said=message("", type="image", attachments=[PICTURE])))
    assert [told.body["message"] for told in server.server.got] == ["/ventas", PICTURE["url"]]


def test_a_new_round_with_rasa_is_another_sender(opened):
    server = opened(contracts.Rasa())
    rasa.call(to(server.server), turn())
    rasa.call(to(server.server), turn(change_id=55))
    assert [told.body["sender"] for told in server.server.got] == ["12-40", "12-55"]


def test_a_silent_rasa_has_answered_and_a_wrong_token_is_final(opened):
    server = opened(contracts.Rasa("bueno"))
    assert rasa.call(Endpoint(url=server.server.url, access_token="bueno"), turn()).answered
    with pytest.raises(OriginError) as refused:
        rasa.call(Endpoint(url=server.server.url, access_token="malo"), turn())
    assert refused.value.permanent
    assert "malo" not in str(refused.value)


def test_rasa_can_be_tried(opened):
    server = opened(contracts.Rasa())
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


# --- Typebot -------------------------------------------------------------------------------------


def test_a_flow_of_typebot_from_its_start_to_people(opened):
    server = opened(contracts.Typebot(token="tok"))
    server.steps = [
        (
            [contracts.bubble("¡Hola Marta!"), contracts.bubble("¿Qué necesitás?")],
            contracts.buttons("Ventas", "Soporte"),
        ),
        ([contracts.bubble("¿Tu número de pedido?")], {"id": "t", "type": "text input", "options": {}}),
        ([contracts.bubble("Te paso con alguien.")], None),
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
    server = opened(contracts.Typebot())
    server.steps = [([contracts.bubble("Hola")], contracts.buttons("A"))]
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
    server = opened(contracts.Typebot())
    server.steps = [([contracts.bubble(words)], None)]
    reply = typebot.call(to(server.server, remote_id="mi-bot"), turn())
    assert texts(reply) == said
    assert reply.hand_over == hand_over


@pytest.mark.parametrize("path", ["", "/", "/api/v1", "/api/v1/"])
def test_the_address_of_typebot_may_name_its_api(path, opened):
    server = opened(contracts.Typebot())
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


# --- Botpress ------------------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(botpress, "EVERY", 0.05)
    monkeypatch.setattr(botpress, "QUIET", 0.2)


@pytest.mark.parametrize("key", ["", "la-clave"])
@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("page", [2, 100])
@pytest.mark.usefixtures("quick")
def test_a_talk_with_botpress(key, newest_first, page, opened):
    server = opened(contracts.Botpress(encryption_key=key, newest_first=newest_first, page=page))
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
    server = opened(contracts.Botpress())
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
    server = opened(contracts.Botpress())
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
    server = opened(contracts.Botpress())
    server.says = lambda *_: [(0, {"type": "text", "text": "hola"})]
    act = server.server.act
    server.server.act = lambda told: botserver.cut if told.method == "GET" else act(told)
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
    server = opened(contracts.Botpress())
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


# --- Chatwoot ------------------------------------------------------------------------------------


def test_chatwoots_bots_are_told_in_their_words(bot):
    bot.answers = [{"whatever": ["it", "says"]}]
    reply = chatwoot.call(to(bot), turn("Ventas", payload="v", said=message("Ventas", attachments=[PICTURE])))
    told = bot.got[0].body
    assert told["event"] == "message_created"
    assert (told["message_type"], told["content"], told["content_type"], told["private"]) == (
        "incoming",
        "Ventas",
        "text",
        False,
    )
    assert told["id"] == 90
    assert told["account"]["id"] == 1
    assert told["inbox"]["id"]
    assert (told["conversation"]["id"], told["conversation"]["status"]) == (12, "pending")
    assert told["conversation"]["meta"]["sender"]["name"] == told["sender"]["name"] == "Marta"
    assert told["sender"]["phone_number"] == "+5491155550101"
    assert told["conversation"]["custom_attributes"] == {"pedido": "77"}
    assert told["content_attributes"]["submitted_values"] == [{"title": "Ventas", "value": "v"}]
    assert told["attachments"][0]["data_url"] == PICTURE["url"]
    assert told["attachments"][0]["file_type"] == "image"
    assert not reply.answered
    assert not reply.said
    assert bot.got[0].headers["x-chatwoot-signature"].startswith("sha256=")
    assert Webhook(SECRET).verify(bot.got[0].raw, bot.got[0].headers)


@pytest.mark.parametrize(
    ("event", "status", "name", "shown"),
    [
        ("conversation_opened", "open", "conversation_opened", "open"),
        ("conversation_closed", "closed", "conversation_resolved", "resolved"),
        ("conversation_expired", "expired", "conversation_resolved", "resolved"),
    ],
)
def test_chatwoots_bots_are_told_where_the_chat_went(event, status, name, shown, bot):
    place = {"id": 12, "status": status, "control_version": 41}
    chatwoot.call(to(bot), turn(event=event, body={"conversation": place, "contact": None, "message": None}))
    told = bot.got[0].body
    assert (told["event"], told["id"], told["status"]) == (name, 12, shown)
    assert "content" not in told


def test_chatwoots_bots_can_be_tried(bot):
    chatwoot.call(to(bot), turn(event="ping", body={"conversation": None}))
    assert bot.got[0].body == {"event": "ping", "account": {"id": 1, "name": "WittyAgent"}}


# --- whatever they answer ------------------------------------------------------------------------

leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(
    ["https://x.example/a.png", "/bandeja Ventas: x", "/fin", "handoff", "image", "text", "card", "choice input", "p"]
)  # fmt: skip
NAMES = [
    "messages",
    "handoff",
    "attributes",
    "type",
    "content",
    "buttons",
    "attachments",
    "template",
    "reply_to",
    "title",
    "payload",
    "url",
    "tray",
    "summary",
    "message",
    "text",
    "image",
    "custom",
    "attachment",
    "action",
    "recipient_id",
    "src",
    "mime_type",
    "filename",
    "items",
    "options",
    "label",
    "value",
    "input",
    "sessionId",
    "richText",
    "children",
    "markdown",
    "id",
    "userId",
    "createdAt",
    "metadata",
    "imageUrl",
    "fileUrl",
    "actions",
    "meta",
    "nextToken",
    "code",
    "latitude",
    "longitude",
]
anything = st.recursive(
    leaf,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=40,
)


def as_it_comes(value):
    from common.parsing import read_json

    return read_json(json.dumps(value).encode())


def sound(reply):
    """What the core may be given."""
    from wittybots.turns import KINDS as SAYABLE

    for one in reply.said:
        assert one.kind in SAYABLE
        assert isinstance(one.text, str)
        assert isinstance(one.reply_to, str)
        assert all(set(choice) == {"title", "payload"} for choice in one.choices)
        assert all(file["url"].lower().startswith("http") for file in one.attachments)
    assert all(isinstance(word, str) for word in reply.odd)
    if reply.hand_over:
        assert reply.hand_over.tray is None or isinstance(reply.hand_over.tray, (str, int))
        assert not isinstance(reply.hand_over.tray, bool)
    json.dumps([dict(reply.attributes), reply.hand_over and dict(reply.hand_over.attributes)])
    return True


@hypothesis_settings(max_examples=400, deadline=None)
@given(anything)
def test_no_answer_to_a_webhook_is_too_odd(value):
    assert sound(webhook.read_answer(as_it_comes(value)))
    assert sound(
        webhook.read_answer(
            {"messages": as_it_comes(value), "handoff": as_it_comes(value), "attributes": as_it_comes(value)}
        )
    )


@hypothesis_settings(max_examples=400, deadline=None)
@given(anything)
def test_no_answer_of_rasa_is_too_odd(value):
    found = Found()
    rasa.read_answer(as_it_comes(value), found)
    rasa.read_answer([as_it_comes(value)], found)
    assert sound(found.reply(answered=True))


@hypothesis_settings(max_examples=400, deadline=None)
@given(st.dictionaries(st.sampled_from(["messages", "input", "sessionId"]), anything), anything, anything)
def test_no_answer_of_typebot_is_too_odd(value, content, asked):
    assert sound(typebot.read_answer(as_it_comes(value), "s"))
    bubbles = [{"type": kind, "content": as_it_comes(content)} for kind in ("text", "image", "video", "embed")]
    kinds = ("choice input", "rating input", "cards input")
    for kind in kinds:
        question = {"type": kind, "items": as_it_comes(asked), "options": as_it_comes(asked)}
        assert sound(typebot.read_answer({"messages": bubbles, "input": question}, "s"))


@hypothesis_settings(max_examples=400, deadline=None)
@given(
    anything, st.sampled_from(["text", "choice", "card", "carousel", "bloc", "image", "location", "markdown"]), anything
)
def test_no_message_of_botpress_is_too_odd(value, kind, inner):
    found = Found()
    botpress_messages.read_message({"payload": as_it_comes(value), "metadata": as_it_comes(inner)}, found)
    more = as_it_comes(inner)
    botpress_messages.read_message(
        {"payload": {**(more if isinstance(more, dict) else {"items": more}), "type": kind}}, found
    )
    assert sound(found.reply(answered=True))


@pytest.mark.parametrize(
    "value", [[], "x", 5, {"messages": 5}, {"messages": [5]}, {"user": 5}, {"user": {"id": 5}}, {"code": 500}]
)
@pytest.mark.parametrize("kind", ["typebot", "botpress"])
def test_an_answer_of_another_shape_never_crashes(kind, value, bot, monkeypatch):
    monkeypatch.setattr(http_call, "WITHIN", 0.8)
    monkeypatch.setattr(botpress, "EVERY", 0.05)
    bot.answers = [(200, value, {})]
    try:
        reply = connector_of(kind).call(to(bot, remote_id="x"), turn())
    except OriginError as error:
        assert not error.permanent
    else:
        assert sound(reply)


@given(st.text())
def test_no_text_is_too_odd_for_a_command(words):
    found = Found()
    assert isinstance(carry_out_commands(words, found), str)
    if not any(name in words.lower() for name in ("/bandeja", "/handoff", "/fin")):
        assert found.hand_over is None
        assert not found.stays


def test_a_long_line_of_blanks_does_not_hold_a_command_up():
    # a pattern that looks back over them would take hours
    carry_out_commands("/bandeja " + " " * 600_000 + "x\n" + "/fin" + "\t" * 600_000 + "x", Found())
