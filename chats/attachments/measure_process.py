"""Run as a process of its own: sound on stdin, on stdout its seconds and its shape, as "42 03k9z…".

Argument: the type that it is. As convert_process.py it holds itself to limits before it looks at anything, and it is
started without the environment: what a made-up file does to a decoder costs that file its shape and nothing else.
"""

import resource
import sys
from array import array
from io import BytesIO
from typing import Any

LIMITS = {
    resource.RLIMIT_AS: 1024 * 1024 * 1024,
    resource.RLIMIT_CPU: 20,
    resource.RLIMIT_FSIZE: 64 * 1024,
    resource.RLIMIT_NOFILE: 64,
    resource.RLIMIT_CORE: 0,
}
# named, so that no file makes a library open another file or an address
FORMATS = {
    "audio/ogg": "ogg", "audio/webm": "matroska", "audio/mp4": "mov", "audio/mpeg": "mp3", "audio/aac": "aac",
    "audio/wav": "wav", "audio/flac": "flac", "audio/amr": "amr",
}  # fmt: skip
# loudness needs no more than this; a step is 20 ms
RATE, STEP = 8_000, 160
BARS = 48
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def main(mime: str) -> None:
    for name, limit in LIMITS.items():
        resource.setrlimit(name, (limit, limit))
    steps = list(read_steps(sys.stdin.buffer.read(), FORMATS[mime]))
    if not steps:
        raise ValueError("no sound in it")
    sys.stdout.write(f"{round(len(steps) * STEP / RATE)} {draw_bars(steps)}")


def read_steps(data: bytes, form: str) -> Any:
    """How loud each step is."""
    import av

    source: Any
    with av.open(BytesIO(data), format=form) as source:
        shape = av.AudioResampler(format="s16", layout="mono", rate=RATE, frame_size=STEP)
        for frame in source.decode(source.streams.audio[0]):
            yield from map(loudness, shape.resample(frame))
        yield from map(loudness, shape.resample(None))


def loudness(frame: Any) -> int:
    samples = array("h", bytes(frame.planes[0])[: frame.samples * 2])
    return max(max(samples), -min(samples)) if samples else 0


def draw_bars(steps: list[int]) -> str:
    """The loudest bar is as high as there is room, whatever the microphone."""
    bars = [max(steps[at * len(steps) // BARS : max(at * len(steps) // BARS + 1, (at + 1) * len(steps) // BARS)])
            for at in range(BARS)]  # fmt: skip
    loudest = max(bars) or 1
    return "".join(DIGITS[bar * 35 // loudest] for bar in bars)


if __name__ == "__main__":
    main(sys.argv[1])
