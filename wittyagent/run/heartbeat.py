"""Signs of life of the processes that `manage.py up` starts, and how their supervisor counts silence.

A child touches a file; an embedded server is asked. What counts is whether the sign changes, never a clock of theirs.
"""

import asyncio
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

BEAT_SECONDS = 2.0
SILENT_SECONDS = 20.0
# before the first sign: importing everything takes long where all start at once
SILENT_AT_START_SECONDS = 120.0
# of a server that is not stopped and yet does not answer: it may have a lot to do, and to kill one is no small thing
SILENT_SERVER_SECONDS = 60.0
# of one look: on a machine so busy that we come late ourselves, others may as well
MAX_LOOK_SECONDS = 1.0
FILE = "WITTY_HEARTBEAT"

_loop: asyncio.AbstractEventLoop | None = None


# --- in a child ------------------------------------------------------------------------------------


def start_beating() -> None:
    """Touch the file that our supervisor named, if there is one, for as long as this process gets anything done."""
    # taken out: what we start ourselves must not speak for us
    if name := os.environ.pop(FILE, ""):
        threading.Thread(target=_beat, args=(Path(name),), name="heartbeat", daemon=True).start()


def watch_loop() -> None:
    """From now on a beat also means that the running event loop turns."""
    global _loop
    _loop = asyncio.get_running_loop()


def _beat(file: Path) -> None:
    while True:
        turned = threading.Event()
        if _loop is None or _loop.is_closed():
            turned.set()
        else:
            _loop.call_soon_threadsafe(turned.set)
        turned.wait()
        with suppress(OSError):
            file.touch(0o600)
        time.sleep(BEAT_SECONDS)


# --- in the supervisor -----------------------------------------------------------------------------


def file_sign(file: Path) -> int:
    """When the file was last touched, as it says; 0 where it is not there."""
    with suppress(OSError):
        return file.stat().st_mtime_ns
    return 0


class Asked:
    """The sign of a server that has to be asked, in a thread of its own: how often it has answered."""

    def __init__(self, lives: Callable[[], bool]) -> None:
        self.lives, self.answers = lives, 0
        threading.Thread(target=self._ask, name="heartbeat", daemon=True).start()

    def __call__(self) -> int:
        return self.answers

    def _ask(self) -> None:
        while True:
            self.answers += self.lives()
            time.sleep(BEAT_SECONDS)


@dataclass
class Silence:
    """How long a sign has not changed, as far as we looked."""

    sign: int = 0
    seconds: float = 0.0
    heard: bool = False

    def listen(self, sign: int, elapsed: float) -> None:
        if sign != self.sign:
            self.sign, self.seconds, self.heard = sign, 0.0, True
        else:
            self.seconds += min(elapsed, MAX_LOOK_SECONDS)
