"""Files as they are kept: read again for a second try, refused in words when the disk is full."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from chats.attachments import uploads
from chats.errors import Rejected, Rejection
from chats.models import Attachment
from gateway.outbound import payload
from tests.chats.attachments.samples import OPUS


def test_what_is_sent_can_be_read_again_for_a_second_try(db):
    kept = uploads.keep_upload(SimpleUploadedFile("nota.ogg", OPUS), is_voice=True)
    out = payload.outgoing_file(kept)
    assert (out.name, out.mime, out.size, out.is_voice, out.traits) == (
        "nota.ogg",
        "audio/ogg",
        len(OPUS),
        True,
        frozenset({"opus"}),
    )
    assert "/webhooks/files/" in out.url
    with out.open() as first, out.open() as second:
        assert first.read() == second.read() == OPUS


def test_a_disk_that_is_full_is_said_in_words(db, monkeypatch):
    def full(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr("django.core.files.storage.FileSystemStorage._save", full)
    with pytest.raises(Rejected) as refused:
        uploads.keep_upload(SimpleUploadedFile("a.txt", b"hola"))
    assert refused.value.code == Rejection.UNAVAILABLE
    assert not Attachment.objects.exists()
