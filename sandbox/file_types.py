"""What a file is by its bytes, as networks find out when they process one, whatever its name or declared type."""

import struct

UNKNOWN = "application/octet-stream"
# bytes at the beginning, and the type that they tell
_STARTS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"ID3", "audio/mpeg"),
    (b"#!AMR", "audio/amr"),
    (b"fLaC", "audio/flac"),
    (b"%PDF", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\xd0\xcf\x11\xe0", "application/x-ole-storage"),
    (b"\x1f\x8b", "application/gzip"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS = {
    b"M4A ": "audio/mp4", b"M4B ": "audio/mp4", b"qt  ": "video/quicktime", b"heic": "image/heic",
    b"heix": "image/heic", b"mif1": "image/heic", b"msf1": "image/heic", b"avif": "image/avif",
}  # fmt: skip

# sample entries of an MP4 that are neither H.264 nor AAC
_ODD_CODECS = {
    b"hvc1": "videoCodec=hevc", b"hev1": "videoCodec=hevc", b"vp09": "videoCodec=vp9", b"av01": "videoCodec=av1",
    b"Opus": "audioCodec=opus", b"ac-3": "audioCodec=ac3", b"fLaC": "audioCodec=flac",
}  # fmt: skip


def find_type(data: bytes) -> str:
    """The MIME type that the bytes tell; `application/octet-stream` for what is none that networks know."""
    for start, mime in _STARTS:
        if data.startswith(start):
            return mime
    if data[:4] == b"RIFF":
        return _RIFF.get(data[8:12], UNKNOWN)
    if data[:4] == b"OggS":
        return "video/ogg" if b"theora" in data[:512] else "audio/ogg"
    if data[4:8] == b"ftyp":
        return _find_mp4(data)
    if data[:4] == b"\x1aE\xdf\xa3":
        return "video/webm" if b"V_VP" in data[:4096] or b"V_AV1" in data[:4096] else "audio/webm"
    if len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0:
        return "audio/aac" if data[1] & 0xF6 == 0xF0 else "audio/mpeg"
    return _find_text(data)


def _find_mp4(data: bytes) -> str:
    brand = data[8:12]
    if brand in _BRANDS:
        return _BRANDS[brand]
    if brand[:3] in (b"3gp", b"3g2"):
        return "video/3gpp"
    return "audio/mp4" if b"soun" in data and b"vide" not in data else "video/mp4"


def _find_text(data: bytes) -> str:
    head = data[:4096]
    try:
        head.decode()
    except UnicodeDecodeError as error:
        # one that was cut in the middle of a character is text all the same
        if error.start < len(head) - 3:
            return UNKNOWN
    return "text/plain" if head and b"\0" not in head else UNKNOWN


def is_opus(data: bytes) -> bool:
    """Whether an Ogg file holds Opus: the first packet says so."""
    return b"OpusHead" in data[:512]


def is_fragmented(data: bytes) -> bool:
    """Whether an MP4 comes in fragments, as browsers record sound: WhatsApp does not read that."""
    return data[4:8] == b"ftyp" and b"moof" in data


def name_odd_codecs(data: bytes) -> str:
    """Of an MP4 what is neither H.264 nor AAC, as WhatsApp says it: `videoCodec=hevc`; '' where there is none."""
    found = _find_box(data, b"moov") if data[4:8] == b"ftyp" else b""
    return ", ".join(words for mark, words in _ODD_CODECS.items() if mark in found)


def _find_box(data: bytes, wanted: bytes) -> bytes:
    """One of the boxes that an MP4 is made of."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4])
        if size == 1:
            # a long one says its size behind its name
            size = int.from_bytes(data[at + 8 : at + 16])
        if data[at + 4 : at + 8] == wanted:
            return data[at : at + size]
        if size < 8:
            break
        at += size
    return b""


def is_moving(data: bytes) -> bool:
    """Whether a WebP moves."""
    return data[:4] == b"RIFF" and b"ANIM" in data[:64]


def measure_picture(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG, JPEG, GIF or WebP; None where they cannot be read, as in a broken one."""
    try:
        match find_type(data):
            case "image/png":
                width, height = struct.unpack(">II", data[16:24])
            case "image/gif":
                width, height = struct.unpack("<HH", data[6:10])
            case "image/jpeg":
                width, height = _measure_jpeg(data)
            case "image/webp":
                width, height = _measure_webp(data)
            case _:
                return None
    except (struct.error, IndexError):
        return None
    return (width, height) if width and height else None


def _measure_jpeg(data: bytes) -> tuple[int, int]:
    at = 2
    while data[at] == 0xFF:
        mark, length = data[at + 1], struct.unpack(">H", data[at + 2 : at + 4])[0]
        # the frame: SOF0 to SOF15 without the tables between them
        if 0xC0 <= mark <= 0xCF and mark not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + length
    raise IndexError


def _measure_webp(data: bytes) -> tuple[int, int]:
    if data[12:16] == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack("<HH", data[26:30])
    return width & 0x3FFF, height & 0x3FFF
