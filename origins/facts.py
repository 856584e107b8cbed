"""Facts that an origin tells us, and what we give it to send: the only shapes that the core knows of the outside."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

from common.errors import Failure

# (kind, value): one id by which an origin knows a person
Known = tuple[str, str]


# --- what comes in -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Incoming:
    """A message of a customer. `at` is the origin's time (None: not given); `files` are uuids of kept uploads.

    `sender` is the id to answer to, of kind `address_kind`; `aliases` are further ids of the same person.
    `kind` is one of chats.Message.Kind. What `payload` may hold:
        media      {id | url, mime_type, filename, sha256, voice, size}: to be fetched by the worker
        latitude, longitude, place, address                  of a location
        url                                                  of a location: the place's page
        name, phone, contacts [{name, phones [..]}]          of a contact card (name and phone: the first one); an entry
                   may have emails, addresses, links [..], company, role, birthday, note
        payload                                              of a choice: what its button carries
        type                                                 what the origin calls a content of no kind of ours
        cards, words                                         what there is to read in it, and what was written beside it
        about      [card]: the product, story or quoted part that it is about (cards: origins/readable.py)
        story      {id, url}: the story that it answers
        referral   {source_type, source_id, source_url, headline, body, ref, …}: the ad or the link that it came from
        forwarded  True; forwarded_from: whose message it was first
        via                                                  in which of several threads with the line it was said
        shown_address                                        how people read the sender, where it is not `sender`
    """

    external_id: str
    sender: str
    kind: str
    text: str = ""
    name: str = ""
    at: datetime | None = None
    payload: dict[str, Any] = field(default_factory=dict)
    reply_to: str = ""
    files: tuple[str, ...] = ()
    address_kind: str = "http"
    aliases: tuple[Known, ...] = ()
    # something that the network wants an answer to at once (a Telegram callback query)
    acknowledge: str = ""


@dataclass(frozen=True)
class Reaction:
    """A customer's reaction to a message; an empty emoji takes it back."""

    sender: str
    target: str
    emoji: str = ""
    address_kind: str = "http"
    at: datetime | None = None
    aliases: tuple[Known, ...] = ()


@dataclass(frozen=True)
class Edit:
    """A customer's message says something else now."""

    sender: str
    target: str
    text: str
    address_kind: str = "http"
    at: datetime | None = None
    aliases: tuple[Known, ...] = ()
    # cards and words as Incoming's, where it is told whole; None: only its words are told anew
    payload: dict[str, Any] | None = None


@dataclass(frozen=True)
class Withdrawal:
    """A customer took a message back."""

    sender: str
    target: str
    address_kind: str = "http"
    at: datetime | None = None
    aliases: tuple[Known, ...] = ()


@dataclass(frozen=True)
class Charge:
    """As what the origin counts a message of ours: its category and kind in its own words, and whether it costs."""

    category: str
    kind: str = ""
    is_billable: bool = True


@dataclass(frozen=True)
class Receipt:
    """What became of a message of ours. `ref` is our uuid or the id that the origin gave it.

    `ours`: our uuid, where the origin says it as well. `failure`, `code`: of a failed one. `charge`: where it says so.
    """

    ref: str
    status: str
    reason: str = ""
    sender: str = ""
    ours: str = ""
    at: datetime | None = None
    failure: Failure | None = None
    code: str = ""
    charge: Charge | None = None


@dataclass(frozen=True)
class Watermark:
    """All that we sent to this person up to this time is delivered or read."""

    sender: str
    status: str
    at: datetime
    address_kind: str


@dataclass(frozen=True)
class Echo:
    """Something that left by the line: our own message (`ours`), or one typed in the business's own app.

    `sender` is the customer that it went to.
    """

    external_id: str
    sender: str
    address_kind: str
    kind: str = "text"
    text: str = ""
    ours: str = ""
    at: datetime | None = None
    payload: dict[str, Any] = field(default_factory=dict)
    reply_to: str = ""
    aliases: tuple[Known, ...] = ()


@dataclass(frozen=True)
class Renamed:
    """The same person has another id: `old` and `new` are all that the origin says of each."""

    old: tuple[Known, ...]
    new: tuple[Known, ...]
    at: datetime | None = None
    words: str = ""


@dataclass(frozen=True)
class CameFrom:
    """By what link, ad or form somebody came, told on its own: said with the next message. `referral` as Incoming's."""

    sender: str
    address_kind: str
    referral: dict[str, str]
    at: datetime | None = None
    aliases: tuple[Known, ...] = ()


@dataclass(frozen=True)
class Promotions:
    """At the network somebody said whether the line may promote something to them."""

    sender: str
    address_kind: str
    wants: bool
    at: datetime | None = None
    aliases: tuple[Known, ...] = ()


@dataclass(frozen=True)
class TemplateNews:
    """A template of the account was approved, paused, recategorised, … `status` as chats.Template.Status, or ''.

    `disabled_from`: when the network will switch it off, where it says so.
    """

    account: str
    remote_id: str
    name: str
    language: str
    status: str = ""
    category: str = ""
    reason: str = ""
    quality: str = ""
    disabled_from: datetime | None = None


@dataclass(frozen=True)
class AccountNews:
    """Something about the account or the line that supervisors should know. `is_trouble`: it stops sending.

    `clears`: the trouble is over.
    """

    words: str
    is_trouble: bool = False
    clears: bool = False


@dataclass(frozen=True)
class Connected:
    """A person's own account that this line may answer for: whether it is connected, and may be answered for."""

    ref: str
    owner: str = ""
    may_answer: bool = False
    is_on: bool = False
    at: datetime | None = None


@dataclass(frozen=True)
class Ignored:
    """Known, kept in the ledger, and of no consequence (a group's message, a field that we do not use)."""

    reason: str


@dataclass(frozen=True)
class Broken:
    """A part of a body that makes no sense, with the reason in words."""

    index: int
    reason: str


Fact = (
    Incoming
    | Reaction
    | Edit
    | Withdrawal
    | Receipt
    | Watermark
    | Echo
    | Renamed
    | CameFrom
    | Promotions
    | TemplateNews
    | AccountNews
    | Connected
    | Ignored
)


@dataclass(frozen=True)
class Item:
    """One item of a body: in which list, at which place, what it says, and to which line of ours it was told.

    `line`: Origin.line_id, '' where the body says none. `account`: Origin.account_id, of what is told to no line.
    """

    list: str
    index: int
    fact: Fact | Broken
    line: str = ""
    account: str = ""


# --- what goes out -----------------------------------------------------------------------------


@dataclass(frozen=True)
class File:
    """A file to send. `open` gives its bytes anew each time; `url`: signed, where the origin fetches it itself."""

    name: str
    mime: str
    size: int
    open: Callable[[], IO[bytes]]
    url: str = ""
    is_voice: bool = False
    # the codecs and such in it (origins/file_rules.py)
    traits: frozenset[str] = frozenset()
    # what it is known by where many messages show it; "" where only this one does
    shared: str = ""


@dataclass(frozen=True)
class TemplateCall:
    """A template with its variables filled in. `components` as chats.Template.components."""

    name: str
    language: str
    variables: dict[str, str]
    parameter_format: str = "named"
    components: tuple[dict[str, Any], ...] = ()
    is_local: bool = True


@dataclass(frozen=True)
class Outgoing:
    """One message as it is to leave. `to`: all ids of the contact, as (kind, value).

    kind: text, image, audio, video, document, sticker, location, contact, template, reaction, edit, withdrawal.
    `target`: the origin's id of the message that a reaction, edit or withdrawal is about.
    `via`: the thread that the customer wrote in, where a line has several with a person (Incoming.payload).
    `late`: outside of the 24 h, where only what a person wrote may go (Failure.WINDOW for everything else).
    """

    uuid: str
    to: tuple[Known, ...]
    kind: str
    text: str = ""
    author: str = "agent"
    choices: tuple[dict[str, str], ...] = ()
    reply_to: str = ""
    file: File | None = None
    template: TemplateCall | None = None
    payload: dict[str, Any] = field(default_factory=dict)
    target: str = ""
    via: str = ""
    late: bool = False

    def address(self, *kinds: str) -> str:
        """The first of these kinds that the contact has, '' for none."""
        known = dict(reversed(self.to))
        return next((known[kind] for kind in kinds if kind in known), "")


@dataclass(frozen=True)
class Sent:
    """The origin took it, and the id that it gave ('': none)."""

    id: str = ""


@dataclass(frozen=True)
class RemoteTemplate:
    """A template as the network's account has it. `status` and `category` as in chats.Template."""

    remote_id: str
    name: str
    language: str
    status: str
    category: str
    body: str
    header: str = ""
    footer: str = ""
    parameter_format: str = "positional"
    components: tuple[dict[str, Any], ...] = ()
    quality: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Finding:
    """One thing that *Probar conexión* looked at: in words, and whether it is as it should be."""

    words: str
    is_good: bool
    advice: str = ""
    # which step it is of: app, token, number, account, templates, subscription, webhook; missing
    about: str = ""
    # not good, and nobody's fault: it may be so in a moment; or it was not done yet
    is_passing: bool = False
    is_todo: bool = False
