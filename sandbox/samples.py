"""Real files, places and cards, for customers who send some."""

import struct
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any

STATIC = Path(__file__).parent / "static"
MIMES = {"voice": "audio/ogg; codecs=opus", "audio": "audio/wav", "video": "video/mp4", "sticker": "image/webp"}
NAMES = {"voice": "voice.ogg", "video": "clip.mp4", "sticker": "sticker.webp"}


def make_sample(kind: str, number: int) -> tuple[bytes, str, str]:
    """Bytes, type and name of a file: image, voice, audio, video, document, sticker."""
    if kind == "image":
        return draw_picture(number % 64), "image/png", f"foto-{number}.png"
    if kind == "document":
        return make_document(number), "application/pdf", f"presupuesto-{number}.pdf"
    if kind == "audio":
        return make_tone(), MIMES[kind], f"audio-{number}.wav"
    return _read_static(NAMES[kind]), MIMES[kind], NAMES[kind]


@lru_cache(maxsize=8)
def _read_static(name: str) -> bytes:
    return (STATIC / name).read_bytes()


@lru_cache(maxsize=64)
def draw_picture(number: int, width: int = 240, height: int = 180) -> bytes:
    """A PNG: a sky, a sun and hills, in colours by the number."""
    red, green, blue = number * 53 % 120 + 60, number * 29 % 120 + 80, number * 71 % 100 + 120
    sun = (60 + number * 37 % 120, 45 + number * 13 % 40)
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            if (x - sun[0]) ** 2 + (y - sun[1]) ** 2 < 700:
                rows += b"\xff\xd8\x6b"
            elif y > 125 + (x * (number % 5 + 2) // 16 % 60 - 30) // 2:
                rows += bytes((red // 2, green, blue // 3))
            else:
                rows += bytes((min(255, red + y // 3), min(255, green + y // 2), min(255, blue + y // 4)))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _png_chunk(b"IHDR", head)
        + _png_chunk(b"IDAT", zlib.compress(bytes(rows), 6))
        + _png_chunk(b"IEND", b"")
    )


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@lru_cache(maxsize=1)
def make_tone() -> bytes:
    """A second of a tone, as WAV."""
    rate = 8000
    data = bytes(128 + (40 if at * 440 * 2 // rate % 2 else -40) for at in range(rate))
    shape = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate, 1, 8)
    return (
        struct.pack("<4sI4s", b"RIFF", 36 + len(data), b"WAVE") + shape + struct.pack("<4sI", b"data", len(data)) + data
    )


def make_document(number: int) -> bytes:
    """A PDF of one page."""
    text = f"BT /F1 24 Tf 72 720 Td (Presupuesto {number}) Tj ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for place, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj" % place + content + b"endobj\n"
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(out) + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start


def describe_place(said: dict[str, Any]) -> dict[str, Any]:
    """A location, as WhatsApp says it."""
    found: dict[str, Any] = {
        "latitude": said.get("latitude", -34.9058),
        "longitude": said.get("longitude", -56.1913),
    }
    if "latitude" not in said:
        found |= {"name": "Mercado del Puerto", "address": "Pérez Castellano, Montevideo"}
    return found | {name: said[name] for name in ("name", "address") if said.get(name)}


def describe_card(said: dict[str, Any]) -> dict[str, Any]:
    """A contact card, as WhatsApp says it."""
    name, phone = said.get("name") or "Taller Núñez", str(said.get("phone") or "+598 99 555 123")
    digits = "".join(letter for letter in phone if letter.isdigit())
    return {
        "name": {"formatted_name": name, "first_name": name.split()[0]},
        "phones": [{"phone": phone, "wa_id": digits, "type": "CELL"}],
    }


def describe_referral(said: Any) -> dict[str, str]:
    """The ad that a message came from; what is given replaces what there is."""
    ad = {
        "source_url": "https://fb.me/sandbox",
        "source_id": "120200000000000001",
        "source_type": "ad",
        "headline": "Precios de noviembre",
        "body": "Escribinos y te contamos",
        "media_type": "image",
        "image_url": "https://example.com/ad.png",
        "ctwa_clid": "sandbox-click-1",
    }
    return {**ad, **(said if isinstance(said, dict) else {})}
