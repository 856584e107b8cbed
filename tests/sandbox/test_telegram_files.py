"""The files that Telegram takes, and what it makes of those that are not what the method says."""

import pytest

from tests.sandbox.sandbox_lines import BOT
from tests.sandbox.sandbox_media import (
    CLIP,
    GIF,
    HEIC,
    JPEG,
    MB,
    MP3,
    PDF,
    PNG,
    STICKER,
    VOICE,
    VORBIS,
    WAV,
    WEBM,
    ZIP,
    draw,
)


@pytest.fixture
def send(bot, tomas):
    def send(method, data, mime="application/octet-stream", **fields):
        part = method.removeprefix("send").lower()
        answer = bot.post(
            f"/{method}", data={"chat_id": tomas["ids"]["chat_id"], **fields}, files={part: ("a", data, mime)}
        )
        return answer.json()

    return send


@pytest.mark.parametrize(
    ("method", "data", "shown"),
    [
        ("sendPhoto", PNG, "photo"), ("sendPhoto", JPEG, "photo"), ("sendVoice", VOICE, "voice"),
        ("sendVoice", MP3, "voice"), ("sendVoice", WEBM, "document"), ("sendVoice", VORBIS, "document"),
        ("sendAudio", MP3, "audio"), ("sendAudio", WAV, "document"), ("sendVideo", CLIP, "video"),
        ("sendVideo", WEBM, "document"), ("sendSticker", STICKER, "sticker"), ("sendSticker", PNG, "document"),
        ("sendDocument", ZIP, "document"), ("sendDocument", PNG, "document"), ("sendAnimation", GIF, "document"),
    ],
)  # fmt: skip
def test_a_file_is_shown_as_what_it_turns_out_to_be(send, method, data, shown):
    assert shown in send(method, data)["result"]


@pytest.mark.parametrize(
    ("method", "data", "words"),
    [
        ("sendPhoto", HEIC, "Bad Request: IMAGE_PROCESS_FAILED"),
        ("sendPhoto", PDF, "Bad Request: IMAGE_PROCESS_FAILED"),
        ("sendPhoto", draw(9000, 1500, "PNG"), "Bad Request: PHOTO_INVALID_DIMENSIONS"),
        ("sendPhoto", draw(2100, 100, "PNG"), "Bad Request: PHOTO_INVALID_DIMENSIONS"),
        ("sendPhoto", b"", "Bad Request: file must be non-empty"),
        (
            "sendPhoto",
            PNG + b"x" * 10 * MB,
            f"Bad Request: file of size {len(PNG) + 10 * MB} bytes is too big for a photo; "
            "the maximum size is 10485760 bytes",
        ),
        ("sendDocument", b"x" * (50 * MB + 1), "Request Entity Too Large"),
    ],
)
def test_a_file_that_telegram_does_not_take(send, sandbox, tomas, method, data, words):
    answer = send(method, data)
    assert (answer["ok"], answer["description"]) == (False, words)
    assert sandbox.list_received(tomas["id"]) == []


def test_a_caption_is_counted_in_utf_16(send):
    assert send("sendPhoto", PNG, caption="🙂" * 512)["ok"]
    assert send("sendPhoto", PNG, caption="🙂" * 513)["description"] == "Bad Request: message caption is too long"


def test_a_file_goes_again_by_its_id_as_the_same_kind_only(bot, send, tomas):
    photo = send("sendPhoto", PNG)["result"]["photo"][-1]["file_id"]
    chat = tomas["ids"]["chat_id"]
    assert bot.get("/sendPhoto", params={"chat_id": chat, "photo": photo}).json()["ok"]
    wrong = bot.post("/sendDocument", json={"chat_id": chat, "document": photo}).json()
    assert wrong["description"] == "Bad Request: can't use file of type Photo as Document"
    wrong = bot.post("/sendDocument", json={"chat_id": chat, "document": "nada"}).json()
    assert wrong["description"] == "Bad Request: wrong file identifier/HTTP URL specified"


@pytest.mark.parametrize(
    ("method", "data", "mime", "words"),
    [
        ("sendPhoto", PNG, "image/png", ""),
        ("sendPhoto", PNG + b"x" * 5 * MB, "image/png", "failed to get HTTP URL content"),
        ("sendPhoto", b"<html>", "text/html", "wrong type of the web page content"),
        ("sendPhoto", b"", "", "failed to get HTTP URL content"),
        ("sendDocument", PDF, "application/pdf", ""),
        ("sendDocument", b"hola", "application/msword", "failed to get HTTP URL content"),
    ],
)
def test_a_file_by_its_address(bot, shelf, tomas, method, data, mime, words):
    part = method.removeprefix("send").lower()
    link = shelf.put("a.bin", data, mime)
    answer = bot.post(f"/{method}", json={"chat_id": tomas["ids"]["chat_id"], part: link}).json()
    assert answer.get("description", "") == (f"Bad Request: {words}" if words else "")


def test_files_are_attached_under_another_name(bot, tomas):
    form = {"chat_id": tomas["ids"]["chat_id"], "photo": "attach://one", "caption": "mirá"}
    answer = bot.post("/sendPhoto", data=form, files={"one": ("a.png", PNG, "image/png")}).json()
    assert answer["result"]["caption"] == "mirá"


def test_a_file_that_comes_in_pieces_arrives_whole(sandbox, bot, tomas):
    """As clients stream what they do not hold in memory: in chunks, without a length."""
    chat = tomas["ids"]["chat_id"]
    head = (
        f"--b\r\nContent-Disposition: form-data; name=chat_id\r\n\r\n{chat}\r\n"
        "--b\r\nContent-Disposition: form-data; name=document; filename=a.bin\r\n\r\n"
    ).encode()
    pieces = [head, *(bytes([number]) * 100_003 for number in range(30)), b"\r\n--b--\r\n"]
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    for _again in range(2):
        said = bot.post("/sendDocument", content=iter(pieces), headers=headers).json()["result"]
        found = bot.get("/getFile", params={"file_id": said["document"]["file_id"]}).json()["result"]
        data = bot.get(f"{sandbox.url}/file/bot{BOT}/{found['file_path']}").content
        assert data == b"".join(pieces[1:-1])
