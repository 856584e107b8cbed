"""Files that become what a line takes, by the worker, before they leave."""

import os
import resource
import subprocess
import sys
from datetime import timedelta
from io import BytesIO

import pillow_heif
import pytest
from django.utils import timezone
from PIL import Image

from chats.attachments import conversion, convert_process, file_types, uploads
from chats.messages import replies
from chats.models import Attachment, Message
from common.errors import Failure, OriginError
from origins.models import Origin
from tests import people
from tests.chats.attachments.recordings import film, probe, recording
from tests.chats.attachments.samples import picture, stored_files
from tests.pumping import deliver_chat
from tests.threads import Crowd

BROWSERS = {
    "Chromium": recording(),
    "Chromium, two channels": recording(layout="stereo"),
    "Chromium, MP4 with Opus": recording(box="mp4"),
    "Firefox": recording(box="ogg"),
    "Safari": recording("aac", "mp4"),
}


@pytest.fixture
def chats(ana, db):
    """ana's chat on a line of each kind."""
    kinds = {"web": "visitor", "whatsapp": "wa_id", "telegram": "telegram", "messenger": "psid", "instagram": "igsid"}
    lines = {kind: Origin.objects.create(kind=kind, name=kind, key=f"line-{kind}") for kind in kinds}
    return {kind: people.held(lines[kind], ana, sender="59899", address_kind=kinds[kind]) for kind in kinds}


def heic(width=40, height=30):
    pillow_heif.register_heif_opener()
    made = BytesIO()
    Image.new("RGB", (width, height), "red").save(made, "HEIF")
    return made.getvalue()


def moving(form="GIF"):
    frames = [Image.new("RGB", (41, 31), colour) for colour in ("red", "green", "blue")]
    made = BytesIO()
    frames[0].save(made, form, save_all=True, append_images=frames[1:], duration=[200, 300, 500])
    return made.getvalue()


def said(chat, agent, data, name, **more):
    """What the agent sends, with its file as the worker leaves it."""
    kept = uploads.keep_bytes(data, name)
    message = replies.send_reply(chat.pk, agent, "", files=[kept], **more)
    conversion.make_ready(Message.objects.select_related("chat__origin").get(pk=message.pk))
    kept.refresh_from_db()
    return message, kept, kept.file.read()


@pytest.mark.parametrize(
    ("browser", "kind", "mime", "codec"),
    [
        *((browser, "whatsapp", "audio/ogg", "opus") for browser in BROWSERS),
        *((browser, "web", "audio/mp4", "aac") for browser in BROWSERS),
        ("Chromium", "telegram", "audio/ogg", "opus"),
        ("Chromium", "messenger", "audio/mp4", "aac"),
        ("Firefox", "instagram", "audio/mp4", "aac"),
    ],
)
def test_a_voice_note_of_any_browser_becomes_what_the_network_plays(chats, ana, browser, kind, mime, codec):
    recorded = BROWSERS[browser]
    message, kept, data = said(chats[kind], ana, recorded, "nota-de-voz.webm", voice=True)
    assert (message.kind, kept.mime, kept.is_voice) == ("audio", mime, True)
    streams, seconds = probe(data, mime)
    assert [name for name, _channels in streams] == [codec]
    assert seconds == pytest.approx(3, abs=0.1)
    if kind == "whatsapp":
        assert streams[0][1] == 1
    assert kept.size == len(data)


def test_opus_is_moved_into_the_other_box_as_it_is(chats, ana):
    _message, _kept, data = said(chats["whatsapp"], ana, BROWSERS["Chromium"], "v.webm", voice=True)
    packets = convert_process.write_streams(BROWSERS["Chromium"], "matroska", "audio/ogg", is_voice=True)
    assert len(data) == len(packets)

    def sound(recorded, form):
        import av

        with av.open(BytesIO(recorded), format=form) as opened:
            return [bytes(packet) for packet in opened.demux() if packet.size]

    assert sound(data, "ogg") == sound(BROWSERS["Chromium"], "matroska")


@pytest.mark.parametrize(
    ("kind", "data", "name", "expected"),
    [
        ("whatsapp", heic(), "IMG_1.HEIC", ("image", "image/jpeg", "IMG_1.jpg")),
        ("web", heic(), "IMG_1.HEIC", ("image", "image/jpeg", "IMG_1.jpg")),
        ("instagram", heic(), "IMG_1.HEIC", ("image", "image/jpeg", "IMG_1.jpg")),
        ("whatsapp", picture(form="WEBP"), "a.webp", ("image", "image/jpeg", "a.jpg")),
        ("messenger", picture(form="AVIF"), "a.avif", ("image", "image/jpeg", "a.jpg")),
        ("telegram", picture(form="TIFF"), "a.tif", ("image", "image/jpeg", "a.jpg")),
        ("whatsapp", picture(form="GIF"), "a.gif", ("image", "image/jpeg", "a.jpg")),
        (
            "whatsapp", picture(form="WEBP", mode="RGBA", colour=(255, 0, 0, 90), lossless=True), "a.webp",
            ("image", "image/png", "a.png"),
        ),
        ("whatsapp", moving(), "gato.gif", ("video", "video/mp4", "gato.mp4")),
        ("messenger", moving("WEBP"), "gato.webp", ("video", "video/mp4", "gato.mp4")),
        ("telegram", moving(), "gato.gif", ("image", "image/gif", "gato.gif")),
        ("whatsapp", film(box="mov"), "v.mov", ("video", "video/mp4", "v.mp4")),
        ("whatsapp", film("libvpx-vp9", "webm"), "v.webm", ("video", "video/mp4", "v.mp4")),
        ("whatsapp", recording("pcm_s16le", "wav", seconds=1), "a.wav", ("audio", "audio/mp4", "a.m4a")),
        ("whatsapp", "código;precio\n1;2".encode("utf-16"), "p.csv", ("document", "text/csv", "p.csv")),
    ],
)  # fmt: skip
def test_a_file_becomes_what_the_line_takes(chats, ana, kind, data, name, expected):
    message, kept, made = said(chats[kind], ana, data, name)
    assert (message.kind, kept.mime, kept.name) == expected
    assert file_types.detect_type(made).mime == kept.mime
    assert kept.is_picture == (message.kind == "image")


def test_a_photo_on_its_side_stands_upright_and_fits(chats, ana):
    exif = Image.Exif()
    exif[0x0112] = 6
    noise = Image.effect_noise((2600, 2000), 120).convert("RGB")
    data = BytesIO()
    noise.save(data, "JPEG", quality=100, subsampling=0, exif=exif)
    assert 5 * uploads.MB < len(data.getvalue()) < 10 * uploads.MB
    _message, kept, made = said(chats["whatsapp"], ana, data.getvalue(), "foto.jpg")
    assert len(made) <= 5 * uploads.MB
    assert kept.mime == "image/jpeg"
    assert kept.height > kept.width


def test_a_file_is_converted_once_and_nothing_is_left_behind(chats, ana, settings):
    message, kept, data = said(chats["whatsapp"], ana, heic(), "a.heic")
    again = Message.objects.select_related("chat__origin").get(pk=message.pk)
    conversion.make_ready(again)
    assert Attachment.objects.get(pk=kept.pk).file.read() == data
    assert len(stored_files(settings)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_leave_one_file(chats, ana, settings):
    kept = uploads.keep_bytes(heic(), "a.heic")
    message = replies.send_reply(chats["whatsapp"].pk, ana, "", files=[kept])

    def work(_number):
        conversion.make_ready(Message.objects.select_related("chat__origin").get(pk=message.pk))

    with Crowd(2) as crowd:
        assert crowd.at_once(work) == [None, None]
    kept.refresh_from_db()
    assert kept.mime == "image/jpeg"
    assert kept.file.read()[:2] == b"\xff\xd8"
    assert len(stored_files(settings)) == 1


@pytest.mark.parametrize(
    ("data", "name", "voice", "words"),
    [
        (b"\x00\x00\x00\x18ftypheic" + bytes(400), "a.heic", False, "foto"),
        (b"\x1aE\xdf\xa3\x42\x82webm A_OPUS" + bytes(400), "v.webm", True, "nota de voz"),
        (b"\x00\x00\x00\x14ftypqt  " + bytes(8) + b"stsd" + bytes(12) + b"hvc1", "v.mov", False, "otro formato"),
        (b"#EXTM3U\nfile:///etc/passwd RIFF".replace(b"#EXTM3U", b"RIFFxxxxAVI "), "v.avi", False, "otro formato"),
    ],
)
def test_what_cannot_be_converted_fails_in_words(chats, ana, data, name, voice, words):
    with pytest.raises(OriginError, match=words) as refused:
        said(chats["whatsapp"], ana, data, name, voice=voice)
    assert refused.value.failure is Failure.FINAL
    assert Attachment.objects.get().file.read() == data


def test_where_the_worker_has_enough_to_convert_a_chat_waits_and_no_try_is_used_up(chats, ana, monkeypatch):
    kept = uploads.keep_bytes(heic(), "a.heic")
    message = replies.send_reply(chats["web"].pk, ana, "", files=[kept])
    for _turn in range(2):
        assert conversion._converting.acquire(blocking=False)
    try:
        deliver_chat(message.chat_id)
        message.refresh_from_db()
        assert (message.status, message.attempts) == ("queued", 0)
        assert message.next_try_at
    finally:
        conversion._converting.release()
        conversion._converting.release()


def test_in_the_web_chat_a_voice_note_is_shown_when_it_can_be_played(chats, ana):
    kept = uploads.keep_bytes(BROWSERS["Chromium"], "v.webm")
    message = replies.send_reply(chats["web"].pk, ana, "", files=[kept], voice=True)
    assert message.status == "queued"
    deliver_chat(message.chat_id)
    message.refresh_from_db()
    assert message.status == "sent"
    assert message.sent_at > message.created_at
    assert message.attachments.get().mime == "audio/mp4"
    # what needs nothing is there at once, as ever
    assert replies.send_reply(chats["web"].pk, ana, "Hola").status == "sent"


def test_a_worker_has_none_of_the_codecs_in_its_memory():
    code = (
        "import django, sys; django.setup(); import gateway.tasks; from chats.attachments import conversion;"
        "assert not {'av', 'pillow_heif'} & set(sys.modules)"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "wittyagent.settings"}
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=300, env=environment)


def test_a_moving_picture_lasts_as_long_as_a_film(chats, ana):
    _message, _kept, data = said(chats["whatsapp"], ana, moving(), "gato.gif")
    assert probe(data, "video/mp4")[1] == pytest.approx(1, abs=0.05)


def test_a_worker_that_dies_at_it_leaves_it_to_the_next_one(chats, ana):
    kept = uploads.keep_bytes(BROWSERS["Chromium"], "v.webm")
    message = replies.send_reply(chats["web"].pk, ana, "", files=[kept], voice=True)
    died = timezone.now() - timedelta(seconds=1)
    Message.objects.filter(pk=message.pk).update(status="sending", next_try_at=died, attempts=1)
    deliver_chat(message.chat_id)
    message.refresh_from_db()
    assert (message.status, message.attachments.get().mime) == ("sent", "audio/mp4")


def test_the_decoder_holds_itself_to_limits():
    assert convert_process.LIMITS[resource.RLIMIT_CPU] < conversion.MAX_SECONDS
    assert convert_process.MAX_PIXELS == file_types.MAX_PIXELS
    assert set(convert_process.FORMATS) >= {"audio/webm", "audio/ogg", "audio/mp4"}
