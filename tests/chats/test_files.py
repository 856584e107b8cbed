"""Files: what they are, the media that messages name, small copies, and how they are given."""

import itertools
import struct
import subprocess
import sys
import time
import tracemalloc
import zlib
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from chats import moves
from chats.attachments import file_types, thumbnails, uploads
from chats.attachments import media as attachments_media
from chats.attachments.file_types import detect_type
from chats.errors import Rejected, Rejection
from chats.messages import replies
from chats.models import Attachment, Message
from common import guarded_http
from common.errors import OriginError
from gateway.attachment_responses import parse_range
from gateway.inbound import media as inbound_media
from gateway.outbound import payload
from tests import people
from tests.mediaserver import MediaServer
from tests.threads import Crowd

PDF = b"%PDF-1.4\n%%EOF\n"
PAGE = b"\xef\xbb\xbf<!-- x -->\n<!DOCTYPE html><html><body>Sign in</body></html>"
OPUS = b"OggS\x00\x02" + bytes(20) + b"\x01\x13OpusHead\x01\x01" + bytes(200)
SOUND = b"\x00\x00\x00\x18ftypmp42" + bytes(12) + b"hdlr" + bytes(8) + b"soun" + bytes(40)
FILM = b"\x00\x00\x00\x18ftypisom" + bytes(12) + b"hdlr" + bytes(8) + b"vide" + bytes(40)
_numbers = itertools.count(1)


def picture(width=32, height=20, form="PNG", colour="red", **options):
    data = BytesIO()
    Image.new(options.pop("mode", "RGB"), (width, height), colour).save(data, form, **options)
    return data.getvalue()


def bomb(width=60_000, height=60_000):
    """A PNG of a few bytes that says it is very large."""

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


@pytest.fixture
def server(settings):
    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]
    server = MediaServer()
    yield server
    server.close()


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


# --- what they are --------------------------------------------------------------------------------


@pytest.mark.parametrize("comment", [b"<!---->", b"<!--x-->\n", b"<!--->-->"])
def test_a_page_behind_any_number_of_comments_is_seen_in_no_time(comment):
    assert detect_type(comment * 5000 + b"<html>").is_page
    assert detect_type(b"\xef\xbb\xbf \n" + comment * 2 + b"<!DOCTYPE\n html>").is_page
    assert not detect_type(comment * 2 + b"<svg>").is_page
    assert not detect_type(comment + b"<!-- <html>").is_page
    # apart: a pattern that does not end cannot be interrupted
    code = f"from chats.attachments.file_types import detect_type; assert not detect_type({comment!r} * 5000).is_page"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=20)


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (OPUS, "audio/ogg"), (b"OggS" + bytes(300), file_types.UNKNOWN), (SOUND, "audio/mp4"), (FILM, "video/mp4"),
        (b"\x00\x00\x00\x18ftypM4A " + bytes(40), "audio/mp4"), (b"\x00\x00\x00\x18ftypheic" + bytes(40), file_types.UNKNOWN),
        (b"\x1aE\xdf\xa3" + b"\x42\x82webm" + b"V_VP8", "video/webm"), (b"\x1aE\xdf\xa3" + b"\x42\x82webmA_OPUS", "audio/webm"),
        (b"\xff\xfb\x90\x00" + bytes(100), "audio/mpeg"), (b"ID3\x04" + bytes(100), "audio/mpeg"), (b"#!AMR\n" + bytes(9), "audio/amr"),
        (PDF, "application/pdf"), (PAGE, file_types.UNKNOWN), (b"<svg xmlns='http://www.w3.org/2000/svg'/>", file_types.UNKNOWN),
        (b"MZ\x90\x00" + bytes(200), file_types.UNKNOWN), (b"", file_types.UNKNOWN), (picture(form="WEBP"), "image/webp"),
    ],
)  # fmt: skip
def test_a_file_is_what_its_bytes_say(data, mime):
    assert detect_type(data).mime == mime


def test_a_photo_taken_on_its_side_has_the_size_that_is_seen(db):
    exif = Image.Exif()
    exif[0x0112] = 6
    kept = uploads.keep_bytes(picture(40, 30, "JPEG", exif=exif), "IMG.jpg")
    assert (kept.width, kept.height) == (30, 40)


def test_a_photo_with_a_second_one_behind_it_is_a_photo(db):
    data = BytesIO()
    second = [Image.new("RGB", (20, 10))]
    Image.new("RGB", (40, 30)).save(data, "MPO", save_all=True, append_images=second)
    kept = uploads.keep_bytes(data.getvalue(), "samsung.jpg")
    assert (kept.mime, kept.width, kept.height) == ("image/jpeg", 40, 30)


# --- media that a message names ---------------------------------------------------------------------


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
        (b"\x00\x00\x00\x18ftypheic" + bytes(40), "image", "image/heic", file_types.UNKNOWN),
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


def stored_files(settings):
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


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


# --- Reintentar -----------------------------------------------------------------------------------


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


# --- small copies ---------------------------------------------------------------------------------


def mini(data, name="a"):
    kept = uploads.keep_bytes(data, name)
    made = thumbnails.make_thumbnail(kept.pk)
    kept.refresh_from_db()
    assert made == bool(kept.thumb)
    return Image.open(kept.thumb.open()) if kept.thumb else None


def test_a_small_copy_stands_upright_and_tells_nothing(db):
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "SECRETO"
    data = BytesIO()
    whole = Image.new("RGB", (1600, 800), "red")
    whole.paste("blue", (0, 0, 800, 800))
    whole.save(data, "JPEG", exif=exif, comment=b"SECRETO")
    small = mini(data.getvalue())
    assert (small.format, small.size) == ("WEBP", (320, 640))
    assert not small.getexif()
    # what was left of the picture on its side is on top
    red, _green, blue = small.convert("RGB").getpixel((160, 100))
    assert blue > 200 > red
    assert b"SECRETO" not in Attachment.objects.get().thumb.open().read()


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF", "JPEG"])
def test_every_kind_of_picture_has_one(db, form):
    assert mini(picture(900, 700, form)).size == (640, 498)


def test_what_shows_through_shows_through_in_the_small_copy(db):
    small = mini(picture(800, 800, "PNG", (0, 0, 0, 0), mode="RGBA"))
    assert small.convert("RGBA").getpixel((5, 5))[3] == 0


def test_what_is_small_or_moves_needs_none(db):
    assert mini(picture(300, 200)) is None
    data = BytesIO()
    frames = [Image.new("P", (700, 700), n) for n in range(3)]
    frames[0].save(data, "GIF", save_all=True, append_images=frames[1:])
    assert mini(data.getvalue()) is None
    assert mini(PDF) is None


@pytest.mark.parametrize(
    "data", [b"", b"nothing", bomb(), bomb(6000, 6000), picture(900, 900, "JPEG")[:700], picture(800, 800)[:90]]
)
def test_what_breaks_the_decoder_costs_the_small_copy_only(data, caplog):
    assert thumbnails.shrink_picture(data) == b""
    assert "no small copy" in caplog.text


def test_the_decoder_is_held_to_its_limits():
    """As it is run: what it may take of memory and time is set before it has looked at anything."""
    code = (
        "import resource, runpy, sys, io\n"
        f"shrink = runpy.run_path({thumbnails.shrink_process.__file__!r})\n"
        "sys.stdin = io.TextIOWrapper(io.BytesIO(b'x'))\n"
        "try: shrink['main']()\n"
        "except Exception as error: print(type(error).__name__)\n"
        "print(all(resource.getrlimit(n) == (m, m) for n, m in shrink['LIMITS'].items()))\n"
        "try: bytearray(2**30)\n"
        "except MemoryError: print('held')\n"
    )
    said = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["UnidentifiedImageError", "True", "held"]


def test_a_decoder_that_hangs_is_ended(monkeypatch, caplog):
    monkeypatch.setattr(thumbnails, "MAX_SECONDS", 0.01)
    assert thumbnails.shrink_picture(picture(2000, 2000)) == b""
    assert "TimeoutExpired" in caplog.text


def test_the_decoder_does_not_know_our_secrets(monkeypatch, tmp_path):
    spy = tmp_path / "spy.py"
    spy.write_text("import os, sys; print(sorted(os.environ), os.getcwd())")
    monkeypatch.setenv("SECRET_KEY", "secreto")
    monkeypatch.setattr(thumbnails.shrink_process, "__file__", str(spy))
    said = thumbnails.shrink_picture(b"x").decode()
    assert "SECRET_KEY" not in said
    assert "DATABASE_URL" not in said
    assert said.strip().endswith("/")


def test_a_second_worker_makes_no_second_copy(db, settings):
    kept = uploads.keep_bytes(picture(900, 900), "a.png")
    assert thumbnails.make_thumbnail(kept.pk)
    assert not thumbnails.make_thumbnail(kept.pk)
    assert len(stored_files(settings)) == 2


def test_a_small_copy_that_is_quicker_than_the_message_stays(http_origin, ana):
    chat = people.held(http_origin, ana)
    kept = uploads.keep_upload(SimpleUploadedFile("mapa.png", picture(900, 900)))
    thumbnails.make_thumbnail(kept.pk)
    replies.send_reply(chat.pk, ana, "", files=[kept])
    assert Attachment.objects.get().thumb


def test_a_file_that_is_gone_costs_nobody_anything(db):
    kept = uploads.keep_bytes(picture(900, 900), "a.png")
    kept.file.delete(save=False)
    assert not thumbnails.make_thumbnail(kept.pk)
    assert not thumbnails.make_thumbnail(10**9)


def test_loose_files_go_with_their_small_copies(db, settings):
    kept = uploads.keep_bytes(picture(900, 900), "a.png")
    thumbnails.make_thumbnail(kept.pk)
    assert uploads.drop_loose_uploads(timezone.now() + timedelta(seconds=1)) == 1
    assert stored_files(settings) == []


# --- how they are given ----------------------------------------------------------------------------


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


# --- what leaves -----------------------------------------------------------------------------------


def test_what_is_sent_can_be_read_again_for_a_second_try(db):
    kept = uploads.keep_upload(SimpleUploadedFile("nota.ogg", OPUS), is_voice=True)
    out = payload.outgoing_file(kept)
    assert (out.name, out.mime, out.size, out.is_voice, out.is_picture) == (
        "nota.ogg",
        "audio/ogg",
        len(OPUS),
        True,
        False,
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
