"""What was seen of a file: the one shape that all detection answers with."""

from dataclasses import dataclass

UNKNOWN = "application/octet-stream"


@dataclass(frozen=True)
class FileType:
    """What was seen. A size only of a picture that really is one and not a bomb."""

    mime: str = UNKNOWN
    width: int | None = None
    height: int | None = None
    # what the type leaves open: the codecs in a container, `stereo`, `moving` of a picture with several frames
    traits: tuple[str, ...] = ()
    # a picture that would take far more memory than it is worth
    is_bomb: bool = False
    # a web page, which servers answer where they have no file
    is_page: bool = False

    @property
    def is_picture(self) -> bool:
        return self.width is not None
