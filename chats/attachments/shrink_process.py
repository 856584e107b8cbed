"""Run as a process of its own: a picture on stdin, its small copy as WebP on stdout; exit 3: it needs none.

It holds itself to limits before it looks at anything, and it is started without the environment, so that what
a made-up picture does to the decoder costs that picture's small copy and nothing else.
"""

import resource
import sys
import warnings

SIDE = 640
# as chats/attachments/file_types.py, which it cannot import
MAX_PIXELS = 40_000_000
NONE_NEEDED = 3
LIMITS = {
    resource.RLIMIT_AS: 768 * 1024 * 1024,
    resource.RLIMIT_CPU: 10,
    resource.RLIMIT_FSIZE: 1024 * 1024,
    resource.RLIMIT_NOFILE: 64,
    resource.RLIMIT_CORE: 0,
}


def main() -> int:
    for name, most in LIMITS.items():
        resource.setrlimit(name, (most, most))
    from io import BytesIO

    from PIL import Image, ImageFile, ImageOps

    # a warning of too many pixels is reason enough
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error")
    picture: Image.Image = Image.open(BytesIO(sys.stdin.buffer.read()), formats=["JPEG", "PNG", "GIF", "WEBP"])
    # JPEG also opens what holds several pictures of the same scene
    if picture.format in ("GIF", "PNG", "WEBP") and getattr(picture, "is_animated", False):
        return NONE_NEEDED
    if isinstance(picture, ImageFile.ImageFile):
        picture.draft("RGB", (SIDE * 2, SIDE * 2))
    picture = ImageOps.exif_transpose(picture)
    sheer = "A" in picture.getbands() or "transparency" in picture.info
    picture = picture.convert("RGBA" if sheer else "RGB")
    picture.thumbnail((SIDE, SIDE))
    picture.info.clear()
    picture.save(sys.stdout.buffer, "WEBP", quality=78)
    return 0


if __name__ == "__main__":
    sys.exit(main())
