"""What a file is, by its bytes."""

import subprocess
import sys
from io import BytesIO

import pytest
from PIL import Image

from chats.attachments import file_types, uploads
from chats.attachments.file_types import detect_type
from tests.chats.attachments.samples import FILM, OPUS, PAGE, PDF, picture

SOUND = b"\x00\x00\x00\x18ftypmp42" + bytes(12) + b"hdlr" + bytes(8) + b"soun" + bytes(40)


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
