"""The sandbox as Telegram."""

import json

import httpx

from tests.sandbox.sandbox_lines import BOT, SECRET
from tests.sandbox.sandbox_media import VOICE


def test_telegram_posts_updates_with_its_secret(sandbox, listener, bot, tomas):
    sandbox.write(tomas["id"], "Hola")
    headers, raw = listener.got[-1]
    update = json.loads(raw)
    assert headers["X-Telegram-Bot-Api-Secret-Token"] == SECRET
    assert update["message"]["text"] == "Hola"
    assert update["message"]["chat"]["type"] == "private"
    assert update["message"]["from"]["first_name"] == "Tomás"
    first = update["update_id"]
    sandbox.write(tomas["id"], "otra")
    assert listener.bodies[-1]["update_id"] > first


def test_a_bot_sends_and_its_buttons_are_tapped(sandbox, listener, bot, tomas):
    keyboard = {"inline_keyboard": [[{"text": "Sí", "callback_data": "yes"}]]}
    chat = tomas["ids"]["chat_id"]
    said = bot.post("/sendMessage", json={"chat_id": chat, "text": "¿Sí?", "reply_markup": keyboard}).json()["result"]
    assert said["chat"]["id"] == int(chat)
    assert said["text"] == "¿Sí?"
    sandbox.write(tomas["id"], kind="choice", target=str(said["message_id"]), choice=0)
    query = listener.bodies[-1]["callback_query"]
    assert query["data"] == "yes"
    assert query["message"]["message_id"] == said["message_id"]
    assert bot.post("/answerCallbackQuery", json={"callback_query_id": query["id"]}).json()["result"] is True
    assert sandbox.read_report(customers=False)["counts"]["callbacks_answered"] == 1


def test_files_go_both_ways_by_telegram(sandbox, listener, bot, tomas):
    sandbox.write(tomas["id"], "mirá", kind="image")
    message = listener.bodies[-1]["message"]
    assert message["caption"] == "mirá"
    found = bot.post("/getFile", json={"file_id": message["photo"][-1]["file_id"]}).json()["result"]
    assert httpx.get(f"{sandbox.url}/file/bot{BOT}/{found['file_path']}").content[:4] == b"\x89PNG"
    answer = bot.post(
        "/sendVoice", data={"chat_id": tomas["ids"]["chat_id"]}, files={"voice": ("a.ogg", VOICE, "audio/ogg")}
    )
    assert answer.json()["result"]["voice"]["mime_type"] == "audio/ogg"
    assert [got["kind"] for got in sandbox.list_received(tomas["id"])] == ["voice"]


def test_telegram_refuses_in_its_own_words(sandbox, listener, bot, tomas):
    chat = tomas["ids"]["chat_id"]

    def words(method, **what):
        answer = bot.post(f"/{method}", json=what).json()
        return answer["error_code"], answer["description"]

    assert words("sendMessage", chat_id=chat, text="x" * 4097) == (400, "Bad Request: message is too long")
    assert words("sendMessage", chat_id=chat, text="") == (400, "Bad Request: message text is empty")
    assert words("sendMessage", chat_id="1", text="a") == (400, "Bad Request: chat not found")
    assert words("nonsense")[0] == 404
    assert httpx.post(f"{sandbox.url}/botwrong/getMe").status_code == 401
    sandbox.block(tomas["id"])
    sandbox.wait_until(lambda: "my_chat_member" in listener.bodies[-1])
    assert listener.bodies[-1]["my_chat_member"]["new_chat_member"]["status"] == "kicked"
    assert words("sendMessage", chat_id=chat, text="a") == (403, "Forbidden: bot was blocked by the user")
    sandbox.block(tomas["id"], False)
    sandbox.switch_faults(error_429=1.0, retry_after=3)
    answer = bot.post("/sendMessage", json={"chat_id": chat, "text": "a"})
    assert answer.status_code == 429
    assert answer.json()["parameters"]["retry_after"] == 3
    assert sandbox.list_received(tomas["id"]) == []


def test_a_bot_edits_withdraws_and_reacts(sandbox, listener, bot, tomas):
    chat = tomas["ids"]["chat_id"]
    theirs = sandbox.write(tomas["id"], "Hola")["id"]
    ours = bot.post("/sendMessage", json={"chat_id": chat, "text": "Bunas"}).json()["result"]["message_id"]
    bot.post("/editMessageText", json={"chat_id": chat, "message_id": ours, "text": "Buenas"})
    reaction = [{"type": "emoji", "emoji": "👍"}]
    bot.post("/setMessageReaction", json={"chat_id": chat, "message_id": int(theirs), "reaction": reaction})
    thread = {entry["id"]: entry for entry in sandbox.show_customer(tomas["id"])["thread"]}
    assert thread[str(ours)]["text"] == "Buenas"
    assert thread[theirs]["reactions"] == {"line": "👍"}
    bot.post("/deleteMessage", json={"chat_id": chat, "message_id": ours})
    assert sandbox.show_customer(tomas["id"])["thread"][2]["payload"]["withdrawn"] is True
