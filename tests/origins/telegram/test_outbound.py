"""Sending by Telegram: one call of the Bot API, its files, its checks, and its token nowhere else."""

import io
import json
import logging
import traceback

import pytest

from common.errors import Failure, OriginError
from origins.facts import File, Outgoing
from origins.telegram import network
from tests.http_server import cut
from tests.origins.telegram.bot_calls import TOKEN


def out(kind="text", text="Hola", **fields):
    return Outgoing("6f9619ff", (("telegram", "5001"),), kind, text, **fields)


def a_file(name="a.bin", mime="application/octet-stream", data=b"bytes", size=None, **fields):
    return File(name, mime, len(data) if size is None else size, lambda: io.BytesIO(data), **fields)


def test_a_text_leaves(bot, api):
    assert network.send(bot, out(reply_to="5001:11")).id == "5001:77"
    assert api.last.path == f"/bot{TOKEN}/sendMessage"
    assert api.last.json == {
        "chat_id": "5001", "text": "Hola", "reply_parameters": {"message_id": 11, "allow_sending_without_reply": True},
    }  # fmt: skip


def test_nothing_of_a_text_is_markup(bot, api):
    network.send(bot, out(text="<b>*hola*</b> _x_", reply_to="cb:99"))
    assert api.last.json == {"chat_id": "5001", "text": "<b>*hola*</b> _x_"}


def test_choices_are_buttons(bot, api):
    choices = ({"title": "Ventas", "payload": "v"}, {"title": "Soporte", "payload": ""})
    network.send(bot, out(choices=choices))
    assert api.last.json["reply_markup"] == {
        "inline_keyboard": [
            [{"text": "Ventas", "callback_data": "v"}], [{"text": "Soporte", "callback_data": "Soporte"}],
        ]
    }  # fmt: skip
    assert api.last.json["text"] == "Hola"


def test_choices_that_carry_too_much_are_numbers(bot, api):
    network.send(bot, out(choices=({"title": "Ventas", "payload": "ñ" * 33}, {"title": "Soporte", "payload": "s"})))
    assert "reply_markup" not in api.last.json
    assert "1. Ventas" in api.last.json["text"]
    assert "2. Soporte" in api.last.json["text"]


@pytest.mark.parametrize(
    ("kind", "name", "mime", "voice", "size", "method", "part"),
    [
        ("image", "a.jpg", "image/jpeg", False, 5, "sendPhoto", "photo"),
        ("image", "a.jpg", "image/jpeg", False, 11 * 2**20, "sendDocument", "document"),
        ("image", "a.gif", "image/gif", False, 5, "sendAnimation", "animation"),
        ("image", "a.svg", "image/svg+xml", False, 5, "sendDocument", "document"),
        ("audio", "v.ogg", "audio/ogg; codecs=opus", True, 5, "sendVoice", "voice"),
        ("audio", "v.ogg", "audio/ogg", False, 5, "sendDocument", "document"),
        ("audio", "v.webm", "audio/webm", True, 5, "sendDocument", "document"),
        ("audio", "a.mp3", "audio/mpeg", False, 5, "sendAudio", "audio"),
        ("video", "v.mp4", "video/mp4", False, 5, "sendVideo", "video"),
        ("video", "v.webm", "video/webm", False, 5, "sendDocument", "document"),
        ("document", "año \"1\".pdf", "application/pdf", False, 5, "sendDocument", "document"),
        ("sticker", "s.webp", "image/webp", False, 5, "sendSticker", "sticker"),
    ],
)  # fmt: skip
def test_files_leave_as_what_they_are(bot, api, kind, name, mime, voice, size, method, part):
    file = a_file(name, mime, b"x" * 5, size, is_voice=voice)
    network.send(bot, out(kind, "", file=file, reply_to="5001:11"))
    assert api.last.path.endswith(f"/{method}")
    texts, files = api.last.form
    assert texts["chat_id"] == "5001"
    assert json.loads(texts["reply_parameters"])["message_id"] == 11
    assert files[part][2] == b"xxxxx"
    assert "caption" not in texts


def test_a_file_goes_with_its_caption(bot, api):
    network.send(bot, out("image", "La nueva", file=a_file("a.png", "image/png")))
    texts, files = api.last.form
    assert texts["caption"] == "La nueva"
    assert files["photo"][0] == "a.png"


def test_a_file_that_is_too_large_does_not_leave(bot, api):
    with pytest.raises(OriginError, match="50 MB") as refusal:
        network.send(bot, out("document", "", file=a_file(size=50 * 2**20 + 1)))
    assert refusal.value.failure is Failure.FINAL
    assert api.calls == []


def test_places_and_cards_leave(bot, api):
    spot = {"latitude": -34.9, "longitude": -56.1}
    network.send(bot, out("location", "", payload=spot))
    assert (api.last.path[-12:], api.last.json) == ("sendLocation", {"chat_id": "5001", **spot})
    network.send(bot, out("location", "", payload={**spot, "place": "Local"}))
    assert (api.last.path[-9:], api.last.json["title"]) == ("sendVenue", "Local")
    network.send(bot, out("contact", "", payload={"name": "Rosa", "phone": "+59899"}))
    assert api.last.json == {"chat_id": "5001", "phone_number": "+59899", "first_name": "Rosa"}
    two = [{"name": "Rosa", "phones": ["1", "2"]}, {"name": "Ana", "phones": []}]
    network.send(bot, out("contact", "", payload={"contacts": two}))
    assert api.last.json["text"] == "Rosa: 1, 2\nAna"
    with pytest.raises(OriginError):
        network.send(bot, out("location", "", payload={}))


def test_a_template_is_a_text(bot, api):
    network.send(bot, out("template", "Hola Marta, tu pedido está listo"))
    assert api.last.json["text"] == "Hola Marta, tu pedido está listo"


def test_what_changes_a_message(bot, api):
    assert network.send(bot, out("reaction", "", target="5001:11", payload={"emoji": "❤️"})).id == ""
    assert api.last.json == {"chat_id": "5001", "message_id": 11, "reaction": [{"type": "emoji", "emoji": "❤"}]}
    network.send(bot, out("reaction", "", target="5001:11"))
    assert api.last.json["reaction"] == []
    network.send(bot, out("edit", "Otra", target="5001:12"))
    assert api.last.json == {"chat_id": "5001", "message_id": 12, "text": "Otra"}
    network.send(bot, out("withdrawal", "", target="5001:12"))
    assert (api.last.path[-13:], api.last.json) == ("deleteMessage", {"chat_id": "5001", "message_id": 12})
    for target in ("", "cb:9", "x"):
        with pytest.raises(OriginError):
            network.send(bot, out("withdrawal", "", target=target))


def refused(status, description, **more):
    return (status, {"ok": False, "error_code": status, "description": description, **more})


def test_an_edit_of_a_caption_and_what_is_already_so(bot, api):
    api.answers["editMessageText"] = refused(400, "Bad Request: there is no text in the message to edit")
    network.send(bot, out("edit", "Otra", target="5001:12"))
    assert (api.last.path[-18:], api.last.json["caption"]) == ("editMessageCaption", "Otra")
    api.answers["editMessageText"] = refused(400, "Bad Request: message is not modified: same")
    network.send(bot, out("edit", "Otra", target="5001:12"))
    api.answers["deleteMessage"] = refused(400, "Bad Request: message to delete not found")
    network.send(bot, out("withdrawal", "", target="5001:12"))
    api.answers["deleteMessage"] = refused(400, "Bad Request: message can't be deleted")
    with pytest.raises(OriginError, match="48"):
        network.send(bot, out("withdrawal", "", target="5001:12"))


@pytest.mark.parametrize(
    ("answer", "failure", "words", "after"),
    [
        (refused(429, "Too Many Requests", parameters={"retry_after": 17}), Failure.CHAT, "esperar", 17),
        (refused(429, "Too Many Requests"), Failure.CHAT, "esperar", 1),
        (refused(429, "x", parameters={"retry_after": 10**9}), Failure.CHAT, "esperar", 3600),
        (refused(401, "Unauthorized"), Failure.ACCOUNT, "token", 0),
        (refused(404, "Not Found"), Failure.ACCOUNT, "token", 0),
        # about the one message, not about the bot
        (refused(404, "Not Found: method not found"), Failure.FINAL, "method not found", 0),
        (refused(401, "Unauthorized: not for this chat"), Failure.FINAL, "not for this chat", 0),
        (refused(418, "Something new"), Failure.FINAL, "Something new", 0),
        (refused(403, "Forbidden: bot was blocked by the user"), Failure.FINAL, "bloqueó", 0),
        (refused(403, "Forbidden: user is deactivated"), Failure.FINAL, "ya no existe", 0),
        (refused(400, "Bad Request: chat not found"), Failure.FINAL, "no encuentra", 0),
        (refused(400, "Bad Request: message is too long"), Failure.FINAL, "más largo", 0),
        (refused(400, "Bad Request: something new"), Failure.FINAL, "something new", 0),
        (refused(500, "Internal Server Error"), Failure.RETRY, "disponible", 0),
        ((502, b"<html>bad gateway</html>"), Failure.RETRY, "disponible", 0),
        ((200, b"<html>a page</html>"), Failure.UNSURE, "no se entiende", 0),
        (cut, Failure.UNSURE, "cortó", 0),
    ],
)
def test_what_telegram_refuses(bot, api, answer, failure, words, after):
    api.answers[""] = answer
    with pytest.raises(OriginError, match=words) as refusal:
        network.send(bot, out())
    assert (refusal.value.failure, refusal.value.after) == (failure, after)


def test_a_contact_of_another_network_is_refused(bot, api):
    with pytest.raises(OriginError):
        network.send(bot, Outgoing("u", (("phone", "598"),), "text", "Hola"))
    assert api.calls == []


def everything_about(error):
    seen, texts = set(), []
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        texts += [str(error), repr(error), repr(error.__dict__), "".join(traceback.format_exception(error))]
        error = error.__cause__ or error.__context__
    return "".join(texts)


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        (None, cut),
        (None, refused(404, "Not Found")),
        (None, refused(400, f"Bad Request: /bot{TOKEN}/x")),
        ("http://127.0.0.1:1", None),
        ("http://", None),
        ("ftp://x", None),
        ("http://10.0.0.1", None),
    ],
)
def test_the_token_is_in_no_error_and_no_log(bot, api, caplog, url, answer):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "httpx")
    bot.api_url = url or bot.api_url
    api.answers[""] = answer or api.answers[""]
    for call in (
        lambda: network.send(bot, out()),
        lambda: network.fetch_media(bot, {"id": "f"}, 100),
        lambda: network.set_webhook(bot, "https://example.com/"),
        lambda: network.acknowledge(bot, "1"),
    ):
        with pytest.raises(OriginError) as refusal:
            call()
        assert TOKEN not in everything_about(refusal.value)
        assert not isinstance(refusal.value.__context__, Exception) or isinstance(
            refusal.value.__context__, OriginError
        )
    findings = network.check_connection(bot)
    assert findings
    assert TOKEN not in repr(findings)
    assert TOKEN not in caplog.text


def test_the_token_is_in_no_log_of_what_went_well(bot, api, caplog):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "httpx")
    network.send(bot, out())
    assert "HTTP Request" in caplog.text
    assert TOKEN not in caplog.text


def test_without_a_token_nothing_is_called(bot, api):
    bot.access_token = ""
    with pytest.raises(OriginError) as refusal:
        network.send(bot, out())
    assert refusal.value.failure is Failure.ACCOUNT
    assert api.calls == []


def test_a_file_is_fetched(bot, api):
    api.answers["getFile"] = (200, {"ok": True, "result": {"file_id": "f", "file_path": "photos/file 1.jpg"}})
    api.answers["file%201.jpg"] = (200, b"the bytes")
    assert network.fetch_media(bot, {"id": "f"}, 100) == b"the bytes"
    assert api.calls[0].json == {"file_id": "f"}
    assert api.last.path == f"/file/bot{TOKEN}/photos/file%201.jpg"


@pytest.mark.parametrize(
    ("media", "found", "words"),
    [
        ({"id": "f", "size": 30_000_000}, (200, {}), "pesa más"),
        ({"id": "f"}, (200, {"ok": True, "result": {"file_path": "a", "file_size": 500}}), "pesa más"),
        ({"id": "f"}, refused(400, "Bad Request: file is too big"), "pesa más"),
        ({"id": "f"}, refused(400, "Bad Request: wrong file_id"), "ya no tiene"),
        ({"id": "f"}, (200, {"ok": True, "result": {"file_path": "../../x"}}), "ya no tiene"),
        ({"id": "f"}, (200, {"ok": True, "result": {}}), "ya no tiene"),
        ({}, refused(400, "Bad Request: invalid file_id"), "ya no tiene"),
    ],
)
def test_a_file_that_cannot_be_had_says_so(bot, api, media, found, words):
    api.answers["getFile"] = found
    with pytest.raises(OriginError, match=words) as refusal:
        network.fetch_media(bot, media, 100)
    assert refusal.value.permanent


def test_a_file_is_cut_off_where_it_is_too_much(bot, api):
    api.answers["getFile"] = (200, {"ok": True, "result": {"file_path": "a"}})
    api.answers["a"] = (200, b"x" * 101)
    with pytest.raises(OriginError, match="pesa más"):
        network.fetch_media(bot, {"id": "f"}, 100)
    api.answers["a"] = (404, b"")
    with pytest.raises(OriginError, match="ya no tiene"):
        network.fetch_media(bot, {"id": "f"}, 100)
    api.answers["a"] = (500, b"")
    with pytest.raises(OriginError) as refusal:
        network.fetch_media(bot, {"id": "f"}, 100)
    assert not refusal.value.permanent


def test_a_button_is_answered(bot, api):
    network.acknowledge(bot, "4382")
    assert (api.last.path[-19:], api.last.json) == ("answerCallbackQuery", {"callback_query_id": "4382"})
    api.answers["answerCallbackQuery"] = refused(400, "Bad Request: query is too old and response timeout expired")
    network.acknowledge(bot, "4382")


def test_the_webhook_is_set(bot, api):
    network.set_webhook(bot, "https://inbox.example.com/webhooks/tg/")
    assert api.last.path.endswith("/setWebhook")
    said = api.last.json
    assert said["secret_token"] == "s-1"
    assert said["url"] == "https://inbox.example.com/webhooks/tg/"
    assert "message_reaction" in said["allowed_updates"]
    bot.secret = "con espacio"
    with pytest.raises(OriginError):
        network.set_webhook(bot, "https://inbox.example.com/webhooks/tg/")


ME = {"ok": True, "result": {"id": 110201543, "is_bot": True, "username": "tienda_bot"}}


def hook(**fields):
    found = {"url": "https://inbox.example.com/webhooks/tg/", "pending_update_count": 0,
             "allowed_updates": list(network.UPDATES), **fields}  # fmt: skip
    return (200, {"ok": True, "result": found})


@pytest.mark.parametrize(
    ("me", "info", "words"),
    [
        (refused(401, "Unauthorized"), hook(), "no reconoce el token"),
        ((200, {"ok": True, "result": {**ME["result"], "id": 9}}), hook(), "otro bot"),
        ((200, {"ok": True, "result": []}), hook(), "no contesta como Telegram"),
        ((200, ME), hook(url=""), "no está conectado"),
        ((200, ME), hook(url="https://other.example.com/"), "otra dirección"),
        ((200, ME), hook(allowed_updates=["message"]), "message_reaction"),
        ((200, ME), hook(pending_update_count=500), "500"),
        ((200, ME), hook(pending_update_count=1, last_error_message="Wrong response: 502"), "502"),
        ((200, ME), refused(500, "x"), "disponible"),
    ],
)
def test_the_check_says_what_is_wrong(bot, api, settings, me, info, words):
    settings.PUBLIC_URL = "https://inbox.example.com"
    bot.line_id = "110201543"
    api.answers |= {"getMe": me, "getWebhookInfo": info}
    bad = [finding for finding in network.check_connection(bot) if not finding.is_good]
    assert any(words in finding.words for finding in bad)
    assert all(finding.advice for finding in bad)


def test_the_check_of_a_bot_that_is_well(bot, api, settings):
    settings.PUBLIC_URL = "https://inbox.example.com"
    api.answers |= {"getMe": (200, ME), "getWebhookInfo": hook()}
    findings = network.check_connection(bot)
    assert all(finding.is_good for finding in findings)
    assert "@tienda_bot" in findings[0].words
