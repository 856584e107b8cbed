"""The files that Messenger and Instagram take, from a form, from their address, or known from an upload."""

import json

import pytest

from tests.sandbox.sandbox_media import CLIP, GIF, HEIC, JPEG, MB, MP3, PDF, PNG, VOICE, WAV, WEBM, ZIP

LINES = {"messenger": ("4000001", "psid"), "instagram": ("5000001", "igsid")}


@pytest.fixture
def send(graph, nora, igor):
    people = {"messenger": nora, "instagram": igor}

    def send(network, kind, data=None, **payload):
        line, known = LINES[network]
        form = {
            "recipient": {"id": people[network]["ids"][known]},
            "message": {"attachment": {"type": kind, "payload": payload}},
        }
        if data is None:
            answer = graph.post(f"/{line}/messages", json=form)
        else:
            fields = {name: json.dumps(value) for name, value in form.items()}
            files = {"filedata": ("a", data, "application/octet-stream")}
            answer = graph.post(f"/{line}/messages", data=fields, files=files)
        error = answer.json().get("error")
        return error and (error["code"], error.get("error_subcode"))

    return send


@pytest.mark.parametrize(
    ("network", "kind", "data", "is_taken"),
    [
        ("messenger", "image", PNG, True), ("messenger", "image", GIF, True), ("messenger", "image", PDF, False),
        ("messenger", "image", HEIC, False), ("messenger", "audio", VOICE, True), ("messenger", "audio", CLIP, True),
        ("messenger", "audio", PNG, False), ("messenger", "video", CLIP, True), ("messenger", "video", MP3, False),
        ("messenger", "file", ZIP, True), ("messenger", "file", PNG, True), ("messenger", "image", b"", False),
        ("instagram", "image", JPEG, True), ("instagram", "image", HEIC, False), ("instagram", "audio", WAV, True),
        ("instagram", "audio", VOICE, False), ("instagram", "audio", MP3, False), ("instagram", "video", CLIP, True),
        ("instagram", "video", PNG, False), ("instagram", "file", PDF, True), ("instagram", "file", ZIP, False),
        ("instagram", "audio", WEBM, False),
    ],
)  # fmt: skip
def test_a_file_has_to_be_what_its_type_says(send, network, kind, data, is_taken):
    assert send(network, kind, data) == (None if is_taken else (100, 2018047))


@pytest.mark.parametrize(("network", "kind", "most"), [
    ("messenger", "file", 25), ("messenger", "image", 8), ("instagram", "image", 8), ("instagram", "file", 25),
])  # fmt: skip
def test_a_file_is_at_most_so_large(send, network, kind, most):
    data = PNG if kind == "image" else PDF
    assert send(network, kind, data + b"x" * (most * MB - len(data))) is None
    assert send(network, kind, data + b"x" * (most * MB)) == (100, 2018047)


@pytest.mark.parametrize("network", LINES)
def test_a_file_by_its_address_is_fetched_and_looked_into(send, shelf, network):
    assert send(network, "image", url=shelf.put("a.png", PNG, "image/png")) is None
    assert send(network, "image", url=shelf.put("b.png", b"<html>", "text/html")) == (100, 2018047)
    assert send(network, "image", url=f"{shelf.url}/none.png") == (100, 2018008)
    assert send(network, "image", url="nada") == (100, 2018047)
    assert send(network, "image") == (100, 2018047)


def test_an_upload_is_sent_by_its_id(send, graph, nora):
    form = {"message": json.dumps({"attachment": {"type": "image", "payload": {"is_reusable": True}}})}
    answer = graph.post("/4000001/message_attachments", data=form, files={"filedata": ("a.png", PNG, "image/png")})
    assert send("messenger", "image", attachment_id=answer.json()["attachment_id"]) is None
    assert send("messenger", "image", attachment_id="1") == (100, 2018047)
