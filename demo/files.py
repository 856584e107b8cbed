"""The demo's files, made by code: drawn pictures, a sticker, papers, a voice note and a short film."""

import math
import struct
import wave
from collections.abc import Callable, Iterable
from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

INK, PAPER, ACCENT, RED, GREY = "#1a262c", "#f8f7f4", "#0b6480", "#b12725", "#c9c7c1"


@cache
def make_file(name: str) -> bytes:
    """The file of this name. Raises KeyError for one that the demo has not."""
    return _MADE[name]()


def _new_sheet(width: int, height: int, colour: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    picture = Image.new("RGB", (width, height), colour)
    return picture, ImageDraw.Draw(picture)


def _write_lines(draw: ImageDraw.ImageDraw, lines: Iterable[str], left: int, top: int, size: int) -> None:
    for number, line in enumerate(lines):
        draw.text((left, top + number * size * 1.6), line, INK, font=ImageFont.load_default(size))


def _encode_picture(picture: Image.Image, form: str, **options: int) -> bytes:
    data = BytesIO()
    picture.save(data, form, **options)
    return data.getvalue()


def _draw_receipt() -> bytes:
    picture, draw = _new_sheet(600, 800, PAPER)
    draw.rectangle((0, 0, 600, 110), ACCENT)
    draw.text((40, 35), "Transferencia enviada", "white", font=ImageFont.load_default(36))
    lines = ("Monto: $ 184.500,00", "Para: ALMACEN NORTE SA", "CBU 0170 ... 8812", "Comprobante 7730-1182")
    _write_lines(draw, lines, 40, 170, 28)
    draw.ellipse((240, 560, 360, 680), "#1c633c")
    draw.line((270, 620, 292, 645, 332, 592), "white", 12)
    return _encode_picture(picture, "PNG")


def _draw_appliance(*, dent: bool = False, label: bool = False) -> bytes:
    picture, draw = _new_sheet(640, 760, "#e4e9eb")
    draw.rectangle((120, 80, 520, 700), "white", GREY, 4)
    draw.rectangle((120, 80, 520, 170), PAPER, GREY, 4)
    draw.ellipse((200, 260, 440, 500), "#dfe6e9", ACCENT, 14)
    draw.ellipse((150, 105, 190, 145), ACCENT)
    if dent:
        draw.polygon(((160, 560), (235, 530), (300, 590), (220, 640)), "#cfd4d6", GREY)
        draw.line((170, 570, 225, 590, 285, 585), RED, 6)
    if label:
        draw.rectangle((330, 540, 490, 660), "#fff6d6", INK, 3)
        _write_lines(draw, ("AN-7731", "0042", "220 V"), 350, 555, 22)
    return _encode_picture(picture, "JPEG", quality=80)


def _draw_sticker() -> bytes:
    picture = Image.new("RGBA", (512, 512), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((36, 36, 476, 476), "#f0c279", INK, 10)
    for eye in (180, 300):
        draw.ellipse((eye, 170, eye + 36, 220), INK)
    draw.arc((140, 180, 372, 380), 20, 160, INK, 14)
    return _encode_picture(picture, "WEBP", quality=80)


def _paper_drawer(title: str, *lines: str) -> Callable[[], bytes]:
    def draw_it() -> bytes:
        picture, draw = _new_sheet(827, 1169, "white")
        draw.rectangle((0, 0, 827, 90), ACCENT)
        draw.text((50, 25), "ALMACEN NORTE", "white", font=ImageFont.load_default(36))
        _write_lines(draw, (title, "", *lines), 50, 150, 26)
        return _encode_picture(picture, "PDF", resolution=100)

    return draw_it


def _record_voice() -> bytes:
    """Three seconds that rise and fall like speech."""
    rate, data = 8000, BytesIO()
    samples = bytearray()
    for n in range(3 * rate):
        t = n / rate
        loud = abs(math.sin(math.pi * t * 2.3)) * (0.5 + 0.5 * math.sin(math.pi * t / 3))
        samples.append(128 + int(60 * loud * math.sin(2 * math.pi * (150 + 40 * math.sin(5 * t)) * t)))
    with wave.open(data, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(rate)
        sound.writeframes(bytes(samples))
    return data.getvalue()


def _make_film() -> bytes:
    """Two seconds of WebM. A lossy WebP is one key frame of VP8: nothing else is needed to make a film."""
    frames = []
    for n in range(20):
        picture, draw = _new_sheet(240, 240, "#e4e9eb")
        draw.ellipse((40, 40, 200, 200), "white", ACCENT, 8)
        turn = n * math.pi / 5
        draw.line((120, 120, 120 + 60 * math.cos(turn), 120 + 60 * math.sin(turn)), RED, 10)
        webp = _encode_picture(picture, "WEBP", quality=60)
        frames.append(webp[20 : 20 + struct.unpack("<I", webp[16:20])[0]])
    return _write_webm(frames, 240, 240, every=100)


def _write_webm(frames: list[bytes], width: int, height: int, every: int) -> bytes:
    """Key frames of VP8 as a film; `every`: milliseconds a frame. Ids as in the Matroska specification."""
    head = _ebml_element(0x4282, b"webm") + _ebml_element(0x4287, b"\x02") + _ebml_element(0x4285, b"\x02")
    length = struct.pack(">d", float(every * len(frames)))
    info = (
        _ebml_element(0x2AD7B1, (1_000_000).to_bytes(4))
        + _ebml_element(0x4489, length)
        + _ebml_element(0x4D80, b"demo")
        + _ebml_element(0x5741, b"demo")
    )
    size = _ebml_element(0xB0, width.to_bytes(2)) + _ebml_element(0xBA, height.to_bytes(2))
    track = (
        _ebml_element(0xD7, b"\x01")
        + _ebml_element(0x73C5, b"\x01")
        + _ebml_element(0x83, b"\x01")
        + _ebml_element(0x86, b"V_VP8")
        + _ebml_element(0xE0, size)
    )
    blocks = b"".join(
        _ebml_element(0xA3, b"\x81" + (number * every).to_bytes(2) + b"\x80" + frame)
        for number, frame in enumerate(frames)
    )
    segment = (
        _ebml_element(0x1549A966, info)
        + _ebml_element(0x1654AE6B, _ebml_element(0xAE, track))
        + _ebml_element(0x1F43B675, _ebml_element(0xE7, b"\x00") + blocks)
    )
    return _ebml_element(0x1A45DFA3, head) + _ebml_element(0x18538067, segment)


def _ebml_element(number: int, content: bytes) -> bytes:
    """One EBML element: its id, its length in eight bytes, its content."""
    return number.to_bytes((number.bit_length() + 7) // 8) + b"\x01" + len(content).to_bytes(7) + content


_MADE: dict[str, Callable[[], bytes]] = {
    "comprobante.png": _draw_receipt,
    "lavarropas.jpg": _draw_appliance,
    "golpe.jpg": lambda: _draw_appliance(dent=True),
    "etiqueta.jpg": lambda: _draw_appliance(label=True),
    "gracias.webp": _draw_sticker,
    "nota-de-voz.wav": _record_voice,
    "ruido.webm": _make_film,
    "Cotizacion-2291.pdf": _paper_drawer("Cotización 2291", "12 lavarropas de 8 kg", "En dos tandas", "Vale 10 días"),
    "Tarifas-interior.pdf": _paper_drawer("Envíos al interior", "Rosario: $ 18.400", "Villa María: $ 9.800"),
    "Orden-de-compra-0931.pdf": _paper_drawer("Orden de compra 0931", "Distribuidora El Ceibo", "4 heladeras de 350 l"),
    "Factura-A-00012877.pdf": _paper_drawer(
        "Factura A 0003-00012877", "1 cocina de 4 hornallas", "Total: $ 412.900,00"
    ),
    "Garantia-7731-0042.pdf": _paper_drawer("Garantía", "Serie 7731-0042", "Vigente hasta marzo de 2028"),
}
