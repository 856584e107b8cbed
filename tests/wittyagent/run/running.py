"""A running `manage.py up`, and what the kernel says of its processes."""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.ports import free_port
from wittyagent.run import processes
from wittyagent.run.embedded.server import socket_folder

ROOT = Path(__file__).resolve().parents[3]
READY = re.compile(r"^WittyAgent is ready at (http://127\.0\.0\.1:\d+/)$", re.M)
PROGRAMS = {
    **{name: f"wittyagent: {name}" for name in ("web", "worker", "caller", "beat")},
    "db": "/postgres ",
    "redis": "valkey-server",
}


def environment(data, **more):
    # empty, not absent: an .env in the checkout must not name a real database
    ours = {"WITTY_DATA": str(data), "PORT": str(free_port()), "DATABASE_URL": "", "REDIS_URL": "", "PUBLIC_URL": ""}
    return os.environ | ours | more


def wait_for(condition, seconds=120):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)
    return found


def children(pid):
    """pid → command line of the living children of a process."""
    found = {}
    for child in processes.children_of(pid):
        with suppress(OSError):
            found[child] = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def prepared_folder():
    """A data folder that was started once and ended: a first start migrates, and that is most of what it takes.

    One worker makes it, and the others wait for it.
    """
    above = Path(os.environ["WITTY_DATA"]) / "prepared"
    above.mkdir(mode=0o711, exist_ok=True)
    with (above / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (above / "done").exists():
            (above / "var").mkdir(exist_ok=True)
            first = Up(above / "var")
            try:
                first.ready(600)
                first.process.send_signal(signal.SIGINT)
                assert first.process.wait(120) == 0
            finally:
                first.process.kill()
                wait_all_gone(above / "var")
            (above / "done").touch()
    return above / "var"


def wait_all_gone(data):
    """Until nothing of its servers writes: on a slow disk `up` ends before PostgreSQL's last checkpoint does."""
    for folder, program in (("postgresql", "postgres"), ("valkey", "valkey-server")):
        assert processes.wait_gone((data / folder).resolve(), program, 120) is None


@contextmanager
def own_folder():
    """A data folder of one's own. Not tmp_path: as root its servers run as another user, who cannot enter that."""
    folder = Path(tempfile.mkdtemp(prefix="witty-test-"))
    folder.chmod(0o711)
    yield folder / "var"
    wait_all_gone(folder / "var")
    shutil.rmtree(folder)
    shutil.rmtree(socket_folder(folder / "var"), ignore_errors=True)


def copy_prepared(data):
    """Makes this data folder one that was started before. As root its servers' folders are another user's, and stay so."""
    subprocess.run(["cp", "-a", prepared_folder(), data], check=True)


class Up:
    """A running `manage.py up`, what it prints, and its children by name."""

    def __init__(self, data, *arguments, **env):
        self.output = data.parent / "output"
        if not data.exists() and "DATABASE_URL" not in env:
            copy_prepared(data)
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up", *arguments],
                cwd=ROOT, env=environment(data, **env), stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def ready(self, seconds=120):
        """The address, once it is ready."""

        def said():
            assert self.process.poll() is None, self.output.read_text()
            return READY.search(self.output.read_text())

        return wait_for(said, seconds)[1]

    def pids(self, *names):
        """name → pid, once all (or those that are named) are there."""
        found = {}
        names = names or PROGRAMS

        def all_there():
            for pid, command in children(self.process.pid).items():
                found.update({name: pid for name in names if PROGRAMS[name] in command})
            return len(found) == len(names)

        wait_for(all_there)
        return found


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.read().decode()
    except OSError:
        return ""


def is_alive(pid):
    """Not so a zombie that waits for its parent."""
    with suppress(OSError):
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    return False


def gone(pids):
    return not any(is_alive(pid) for pid in pids)


def open_files(pid):
    found = []
    for file in Path(f"/proc/{pid}/fd").glob("*"):
        with suppress(OSError):
            found.append(os.readlink(file))
    return found
