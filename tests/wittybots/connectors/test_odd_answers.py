"""No answer of any bot is too odd: it is read or said to be broken."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import OriginError
from tests.wittybots.connectors.connector_turns import to, turn
from wittybots.connectors import botpress, botpress_messages, connector_of, http_call, rasa, typebot, webhook
from wittybots.connectors.parsing import Found, carry_out_commands

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


@given(anything)
def test_no_answer_to_a_webhook_is_too_odd(value):
    assert sound(webhook.read_answer(as_it_comes(value)))
    assert sound(
        webhook.read_answer(
            {"messages": as_it_comes(value), "handoff": as_it_comes(value), "attributes": as_it_comes(value)}
        )
    )


@given(anything)
def test_no_answer_of_rasa_is_too_odd(value):
    found = Found()
    rasa.read_answer(as_it_comes(value), found)
    rasa.read_answer([as_it_comes(value)], found)
    assert sound(found.reply(answered=True))


@given(st.dictionaries(st.sampled_from(["messages", "input", "sessionId"]), anything), anything, anything)
def test_no_answer_of_typebot_is_too_odd(value, content, asked):
    assert sound(typebot.read_answer(as_it_comes(value), "s"))
    bubbles = [{"type": kind, "content": as_it_comes(content)} for kind in ("text", "image", "video", "embed")]
    kinds = ("choice input", "rating input", "cards input")
    for kind in kinds:
        question = {"type": kind, "items": as_it_comes(asked), "options": as_it_comes(asked)}
        assert sound(typebot.read_answer({"messages": bubbles, "input": question}, "s"))


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
