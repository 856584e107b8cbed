"""The supervisor of `manage.py up`: starts children, prints what they say, starts again those that die or fall silent.

One thread, one loop. Should it be killed, the kernel ends the children (see processes.die_with_parent).
"""

import contextlib
import os
import selectors
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from wittyagent.run import heartbeat
from wittyagent.run.forks import Unclean
from wittyagent.run.heartbeat import Silence
from wittyagent.run.processes import Process, StartError, how_it_ended, is_stopped, kill_with_children, signal_group

TICK = 0.2  # seconds
FIRST_PAUSE, MAX_PAUSE_SECONDS = 1.0, 30.0  # seconds before a dead child is started again
STEADY_AFTER = 30.0  # who has lived so long begins again with the first pause
APPLICATIONS_END_WITHIN, SERVERS_END_WITHIN = 2.5, 1.5  # seconds; all in all less than 5
READ_AT_ONCE = 65536  # bytes
LOOK_EVERY = 2.0  # seconds, at servers that someone else runs
COLOURS = {"web": "32", "worker": "36", "beat": "35", "db": "34", "redis": "33"}


def announce_line(line: bytes) -> None:
    """Prints a line. If nobody reads any more (`up | head`), asks ourselves to end."""
    try:
        sys.stdout.buffer.write(line + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        signal.raise_signal(signal.SIGTERM)


@dataclass(eq=False)
class Child:
    """Something that should always run."""

    name: str
    # starts it, with its output piped; None means that someone else runs it already
    start: Callable[[], Process | None]
    # whether it still runs, asked where someone else runs it
    answers: Callable[[], bool] = lambda: True
    stop_signal: int = signal.SIGTERM
    # a number that changes as long as it lives; None: nobody listens
    sign: Callable[[], int] | None = None
    # where it is silent and yet not stopped
    patience: float = heartbeat.SILENT_SECONDS

    process: Process | None = None
    since: float = 0.0
    again_at: float | None = None
    pause: float = FIRST_PAUSE
    unfinished_line: bytes = b""
    silence: Silence = field(default_factory=Silence)


@dataclass
class Supervisor:
    """Keeps servers and, above them, applications running until an exception ends `run`; then call `stop`."""

    servers: list[Child] = field(default_factory=list)
    applications: list[Child] = field(default_factory=list)
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def add_server(self, child: Child) -> None:
        """Starts what must outlive the applications. StartError if it cannot be started."""
        self._start(child)
        self.servers.append(child)

    def add(self, child: Child) -> None:
        """Starts an application."""
        self._start(child)
        self.applications.append(child)

    def run(self, on_tick: Callable[[], None]) -> None:
        """Prints and heals, for ever, and calls `on_tick` every TICK seconds or more often."""
        looked = time.monotonic()
        while True:
            self.print_output(TICK)
            elapsed = time.monotonic() - looked
            looked += elapsed
            for child in [*self.servers, *self.applications]:
                self._heal(child)
                self._end_silent(child, elapsed)
            on_tick()

    def stop(self) -> None:
        """Ends applications, then servers, cleanly or by force, in less than 5 seconds; nothing is left."""
        self._end(self.applications, APPLICATIONS_END_WITHIN)
        self._end(self.servers, SERVERS_END_WITHIN)

    def print_output(self, wait: float = 0) -> None:
        """Prints what children have said; waits at most `wait` seconds for the first word."""
        for key, _ in self.selector.select(wait):
            self._print_from(key.data, key.fd)

    def say(self, child: Child, line: bytes) -> None:
        """Prints a line of a child, with its name before it, coloured on a terminal."""
        prefix = f"{child.name:<7}|"
        if sys.stdout.isatty():
            prefix = f"\x1b[{COLOURS.get(child.name, '0')}m{prefix}\x1b[0m"
        announce_line(prefix.encode() + b" " + line)

    def _start(self, child: Child) -> None:
        # what a former one left is no sign of this one
        child.silence = Silence(child.sign() if child.sign else 0)
        for one in (*self.servers, child):
            if isinstance(one.sign, heartbeat.Asked):
                one.sign.hang_up()
        child.process = child.start()
        child.since, child.again_at = time.monotonic(), None
        if child.process and child.process.stdout:
            os.set_blocking(child.process.stdout.fileno(), False)
            self.selector.register(child.process.stdout, selectors.EVENT_READ, child)

    def _heal(self, child: Child) -> None:
        now = time.monotonic()
        if child.again_at is not None:
            if now >= child.again_at:
                self._start_again(child)
        elif child.process is None:
            if now - child.since > LOOK_EVERY:
                child.since = now
                if not child.answers():
                    self._start_again(child)
        elif (code := child.process.poll()) is not None:
            self._bury(child, child.process)
            self._plan(child, f"ended ({how_it_ended(code)})")
        elif now - child.since > STEADY_AFTER:
            child.pause = FIRST_PAUSE

    def _end_silent(self, child: Child, elapsed: float) -> None:
        """Kill a child that runs and yet gives no sign of life, and start it again."""
        if child.sign is None or child.process is None:
            return
        silence = child.silence
        silence.listen(child.sign(), elapsed)
        if silence.seconds < heartbeat.SILENT_SECONDS:
            return
        stopped = is_stopped(child.process.pid)
        patience = child.patience if silence.heard else heartbeat.SILENT_AT_START_SECONDS
        if stopped or silence.seconds >= patience:
            kill_with_children(child.process)
            self._bury(child, child.process)
            why = "it is stopped" if stopped else "it does not answer"
            self._plan(child, f"no sign of life for {silence.seconds:.0f} s ({why}): killed")

    def _start_again(self, child: Child) -> None:
        try:
            self._start(child)
        except Unclean:
            raise
        except (StartError, OSError) as error:
            self._plan(child, str(error))

    def _plan(self, child: Child, why: str) -> None:
        self.say(child, f"{why}, starting again in {child.pause:.0f} s".encode())
        child.again_at = time.monotonic() + child.pause
        child.pause = min(child.pause * 2, MAX_PAUSE_SECONDS)

    def _end(self, children: Sequence[Child], seconds: float) -> None:
        running = [(child, child.process) for child in children if child.process]
        for child, process in running:
            signal_group(process, child.stop_signal)
        end = time.monotonic() + seconds
        while time.monotonic() < end and any(process.poll() is None for _, process in running):
            self.print_output(0.02)
        for child, process in running:
            self._bury(child, process)

    def _bury(self, child: Child, process: Process) -> None:
        """Kills what is left of a child and prints its last words."""
        signal_group(process, signal.SIGKILL)
        process.wait()
        child.process = None
        if process.stdout:
            while self._print_from(child, process.stdout.fileno()):
                pass
            with contextlib.suppress(KeyError):
                self.selector.unregister(process.stdout)
            process.stdout.close()
        if child.unfinished_line:
            self.say(child, child.unfinished_line)
            child.unfinished_line = b""

    def _print_from(self, child: Child, output: int) -> bool:
        """Prints what a child has said; False if it has said all for now, or for ever."""
        try:
            data = os.read(output, READ_AT_ONCE)
        except BlockingIOError:
            return False
        if not data:
            with contextlib.suppress(KeyError):
                self.selector.unregister(output)
            return False
        *lines, child.unfinished_line = (child.unfinished_line + data).split(b"\n")
        for line in lines:
            self.say(child, line)
        return True
