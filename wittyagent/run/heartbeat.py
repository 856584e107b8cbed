"""Signs of life of the processes that `manage.py up` starts, and how their supervisor counts silence.

A child touches a file; an embedded server is asked. What counts is whether the sign changes, never a clock of theirs.
"""

import asyncio
import select
import socket
import threading
import time
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
# with a server that was asked; then it is asked again
PATIENCE_SECONDS = 15.0
ANSWER_SECONDS = 0.2

_loop: asyncio.AbstractEventLoop | None = None


# --- in a child ------------------------------------------------------------------------------------


def start_beating(file: Path) -> None:
    """Touch this file, which our supervisor looks at, for as long as this process gets anything done."""
    threading.Thread(target=_beat, args=(file,), name="heartbeat", daemon=True).start()


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
    """The sign of a server that has to be asked: how often it has answered.

    Each look at it goes one step further and waits for nothing, so that it needs no thread.
    """

    def __init__(self, address: Path, question: bytes) -> None:
        self.address, self.question, self.answers = address, question, 0
        self.line: socket.socket | None = None
        # when it is asked, or when we have waited for long enough
        self.next_at = 0.0

    def __call__(self) -> int:
        if self.line and (said := self._read(self.line)) is not None:
            self.answers += bool(said)
            self._close()
        elif time.monotonic() >= self.next_at:
            self._close()
            self._ask()
        return self.answers

    def hang_up(self) -> None:
        """Before a fork, as a child would hold the line as well. It is asked again in a while."""
        if self.line:
            # nearly always it answers at once, and who goes before that leaves a line in its log
            select.select([self.line], [], [], ANSWER_SECONDS)
            self()
            self._close()

    def _ask(self) -> None:
        self.line = socket.socket(socket.AF_UNIX)
        self.line.setblocking(False)
        self.next_at = time.monotonic() + PATIENCE_SECONDS
        try:
            self.line.connect(str(self.address))
            self.line.send(self.question)
        except OSError:
            self._close()

    def _close(self) -> None:
        if self.line:
            self.line.close()
            self.line, self.next_at = None, time.monotonic() + BEAT_SECONDS

    def _read(self, line: socket.socket) -> bytes | None:
        """Its answer; none as yet; b"" where it went away without one."""
        try:
            return line.recv(1)
        except BlockingIOError:
            return None
        except OSError:
            return b""


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
