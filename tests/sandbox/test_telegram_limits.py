"""What Telegram refuses, in its own words, and what it takes however it is sent."""

import json

import httpx
import pytest

from sandbox.bot_entities import parse_text
from sandbox.bot_words import BotError
from sandbox.emoji import TELEGRAM_REACTIONS
from tests.sandbox.sandbox_lines import BOT
from tests.sandbox.sandbox_media import PNG


@pytest.fixture
def call(bot, tomas):
    """Calls a method for tomas; the result, or the words of the refusal without their beginning."""

    def call(method, **what):
        answer = bot.post(f"/{method}", json={"chat_id": tomas["ids"]["chat_id"], **what}).json()
        return answer["result"] if answer["ok"] else answer["description"].removeprefix("Bad Request: ")

    return call


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ({"text": "x" * 4096}, None),
        ({"text": "🙂" * 2048}, None),
        ({"text": "🙂" * 2049}, "message is too long"),
        ({"text": "<b>" + "x" * 4096 + "</b>", "parse_mode": "HTML"}, None),
        ({"text": ""}, "message text is empty"),
        ({"text": " \n"}, "message text is empty"),
        ({"text": "<b></b>", "parse_mode": "HTML"}, "message text is empty"),
        ({}, "message text is empty"),
        ({"text": "a", "chat_id": ""}, "chat_id is empty"),
        ({"text": "a", "chat_id": 5}, "chat not found"),
        ({"text": "a", "parse_mode": "Word"}, "unsupported parse_mode"),
        ({"text": "a", "reply_parameters": {"message_id": 5}}, "message to be replied not found"),
        ({"text": "a", "reply_parameters": {"message_id": 5, "allow_sending_without_reply": True}}, None),
        ({"text": "a", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "x" * 64}]]}}, None),
        ({"text": "a", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "ñ" * 33}]]}}, "BUTTON_DATA_INVALID"),
        ({"text": "a", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": ""}]]}}, "BUTTON_DATA_INVALID"),
        (
            {"text": "a", "reply_markup": {"inline_keyboard": [[{"text": "a"}]]}},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            {"text": "a", "reply_markup": {"inline_keyboard": [[{"callback_data": "a"}]]}},
            'can\'t parse inline keyboard button: Field "text" must be of type String',
        ),
        (
            {"text": "a", "reply_markup": {"inline_keyboard": [[{"text": "a", "url": "nada"}]]}},
            "inline keyboard button URL 'nada' is invalid: Wrong HTTP URL",
        ),
        ({"text": "a", "reply_markup": {"inline_keyboard": [[{"text": "a", "url": "example.org/x"}]]}}, None),
        (
            {"text": "a", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "a"}]] * 101}},
            "reply markup is too long",
        ),
        ({"text": "a", "reply_markup": {"keyboard": [["Sí", {"text": "No"}]]}}, None),
        ({"text": "a", "reply_markup": [1]}, "object expected as reply markup"),
        ({"text": "a", "reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
        ({"text": "a", "reply_markup": json.dumps({"remove_keyboard": True})}, None),
    ],
)  # fmt: skip
def test_a_text_has_to_be_as_telegram_wants_it(call, sandbox, tomas, what, expected):
    said = call("sendMessage", **what)
    assert expected is None or said == expected
    assert len(sandbox.list_received(tomas["id"])) == (expected is None)


@pytest.mark.parametrize(
    ("method", "what", "expected"),
    [
        ("sendLocation", {"latitude": 91, "longitude": 0}, "wrong location specified"),
        ("sendVenue", {"latitude": 1, "longitude": 2, "title": "a"}, "venue address must be non-empty"),
        ("sendContact", {"first_name": "Ana"}, "there is no phone_number in the request"),
        ("sendContact", {"phone_number": "+598"}, "contact first name must be non-empty"),
        ("sendPhoto", {}, "there is no photo in the request"),
        ("sendChatAction", {"action": "dancing"}, "wrong parameter action in request"),
        ("getFile", {}, "file_id not specified"),
        ("getFile", {"file_id": "x"}, "wrong file_id or the file is temporarily unavailable"),
        ("setWebhook", {"url": "http://inbox.example.org/"}, "bad webhook: An HTTPS URL must be provided for webhook"),
        (
            "setWebhook",
            {"url": "https://inbox.example.org:8000/"},
            "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
        ),
        ("setWebhook", {"url": "https://a", "secret_token": "ñ"}, "secret token contains unallowed characters"),
    ],
)
def test_other_methods_say_what_they_miss(call, method, what, expected):
    assert call(method, **what) == expected


SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)


def test_a_message_is_changed_once_and_gone_once(call, bot, sandbox, tomas):
    theirs = int(sandbox.write(tomas["id"], "Hola")["id"])
    ours = call("sendMessage", text="Bunas")["message_id"]
    assert call("editMessageText", message_id=ours, text="Buenas")["text"] == "Buenas"
    assert call("editMessageText", message_id=ours, text="Buenas") == SAME
    assert call("editMessageText", message_id=ours, text="*Buenas*", parse_mode="Markdown")["entities"]
    assert call("editMessageText", message_id=ours, text="x" * 4097) == "MESSAGE_TOO_LONG"
    assert call("editMessageText", message_id=ours, text="") == "message text is empty"
    assert call("editMessageCaption", message_id=ours, caption="a") == "there is no caption in the message to edit"
    assert call("editMessageText", message_id=theirs, text="a") == "message can't be edited"
    assert call("editMessageText", message_id=5, text="a") == "message to edit not found"
    assert call("editMessageText", text="a") == "message identifier is not specified"
    form = {"chat_id": tomas["ids"]["chat_id"], "caption": "mirá"}
    photo = bot.post("/sendPhoto", data=form, files={"photo": ("a.png", PNG)}).json()["result"]["message_id"]
    assert call("editMessageText", message_id=photo, text="a") == "there is no text in the message to edit"
    assert call("editMessageCaption", message_id=photo, caption="mirá") == SAME
    assert call("editMessageCaption", message_id=photo, caption="x" * 1025) == "message caption is too long"
    assert call("editMessageReplyMarkup", message_id=ours) == SAME
    assert call("deleteMessage", message_id=ours) is True
    assert call("deleteMessage", message_id=ours) == "message to delete not found"
    assert call("editMessageText", message_id=ours, text="a") == "message to edit not found"
    assert call("sendMessage", text="a", reply_parameters={"message_id": ours}) == "message to be replied not found"
    sandbox.jump_clock(49)
    assert call("deleteMessage", message_id=photo) == "message can't be deleted for everyone"


def test_a_bot_writes_to_nobody_who_has_not_written_first(call, sandbox, bot):
    rosa = sandbox.add_customer("telegram", name="Rosa")
    assert call("sendMessage", text="Hola", chat_id=rosa["ids"]["chat_id"]) == "chat not found"
    sandbox.write(rosa["id"], "/start")
    assert call("sendMessage", text="Hola", chat_id=rosa["ids"]["chat_id"])["text"] == "Hola"
    assert bot.post("/sendAnything").json() == {
        "ok": False, "error_code": 404, "description": "Not Found: method not found",
    }  # fmt: skip


def test_a_reaction_is_one_of_telegrams_own(call, sandbox, tomas):
    theirs = int(sandbox.write(tomas["id"], "Hola")["id"])

    def react(*emojis, message=theirs):
        return call(
            "setMessageReaction", message_id=message, reaction=[{"type": "emoji", "emoji": one} for one in emojis]
        )

    assert len(TELEGRAM_REACTIONS) == 73
    assert react("👍") is react("❤") is react("❤️") is react("🤷‍♂️") is react() is True
    assert react("🧉") == react("✅") == react("") == "REACTION_INVALID"
    assert react("👍", "❤") == "REACTIONS_TOO_MANY"
    assert react("👍", message=5) == "message to react not found"
    assert call("setMessageReaction", message_id=theirs, reaction="👍") == "can't parse reaction JSON object"


def test_a_tapped_button_is_answered_once_and_soon(call, listener, sandbox, tomas):
    late = "query is too old and response timeout expired or query ID is invalid"
    keyboard = {"inline_keyboard": [[{"text": "Sí", "callback_data": "yes"}]]}
    message = str(call("sendMessage", text="¿Sí?", reply_markup=keyboard)["message_id"])

    def tap():
        sandbox.write(tomas["id"], kind="choice", target=message, choice=0)
        return listener.bodies[-1]["callback_query"]["id"]

    query = tap()
    assert call("answerCallbackQuery", callback_query_id=query, text="x" * 201) == "MESSAGE_TOO_LONG"
    assert call("answerCallbackQuery", callback_query_id=query) is True
    assert call("answerCallbackQuery", callback_query_id=query) == late
    assert call("answerCallbackQuery", callback_query_id="77") == call("answerCallbackQuery") == late
    query = tap()
    sandbox.jump_clock(1)
    assert call("answerCallbackQuery", callback_query_id=query) == late


def test_it_takes_gets_queries_forms_and_any_case(sandbox, bot, tomas):
    chat = tomas["ids"]["chat_id"]
    assert bot.get("/sendMessage", params={"chat_id": chat, "text": "por GET"}).json()["ok"]
    assert bot.post("/sendmessage", data={"chat_id": chat, "text": "por formulario"}).json()["ok"]
    assert bot.post("/SENDMESSAGE", params={"chat_id": chat}, json={"text": "mezclado"}).json()["ok"]
    assert bot.post("/sendMessage", files={"chat_id": (None, chat), "text": (None, "en partes")}).json()["ok"]
    assert bot.get("/getMe").json()["result"]["is_bot"] is True
    assert httpx.get(f"{sandbox.url}/bot{BOT}/getWebhookInfo").json()["ok"]
    raw = (
        f"--b\r\ncontent-disposition: form-data; name=chat_id\r\n\r\n{chat}\r\n"
        f"--b\r\ncontent-disposition: form-data; filename=foto.png; name=photo\r\n\r\n"
    ).encode() + PNG + b"\r\n--b--\r\n"  # fmt: skip
    answer = bot.post("/sendPhoto", content=raw, headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert answer.json()["result"]["photo"]
    texts = [got["text"] for got in sandbox.list_received(tomas["id"])]
    assert texts == ["por GET", "por formulario", "mezclado", "en partes", ""]


@pytest.mark.parametrize(
    ("mode", "text", "plain", "entities"),
    [
        ("MarkdownV2", "*Hola* _Marta_", "Hola Marta", ["bold 0 4", "italic 5 5"]),
        ("MarkdownV2", "🙂*a*", "🙂a", ["bold 2 1"]),
        ("markdownv2", r"1\.5 \- fin\!", "1.5 - fin!", []),
        ("MarkdownV2", "__a__ ~b~ ||c|| `d_` ```py\ne```", "a b c d_ e", ["underline 0 1", "strikethrough 2 1", "spoiler 4 1", "code 6 2", "pre 9 1"]),
        ("MarkdownV2", "[ver](https://e.org/a_\\)b)", "ver", ["text_link 0 3"]),
        ("MarkdownV2", "*a _b_ c*", "a b c", ["bold 0 5", "italic 2 1"]),
        ("MarkdownV2", ">dijo\nsí", "dijo\nsí", []),
        ("Markdown", "*Hola* [ver](http://e.org) a.b!", "Hola ver a.b!", ["bold 0 4", "text_link 5 3"]),
        ("HTML", "<b>a</b> &lt;c&gt; <a href='http://e.org'>d</a>", "a <c> d", ["bold 0 1", "text_link 6 1"]),
        ("HTML", "a > b & c", "a > b & c", []),
        ("html", '<tg-spoiler>a</tg-spoiler><span class="tg-spoiler">b</span>', "ab", ["spoiler 0 1", "spoiler 1 1"]),
    ],
)  # fmt: skip
def test_formatted_texts(mode, text, plain, entities):
    said, found = parse_text(text, mode)
    assert said == plain
    assert [f"{one['type']} {one['offset']} {one['length']}" for one in found] == entities


@pytest.mark.parametrize(
    ("mode", "text", "words"),
    [
        ("MarkdownV2", "Hola.", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("MarkdownV2", "a (b)", "Character '(' is reserved and must be escaped with the preceding '\\'"),
        ("MarkdownV2", "ñ *a", "Can't find end of Bold entity at byte offset 3"),
        ("MarkdownV2", "a_b", "Can't find end of Italic entity at byte offset 1"),
        ("MarkdownV2", "`a", "Can't find end of Code entity at byte offset 0"),
        ("MarkdownV2", "*a _b* c_", "Can't find end of Italic entity at byte offset 3"),
        ("MarkdownV2", "[a](b", "Can't find end of a URL at byte offset 3"),
        ("MarkdownV2", "a > b", "Character '>' is reserved and must be escaped with the preceding '\\'"),
        ("Markdown", "snake_case", "Can't find end of the entity starting at byte offset 5"),
        ("HTML", "<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("HTML", "<h1>a</h1>", 'Unsupported start tag "h1" at byte offset 0'),
        ("HTML", "a</b>", "Unexpected end tag at byte offset 1"),
        ("HTML", "<b>a</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("HTML", "a <b", "Unclosed start tag at byte offset 2"),
        ("HTML", "<b>a</b", "Unclosed end tag at byte offset 4"),
        ("HTML", "<b a", "Unclosed start tag at byte offset 0"),
        ("HTML", "a < b", 'Unsupported start tag "" at byte offset 2'),
        ("HTML", '<span class="x">a</span>', 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_formatted_texts_that_are_broken(mode, text, words):
    with pytest.raises(BotError) as refusal:
        parse_text(text, mode)
    assert refusal.value.words == f"can't parse entities: {words}"
