"""Small files of every type that networks tell apart, and a server that has some of them."""

import io
import zipfile
from urllib.parse import unquote

from PIL import Image

from sandbox.samples import STATIC, draw_picture, make_document, make_tone
from tests.http_server import HttpServer, say

MB = 1024 * 1024
PNG, PDF, WAV = draw_picture(1), make_document(1), make_tone()
VOICE, CLIP, STICKER = ((STATIC / name).read_bytes() for name in ("voice.ogg", "clip.mp4", "sticker.webp"))
MP3 = b"ID3\x03\0\0\0\0\0\0" + b"\xff\xfb\x90\0" * 50
VORBIS = VOICE.replace(b"OpusHead", b"\x01vorbis ")
WEBM = b"\x1aE\xdf\xa3" + b"\x42\x82\x84webm" + b"A_OPUS" * 20
HEIC = b"\0\0\0\x18ftypheic" + b"\0" * 64
# as browsers record: the sound in fragments
FRAGMENTED = b"\0\0\0\x18ftypiso5\0\0\0\0iso5mp41" + b"\0\0\0\x10moovsoun" + b"\0\0\0\x08moof" * 4

# what telephones film, and what a browser may record as an MP4
HEVC, OPUS_MP4 = CLIP.replace(b"avc1", b"hvc1"), b"\0\0\0\x10ftypM4A \0\0\0\0\0\0\0\x14moovsounOpus\0\0\0\0"


def draw(width, height, shape):
    data = io.BytesIO()
    Image.new("RGB", (width, height), "#0b6480").save(data, shape)
    return data.getvalue()


def pack():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("a.txt", "hola")
    return data.getvalue()


JPEG, GIF, ZIP = draw(320, 240, "JPEG"), draw(40, 30, "GIF"), pack()
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class Shelf(HttpServer):
    """A server that has the files it was given: /<name>, each with its type. Any other is 404."""

    def __init__(self):
        self.files = {}
        super().__init__()

    def put(self, name, data, mime):
        self.files[f"/{name}"] = data, mime
        return f"{self.url}/{name}"

    def answer_request(self, handler, raw):
        data, mime = self.files.get(unquote(handler.path), (b"", ""))
        say(handler, 200 if mime else 404, data, {"Content-Type": mime or "text/html"})
