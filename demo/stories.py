"""The language of the demo's stories: who says and does what, minute by minute.

A story is a customer, the minute at which it begins (counted back from now) and its steps. A
text is said by the customer, a number lets so many minutes pass, and everything else is one
of the steps of demo_steps.py. Between two steps a minute passes, unless a number says otherwise.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import NAMESPACE_URL, uuid5
from zlib import crc32

from demo.steps import Stage, Step, Talk, customer_says
from origins.facts import Known

HOUR = 60
DAY = 24 * HOUR


@dataclass
class Story:
    """`aliases`, `shown`: the customer's further ids, and how people read them, where that is not the address."""

    origin: str
    name: str
    address: str
    ago: float
    steps: tuple[str | float | Step, ...] = field(default_factory=tuple)
    address_kind: str = "http"
    aliases: tuple[Known, ...] = ()
    shown: str = ""

    def talk(self, stage: Stage) -> Talk:
        return Talk(
            stage, stage.origins[self.origin], self.address, self.name, self.address_kind, self.aliases, self.shown
        )

    def timed(self) -> Iterator[tuple[float, Step]]:
        """(minutes ago, step) of each."""
        ago, pause = self.ago, 0.0
        for step in self.steps:
            if isinstance(step, (int, float)):
                pause = step
                continue
            ago -= pause
            yield ago, customer_says(step) if isinstance(step, str) else step
            pause = 1


def http_story(name: str, address: str, ago: float, *steps: str | float | Step) -> Story:
    """On the HTTP origin, by telephone number."""
    return Story("demo-http", name, address, ago, steps)


def web_story(name: str, ago: float, *steps: str | float | Step) -> Story:
    """On the web chat, by a visitor's number; mostly without a name."""
    visitor = uuid5(NAMESPACE_URL, f"{name} {steps[0]}").hex
    return Story("demo-web", name, visitor, ago, steps, "visitor", shown=f"visitante {visitor[:4]}")


def whatsapp_story(name: str, address: str, ago: float, *steps: str | float | Step) -> Story:
    """By telephone number, or by a user name alone (`@…`), as those who hide their number are known since 2026."""
    bsuid = f"AR.{crc32(address.encode()):010d}"
    if address.startswith("@"):
        return Story("demo-whatsapp", name, bsuid, ago, steps, "bsuid", shown=address)
    phone = re.sub(r"\D", "", address)
    ids = (("bsuid", bsuid), ("phone", phone))
    return Story("demo-whatsapp", name, phone, ago, steps, "wa_id", ids, f"+{phone}")


def telegram_story(name: str, username: str, ago: float, *steps: str | float | Step) -> Story:
    return Story("demo-telegram", name, _network_id(username), ago, steps, "telegram", shown=username)


def messenger_story(name: str, ago: float, *steps: str | float | Step) -> Story:
    return Story("demo-messenger", name, f"2{_network_id(name)}", ago, steps, "psid")


def instagram_story(name: str, username: str, ago: float, *steps: str | float | Step) -> Story:
    return Story("demo-instagram", name, f"3{_network_id(username)}", ago, steps, "igsid", shown=username)


def _network_id(name: str) -> str:
    """An id as the networks give them, always the same."""
    return str(7_000_000_000 + crc32(name.encode()) % 1_000_000_000)
