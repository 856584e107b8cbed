"""Capabilities of the networks as data: kinds, sizes and rates, read by whoever sends and by what screens offer."""

from collections.abc import Mapping
from dataclasses import dataclass

MB = 1024 * 1024


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
    # most bytes of a file, by kind of message
    file_bytes: Mapping[str, int] | None = None
    # a free text goes out only within 24 h of the customer's last message
    window: bool = False
    # what a person wrote may go out for seven days, where the line was given that right
    human_agent: bool = False
    # its templates live in the account at the network; else they are ours
    remote_templates: bool = False
    # the same message may be given twice: it knows our id
    repeats_safely: bool = False
    # says our own id in receipts or echoes, so that an unsure one can be told
    says_our_id: bool = False
    # shows that somebody is about to answer
    typing: bool = False
    # a line's messages a second, and how many may go at once
    line_rate: float = 0
    line_burst: int = 1
    # the same for one chat
    chat_rate: float = 0
    chat_burst: int = 1


CAPABILITIES: dict[str, Capabilities] = {
    "web": Capabilities(
        kinds=frozenset({"image", "audio", "video", "document", "sticker", "location", "contact", "template"})
    ),
    "http": Capabilities(
        kinds=frozenset(
            {"image", "audio", "video", "document", "sticker", "location", "contact", "template", "reaction"}
        ),
        repeats_safely=True,
    ),
    "whatsapp": Capabilities(
        text=4096,
        caption=1024,
        kinds=frozenset(
            {"image", "audio", "video", "document", "sticker", "location", "contact", "template", "reaction"}
        ),
        file_bytes={"image": 5 * MB, "audio": 16 * MB, "video": 16 * MB, "document": 100 * MB, "sticker": 500 * 1024},
        typing=True,
        window=True,
        remote_templates=True,
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
        kinds=frozenset(
            {
                "image",
                "audio",
                "video",
                "document",
                "sticker",
                "location",
                "contact",
                "template",
                "reaction",
                "edit",
                "withdrawal",
            }
        ),
        # of the 70-odd that bots may use: those of the menu
        reactions=("👍", "👏", "😁", "😢", "🙏", "🎉"),
        file_bytes=dict.fromkeys(("image", "audio", "video", "document", "sticker"), 50 * MB),
        typing=True,
        line_rate=30,
        line_burst=30,
        chat_rate=1,
        chat_burst=5,
    ),
    "messenger": Capabilities(
        text=2000,
        # a file has no caption: words go as a message of their own
        caption=0,
        kinds=frozenset(
            {"image", "audio", "video", "document", "sticker", "location", "contact", "template", "reaction"}
        ),
        file_bytes={
            "image": 8 * MB,
            "sticker": 8 * MB,
            "audio": 25 * MB,
            "video": 25 * MB,
            "document": 25 * MB,
        },
        typing=True,
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
        kinds=frozenset(
            {"image", "audio", "video", "document", "sticker", "location", "contact", "template", "reaction"}
        ),
        reactions=("❤️",),
        file_bytes={
            "image": 8 * MB,
            "sticker": 8 * MB,
            "audio": 25 * MB,
            "video": 25 * MB,
            "document": 25 * MB,
        },
        typing=True,
        window=True,
        human_agent=True,
        line_rate=40,
        line_burst=40,
    ),
}
