"""What a file is, by its bytes."""

import subprocess
import sys
from io import BytesIO

import pytest
from PIL import Image

from chats.attachments import file_types, uploads
from chats.attachments.file_types import detect_type
from tests.chats.attachments.documents import EXCEL, POWERPOINT, WORD, archive, office, old_office, open_document
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
        (b"\x00\x00\x00\x18ftypM4A " + bytes(40), "audio/mp4"), (b"\x00\x00\x00\x18ftypheic" + bytes(40), "image/heic"),
        (b"\x1aE\xdf\xa3" + b"\x42\x82webm" + b"V_VP8", "video/webm"), (b"\x1aE\xdf\xa3" + b"\x42\x82webmA_OPUS", "audio/webm"),
        (b"\xff\xfb\x90\x00" + bytes(100), "audio/mpeg"), (b"ID3\x04" + bytes(100), "audio/mpeg"), (b"#!AMR\n" + bytes(9), "audio/amr"),
        (PDF, "application/pdf"), (PAGE, file_types.UNKNOWN), (b"<svg xmlns='http://www.w3.org/2000/svg'/>", file_types.UNKNOWN),
        (b"MZ\x90\x00" + bytes(200), file_types.UNKNOWN), (b"", file_types.UNKNOWN), (picture(form="WEBP"), "image/webp"),
    ],
)  # fmt: skip
def test_a_file_is_what_its_bytes_say(data, mime):
    assert detect_type(data).mime == mime


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (office(f"{WORD}.main+xml"), WORD),
        (office(f"{EXCEL}.main+xml", "xl"), EXCEL),
        (office(f"{POWERPOINT}.main+xml", "ppt"), POWERPOINT),
        # a list of types that says nothing known: its folder does
        (office("application/xml", "xl"), EXCEL),
        (
            office("application/vnd.ms-word.document.macroEnabled.main+xml"),
            "application/vnd.ms-word.document.macroenabled.12",
        ),
        (open_document("text"), "application/vnd.oasis.opendocument.text"),
        (open_document("spreadsheet"), "application/vnd.oasis.opendocument.spreadsheet"),
        (archive(mimetype="text/html", x="y"), "application/zip"),
        (archive(**{"fotos/1.txt": "x"}), "application/zip"),
        (b"PK\x03\x04" + bytes(60), "application/zip"),
        (old_office("WordDocument"), "application/msword"),
        (old_office("Workbook"), "application/vnd.ms-excel"),
        (old_office("Book"), "application/vnd.ms-excel"),
        (old_office("PowerPoint Document"), "application/vnd.ms-powerpoint"),
        (old_office("WordDocumentos"), file_types.UNKNOWN),
        (b"{\\rtf1\\ansi hola}", "application/rtf"),
        (b"basura\n%PDF-1.7\n", "application/pdf"),
    ],
)
def test_a_document_is_what_its_parts_say(data, mime):
    assert detect_type(data).mime == mime


@pytest.mark.parametrize(
    ("text", "mime"),
    [
        ("Hola, ñandú 🌱\nSegundo renglón", "text/plain"),
        ("Hola, Ana\nChau, Bruno", "text/plain"),
        ("código;precio\n1;2.990\n2;1.500\n", "text/csv"),
        ("a,b,c\n1,2,3\n4,5,6", "text/csv"),
        ('nombre,nota\nAna,"uno, dos, tres"\nBruno,"cuatro, y cinco"', "text/csv"),
        ("a\tb\n1\t2\n", "text/csv"),
        ("BEGIN:VCARD\nFN:Ana\nEND:VCARD", "text/vcard"),
        ('<?xml version="1.0"?>\n<factura><total>10</total></factura>', "text/plain"),
        ('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', file_types.UNKNOWN),
        ("<x:svg/>", file_types.UNKNOWN),
        ("un \x07 timbre", file_types.UNKNOWN),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_a_text_is_one_in_whatever_it_is_written(text, mime, encoding):
    if encoding == "latin-1":
        text = text.replace("🌱", "")
    assert detect_type(text.encode(encoding)).mime == mime


def test_a_text_that_is_cut_in_the_middle_of_a_letter_by_our_look_at_it_is_a_text():
    for before in range(4):
        assert detect_type(b"x" * before + "ñ🌱".encode() * 30_000).mime == "text/plain"


def test_an_archive_of_a_million_entries_is_not_listed():
    entry = b"PK\x01\x02" + bytes(42)
    assert detect_type(b"PK\x03\x04" + entry * 1_000_000).mime == "application/zip"


@pytest.mark.parametrize(
    ("data", "mime", "traits"),
    [
        (OPUS, "audio/ogg", ("opus",)),
        (OPUS.replace(b"OpusHead\x01\x01", b"OpusHead\x01\x02"), "audio/ogg", ("opus", "stereo")),
        (b"OggS" + bytes(24) + b"\x01vorbis" + bytes(90), "audio/ogg", ("vorbis",)),
        (b"\x1aE\xdf\xa3\x42\x82webm A_OPUS V_VP9", "video/webm", ("opus", "vp9")),
        (b"\x1aE\xdf\xa3\x42\x82matroska A_OPUS", "audio/webm", ("opus",)),
        (b"\x00\x00\x00\x14ftypqt  " + bytes(8) + b"stsd" + bytes(12) + b"hvc1", "video/quicktime", ("hevc",)),
        (b"\x00\x00\x00\x1cftypmif1" + bytes(4) + b"mif1avif", "image/avif", ()),
        (b"\x00\x00\x00\x1cftypmif1" + bytes(4) + b"mif1heic", "image/heic", ()),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav", ()),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "video/x-msvideo", ()),
        (picture(form="BMP"), "image/bmp", ()),
        (picture(form="TIFF"), "image/tiff", ()),
        (picture(form="GIF"), "image/gif", ()),
        (picture(form="GIF", save_all=True, append_images=[Image.new("RGB", (32, 20), "blue")]), "image/gif", ("moving",)),
    ],
)  # fmt: skip
def test_what_the_type_leaves_open_is_seen_too(data, mime, traits):
    seen = detect_type(data)
    assert (seen.mime, seen.traits) == (mime, traits)


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
