"""The media that messages name: fetched, tried again, given up, and asked for anew."""

import itertools
import time
import tracemalloc
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from PIL import Image

from chats import moves
from chats.attachments import file_types, uploads
from chats.attachments import media as attachments_media
from chats.attachments.file_types import detect_type
from chats.errors import Rejected, Rejection
from chats.models import Attachment, Message
from common import guarded_http
from common.errors import OriginError
from gateway.inbound import media as inbound_media
from tests import people
from tests.chats.attachments.samples import FILM, OPUS, PAGE, PDF, bomb, picture, stored_files
from tests.media_server import MediaServer
from tests.threads import Crowd

_numbers = itertools.count(1)


@pytest.fixture
def server(listening):
    return listening(MediaServer())


@pytest.fixture
def named(server, http_origin, db):
    """A customer's message that names what the server has; `named(answer, kind=…, **media)`."""

    def named(answer, kind="image", **media):
        path = f"/{next(_numbers)}"
        server.files[path] = answer
        return people.says(
            http_origin, "cust-17", "", kind=kind, payload={"media": {"url": server.url(path), **media}}
        ).message

    return named


def fetched(message):
    inbound_media.fetch_media(message.pk)
    message.refresh_from_db()
    return message


def media(message):
    message.refresh_from_db()
    return message.payload["media"]


def test_a_picture_that_a_message_names_is_fetched(named):
    message = fetched(named(picture(1200, 900, "JPEG"), mime_type="image/jpeg"))
    [kept] = message.attachments.all()
    assert (kept.mime, kept.width, kept.height, kept.name) == ("image/jpeg", 1200, 900, "Foto.jpg")
    assert (kept.chat_id, kept.is_voice) == (message.chat_id, False)
    assert max(Image.open(kept.thumb.open()).size) == 640
    assert (message.media_due_at, message.payload["media"]["reason"]) == (None, "")


def test_a_voice_note_is_a_voice_note(named):
    kept = fetched(named(OPUS, "audio", mime_type="audio/ogg; codecs=opus", voice=True)).attachments.get()
    assert (kept.mime, kept.is_voice) == ("audio/ogg", True)
    assert not fetched(named(OPUS, "audio", mime_type="audio/ogg")).attachments.get().is_voice


def test_sound_in_a_films_box_is_sound(named):
    assert fetched(named(FILM, "audio", mime_type="audio/mp4")).attachments.get().mime == "audio/mp4"


def test_a_sticker_is_a_picture(named):
    kept = fetched(named(picture(512, 512, "WEBP"), "sticker", mime_type="image/webp")).attachments.get()
    assert kept.is_picture
    assert kept.mime == "image/webp"


@pytest.mark.parametrize(
    ("data", "kind", "said", "mime"),
    [
        (b"\x00\x00\x00\x18ftypheic" + bytes(40), "image", "image/heic", "image/heic"),
        (b"\x1f\x8b" + bytes(40), "sticker", "application/x-tgsticker", file_types.UNKNOWN),
        (b"PK\x03\x04" + bytes(60), "document", "application/vnd.ms-excel", None),
        (b"MZ\x90" + bytes(60), "document", "", file_types.UNKNOWN),
        (PAGE, "document", "text/html", file_types.UNKNOWN),
        (picture(), "document", "image/jpeg", "image/png"),
        (bytes(80), "audio", "audio/amr", file_types.UNKNOWN),
    ],
)
def test_what_we_do_not_show_is_still_kept(named, data, kind, said, mime):
    kept = fetched(named(data, kind, mime_type=said)).attachments.get()
    assert mime is None or kept.mime == mime


@pytest.mark.parametrize(
    ("answer", "kind", "said", "words", "retry", "again"),
    [
        (b"", "image", {}, "vacío", True, True),
        (PAGE, "image", {"mime_type": "image/png"}, "página web", True, True),
        (PAGE, "document", {}, "página web", True, True),
        (PDF, "image", {"mime_type": "image/png"}, "no es una foto", True, False),
        (b"\x89PNG\r\n\x1a\nxx", "image", {"mime_type": "image/png"}, "no es una foto", True, False),
        (b"\x89PNG\r\n\x1a\nxx", "image", {}, "no es una foto", True, False),
        (picture(), "audio", {}, "no es un audio", True, False),
        (b"hola", "document", {"mime_type": "application/pdf"}, "no es del tipo", True, False),
        (PDF, "document", {"mime_type": "image/png"}, "no es del tipo", True, False),
        (PDF, "document", {"size": 3}, "más de lo que dice", True, True),
        (PDF, "document", {"size": 3000}, "incompleto", True, True),
        (PDF, "document", {"size": 900 * uploads.MB}, "más de 25 MB", False, False),
        (bomb(), "image", {"mime_type": "image/png"}, "demasiado grande", False, False),
        (bomb(7000, 7000), "document", {}, "demasiado grande", False, False),
        (404, "image", {}, "ya no está", True, False),
        (403, "image", {}, "no está permitido", True, False),
        (500, "image", {}, "el servidor no lo da", True, True),
        (429, "image", {}, "el servidor no lo da", True, True),
        (lambda handler: handler.connection.shutdown(2), "image", {}, "no responde", True, True),
        (b"x" * (26 * uploads.MB), "image", {}, "más de 25 MB", False, False),
    ],
)  # fmt: skip
def test_what_cannot_be_had_leaves_a_reason_and_no_file(named, answer, kind, said, words, retry, again):
    message = fetched(named(answer, kind, **said))
    assert not message.attachments.exists()
    assert not Attachment.objects.exists()
    assert words in media(message)["reason"]
    assert media(message)["retry"] is retry
    assert (message.media_due_at is not None) is again


def test_media_without_an_address_say_so(http_origin):
    said = people.says(http_origin, "cust-17", "", kind="image", payload={"media": {"url": "", "filename": "a.png"}})
    message = fetched(said.message)
    assert media(message) == {
        "url": "", "filename": "a.png", "reason": "el mensaje no dice dónde está", "retry": False
    }  # fmt: skip


def test_media_inside_our_own_network_are_not_asked_for(named, settings, server):
    settings.ALLOWED_INTERNAL_HOSTS = []
    message = fetched(named(picture()))
    assert server.asked == []
    assert media(message)["reason"]
    assert media(message)["retry"] is False


def test_what_a_network_says_is_said_without_its_advice():
    said = OriginError("El archivo llegó dañado: no es el que envió el cliente. Pedile otro.")
    assert attachments_media._reason_in_words(said) == "el archivo llegó dañado: no es el que envió el cliente"
    assert (
        attachments_media._reason_in_words(OriginError("Telegram ya no tiene el archivo."))
        == "Telegram ya no tiene el archivo"
    )


def test_a_message_without_media_is_nothing_to_do(http_origin):
    message = people.says(http_origin, "cust-17", "Hola").message
    inbound_media.fetch_media(message.pk)
    assert not Attachment.objects.exists()


def test_what_failed_is_tried_again_by_itself(named):
    message = named([503, b"", picture()])
    with time_machine.travel(timezone.now(), tick=False) as clock:
        fetched(message)
        for _attempt in range(2):
            assert attachments_media.due_fetches(timezone.now()) == []
            fetched(message)  # woken too early: not its time
            clock.shift(timedelta(hours=3))
            assert attachments_media.due_fetches(timezone.now()) == [message.pk]
            fetched(message)
    assert message.attachments.count() == 1
    assert (media(message)["reason"], media(message)["tries"], message.media_due_at) == ("", 3, None)


def test_it_is_given_up_after_a_few_tries(named, server):
    message = named(503)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _attempt in range(20):
            fetched(message)
            clock.shift(timedelta(hours=3))
        assert attachments_media.due_fetches(timezone.now()) == []
    assert len(server.asked) == len(attachments_media.LEASE.backoff) + 1
    assert media(message)["retry"] is True


def test_what_the_broker_forgot_is_found(named):
    message = named(picture())
    now = timezone.now()
    Message.objects.filter(pk=message.pk).update(media_due_at=now)
    assert attachments_media.due_fetches(now - timedelta(seconds=1)) == []
    assert attachments_media.due_fetches(now) == [message.pk]
    fetched(message)
    assert attachments_media.due_fetches(now + timedelta(days=1)) == []


class _Killed(BaseException):
    pass


def test_a_worker_that_dies_with_it_is_followed_by_another(named, monkeypatch):
    message = named(picture())

    def dies(*_):
        raise _Killed

    with time_machine.travel(timezone.now(), tick=False) as clock:
        with monkeypatch.context() as patched:
            patched.setattr(inbound_media, "detect_type", dies)
            for _attempt in range(2):
                with pytest.raises(_Killed):
                    inbound_media.fetch_media(message.pk)
                assert attachments_media.due_fetches(timezone.now()) == []
                clock.shift(attachments_media.FETCH_CLAIM)
                assert attachments_media.due_fetches(timezone.now()) == [message.pk]
        fetched(message)
    assert message.attachments.count() == 1


def test_what_kills_every_worker_is_left_alone(named, monkeypatch):
    message = named(picture())

    def dies(*_):
        raise _Killed

    monkeypatch.setattr(inbound_media, "detect_type", dies)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _attempt in range(len(attachments_media.LEASE.backoff) + 1):
            with pytest.raises(_Killed):
                inbound_media.fetch_media(message.pk)
            clock.shift(attachments_media.FETCH_CLAIM)
        fetched(message)
        assert attachments_media.due_fetches(timezone.now()) == []
    assert media(message)["reason"]
    assert media(message)["retry"] is True


def test_large_files_come_two_at_a_time_and_photos_do_not_wait(transactional_db, named, server):
    under_way, most = [], []

    def slowly(handler):
        under_way.append(handler)
        most.append(len(under_way))
        time.sleep(0.3)
        under_way.remove(handler)
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(PDF)))
        handler.end_headers()
        handler.wfile.write(PDF)

    messages = [named(slowly, kind) for kind in ("document", "video") * 2]
    with Crowd(4) as crowd:
        assert crowd.at_once(lambda number: inbound_media.fetch_media(messages[number].pk)) == [None] * 4
    assert max(most) == 2
    assert {media(message)["tries"] for message in Message.objects.filter(direction="in")} == {1}


def test_what_has_no_turn_is_left_to_the_sweep_and_no_try_is_counted(named, monkeypatch):
    monkeypatch.setattr(inbound_media, "LARGE_WAIT_SECONDS", 0.05)
    with inbound_media._large, inbound_media._large:
        paper, photo = fetched(named(PDF, "document")), fetched(named(picture()))
    assert photo.attachments.exists()
    assert not paper.attachments.exists()
    assert "tries" not in media(paper)
    assert attachments_media.due_fetches(timezone.now() + attachments_media.FIRST_FETCH_AFTER) == [paper.pk]
    assert fetched(paper).attachments.exists()


def test_a_large_file_is_in_memory_once(server):
    large = bytes(20 * uploads.MB)
    server.files["/large"] = large
    guarded_http.download_bytes(server.url("/large"), len(large))
    tracemalloc.start()
    try:
        data, _headers = guarded_http.download_bytes(server.url("/large"), len(large))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert data == large
    assert most < len(large) * 1.5


def test_two_workers_at_once_make_one_file(transactional_db, named, server, settings):
    message = named(picture(1000, 1000, "JPEG"))
    with Crowd(3) as crowd:
        assert crowd.at_once(lambda _n: inbound_media.fetch_media(message.pk)) == [None] * 3
    assert message.attachments.count() == Attachment.objects.count() == 1
    assert len(server.asked) == 1
    assert len(stored_files(settings)) == 2  # it and its small copy


def test_who_comes_second_leaves_nothing_behind(named, settings, monkeypatch):
    """An agent asked anew while a worker was still at it."""
    message = named(picture(1000, 1000, "JPEG"))
    kept = uploads.keep_bytes(picture(), "a.png")

    def meanwhile(data):
        assert attachments_media.attach_fetched(message.pk, kept)
        return detect_type(data)

    monkeypatch.setattr(inbound_media, "detect_type", meanwhile)
    fetched(message)
    assert [attachment.pk for attachment in message.attachments.all()] == [kept.pk]
    assert len(stored_files(settings)) == Attachment.objects.count() == 1


def test_an_agent_asks_for_it_anew(named, ana, http_origin):
    message = fetched(named([404, picture()]))
    attachments_media.retry_fetch(message.pk, ana)
    assert media(message)["reason"] == ""
    assert message.media_due_at > timezone.now()
    with pytest.raises(Rejected, match="se está trayendo"):
        attachments_media.retry_fetch(message.pk, ana)
    assert fetched(message).attachments.count() == 1
    with pytest.raises(Rejected, match="ya está"):
        attachments_media.retry_fetch(message.pk, ana)


def test_what_cannot_be_helped_is_not_tried_anew(named, ana):
    message = fetched(named(bomb()))
    with pytest.raises(Rejected, match="mande de nuevo"):
        attachments_media.retry_fetch(message.pk, ana)


def test_who_does_not_see_the_chat_cannot_ask_for_its_media(named, ana, bruno):
    message = fetched(named([404, picture()]))
    moves.take(message.chat_id, ana)
    with pytest.raises(Rejected) as refused:
        attachments_media.retry_fetch(message.pk, bruno)
    assert refused.value.code == Rejection.NOT_FOUND
    assert media(message)["reason"]
    attachments_media.retry_fetch(message.pk, ana)


def test_a_text_has_nothing_to_try_anew(http_origin, ana):
    message = people.says(http_origin, "cust-17", "Hola").message
    with pytest.raises(Rejected):
        attachments_media.retry_fetch(message.pk, ana)


def test_media_that_could_not_be_stored_are_tried_again(named, monkeypatch):
    message = named(picture())

    def full(*_, **__):
        raise OSError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("django.core.files.storage.FileSystemStorage._save", full)
        fetched(message)
    assert media(message)["reason"]
    assert message.media_due_at
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        assert fetched(message).attachments.count() == 1
