"""Small copies of pictures: upright, without metadata, and made by a decoder that is held to its limits."""

import subprocess
import sys
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from chats.attachments import thumbnails, uploads
from chats.messages import replies
from chats.models import Attachment
from tests import people
from tests.chats.attachments.recordings import film, recording
from tests.chats.attachments.samples import PDF, bomb, picture, stored_files


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


@pytest.mark.parametrize("kind", [("libx264", "mp4"), ("libvpx-vp9", "webm")])
def test_a_film_has_its_first_picture_in_the_thread(kind, http_origin, ana, client):
    chat = people.held(http_origin, ana)
    kept = uploads.keep_upload(SimpleUploadedFile(f"obra.{kind[1]}", film(*kind, size=(960, 540))))
    replies.send_reply(chat.pk, ana, "", files=[kept])
    client.force_login(ana)
    page = reverse("chat", args=[chat.pk])
    assert "poster=" not in client.get(page).content.decode()
    assert thumbnails.make_thumbnail(kept.pk)
    small = Image.open(Attachment.objects.get().thumb.open())
    assert (small.format, small.size) == ("WEBP", (640, 360))
    assert f'poster="{reverse("file", args=[kept.uuid])}?mini"' in client.get(page).content.decode()
    assert client.get(reverse("file", args=[kept.uuid]) + "?mini")["Content-Type"] == "image/webp"


@pytest.mark.parametrize("data", [b"", b"nothing", film()[:200], recording("aac", "mp4")])
def test_what_breaks_a_film_costs_its_poster_only(data, caplog):
    assert thumbnails.draw_poster(data, "video/mp4") == b""
    assert "no poster of a film" in caplog.text
