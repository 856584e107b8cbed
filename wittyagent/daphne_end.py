"""The end of daphne in time: a thread that is still in a request would hold the interpreter until that is over."""

import os
import threading
import time

from twisted.internet import reactor

# what is under way may finish in; a process manager waits for little more
END_WITHIN_SECONDS = 3.5


def end_in_time() -> None:
    """Once daphne has been told to end, it does, whatever is still under way: nothing accepted is only in memory."""
    reactor.addSystemEventTrigger("before", "shutdown", _start_to_count)  # type: ignore[arg-type]


def _start_to_count() -> None:
    threading.Thread(target=_end, daemon=True).start()


def _end() -> None:
    time.sleep(END_WITHIN_SECONDS)
    os._exit(0)
