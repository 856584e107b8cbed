"""Children that never outlive us, and servers that refuse to be run by root."""

import contextlib
import ctypes
import functools
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol


class StartError(Exception):
    """Why nothing was started: one line for the person who runs it."""


# root's PostgreSQL: of those that systemd leaves unused, so that no login and no service has it
OWN_UID = 60_871
PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15
PROCESSES = Path("/proc")
CAN_SEE_PROCESSES = (PROCESSES / "self" / "cwd").exists()  # Linux
COMM_LENGTH = 15  # the kernel keeps so many bytes of a program's name
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class Process(Protocol):
    """A child: subprocess.Popen, or forks.Forked."""

    @property
    def pid(self) -> int: ...
    @property
    def stdout(self) -> IO[bytes] | None: ...
    @property
    def returncode(self) -> int | None: ...
    def poll(self) -> int | None: ...
    def wait(self) -> int: ...


def spawn_process(argv: Sequence[str], *, on_our_death: int = signal.SIGKILL, **popen: Any) -> subprocess.Popen[bytes]:
    """Starts `argv` in a session of its own, without input.

    `on_our_death` is the signal that the kernel sends it when we are gone, however we went (Linux).
    """
    parent = os.getpid()

    return subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        # runs after Popen's change of user, which would clear the death signal
        preexec_fn=functools.partial(die_with_parent, parent, on_our_death),
        **popen,
    )


def die_with_parent(parent: int, number: int) -> None:
    """In a new child: the kernel sends it this signal when its parent is gone, however that went (Linux)."""
    if _libc:
        _libc.prctl(PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:
            os._exit(1)


def name_process(name: str) -> None:
    """What `ps` shows of this process instead of the command that its parent was started with (Linux)."""
    if not _libc:
        return
    _libc.prctl(PR_SET_NAME, f"witty-{name}".encode())
    if not CAN_SEE_PROCESSES:
        return
    # as setproctitle does: written over the arguments of main(), of which nobody knows any more. No longer than
    # those, for behind them is the environment, which libraries read
    start, end = map(int, (PROCESSES / "self" / "stat").read_text().rpartition(")")[2].split()[45:47])
    title = f"wittyagent: {name}".encode()[: max(end - start - 1, 0)]
    ctypes.memmove(start, title.ljust(end - start, b"\0"), end - start)


def signal_group(process: Process, number: int) -> None:
    """Sends a signal to a child in a session of its own and to all that it started in its session's first group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def stop_processes(processes: Mapping[subprocess.Popen[bytes], int], seconds: float) -> None:
    """Asks each child to end with its signal, waits for all together, and kills what is left of them."""
    for process, number in processes.items():
        signal_group(process, number)
    end = time.monotonic() + seconds
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0, end - time.monotonic()))
        signal_group(process, signal.SIGKILL)
        process.wait()


def how_it_ended(code: int) -> str:
    """A return code of Popen in words."""
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def wait_gone(folder: Path, program: str, seconds: float) -> int | None:
    """Waits until no process of `program` works in `folder`; the pid of one that still does after that.

    Pid files are not asked: after kill -9 they may name a process that has nothing to do with it, and the
    workers of a killed PostgreSQL, which still write for a moment, stand in none.
    """
    end = time.monotonic() + seconds
    while (pid := _working_in(folder, program)) and time.monotonic() < end:
        time.sleep(0.05)
    return pid


def _working_in(folder: Path, program: str) -> int | None:
    for process in PROCESSES.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            name = (process / "comm").read_text().strip()
            if name == program[:COMM_LENGTH] and os.readlink(process / "cwd") == str(folder):
                return int(process.name)
    return None


def children_of(pid: int) -> list[int]:
    """The living processes whose parent is this one."""
    pids = [int(process.name) for process in PROCESSES.glob("[0-9]*")]
    return [child for child in pids if (found := _state_and_parent(child)) and found[0] != "Z" and found[1] == pid]


def is_stopped(pid: int) -> bool:
    """Whether somebody stopped it (SIGSTOP, a terminal) and nobody lets it go on."""
    return (_state_and_parent(pid) or ("", 0))[0] == "T"


def kill_with_children(process: Process) -> None:
    """Kills a child and what it started in sessions of their own, as PostgreSQL does, stopped or not."""
    own = children_of(process.pid)
    signal_group(process, signal.SIGKILL)
    for pid in own:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _state_and_parent(pid: int) -> tuple[str, int] | None:
    with contextlib.suppress(OSError):
        state, parent = (PROCESSES / str(pid) / "stat").read_text().rpartition(")")[2].split()[:2]
        return state, int(parent)
    return None


@dataclass(frozen=True)
class Way:
    """How a server is run: what stands before its command, as whom, and who owns its files."""

    prefix: tuple[str, ...] = ()
    credentials: Mapping[str, Any] = field(default_factory=dict)
    owner: tuple[int, int] | None = None

    def own(self, folder: Path) -> None:
        """Hands `folder` and all in it to the owner, if it is not theirs already."""
        if self.owner is None or folder.lstat().st_uid == self.owner[0]:
            return
        for parent, folders, files in os.walk(folder, topdown=False):
            for name in [*files, *folders]:
                os.chown(os.path.join(parent, name), *self.owner, follow_symlinks=False)
        # last, so that what was interrupted is done again
        os.chown(folder, *self.owner)


def unprivileged_way(binary: Path, reach: Path) -> Way:
    """The first way in which `binary` runs without root's rights in the folder `reach`.

    As root: a user of its own, whose number nobody else has, else a user namespace. StartError if neither works.
    """
    if os.geteuid() != 0:
        return Way()
    own = {"user": OWN_UID, "group": OWN_UID, "extra_groups": []}
    ways = [Way(credentials=own, owner=(OWN_UID, OWN_UID))]
    if unshare := shutil.which("unshare"):
        ways.append(Way(prefix=(unshare, "-U"), owner=(0, 0)))
    for way in ways:
        if _can_run(way, binary, reach):
            return way
    raise StartError(
        f"PostgreSQL does not run as root, and neither a user of its own nor a user namespace can use {binary}: "
        "start as another user with another WITTY_DATA, or set DATABASE_URL"
    )


def owners_of_ours(kept: Path) -> set[int]:
    """The users who may own what the embedded servers keep: us, for root the one of PostgreSQL, and whose it was."""
    if os.geteuid() != 0:
        return {os.geteuid()}
    nobody = nobody_ids()
    was_nobodys = nobody is not None and kept.exists() and kept.stat().st_uid == nobody[0]
    return {0, OWN_UID} | ({nobody[0]} if nobody and was_nobodys else set())


def nobody_ids() -> tuple[int, int] | None:
    """The user whom many programs of a machine share; earlier versions gave root's PostgreSQL to it."""
    with contextlib.suppress(KeyError):
        found = pwd.getpwnam("nobody")
        return found.pw_uid, found.pw_gid
    return None


def _can_run(way: Way, binary: Path, reach: Path) -> bool:
    # entered as root: above it the folders may be closed to everybody else
    probe = [*way.prefix, str(binary), "--version"]
    try:
        done = subprocess.run(probe, cwd=reach, capture_output=True, check=False, timeout=10, **way.credentials)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
