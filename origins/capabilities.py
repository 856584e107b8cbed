"""Capabilities of the networks as data: kinds, files and rates, read by whoever sends and by what screens offer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MB = 1024 * 1024

# what may be in a container; None: anything
Codecs = frozenset[str] | None
OPUS: Codecs = frozenset({"opus", "stereo"})
# in one channel
SPEECH: Codecs = frozenset({"opus"})
AAC: Codecs = frozenset({"aac", "stereo"})
FILM: Codecs = frozenset({"h264", "aac", "stereo"})
STILL: Codecs = frozenset()


@dataclass(frozen=True)
class FileRule:
    """Files that leave as one kind of message: their types (None: any) with what may be in them, and most bytes."""

    types: Mapping[str, Codecs] | None = None
    most: int = 0

    def takes(self, mime: str, traits: frozenset[str], size: int) -> bool:
        return self.takes_type(mime, traits) and (not self.most or size <= self.most)

    def takes_type(self, mime: str, traits: frozenset[str] = frozenset()) -> bool:
        if self.types is None:
            return True
        codecs = self.types.get(mime)
        return mime in self.types and (codecs is None or traits <= codecs)


ANY_FILE = FileRule()


def _types(*mimes: str) -> dict[str, Codecs]:
    return dict.fromkeys(mimes)


_OFFICE = _types(
    "application/pdf", "text/plain", "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
)  # fmt: skip


@dataclass(frozen=True)
class Capabilities:
    """What a network takes, and how quickly. Lengths in characters, or in UTF-8 bytes where `counts_bytes`."""

    text: int = 65_536
    counts_bytes: bool = False
    caption: int = 65_536
    # outgoing kinds, beside text
    kinds: frozenset[str] = frozenset()
    # the only emoji that it takes as a reaction; none named: any
    reactions: tuple[str, ...] = ()
    # below a text, as buttons or a list: most choices, and most characters of each; none: they are said in words
    choices: tuple[int, int] = (0, 0)
    # kinds of files that go with words of their own
    captioned: frozenset[str] = frozenset({"image", "audio", "video", "document"})
    # of a file with words: most choices below it as buttons, and most characters of each; others go with a text
    choices_with_file: tuple[int, int] = (0, 0)
    # by kind of message, and `voice` for voice notes: the first type named is the one that others are turned into
    files: Mapping[str, FileRule] = field(default_factory=dict)
    # a free text goes out only within 24 h of the customer's last message
    window: bool = False
    # what a person wrote may go out for seven days, where the line was given that right
    human_agent: bool = False
    # its templates live in the account at the network; else they are ours
    remote_templates: bool = False
    # the same message may be given twice: it knows our id
    repeats_safely: bool = False
    # a person may have several threads with the line: with a bot, and with accounts that it answers for
    has_threads: bool = False
    # whoever has not written yet can be written to, at a phone
    first_by_phone: bool = False
    # says our own id in receipts or echoes, so that an unsure one can be told
    says_our_id: bool = False
    # shows that somebody is about to answer: said again after so many seconds while it lasts; 0: it cannot
    typing: int = 0
    # a line's messages a second, and how many may go at once
    line_rate: float = 0
    line_burst: int = 1
    # the same for one chat
    chat_rate: float = 0
    chat_burst: int = 1

    def max_caption_chars(self, kind: str) -> int:
        """Of the words that go with a file of this kind; 0: they go as a message of their own."""
        return self.caption if kind in self.captioned else 0

    def file_rule(self, kind: str) -> FileRule:
        return self.files.get(kind, ANY_FILE)


_ALL = frozenset({"image", "audio", "video", "document", "sticker", "location", "contact", "template"})

CAPABILITIES: dict[str, Capabilities] = {
    "web": Capabilities(
        kinds=_ALL,
        choices=(10, 40),
        choices_with_file=(10, 40),
        # what every browser shows and plays
        files={
            "image": FileRule(_types("image/jpeg", "image/png", "image/gif", "image/webp")),
            "voice": FileRule({"audio/mp4": AAC}),
            "audio": FileRule(_types("audio/mp4", "audio/mpeg", "audio/aac", "audio/wav", "audio/ogg", "audio/webm")),
            "video": FileRule({"video/mp4": FILM, "video/webm": None}),
        },
    ),
    "http": Capabilities(
        kinds=_ALL | {"reaction"},
        choices_with_file=(10, 40),
        files={"voice": FileRule({"audio/ogg": OPUS})},
        repeats_safely=True,
    ),
    "whatsapp": Capabilities(
        text=4096,
        caption=1024,
        captioned=frozenset({"image", "video", "document"}),
        # three as buttons, more as a list
        choices=(10, 24),
        choices_with_file=(3, 20),
        kinds=_ALL | {"reaction"},
        files={
            "image": FileRule(_types("image/jpeg", "image/png"), 5 * MB),
            "voice": FileRule({"audio/ogg": SPEECH}, 16 * MB),
            "audio": FileRule(
                {"audio/mp4": None, **_types("audio/aac", "audio/amr", "audio/mpeg"), "audio/ogg": SPEECH}, 16 * MB
            ),
            "video": FileRule({"video/mp4": FILM, "video/3gpp": FILM}, 16 * MB),
            "document": FileRule(_OFFICE, 100 * MB),
            "sticker": FileRule(_types("image/webp"), 500 * 1024),
        },
        typing=20,
        window=True,
        remote_templates=True,
        first_by_phone=True,
        says_our_id=True,
        # by number; and by number and customer: one in six seconds, of which 45 may be had at once
        line_rate=80,
        line_burst=80,
        chat_rate=1 / 6,
        chat_burst=45,
    ),
    "telegram": Capabilities(
        text=4096,
        caption=1024,
        kinds=_ALL | {"reaction", "edit", "withdrawal"},
        choices=(10, 40),
        choices_with_file=(10, 40),
        has_threads=True,
        # of the 70-odd that bots may use: those of the menu
        reactions=("👍", "👏", "😁", "😢", "🙏", "🎉"),
        files={
            "image": FileRule({"image/jpeg": None, "image/png": None, "image/webp": STILL, "image/gif": None}, 10 * MB),
            "voice": FileRule({"audio/ogg": OPUS}, 50 * MB),
            "audio": FileRule(_types("audio/mp4", "audio/mpeg", "audio/aac"), 50 * MB),
            "video": FileRule(_types("video/mp4"), 50 * MB),
            "document": FileRule(most=50 * MB),
            "sticker": FileRule(_types("image/webp"), 50 * MB),
        },
        typing=5,
        line_rate=30,
        line_burst=30,
        chat_rate=1,
        chat_burst=5,
    ),
    "messenger": Capabilities(
        text=2000,
        # a file has no caption: words go as a message of their own
        caption=0,
        kinds=_ALL | {"reaction"},
        choices=(13, 20),
        files={
            "image": FileRule(_types("image/jpeg", "image/png", "image/gif"), 8 * MB),
            "voice": FileRule({"audio/mp4": AAC}, 25 * MB),
            "audio": FileRule(_types("audio/mp4", "audio/mpeg", "audio/aac", "audio/wav", "audio/ogg"), 25 * MB),
            "video": FileRule(_types("video/mp4", "video/quicktime", "video/webm"), 25 * MB),
            "document": FileRule(most=25 * MB),
        },
        typing=15,
        window=True,
        human_agent=True,
        says_our_id=True,
        line_rate=40,
        line_burst=40,
    ),
    "instagram": Capabilities(
        text=1000,
        counts_bytes=True,
        caption=0,
        kinds=_ALL | {"reaction"},
        reactions=("❤️",),
        choices=(13, 20),
        files={
            "image": FileRule(_types("image/jpeg", "image/png", "image/gif"), 8 * MB),
            "voice": FileRule({"audio/mp4": AAC}, 25 * MB),
            "audio": FileRule({"audio/mp4": AAC, **_types("audio/aac", "audio/wav")}, 25 * MB),
            "video": FileRule(
                _types("video/mp4", "video/quicktime", "video/webm", "video/ogg", "video/x-msvideo"), 25 * MB
            ),
            "document": FileRule(_types("application/pdf"), 25 * MB),
        },
        typing=15,
        window=True,
        human_agent=True,
        line_rate=40,
        line_burst=40,
    ),
}
