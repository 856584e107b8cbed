"""Run as a process of its own: a file on stdin, on stdout the same as another type.

Arguments: the type that it is, the type that it is to become, most bytes of that (0: no limit), and what is read
of its traits. As shrink_process.py it holds itself to limits before it looks at anything, and it is started without
the environment: what a made-up file does to a decoder costs that file and nothing else. Nothing here is imported by
the worker itself: the libraries with all their codecs take memory only while a file is turned into another.
"""

import resource
import sys
import warnings
from io import BytesIO
from typing import Any

# as chats/attachments/file_types.py, which it cannot import
MAX_PIXELS = 40_000_000
LIMITS = {
    resource.RLIMIT_AS: 2 * 1024 * 1024 * 1024,
    resource.RLIMIT_CPU: 100,
    resource.RLIMIT_FSIZE: 64 * 1024 * 1024,
    resource.RLIMIT_NOFILE: 64,
    resource.RLIMIT_CORE: 0,
}
# named, so that no file makes a library open another file or an address
FORMATS = {
    "audio/ogg": "ogg", "video/ogg": "ogg", "audio/webm": "matroska", "video/webm": "matroska", "audio/mp4": "mov",
    "video/mp4": "mov", "video/quicktime": "mov", "video/3gpp": "mov", "audio/mpeg": "mp3", "audio/aac": "aac",
    "audio/wav": "wav", "audio/flac": "flac", "audio/amr": "amr", "video/x-msvideo": "avi",
    "video/x-matroska": "matroska",
}  # fmt: skip
PICTURES = ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "HEIF", "BMP", "TIFF", "MPO"]
# of what is spoken, of what is played
VOICE_BITS, SOUND_BITS = 32_000, 128_000
MAX_SIDE, MAX_FRAMES, MILLISECONDS = 1280, 3000, 1000


def main(mime: str, becomes: str, most: int, traits: frozenset[str]) -> None:
    for name, limit in LIMITS.items():
        resource.setrlimit(name, (limit, limit))
    data = sys.stdin.buffer.read()
    if becomes.startswith("image/"):
        made = write_picture(data, most)
    elif mime.startswith("image/"):
        made = write_moving_picture(data)
    else:
        made = write_streams(data, FORMATS[mime], becomes, "voice" in traits)
    sys.stdout.buffer.write(made)


# --- pictures ----------------------------------------------------------------------------------


def open_picture(data: bytes) -> Any:
    from PIL import Image
    from pillow_heif import register_heif_opener

    register_heif_opener(thumbnails=False)
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    # a warning of too many pixels is reason enough
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    return Image.open(BytesIO(data), formats=PICTURES)


def write_picture(data: bytes, most: int) -> bytes:
    """As JPEG, upright, smaller until it fits; a picture that is seen through as PNG where that fits."""
    from PIL import Image, ImageOps

    picture: Any = ImageOps.exif_transpose(open_picture(data))
    profile = picture.info.get("icc_profile")
    if "A" in picture.getbands() or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        if picture.getextrema()[3][0] < 255:
            as_png = BytesIO()
            picture.save(as_png, "PNG", optimize=True)
            if not most or as_png.tell() <= most:
                return as_png.getvalue()
        behind = Image.new("RGB", picture.size, "white")
        behind.paste(picture, mask=picture.getchannel("A"))
        picture = behind
    picture = picture.convert("RGB")
    while True:
        as_jpeg = BytesIO()
        picture.save(as_jpeg, "JPEG", quality=88, **({"icc_profile": profile} if profile else {}))
        if not most or as_jpeg.tell() <= most:
            return as_jpeg.getvalue()
        picture = picture.resize((max(1, picture.width * 3 // 4), max(1, picture.height * 3 // 4)))


def write_moving_picture(data: bytes) -> bytes:
    """Its frames as a film without sound, each shown for as long as the picture says."""
    import av
    from PIL import Image, ImageSequence

    picture, made, at = open_picture(data), BytesIO(), 0
    width, height = fit_sides(*picture.size)
    with av.open(made, "w", format="mp4") as output:
        stream = film_stream(output, width, height)
        for number, shown in enumerate(ImageSequence.Iterator(picture)):
            if number >= MAX_FRAMES:
                break
            behind = Image.new("RGBA", shown.size, "white")
            behind.alpha_composite(shown.convert("RGBA"))
            frame = av.VideoFrame.from_image(behind.convert("RGB").resize((width, height)))
            frame.pts, frame.time_base = at, stream.codec_context.time_base
            output.mux(stream.encode(frame))
            # what names none is shown as browsers do
            at += max(20, int(shown.info.get("duration") or 100))
        # the last one is shown as long as it is to be, too
        frame.pts = max(at - 1, frame.pts + 1)
        output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return made.getvalue()


def fit_sides(width: int, height: int) -> tuple[int, int]:
    """No longer than a film's may be here, and even, as the encoder wants them."""
    if width * height > MAX_PIXELS:
        raise ValueError("too many pixels")
    scale = min(1.0, MAX_SIDE / max(width, height))
    return max(2, int(width * scale) // 2 * 2), max(2, int(height * scale) // 2 * 2)


def film_stream(output: Any, width: int, height: int) -> Any:
    from fractions import Fraction

    stream = output.add_stream(
        "libx264", rate=30, options={"preset": "veryfast", "crf": "24", "threads": "1", "bf": "0"}
    )
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.codec_context.time_base = Fraction(1, MILLISECONDS)
    return stream


# --- sound and film ----------------------------------------------------------------------------


def write_streams(data: bytes, form: str, becomes: str, is_voice: bool) -> bytes:
    """In the box of `becomes`: what fits into it is moved over as it is, anything else is encoded anew."""
    import av

    made = BytesIO()
    box = "ogg" if becomes == "audio/ogg" else "mp4"
    source: Any
    with av.open(BytesIO(data), format=form) as source, av.open(made, "w", format=box) as output:
        ways = []
        if becomes == "video/mp4":
            ways.append(way_of_film(source, output))
        if source.streams.audio:
            ways.append(way_of_sound(source, output, becomes, is_voice))
        ways = [way for way in ways if way]
        if not ways:
            raise ValueError("no stream that can be moved over")
        by_stream = {way.stream.index: way for way in ways}
        for packet in source.demux([way.stream for way in ways]):
            output.mux(by_stream[packet.stream.index].pass_on(packet))
        for way in ways:
            output.mux(way.finish())
    return made.getvalue()


class Copied:
    """A stream as it is, in another box."""

    def __init__(self, stream: Any, output: Any) -> None:
        self.stream, self.target = stream, output.add_stream_from_template(stream)

    def pass_on(self, packet: Any) -> list[Any]:
        # the last one of a stream says only that it is over
        if packet.dts is None and packet.size == 0:
            return []
        packet.stream = self.target
        return [packet]

    def finish(self) -> list[Any]:
        return []


class Encoded:
    """A stream that is decoded, brought into shape, and encoded anew."""

    def __init__(self, stream: Any, target: Any, shape: Any) -> None:
        self.stream, self.target, self.shape = stream, target, shape

    def pass_on(self, packet: Any) -> list[Any]:
        return [
            made for frame in packet.decode() for shaped in self.shape(frame) for made in self.target.encode(shaped)
        ]

    def finish(self) -> list[Any]:
        last = [made for shaped in self.shape(None) for made in self.target.encode(shaped)]
        return [*last, *self.target.encode()]


def way_of_sound(source: Any, output: Any, becomes: str, is_voice: bool) -> Any:
    from av import AudioResampler

    stream = source.streams.audio[0]
    wanted = "opus" if becomes == "audio/ogg" else "aac"
    channels = stream.codec_context.channels
    # spoken words are one channel: that is all that networks take as a voice note
    if stream.codec_context.name.removeprefix("lib") == wanted and (wanted == "aac" or channels == 1):
        return Copied(stream, output)
    layout = "mono" if is_voice or channels == 1 else "stereo"
    rate = 48_000 if wanted == "opus" else 44_100
    target = output.add_stream("libopus" if wanted == "opus" else "aac", rate=rate, layout=layout)
    target.bit_rate = VOICE_BITS * (1 if wanted == "opus" else 2) if is_voice else SOUND_BITS
    resampler = AudioResampler(format=target.codec_context.format, layout=layout, rate=rate,
                               frame_size=target.codec_context.frame_size or None)  # fmt: skip
    return Encoded(stream, target, resampler.resample)


def way_of_film(source: Any, output: Any) -> Any:
    if not source.streams.video:
        raise ValueError("no film in it")
    stream = source.streams.video[0]
    if stream.codec_context.name == "h264":
        return Copied(stream, output)
    width, height = fit_sides(stream.codec_context.width, stream.codec_context.height)
    target = film_stream(output, width, height)

    def shape(frame: Any) -> list[Any]:
        if frame is None:
            return []
        shaped = frame.reformat(width=width, height=height, format="yuv420p")
        shaped.pts = int((frame.time or 0) * MILLISECONDS)
        shaped.time_base = target.codec_context.time_base
        return [shaped]

    return Encoded(stream, target, shape)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), frozenset(sys.argv[4].split(",")))
