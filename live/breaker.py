"""The circuit breaker of a server that we need: who finds it silent waits once, nobody else until it answers."""

import logging
import threading
import time
import weakref
from collections.abc import Callable

log = logging.getLogger(__name__)

PROBE_EVERY_SECONDS = 1.0
SAY_EVERY_SECONDS = 60.0


class Breaker:
    """Closed while the server answers. `trip` opens it; a thread of its own then asks `probe` until that is true.

    So a request never waits to find out whether the server is back. Thread-safe.
    """

    def __init__(self, name: str, probe: Callable[[], bool]) -> None:
        self.name, self.probe = name, probe
        self.lock = threading.Lock()
        self.is_open = False
        # what was not tried because it is open, for the log
        self.spared = 0
        self.waiting: set[Callable[[], None]] = set()
        self.opened_at = self.said_at = 0.0

    def spare(self) -> bool:
        """Whether it is open: then the caller goes without, and is counted."""
        if self.is_open:
            self.spared += 1
        return self.is_open

    def trip(self, why: str) -> None:
        """The server did not answer as it should."""
        with self.lock:
            if self.is_open:
                return
            self.is_open, self.spared = True, 0
            self.opened_at = self.said_at = time.monotonic()
        log.warning("%s does not answer (%s)", self.name, why)
        # it ends with this breaker, too
        threading.Thread(target=_watch, args=(weakref.ref(self),), name=f"probe {self.name}", daemon=True).start()

    def when_closed(self, act: Callable[[], None]) -> None:
        """Call `act` in a thread of its own once the server answers; at once, if it is closed. Once, however often."""
        with self.lock:
            self.waiting.add(act)
            if self.is_open:
                return
            acts, self.waiting = self.waiting, set()
        _call_in_threads(acts)

    def ask_again(self) -> bool:
        """Whether the server answers by now; then it is closed."""
        if not self.probe():
            if time.monotonic() - self.said_at >= SAY_EVERY_SECONDS:
                self.said_at = time.monotonic()
                log.warning("%s still does not answer; went without it %d times", self.name, self.spared)
            return False
        with self.lock:
            self.is_open = False
            acts, self.waiting = self.waiting, set()
        seconds = time.monotonic() - self.opened_at
        log.warning("%s answers again after %.0f s; went without it %d times", self.name, seconds, self.spared)
        _call_in_threads(acts)
        return True


def _watch(find: Callable[[], Breaker | None]) -> None:
    while (breaker := find()) is not None and not breaker.ask_again():
        del breaker
        time.sleep(PROBE_EVERY_SECONDS)


def _call_in_threads(acts: set[Callable[[], None]]) -> None:
    for act in acts:
        threading.Thread(target=act, daemon=True).start()
