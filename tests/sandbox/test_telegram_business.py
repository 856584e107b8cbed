"""The sandbox as Telegram Business: the chats of a person's own account, beside the bot's own with the same people."""

import pytest

from chats import moves
from chats.messages import replies
from chats.models import Message
from tests import people
from tests.gateway.inbound.network_posts import takes
from tests.pumping import deliver_chat


@pytest.fixture
def link(sandbox, bot):
    return sandbox.connect_account()["connection"]


@pytest.fixture
def call(bot, tomas):
    def call(method, **what):
        answer = bot.post(f"/{method}", json={"chat_id": tomas["ids"]["chat_id"], **what}).json()
        return answer["result"] if answer["ok"] else answer["description"].removeprefix("Bad Request: ")

    return call


def test_what_is_written_to_the_account_is_told_with_its_connection(sandbox, listener, tomas, link):
    sandbox.wait_until(lambda: "business_connection" in listener.bodies[-1])
    told = listener.bodies[-1]["business_connection"]
    assert (told["id"], told["is_enabled"], told["rights"]["can_reply"]) == (link, True, True)
    first = sandbox.write(tomas["id"], "¿Abren hoy?", business=True)["id"]
    message = listener.bodies[-1]["business_message"]
    assert (message["business_connection_id"], message["text"]) == (link, "¿Abren hoy?")
    sandbox.write(tomas["id"], "¿Abren mañana?", kind="edit", target=first)
    assert listener.bodies[-1]["edited_business_message"]["text"] == "¿Abren mañana?"
    sandbox.write(tomas["id"], kind="withdrawal", target=first)
    assert listener.bodies[-1]["deleted_business_messages"]["message_ids"] == [int(first)]


def test_the_bot_answers_for_the_account_whom_it_may(call, sandbox, tomas, link):
    theirs = int(sandbox.write(tomas["id"], "Hola, bot")["id"])
    here = {"text": "Hola", "business_connection_id": link}
    assert call("sendMessage", **here) == "BUSINESS_PEER_USAGE_MISSING"
    own = int(sandbox.write(tomas["id"], "Hola, dueña", business=True)["id"])
    said = call("sendMessage", **here)
    assert (said["business_connection_id"], said["sender_business_bot"]["is_bot"]) == (link, True)
    assert said["from"]["is_bot"] is False
    assert call("sendMessage", text="a", business_connection_id="otra") == "business connection not found"
    # two threads: what was said in one is not in the other
    assert call("sendMessage", **here, reply_parameters={"message_id": theirs}) == "message to be replied not found"
    assert call("sendMessage", **here, reply_parameters={"message_id": own})["reply_to_message"]["message_id"] == own
    assert call("sendMessage", text="a", reply_parameters={"message_id": own}) == "message to be replied not found"
    mine = {"message_id": said["message_id"]}
    assert call("editMessageText", text="Buenas", **mine) == "message to edit not found"
    assert call("editMessageText", text="Buenas", business_connection_id=link, **mine)["text"] == "Buenas"
    assert call("readBusinessMessage", business_connection_id=link, message_id=own) is True
    gone = {"business_connection_id": link, "message_ids": [said["message_id"]]}
    assert call("deleteBusinessMessages", **gone) is True
    assert call("deleteBusinessMessages", **gone) == "message to delete not found"


def test_an_account_that_took_the_bot_out_is_closed_to_it(call, sandbox, tomas, link):
    sandbox.write(tomas["id"], "Hola", business=True)
    here = {"text": "Hola", "business_connection_id": link}
    sandbox.connect_account(account="silent")
    assert call("sendMessage", **here) == "not enough rights"
    assert call("getBusinessConnection", business_connection_id=link)["rights"] == {}
    sandbox.connect_account(account="off")
    assert call("sendMessage", **here) == "business connection not found"
    with pytest.raises(Exception, match="connected to no account"):
        sandbox.write(tomas["id"], "¿Estás?", business=True)
    sandbox.connect_account()
    sandbox.jump_clock(25)
    assert call("sendMessage", **here) == "BUSINESS_PEER_USAGE_MISSING"


def test_the_product_answers_in_the_thread_that_it_was_asked_in(db, client, sandbox, listener, settings, ana):
    """A whole round: what the sandbox says comes in, and what the agent writes reaches the account's chat."""
    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]
    origin = people.telegram_origin(api_url=sandbox.url)
    line = f"telegram:{origin.line_id}"
    sandbox.register_line(
        "telegram", origin.line_id, secret=origin.secret, access_token=origin.access_token, webhook=listener.url
    )
    rosa = sandbox.add_customer(line, name="Rosa Paz")
    sandbox.connect_account(line)
    sandbox.wait_until(lambda: listener.bodies)
    sandbox.write(rosa["id"], "¿Abren hoy?", business=True)
    for body in listener.bodies:
        takes(client, origin, body)
    chat = Message.objects.get(direction="in").chat
    moves.take(chat.pk, ana)
    replies.send_reply(chat.pk, ana, "Hasta las ocho")
    deliver_chat(chat.pk)
    entry = sandbox.show_customer(rosa["id"])["thread"][-1]
    assert (entry["text"], entry["payload"]["business"]) == ("Hasta las ocho", True)
