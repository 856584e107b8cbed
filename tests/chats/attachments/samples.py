"""Files of every kind, small and made on the spot."""

import struct
import zlib
from io import BytesIO
from pathlib import Path

from PIL import Image

PDF = b"%PDF-1.4\n%%EOF\n"
PAGE = b"\xef\xbb\xbf<!-- x -->\n<!DOCTYPE html><html><body>Sign in</body></html>"
OPUS = b"OggS\x00\x02" + bytes(20) + b"\x01\x13OpusHead\x01\x01" + bytes(200)
FILM = b"\x00\x00\x00\x18ftypisom" + bytes(12) + b"hdlr" + bytes(8) + b"vide" + bytes(40)


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


def stored_files(settings):
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
