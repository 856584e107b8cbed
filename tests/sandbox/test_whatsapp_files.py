"""The files that WhatsApp takes: by their declared type at once, by what they turn out to be later."""

import pytest

from tests.sandbox.sandbox_lines import add, code, text
from tests.sandbox.sandbox_media import (
    CLIP,
    DOCX,
    FRAGMENTED,
    GIF,
    HEIC,
    HEVC,
    JPEG,
    MB,
    MP3,
    OPUS_MP4,
    PDF,
    PNG,
    STICKER,
    VOICE,
    VORBIS,
    WAV,
    WEBM,
    ZIP,
)


def upload(graph, data, mime, name="a"):
    files = {"file": (name, data, mime)}
    return graph.post("/1000001/media", data={"messaging_product": "whatsapp", "type": mime}, files=files)


@pytest.fixture
def send(graph, sandbox, listener, marta):
    """Sends a file as a kind; what became of it: None, or the number and words of the error."""
    sandbox.write(marta["id"], "Hola")

    def send(kind, **content):
        before = len(listener.values("statuses"))
        answer = graph.post("/1000001/messages", json=text(marta, type=kind, **{kind: content}))
        if answer.status_code != 200:
            return answer.json()["error"]["code"], answer.json()["error"]["message"]
        sandbox.wait_until(lambda: len(listener.values("statuses")) > before)
        status = listener.values("statuses")[before]
        error = (status.get("errors") or [None])[0]
        return error and (error["code"], error["error_data"]["details"])

    return send


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (ZIP, "application/octet-stream"), (ZIP, "application/zip"), (GIF, "image/gif"), (HEIC, "image/heic"),
        (WEBM, "audio/webm"), (WAV, "audio/wav"), (b"a,b", "text/csv"), (b"# a", "text/markdown"), (b"<a>", "text/html"),
        (b"{}", "application/json"), (CLIP, "video/quicktime"), (PNG, ""),
    ],
)  # fmt: skip
def test_a_type_that_is_not_on_the_list_is_no_upload(sandbox, graph, data, mime):
    answer = upload(graph, data, mime)
    assert code(answer) == (400, 100)
    words = answer.json()["error"]["message"]
    assert "Param file must be a file with one of the following types: " in words
    assert words.endswith(f"Received file of type '{mime or 'application/octet-stream'}'.")


@pytest.mark.parametrize(
    ("mime", "most"),
    [
        ("image/jpeg", 5 * MB), ("image/png", 5 * MB), ("video/mp4", 16 * MB), ("video/3gpp", 16 * MB),
        ("audio/ogg; codecs=opus", 16 * MB), ("audio/aac", 16 * MB), ("image/webp", 500 * 1024),
    ],
)  # fmt: skip
def test_an_upload_is_at_most_as_large_as_its_kind_may_be(sandbox, graph, mime, most):
    assert upload(graph, b"x" * most, mime).status_code == 200
    answer = upload(graph, b"x" * (most + 1), mime)
    assert code(answer) == (400, 100)
    assert "Media file size too big" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("kind", "data", "mime", "more"),
    [
        ("image", PNG, "image/png", {"caption": "x" * 1024}),
        ("image", JPEG, "image/jpeg", {}),
        ("audio", VOICE, "audio/ogg; codecs=opus", {"voice": True}),
        ("audio", VOICE, "audio/ogg", {}),
        ("audio", MP3, "audio/mpeg", {}),
        ("video", CLIP, "video/mp4", {"caption": "mirá"}),
        ("sticker", STICKER, "image/webp", {}),
        ("document", PDF, "application/pdf", {"filename": "presupuesto.pdf", "caption": "acá"}),
        ("document", ZIP, DOCX, {"filename": "a.docx"}),
        ("document", b"hola", "text/plain", {}),
        ("document", JPEG, "image/jpeg", {"filename": "foto.jpg"}),
    ],
)
def test_what_is_on_the_list_reaches_the_customer(send, graph, sandbox, marta, kind, data, mime, more):
    assert send(kind, id=upload(graph, data, mime).json()["id"], **more) is None
    assert [got["kind"] for got in sandbox.list_received(marta["id"])] == [kind]


@pytest.mark.parametrize(
    ("kind", "data", "mime", "more", "words"),
    [
        ("audio", VORBIS, "audio/ogg", {}, "on processing it is of type application/octet-stream"),
        ("audio", WEBM, "audio/ogg; codecs=opus", {"voice": True}, "as audio/ogg; codecs=opus, however on processing"),
        ("audio", FRAGMENTED, "audio/mp4", {}, "on processing it is of type application/octet-stream"),
        ("audio", MP3, "audio/mpeg", {"voice": True}, "on processing it is of type audio/mpeg"),
        ("image", HEIC, "image/jpeg", {}, "on processing it is of type image/heic"),
        ("image", PNG[:20], "image/png", {}, "Image is invalid"),
        ("video", HEVC, "video/mp4", {}, "is of type video/mp4, videoCodec=hevc"),
        ("audio", OPUS_MP4, "audio/mp4", {}, "is of type audio/mp4, audioCodec=opus"),
        ("video", WEBM, "video/mp4", {}, "on processing it is of type audio/webm"),
        ("video", PNG, "image/png", {}, "Unsupported Video mime type image/png. Please use one of video/mp4"),
        ("sticker", b"RIFF    WEBPVP8 " + b"x" * 110_000, "image/webp", {}, "Sticker file could not be processed"),
    ],
)
def test_what_is_something_else_than_it_says_fails_later(send, graph, sandbox, marta, kind, data, mime, more, words):
    number, said = send(kind, id=upload(graph, data, mime).json()["id"], **more)
    assert number == 131053
    assert words in said
    assert sandbox.list_received(marta["id"]) == []


@pytest.mark.parametrize(
    ("kind", "data", "mime", "words"),
    [
        ("image", PNG, "image/png", None),
        ("document", PDF, "application/pdf", None),
        ("audio", VOICE, "audio/ogg", None),
        ("image", GIF, "image/gif", "Unsupported Image mime type image/gif. Please use one of image/jpeg, image/png"),
        ("image", b"<html>", "text/html", "Unsupported Image mime type text/html"),
        ("document", ZIP, "application/zip", "Unsupported Document mime type application/zip"),
        ("image", PNG + b"x" * 5 * MB, "image/png", "Image file size is too big"),
        ("image", b"", "", "Downloading media from weblink failed with http code 404"),
    ],
)  # fmt: skip
def test_a_file_by_its_address_is_fetched_and_looked_into(send, shelf, sandbox, marta, kind, data, mime, words):
    found = send(kind, link=shelf.put("a b.bin", data, mime).replace(" ", "%20"))
    assert (found is None) if words is None else (found[0] == 131053 and words in found[1])
    assert len(sandbox.list_received(marta["id"])) == (words is None)


def test_an_address_where_nobody_answers_fails_later_too(send, shelf):
    shelf.close()
    number, words = send("image", link=f"{shelf.url}/a.png")
    assert (number, "Downloading media from weblink failed" in words) == (131053, True)


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        ("image", {}, 131009),
        ("image", {"id": "1", "link": "https://example.org/a.png"}, 131009),
        ("image", {"id": "999"}, 100),
        ("image", {"link": "a.png"}, 100),
        ("image", {"link": "ftp://example.org/a.png"}, 100),
        ("image", {"filename": "a.png"}, 100),
        ("audio", {"caption": "oíme"}, 100),
        ("sticker", {"caption": "hola"}, 100),
        ("video", {"filename": "a.mp4"}, 100),
        ("image", {"mime_type": "image/png"}, 100),
        ("document", {"caption": "x" * 1025}, 100),
        ("image", {"caption": "x" * 1025}, 100),
    ],
)
def test_a_file_that_is_named_wrong_is_refused_at_once(send, graph, kind, content, expected):
    if expected == 100 and not {"id", "link"} & set(content):
        content = content | {"id": upload(graph, PNG, "image/png").json()["id"]}
    assert send(kind, **content)[0] == expected


def test_form_parts_without_quotes_are_read(graph, send):
    """As some client libraries write them."""
    lines = [
        b"--b0", b"Content-Disposition: form-data; name=messaging_product", b"", b"whatsapp",
        b"--b0", b"Content-Disposition: form-data; name=type", b"", b"image/png",
        b"--b0", b"Content-Disposition: form-data; name=file; filename=foto de Jos\xc3\xa9.png",
        b"Content-Type: image/png", b"", PNG, b"--b0--", b"",
    ]  # fmt: skip
    answer = graph.post(
        "/1000001/media", content=b"\r\n".join(lines), headers={"Content-Type": "multipart/form-data; boundary=b0"}
    )
    assert answer.status_code == 200
    assert send("image", id=answer.json()["id"]) is None


def test_an_id_is_of_its_account_and_runs_out(sandbox, listener, graph, marta):
    sandbox.write(marta["id"], "Hola")
    media = upload(graph, PNG, "image/png").json()["id"]

    def send(named):
        answer = graph.post("/1000001/messages", json=text(marta, type="image", image={"id": named}))
        return None if answer.status_code == 200 else code(answer)[1]

    add(sandbox, listener, "whatsapp", "1000002", account_id="2000002")
    files = {"file": ("a", PNG, "image/png")}
    fields = {"messaging_product": "whatsapp", "type": "image/png"}
    foreign = graph.post("/1000002/media", data=fields, files=files).json()["id"]
    assert (send(media), send(foreign), send("1234")) == (None, 100, 100)
    sandbox.jump_clock(30 * 24)
    sandbox.write(marta["id"], "Otra vez")
    assert send(media) == 100
