"""Children that are forked from what this process has read: they share its memory until one writes to it.

A fork copies one thread, locks as they are and connections as they stand. So this process must have one thread and no
connection whenever it forks, after a month as in the first second: `refuse_unclean` looks each time, and what needs
either is done `Apart`.
"""

import atexit
import contextlib
import functools
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, NoReturn, Self

from wittyagent.run.processes import (
    CAN_SEE_PROCESSES,
    PROCESSES,
    StartError,
    die_with_parent,
    how_it_ended,
    name_process,
    nobody_ids,
    signal_group,
)

ENDS_WITHIN = 2.0  # seconds, of who works apart and is told to end
RESULT = 3  # where a child that works apart says what came of it: the first number behind stdin, stdout and stderr


@dataclass(eq=False)
class Forked:
    """A child, as far as subprocess.Popen would show it."""

    pid: int
    stdout: IO[bytes]
    returncode: int | None = None

    def poll(self) -> int | None:
        return self._wait(os.WNOHANG)

    def wait(self) -> int:
        code = self._wait(0)
        assert code is not None  # noqa: S101 (without WNOHANG it has ended)
        return code

    def _wait(self, options: int) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, options)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


def fork_child(name: str, main: Callable[[], object]) -> Forked:
    """Runs `main` in a child with a session of its own, without input; `stdout` is all that it says.

    It ends as a program would: by what `main` returns or raises, and no later than we do. StartError if this process
    is not clean.
    """
    return _fork(name, main, (1, 2))


class Apart:
    """Work in a child of its own, begun at once; what it prints goes where our own words go.

    `work` returns what JSON can carry (64 kB of it at the most, the size of a pipe).
    """

    def __init__(self, name: str, work: Callable[[], Any]) -> None:
        self.name = name
        self.child = _fork(name, lambda: _say_result(work), (RESULT,))

    def finish(self, meanwhile: Callable[[float], object] = time.sleep) -> Any:
        """What `work` returned; StartError with its words, or if it came to no end. `meanwhile(seconds)` waits."""
        while self.child.poll() is None:
            meanwhile(0.02)
        with contextlib.suppress(ValueError):
            found = json.load(self.child.stdout)
            if "refusal" in found:
                raise StartError(found["refusal"])
            return found["result"]
        ended = how_it_ended(self.child.wait())
        raise StartError(f"the process {self.name!r} ended ({ended}); what it said stands above")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # a migration takes its statement back by itself
        for number in (signal.SIGINT, signal.SIGKILL):
            end = time.monotonic() + ENDS_WITHIN
            if self.child.poll() is None:
                signal_group(self.child, number)
            while self.child.poll() is None and time.monotonic() < end:
                time.sleep(0.02)
        self.child.stdout.close()


class Unclean(StartError):
    """No child can be forked from this process any more: whoever started it has to start it anew."""


def refuse_unclean() -> None:
    """Unclean if there is a thread or a connection here, which a fork would break."""
    others = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    tasks = PROCESSES / "self" / "task"
    count = len(list(tasks.iterdir())) if tasks.exists() else 1
    if others or count > 1:
        raise Unclean(f"cannot fork beside other threads ({', '.join(others) or f'{count - 1} of a library'})")
    if found := _open_sockets() - _THEIR_SOCKETS:
        raise Unclean(f"cannot fork with {len(found)} open connections")


def _open_sockets() -> set[str]:
    found = set()
    for file in (PROCESSES / "self" / "fd").glob("*"):
        with contextlib.suppress(OSError):
            if (leads_to := os.readlink(file)).startswith("socket:"):
                found.add(leads_to)
    return found


# the machine's own names of users may come over a connection that stays (sssd)
nobody_ids()
# what was open when we were started is not ours: the journal's stdout, a process manager's own
_THEIR_SOCKETS = _open_sockets()


def _fork(name: str, main: Callable[[], object], outputs: tuple[int, ...]) -> Forked:
    """`outputs` are the numbers at which the child finds the pipe whose other end is `stdout`."""
    refuse_unclean()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()  # what still stands in a buffer would be said twice
    read, write = os.pipe()
    begun, not_yet = os.pipe()
    parent = os.getpid()
    # one that comes before the child has its own handlers would run ours
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        if (pid := os.fork()) == 0:
            _run_and_exit(main, functools.partial(_leave_parent, name, parent, write, outputs, mask))
        os.close(not_yet)
        # until the child has closed what is ours: before its setsid a signal to its group would find nobody
        os.read(begun, 1)
    except OSError:
        os.close(not_yet)
        os.close(read)
        raise
    finally:
        os.close(write)
        os.close(begun)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return Forked(pid, os.fdopen(read, "rb"))


# --- in the child ----------------------------------------------------------------------------------


def _leave_parent(
    name: str, parent: int, output: int, outputs: tuple[int, ...], mask: set[int | signal.Signals]
) -> None:
    os.setsid()
    die_with_parent(parent, signal.SIGKILL)
    for number in outputs:
        os.dup2(output, number)
    _close_from(max(2, *outputs) + 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    name_process(name)


def _close_from(first: int) -> None:
    """What is the parent's: the lock of the data folder, other children's output."""
    if not CAN_SEE_PROCESSES:
        os.closerange(first, os.sysconf("SC_OPEN_MAX"))
        return
    for number in [int(file.name) for file in (PROCESSES / "self" / "fd").iterdir()]:
        if number >= first:
            with contextlib.suppress(OSError):
                os.close(number)


def _say_result(work: Callable[[], Any]) -> None:
    try:
        said = {"result": work()}
    except StartError as error:
        said = {"refusal": str(error)}
    with open(RESULT, "w") as pipe:
        json.dump(said, pipe)


def _run_and_exit(main: Callable[[], object], leave_parent: Callable[[], None]) -> NoReturn:
    """Never back into what the parent was about to do."""
    code = 1
    try:
        leave_parent()
        main()
        code = 0
    except SystemExit as end:
        code = _exit_code(end.code)
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT  # as a shell says it
    except BaseException:  # noqa: BLE001 (nobody is above us)
        traceback.print_exc()
    try:
        # what the interpreter would do: requests and tasks that are under way come to their end
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    finally:
        os._exit(code)


def _exit_code(said: object) -> int:
    if said is None or isinstance(said, int):
        return said or 0
    print(said, file=sys.stderr)  # noqa: T201 (as the interpreter does with sys.exit("…"))
    return 1
