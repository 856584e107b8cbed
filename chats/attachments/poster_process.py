"""Run as a process of its own: a film on stdin, its first picture, small and as WebP, on stdout.

Argument: the type that it is. As measure_process.py it holds itself to limits before it looks at anything, and it is
started without the environment: what a made-up file does to a decoder costs that file its poster and nothing else.
"""

import resource
import sys
from io import BytesIO
from typing import Any

SIDE = 640
LIMITS = {
    resource.RLIMIT_AS: 1024 * 1024 * 1024,
    resource.RLIMIT_CPU: 20,
    resource.RLIMIT_FSIZE: 1024 * 1024,
    resource.RLIMIT_NOFILE: 64,
    resource.RLIMIT_CORE: 0,
}
# named, so that no file makes a library open another file or an address
FORMATS = {"video/mp4": "mov", "video/webm": "matroska"}


def main(mime: str) -> None:
    for name, most in LIMITS.items():
        resource.setrlimit(name, (most, most))
    import av

    source: Any
    with av.open(BytesIO(sys.stdin.buffer.read()), format=FORMATS[mime]) as source:
        frame = next(source.decode(source.streams.video[0]))
        picture = frame.to_image().rotate(frame.rotation, expand=True)
    picture.thumbnail((SIDE, SIDE))
    picture.save(sys.stdout.buffer, "WEBP", quality=78)


if __name__ == "__main__":
    main(sys.argv[1])
