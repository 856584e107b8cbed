"""`manage.py up` for real: ready, healing, ended by Ctrl-C, and refusing in one line."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, suppress
from pathlib import Path

import pytest

from wittyagent.run import processes

ROOT = Path(__file__).resolve().parents[3]
READY = re.compile(r"^WittyAgent is ready at (http://127\.0\.0\.1:\d+/)$", re.M)
PROGRAMS = {
    "web": "daphne",
    "worker": "--queues celery ",
    "caller": "--queues calls ",
    "beat": "--skip-checks beat",
    "db": "/postgres ",
    "redis": "valkey-server",
}


def free_port():
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


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


class Up:
    """A running `manage.py up`, what it prints, and its children by name."""

    def __init__(self, data, *arguments, **env):
        self.output = data.parent / "output"
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up", *arguments],
                cwd=ROOT, env=environment(data, **env), stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def ready(self):
        """The address, once it is ready."""

        def said():
            assert self.process.poll() is None, self.output.read_text()
            return READY.search(self.output.read_text())

        return wait_for(said)[1]

    def pids(self):
        """name → pid, once all five are there."""
        found = {}

        def all_there():
            for pid, command in children(self.process.pid).items():
                found.update({name: pid for name, words in PROGRAMS.items() if words in command})
            return len(found) == len(PROGRAMS)

        wait_for(all_there)
        return found


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.read().decode()
    except OSError:
        return ""


def gone(pids):
    return not any(Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids)


@pytest.fixture
def up(data):
    started = []

    def start(*arguments, **env):
        started.append(Up(data, *arguments, **env))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()
    for folder, program in (("postgresql", "postgres"), ("valkey", "valkey-server")):
        processes.wait_gone((data / folder).resolve(), program, 60)


def test_it_gets_ready_heals_what_is_killed_and_ends_with_ctrl_c(up, data):
    running = up()
    address = running.ready()
    assert get(f"{address}healthz")
    said = running.output.read_text()
    assert re.search(rf"administrator: {address}setup/\?token=\S+", said)
    assert "make demo" in said

    before = running.pids()
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: gone(before.values()))
    after = running.pids()
    assert not set(before.values()) & set(after.values())
    wait_for(lambda: '"ready": true' in get(f"{address}readyz"))

    second = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env=environment(data),
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert "already runs" in second.stderr

    # how long it may take at the most: test_supervisor
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(120) == 0
    assert gone(after.values())


def test_whoever_is_stopped_is_killed_and_started_again(up):
    running = up()
    address = running.ready()
    before = running.pids()
    for pid in before.values():
        os.kill(pid, signal.SIGSTOP)
    wait_for(lambda: gone(before.values()), 300)
    after = running.pids()
    assert not set(before.values()) & set(after.values())
    wait_for(lambda: '"ready": true' in get(f"{address}readyz"))
    said = running.output.read_text()
    for name in before:
        assert re.search(
            rf"^{name} +\| no sign of life for \d+ s \(it is stopped\): killed, starting again", said, re.M
        )


def test_killed_itself_it_leaves_nobody_and_starts_again(up):
    first = up()
    first.ready()
    pids = first.pids()
    first.process.kill()
    first.process.wait()
    wait_for(lambda: gone(pids.values()))
    first.output.unlink()
    again = up()
    assert get(f"{again.ready()}healthz")
    pids = again.pids()
    again.process.terminate()
    assert again.process.wait(120) == 0
    assert gone(pids.values())


def refusal(data, **env):
    """The one line of a start that fails."""
    done = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT, env=environment(data, **env), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert not (data / "postgresql").exists()
    assert "hunter2" not in done.stderr
    return done.stderr


def test_a_taken_port_is_named(data):
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        assert f"port {port} is taken" in refusal(data, PORT=str(port))


def test_a_data_folder_that_cannot_be_written_is_named(data):
    data.write_text("a file in the way")
    assert f"the data folder {data}/var is not writable" in refusal(data / "var")


@pytest.mark.parametrize(
    ("name", "address", "says"),
    [
        ("DATABASE_URL", "postgres://bob:hunter2@127.0.0.1:1/x", "refused"),
        ("DATABASE_URL", "postgres://bob:hun/ter2@127.0.0.1/x", "cannot be read"),
        ("DATABASE_URL", "sqlite:///x", "not the address of a PostgreSQL"),
        ("REDIS_URL", "redis://:hunter2@127.0.0.1:1/0", "refused"),
        ("REDIS_URL", "amqp://127.0.0.1", "not the address of a Redis"),
    ],
)
def test_a_wrong_address_is_named_without_its_password(data, name, address, says):
    line = refusal(data, **{name: address})
    assert name in line
    assert says in line


def test_a_command_brings_the_servers_that_it_needs_and_takes_them_away(data):
    code = "from django.db import connection as c; print('db', c.pg_version)"
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", code],
        cwd=ROOT, env=environment(data), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("db ")
    assert processes.wait_gone((data / "postgresql").resolve(), "postgres", 0) is None


def test_a_command_that_needs_none_starts_none(data):
    subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=environment(data), capture_output=True, check=True
    )
    assert not (data / "postgresql").exists()
