"""Files of visitors: sent once, read by nobody else, and held at their limits."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from chats.attachments import uploads as attachments_uploads
from chats.messages import replies
from chats.models import Attachment, Message
from tests.chats.attachments.recordings import recording
from tests.pumping import deliver_chat
from tests.webchat.visitors import PNG, refused

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _has_written(belen, somebody):
    """A file comes behind a first message."""
    belen.says("Buenas")
    somebody.says("Buenas")


def test_a_picture_goes_with_a_message(belen):
    up = belen.uploads(name="../../mi foto.png")
    assert up.status_code == 201
    facts = up.json()
    assert (facts["name"], facts["mime"], facts["width"]) == ("mi foto.png", "image/png", 1)
    mine = belen.says("", files=[facts["id"]])
    assert mine["kind"] == "image"
    assert [f["id"] for f in mine["files"]] == [facts["id"]]
    assert belen.chat.preview_kind == "image"
    down = belen.ask("get", f"files/{facts['id']}/")
    assert b"".join(down.streaming_content) == PNG
    assert down["Content-Type"] == "image/png"
    assert "X-Witty-Visitor" in down["Vary"]


def test_a_file_is_not_readable_before_it_is_sent(belen):
    assert refused(belen.ask("get", f"files/{belen.uploads().json()['id']}/"), 404)


def test_a_file_is_sent_once(belen):
    kept = belen.uploads().json()["id"]
    belen.says("", files=[kept])
    assert refused(belen.post({"id": "otra", "text": "", "files": [kept]}), 422)
    assert Message.objects.filter(direction="in", chat=belen.chat, attachments__uuid=kept).count() == 1


def test_another_visitor_s_file_is_neither_sent_nor_read(belen, somebody):
    mine = belen.uploads().json()["id"]
    assert refused(somebody.post({"id": "a", "text": "x", "files": [mine]}), 422)
    belen.says("", files=[mine])
    assert refused(somebody.ask("get", f"files/{mine}/"), 404)


def test_a_file_of_a_note_is_not_the_customer_s(belen, answered, ana):
    note = replies.write_note(belen.chat.pk, ana, "ver adjunto")
    inside = attachments_uploads.keep_upload(SimpleUploadedFile("interno.txt", b"adentro"))
    Attachment.objects.filter(pk=inside.pk).update(message=note, chat=note.chat)
    assert refused(belen.ask("get", f"files/{inside.uuid}/"), 404)
    assert str(inside.uuid) not in json.dumps(belen.history())


def test_the_customer_reads_the_agent_s_file(belen, answered, ana):
    file = attachments_uploads.keep_upload(SimpleUploadedFile("lista.pdf", b"%PDF-1.4 x"))
    replies.send_reply(belen.chat.pk, ana, "Va", files=[file])
    assert belen.history()["messages"][-1]["files"][0]["name"] == "lista.pdf"
    down = belen.ask("get", f"files/{file.uuid}/")
    assert down["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("name", ["x.html", "x.svg", "x.png"])
def test_what_a_browser_would_run_is_a_download_without_a_type(belen, name):
    kept = belen.uploads(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", name).json()
    belen.says("", files=[kept["id"]])
    down = belen.ask("get", f"files/{kept['id']}/")
    assert down["Content-Type"] == "application/octet-stream"
    assert down["Content-Disposition"].startswith("attachment")
    assert down["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in down["Content-Security-Policy"]


def test_ten_megabytes_and_not_a_byte_more(belen):
    assert belen.uploads(b"x" * attachments_uploads.MAX_UPLOAD_BYTES).status_code == 201
    assert refused(belen.uploads(b"x" * (attachments_uploads.MAX_UPLOAD_BYTES + 1)), 413)
    assert refused(belen.uploads(b"x" * (attachments_uploads.MAX_UPLOAD_BYTES + 10_000)), 413)
    assert Attachment.objects.count() == 1


def test_uploads_that_are_none(belen):
    assert refused(belen.uploads(b""), 422)
    assert refused(belen.ask("post", "files/", {}), 422)
    assert refused(belen.ask("post", "files/", {"file": "just a text"}), 422)
    assert refused(belen.ask("post", "files/", b"raw", content_type="application/octet-stream"), 422)
    two = [SimpleUploadedFile("a", b"a"), SimpleUploadedFile("b", b"b")]
    assert refused(belen.ask("post", "files/", {"file": two}), 422)
    for boundary in ("", "; boundary=", "; boundary=ñ", "; boundary=" + "x" * 500):
        response = belen.ask("post", "files/", b"--x\r\n", content_type=f"multipart/form-data{boundary}")
        assert response.status_code in (400, 422)
        assert refused(response, response.status_code)
    many = {f"f{n}": SimpleUploadedFile("a", b"a") for n in range(30)}
    assert refused(belen.ask("post", "files/", many), 400)
    assert not Attachment.objects.exists()


def test_twenty_files_a_minute(belen):
    assert {belen.uploads().status_code for _ in range(20)} == {201}
    assert refused(belen.uploads(), 429)


def test_a_file_that_is_being_prepared_is_not_shown_and_later_what_came_of_it_is(belen, answered, ana):
    kept = attachments_uploads.keep_bytes(recording(seconds=1), "nota-de-voz.webm")
    message = replies.send_reply(belen.chat.pk, ana, "", files=[kept], voice=True)
    behind = replies.send_reply(belen.chat.pk, ana, "¿Lo oís?")
    for status in ("queued", "sending"):
        Message.objects.filter(pk=message.pk).update(status=status)
        assert belen.history()["messages"][-1]["text"] == "¿Lo oís?"
        assert str(message.uuid) not in [one["id"] for one in belen.history()["messages"]]
    Message.objects.filter(pk=message.pk).update(status="queued")
    deliver_chat(belen.chat.pk)
    # also to a browser that has what stands behind it
    (late,) = belen.history(after=behind.pk)["messages"]
    assert (late["id"], late["files"][0]["mime"]) == (str(message.uuid), "audio/mp4")
