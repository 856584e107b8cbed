"""How files are given: in parts, from the browser's cache, small where there is a small copy."""

from io import BytesIO

import pytest
from PIL import Image

from chats import moves
from chats.attachments import thumbnails, uploads
from chats.messages import replies
from gateway.attachment_responses import parse_range
from tests import people
from tests.chats.attachments.samples import FILM, picture


@pytest.fixture
def sent(http_origin, ana):
    """A film of a chat that Ana has: (its bytes, its address, its row)."""
    chat = people.held(http_origin, ana)
    data = FILM + bytes(range(256)) * 1000
    kept = uploads.keep_bytes(data, "película.mp4")
    replies.send_reply(chat.pk, ana, "", files=[kept])
    return data, f"/files/{kept.uuid}/", kept


def got(response):
    return b"".join(response.streaming_content)


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-", slice(0, None)), ("bytes=0-1", slice(0, 2)), ("bytes=100-99999", slice(100, 100_000)),
        ("bytes=200000-", slice(200_000, None)), ("bytes=-10", slice(-10, None)), ("bytes=5-5", slice(5, 6)),
        ("bytes=10-999999999999", slice(10, None)), ("bytes=-999999999", slice(0, None)),
    ],
)  # fmt: skip
def test_a_player_gets_the_part_that_it_asks_for(client, ana, sent, asked, part):
    data, address, _kept = sent
    client.force_login(ana)
    response = client.get(address, headers={"Range": asked})
    first, last, _step = part.indices(len(data))
    assert response.status_code == 206
    assert got(response) == data[part]
    assert response["Content-Length"] == str(last - first)
    assert response["Content-Range"] == f"bytes {first}-{last - 1}/{len(data)}"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["Content-Type"] == "video/mp4"


@pytest.mark.parametrize(
    "asked", ["", "bytes=-", "bytes=5-2", "bytes=0-1,5-6", "items=0-1", "bytes=a-b", "bytes=" + "9" * 5000 + "-"]
)
def test_what_makes_no_sense_gets_the_whole(client, ana, sent, asked):
    data, address, _kept = sent
    client.force_login(ana)
    response = client.get(address, headers={"Range": asked})
    assert (response.status_code, response["Accept-Ranges"], response["Content-Length"]) == (
        200,
        "bytes",
        str(len(data)),
    )
    assert got(response) == data


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=-0", "bytes=99999999-100000000"])
def test_behind_the_end_there_is_nothing(client, ana, sent, asked):
    data, address, _kept = sent
    client.force_login(ana)
    response = client.get(address, headers={"Range": asked})
    assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{len(data)}")
    assert response.content == b""


def test_what_the_browser_has_is_not_sent_again(client, ana, sent):
    data, address, _kept = sent
    client.force_login(ana)
    tag = client.get(address)["ETag"]
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
    assert client.get(address, headers={"If-None-Match": '"another"'}).status_code == 200
    assert client.get(address, headers={"Range": "bytes=0-1", "If-Range": tag}).status_code == 206
    assert got(client.get(address, headers={"Range": "bytes=0-1", "If-Range": '"another"'})) == data


def test_a_part_is_nobodys_who_does_not_see_the_chat(client, bruno, sent):
    _data, address, _kept = sent
    assert client.get(address, headers={"Range": "bytes=0-1"}).status_code == 302
    client.force_login(bruno)
    assert client.get(address, headers={"Range": "bytes=0-1"}).status_code == 404
    assert client.get(address + "?mini", headers={"If-None-Match": "*"}).status_code == 404


def test_the_small_copy_is_given_where_there_is_one(client, ana, bruno, http_origin):
    chat = people.held(http_origin, ana)
    kept = uploads.keep_bytes(picture(900, 900), "mapa.png")
    replies.send_reply(chat.pk, ana, "", files=[kept])
    client.force_login(ana)
    address = f"/files/{kept.uuid}/"
    assert client.get(address + "?mini")["Content-Type"] == "image/png"
    thumbnails.make_thumbnail(kept.pk)
    small, whole = client.get(address + "?mini"), client.get(address)
    assert (small["Content-Type"], whole["Content-Type"]) == ("image/webp", "image/png")
    assert small["ETag"] != whole["ETag"]
    assert Image.open(BytesIO(got(small))).size == (640, 640)
    assert client.get(address + "?mini&descargar")["Content-Type"] == "image/png"
    kept.refresh_from_db()
    kept.thumb.delete(save=False)
    assert client.get(address + "?mini")["Content-Type"] == "image/png"
    kept.file.delete(save=False)
    assert client.get(address + "?mini").status_code == client.get(address).status_code == 404
    client.force_login(bruno)
    assert client.get(address + "?mini").status_code == 404


def test_ranges_as_they_are_read():
    assert parse_range("bytes=0-0", 10) == range(0, 1)
    assert parse_range("bytes= 2 - 4", 10) == range(2, 5)
    assert not parse_range("bytes=10-", 10)
    assert parse_range("bytes=9-", 10) == range(9, 10)
    assert parse_range("bytes=٣-", 10) is None


@pytest.mark.parametrize("small", [False, True])
def test_a_browser_that_keeps_a_file_asks_each_time_and_gets_none_once_the_chat_is_lost(
    client, ana, http_origin, small
):
    chat = people.held(http_origin, ana)
    kept = uploads.keep_bytes(picture(), "foto.png")
    replies.send_reply(chat.pk, ana, "", files=[kept])
    thumbnails.make_thumbnail(kept.pk)
    address = f"/files/{kept.uuid}/{'?mini' if small else ''}"
    client.force_login(ana)
    first = client.get(address)
    assert first["Cache-Control"] == "private, no-cache"
    again = {"If-None-Match": first["ETag"]}
    kept_on = client.get(address, headers=again)
    assert (kept_on.status_code, kept_on["Cache-Control"]) == (304, "private, no-cache")
    moves.send(chat.pk, people.tray("Otra"), ana)
    for headers in (again, {"If-None-Match": "*"}, {}, {"Range": "bytes=0-3"}):
        assert client.get(address, headers=headers).status_code == 404
