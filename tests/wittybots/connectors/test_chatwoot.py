"""The connector of Chatwoot's bots: they are told in their words."""

import pytest
from standardwebhooks import Webhook

from tests.wittybots.connectors.connector_turns import PICTURE, SECRET, message, to, turn
from wittybots.connectors import chatwoot


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
