"""How the demo's stories are told: who says and does what, minute by minute, through the product's own doors.

A story is a customer, the minute at which it begins (counted back from now) and its steps. A
text is said by the customer, a number lets so many minutes pass, and everything else is one
of the steps below. Between two steps a minute passes, unless a number says otherwise.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from chats import files, messaging, moves
from chats.models import Attachment, Chat, Message, Template
from origins.facts import Incoming, Reaction, Receipt
from origins.models import Origin
from trays.models import Agent, Tray
from wittyagent import demo_files
from wittybots.models import Option

HOUR = 60
DAY = 24 * HOUR


@dataclass
class Stage:
    """What the stories play on, by the names that they use."""

    origins: dict[str, Origin]
    agents: dict[str, Agent]
    trays: dict[str, Tray]
    options: dict[str, Option]
    templates: dict[str, Template]

    def tray(self, name: str) -> Tray:
        """A tray by its name; a personal one by its owner's user name."""
        return self.agents[name].personal_tray if name in self.agents else self.trays[name]


@dataclass
class Talk:
    """One customer's chat while its story is played."""

    stage: Stage
    origin: Origin
    sender: str
    name: str
    address_kind: str
    chat_pk: int = 0
    said: int = 0

    @property
    def holder(self) -> Agent:
        return self.stage.agents[Chat.objects.values_list("agent__username", flat=True).get(pk=self.chat_pk)]

    def last_of_ours(self) -> Message:
        return Message.objects.filter(chat=self.chat_pk, direction="out").order_by("-id")[0]


Step = Callable[[Talk, datetime], Any]


@dataclass
class Story:
    origin: str
    name: str
    address: str
    ago: float
    steps: tuple[str | float | Step, ...] = field(default_factory=tuple)

    def talk(self, stage: Stage) -> Talk:
        origin = stage.origins[self.origin]
        return Talk(stage, origin, self.address, self.name, "visitor" if origin.kind == "web" else "http")

    def timed(self) -> Iterator[tuple[float, Step]]:
        """(minutes ago, step) of each."""
        ago, pause = self.ago, 0.0
        for step in self.steps:
            if isinstance(step, (int, float)):
                pause = step
                continue
            ago -= pause
            yield ago, says(step) if isinstance(step, str) else step
            pause = 1


def line(name: str, address: str, ago: float, *steps: str | float | Step) -> Story:
    """On the HTTP origin, by telephone number."""
    return Story("demo-http", name, address, ago, steps)


def site(name: str, ago: float, *steps: str | float | Step) -> Story:
    """On the web chat, by a visitor's number; mostly without a name."""
    return Story("demo-web", name, uuid5(NAMESPACE_URL, f"{name} {steps[0]}").hex, ago, steps)


# --- the customer ------------------------------------------------------------------------------


def says(text: str = "", kind: str = "text", *, late: float = 0, file: str = "", **payload: Any) -> Step:
    """`late`: hours that the message was on its way."""

    def step(talk: Talk, at: datetime) -> None:
        told = dict(payload)
        if talk.address_kind == "visitor":
            told["shown_address"] = f"visitante {talk.sender[:4]}"
        _hear(talk, at - timedelta(hours=late), at, text, kind, told, file=file)

    return step


def _hear(
    talk: Talk, said_at: datetime, at: datetime, text: str, kind: str, payload: dict[str, Any],
    *, file: str = "", reply_to: str = "",
) -> None:  # fmt: skip
    _reads(talk)
    talk.said += 1
    kept = _kept(file, at, origin=talk.origin, visitor=talk.sender)
    fact = Incoming(
        f"{talk.sender}:{talk.said}", talk.sender, kind, text, talk.name, said_at, payload, reply_to,
        tuple(str(one.uuid) for one in kept), talk.address_kind,
    )  # fmt: skip
    talk.chat_pk = messaging.receive(talk.origin, fact, now=at).message.chat_id


def _kept(file: str, at: datetime, **owner: Any) -> list[Attachment]:
    return [files.keep_bytes(demo_files.make(file), file, created_at=at, **owner)] if file else []


def _reads(talk: Talk) -> None:
    """Whoever writes has read what an agent said."""
    ours = Message.objects.filter(chat=talk.chat_pk, author="agent", status__in=("sent", "delivered"))
    for uuid in ours.values_list("uuid", flat=True):
        messaging.settle(talk.origin, Receipt(str(uuid), "read"))


def pick(label: str) -> Step:
    """A button of the bot's menu."""

    def step(talk: Talk, at: datetime) -> None:
        says(label, "choice", payload=str(talk.stage.options[label].pk))(talk, at)

    return step


def photo(file: str, text: str = "") -> Step:
    return says(text, "image", file=file)


def paper(file: str, text: str = "") -> Step:
    return says(text, "document", file=file)


def voice() -> Step:
    return says("", "audio", file="nota-de-voz.wav")


def film(text: str = "") -> Step:
    return says(text, "video", file="ruido.webm")


def sticker() -> Step:
    return says("", "sticker", file="gracias.webp")


def place(address: str, latitude: float, longitude: float) -> Step:
    return says("", "location", address=address, latitude=latitude, longitude=longitude)


def card(name: str, phone: str) -> Step:
    return says("", "contact", name=name, phone=phone)


def unsupported(type_: str) -> Step:
    return says("", "unsupported", type=type_)


def quotes(text: str) -> Step:
    """Answers our last message by quoting it."""
    return lambda talk, at: _hear(talk, at, at, text, "text", {}, reply_to=str(talk.last_of_ours().uuid))


def reacts(emoji: str) -> Step:
    def step(talk: Talk, at: datetime) -> None:
        target = str(talk.last_of_ours().uuid)
        messaging.react(talk.origin, Reaction(talk.sender, target, emoji, talk.address_kind))

    return step


# --- the agent ---------------------------------------------------------------------------------


def take(who: str) -> Step:
    return lambda talk, at: moves.take(talk.chat_pk, talk.stage.agents[who], at=at)


def reply(text: str = "", file: str = "") -> Step:
    return lambda talk, at: messaging.reply(talk.chat_pk, talk.holder, text, files=_kept(file, at), now=at)


def note(text: str) -> Step:
    return lambda talk, at: messaging.note(talk.chat_pk, talk.holder, text, now=at)


def give_back() -> Step:
    return lambda talk, at: moves.give_back(talk.chat_pk, talk.holder, at=at)


def send(tray: str, why: str = "") -> Step:
    return lambda talk, at: moves.send(talk.chat_pk, talk.stage.tray(tray), talk.holder, note=why, at=at)


def close() -> Step:
    return lambda talk, at: moves.close(talk.chat_pk, talk.holder, at=at)


def relocate(who: str, tray: str) -> Step:
    """A supervisor, out of a personal tray."""

    def step(talk: Talk, at: datetime) -> None:
        moves.relocate(talk.chat_pk, talk.stage.tray(tray), actor=talk.stage.agents[who], at=at)

    return step


def template(who: str, name: str, **values: str) -> Step:
    def step(talk: Talk, at: datetime) -> None:
        stage = talk.stage
        messaging.send_template(talk.chat_pk, stage.agents[who], stage.templates[name], values, now=at)

    return step


def comes_to(status: str, reason: str = "") -> Step:
    """What becomes of our last message: delivered, read or failed."""

    def step(talk: Talk, at: datetime) -> None:
        messaging.settle(talk.origin, Receipt(str(talk.last_of_ours().uuid), status, reason))

    return step
