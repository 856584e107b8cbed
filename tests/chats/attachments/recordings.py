"""Sound and film as browsers and phones make them, encoded on the spot."""

import math
import struct
from fractions import Fraction
from io import BytesIO

import av

FORMATS = {"audio/ogg": "ogg", "audio/webm": "matroska", "audio/mp4": "mov", "video/mp4": "mov"}


def recording(codec="libopus", box="webm", *, layout="mono", seconds=3, rate=48_000):
    """A tone of so many seconds."""
    made = BytesIO()
    with av.open(made, "w", format=box) as output:
        stream = output.add_stream(codec, rate=rate, layout=layout)
        context = stream.codec_context
        size = context.frame_size or 1024
        resampler = av.AudioResampler(format=context.format, layout=layout, rate=rate, frame_size=size)
        for number in range(math.ceil(seconds * rate / size)):
            frame = av.AudioFrame(format="s16", layout="mono", samples=size)
            wave = (int(9000 * math.sin((number * size + at) / 20)) for at in range(size))
            frame.planes[0].update(struct.pack(f"<{size}h", *wave).ljust(frame.planes[0].buffer_size, b"\0"))
            frame.sample_rate, frame.pts, frame.time_base = rate, number * size, Fraction(1, rate)
            for shaped in resampler.resample(frame):
                output.mux(stream.encode(shaped))
        output.mux(stream.encode())
    return made.getvalue()


def film(codec="libx264", box="mp4", *, size=(64, 48), frames=20):
    made = BytesIO()
    with av.open(made, "w", format=box) as output:
        stream = output.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(frames):
            frame = av.VideoFrame(*size, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([number * 5 % 255]) * plane.buffer_size)
            frame.pts, frame.time_base = number, Fraction(1, 10)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return made.getvalue()


def probe(data, mime):
    """(codec, channels) of each stream, and the seconds until the last one ends."""
    with av.open(BytesIO(data), format=FORMATS[mime]) as opened:
        streams = [(one.codec_context.name, getattr(one, "channels", None)) for one in opened.streams]
        ends = [
            float((packet.pts + (packet.duration or 0)) * packet.time_base)
            for packet in opened.demux()
            if packet.pts is not None
        ]
        return streams, max(ends)
