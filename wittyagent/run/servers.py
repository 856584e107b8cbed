"""The embedded servers of a data folder: one command starts all, with nothing to install.

Their addresses follow from the data folder alone. Who comes first starts a server, who comes later uses it.
"""

import contextlib
import fcntl
import os
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Self

from wittyagent.run.embedded.postgres import DATABASE, PORT, ROLE, Postgres
from wittyagent.run.embedded.server import STOPPED_WITHIN, Server, make_private, socket_folder
from wittyagent.run.embedded.valkey import SOCKET, Valkey
from wittyagent.run.processes import StartError, stop_processes

__all__ = ["Servers", "StartError", "data_folder", "remove_sockets", "server_urls", "start_servers"]

LOG_KEPT = 1_000_000  # bytes


def server_urls(data: Path) -> tuple[str, str]:
    """DATABASE_URL (as django-environ reads it) and REDIS_URL of a data folder's servers, running or not."""
    sockets = socket_folder(data)
    # the port is named so that a PGPORT in the environment changes nothing
    return f"postgres://{ROLE}@:{PORT}/{sockets}/{DATABASE}", f"unix://{sockets}/{SOCKET}?db=0"


def data_folder(data: Path) -> Path:
    """Makes the data folder if it is missing. StartError if nothing can be written there."""
    try:
        make_data_folder(data)
        with tempfile.TemporaryFile(dir=data):
            pass
    except OSError as error:
        raise StartError(
            f"the data folder {data} is not writable ({error.strerror}); WITTY_DATA names another one"
        ) from None
    return data.resolve()


def make_data_folder(data: Path) -> None:
    """For its owner alone, also what an earlier version left open. A folder that everybody shares stays so."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = data.stat()
    if found.st_uid == os.geteuid() and found.st_mode & 0o077 and not found.st_mode & stat.S_ISVTX:
        data.chmod(0o700)


@dataclass
class Servers:
    """The servers that this process started. Those that ran before are not among them and are not stopped."""

    processes: dict[Server, subprocess.Popen[bytes]] = field(default_factory=dict)

    def stop(self) -> None:
        """Ends them cleanly, all at once."""
        stop_processes({process: server.stop_signal for server, process in self.processes.items()}, STOPPED_WITHIN)
        for data in {server.data for server in self.processes}:
            remove_sockets(data)
        self.processes.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start_servers(
    data: Path, *, durable: bool = True, postgres: bool = True, redis: bool = True, piped: bool = False
) -> Servers:
    """Starts the servers of a data folder that do not run yet; returns once they answer.

    `durable=False` is for tests: nothing is synced, and Valkey keeps nothing. Logs go to `servers.log` in the
    data folder, or with `piped` to each process' stdout, which the caller must read. StartError if a server
    cannot be started; then none is.
    """
    folder = data_folder(data)
    wanted: list[Server] = []
    if postgres:
        wanted.append(Postgres(folder, durable))
    if redis:
        wanted.append(Valkey(folder, durable))
    started = Servers()
    with (
        _hold_folder(folder, fcntl.LOCK_EX),
        _open_log(folder / "servers.log") as (log, said),
        contextlib.ExitStack() as on_failure,
    ):
        on_failure.callback(started.stop)
        make_private(socket_folder(folder), kept=folder / "postgresql")
        for server in wanted:
            if not server.answers():
                started.processes[server] = server.launch(subprocess.PIPE if piped else log)
        for server, process in started.processes.items():
            server.wait_ready(process, process.stdout or said)
        on_failure.pop_all()
    return started


def remove_sockets(data: Path) -> None:
    """Removes the folder of sockets of stopped servers, unless it is in use or someone is starting others."""
    # rmdir refuses what is not empty
    with contextlib.suppress(OSError), _hold_folder(data, fcntl.LOCK_EX | fcntl.LOCK_NB):
        socket_folder(data).rmdir()


@contextlib.contextmanager
def _hold_folder(folder: Path, operation: int) -> Iterator[None]:
    """One process at a time looks and starts."""
    with (folder / "servers.lock").open("w") as lock:
        fcntl.flock(lock, operation)
        yield


@contextlib.contextmanager
def _open_log(path: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """The log to write, begun anew when it has grown long, and the same to read, from now on."""
    long = path.exists() and path.stat().st_size > LOG_KEPT
    with path.open("wb" if long else "ab") as log, path.open("rb") as said:
        said.seek(0, os.SEEK_END)
        yield log, said
