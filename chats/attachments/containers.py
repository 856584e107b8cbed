"""Containers of sound and film: their type by their first bytes, and the codecs that they carry."""

import re

from chats.attachments.found_type import FileType

_TRACK = re.compile(rb"hdlr.{8}(vide|soun)", re.S)
# of a track's description in MP4 and its relatives: the name of its codec
_SAMPLE = re.compile(rb"stsd.{12}(.{4})", re.S)
_MP4_CODECS = {
    b"avc1": "h264", b"avc3": "h264", b"hvc1": "hevc", b"hev1": "hevc", b"vp09": "vp9", b"av01": "av1",
    b"mp4v": "mpeg4", b"mp4a": "aac", b"Opus": "opus", b"alac": "alac", b"fLaC": "flac", b".mp3": "mp3",
    b"samr": "amr", b"ac-3": "ac3", b"lpcm": "pcm", b"sowt": "pcm", b"twos": "pcm", b"s263": "h263", b"apcn": "prores",
}  # fmt: skip
_WEBM_CODECS = {
    b"A_OPUS": "opus", b"A_VORBIS": "vorbis", b"A_AAC": "aac", b"V_VP8": "vp8", b"V_VP9": "vp9", b"V_AV1": "av1",
    b"V_MPEG4/ISO/AVC": "h264", b"V_MPEGH/ISO/HEVC": "hevc",
}  # fmt: skip
_FILMED = {"vp8", "vp9", "av1", "h264", "hevc"}
_PICTURE_BRANDS = {
    b"heic": "image/heic", b"heix": "image/heic", b"heim": "image/heic", b"heis": "image/heic", b"mif1": "image/heic",
    b"msf1": "image/heic", b"hevc": "image/heic", b"hevx": "image/heic", b"avif": "image/avif", b"avis": "image/avif",
}  # fmt: skip
_MPEG_SOUND = (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xfa")


def detect_container(head: bytes, data: bytes) -> FileType | None:
    """What libraries take for another, or do not tell from its neighbour: sound or film in the same box."""
    if head[:4] == b"OggS":
        return _detect_ogg(head[:400])
    if head[:4] == b"\x1aE\xdf\xa3":
        return _detect_webm(head)
    if head[4:8] == b"ftyp":
        return _detect_mp4(head[8:12], head[:64], data)
    if head[:4] == b"RIFF" and head[8:12] in (b"WAVE", b"AVI "):
        return FileType("audio/wav" if head[8:12] == b"WAVE" else "video/x-msvideo")
    if head[:4] == b"fLaC":
        return FileType("audio/flac")
    if head[:2] in _MPEG_SOUND or head[:3] == b"ID3":
        return FileType("audio/mpeg")
    if head[:2] in (b"\xff\xf1", b"\xff\xf9"):
        return FileType("audio/aac")
    return FileType("audio/amr") if head[:5] == b"#!AMR" else None


def _detect_ogg(head: bytes) -> FileType:
    if (at := head.find(b"OpusHead")) >= 0:
        # its tenth byte says in how many channels
        return FileType("audio/ogg", traits=("opus", "stereo") if head[at + 9 : at + 10] == b"\x02" else ("opus",))
    if b"\x80theora" in head:
        return FileType("video/ogg", traits=("theora",))
    if b"\x01vorbis" in head:
        return FileType("audio/ogg", traits=("vorbis",))
    return FileType("audio/ogg", traits=("flac",)) if b"\x7fFLAC" in head else FileType()


def _detect_webm(head: bytes) -> FileType:
    traits = tuple(sorted({codec for name, codec in _WEBM_CODECS.items() if name in head}))
    if b"webm" in head[:64]:
        is_sound = bool(traits) and not _FILMED.intersection(traits)
        return FileType("audio/webm" if is_sound else "video/webm", traits=traits)
    # what Chromium records as Matroska is WebM in all but the name
    if b"matroska" in head[:64] and traits and set(traits) <= {"opus", "vorbis"}:
        return FileType("audio/webm", traits=traits)
    return FileType("video/x-matroska", traits=traits) if b"matroska" in head[:64] else FileType()


def _detect_mp4(brand: bytes, head: bytes, data: bytes) -> FileType:
    if brand in _PICTURE_BRANDS:
        # pictures of both kinds begin with the brand that they share
        return FileType("image/avif" if b"avif" in head or b"avis" in head else _PICTURE_BRANDS[brand])
    tracks = set(_TRACK.findall(data))
    traits = tuple(sorted({_MP4_CODECS.get(name, "other") for name in _SAMPLE.findall(data)}))
    if brand in (b"M4A ", b"M4B ") or tracks == {b"soun"}:
        return FileType("audio/mp4", traits=traits)
    if brand[:3] == b"3gp":
        return FileType("video/3gpp", traits=traits)
    return FileType("video/quicktime" if brand == b"qt  " else "video/mp4", traits=traits)
