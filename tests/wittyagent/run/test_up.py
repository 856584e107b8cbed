"""`manage.py up` for real: ready, healing, ended by Ctrl-C, and refusing in one line."""

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.wittyagent.run.running import (
    ROOT,
    Up,
    copy_prepared,
    environment,
    get,
    gone,
    open_files,
    wait_all_gone,
    wait_for,
)
from wittyagent.run import servers


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
    wait_all_gone(data)


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


def test_what_all_are_forked_from_stays_clean_and_the_last_fork_is_as_the_first(up, data):
    copy_prepared(data.parent / "theirs")
    with servers.start_servers(data.parent / "theirs", durable=False):
        database, redis = servers.server_urls(data.parent / "theirs")
        # Sentry's client has threads of its own, once it has something to say
        running = up(DATABASE_URL=database, REDIS_URL=redis, SENTRY_DSN="http://key@127.0.0.1:9/1")
        address = running.ready()
        page = get(f"{address}login/")
        style = re.search(r'href="/(static/[^"]+\.css)"', page)[1]
        assert get(f"{address}{style}"), "collected after the program was read"
        ours = ("web", "worker", "caller", "beat")
        first = running.pids(*ours)
        for _time in range(2):
            before = running.pids(*ours)
            for pid in before.values():
                os.kill(pid, signal.SIGKILL)
            wait_for(lambda before=before: gone(before.values()))
            wait_for(lambda: '"ready": true' in get(f"{address}readyz"))
            after = running.pids(*ours)
            assert not set(before.values()) & set(after.values())
        assert len(list(Path(f"/proc/{running.process.pid}/task").iterdir())) == 1
        assert not [file for file in open_files(running.process.pid) if file.startswith("socket:")]
        for pid in after.values():
            assert os.getsid(pid) == pid
            files = open_files(pid)
            assert not [file for file in files if file.endswith("up.lock")]
            assert sum(file.startswith("pipe:") for file in files) >= 2, "its output"
            assert not set(files) & {file for other in after.values() if other != pid for file in open_files(other)
                                     if file.startswith("pipe:")}, "of others nothing"  # fmt: skip
        assert set(first.values()).isdisjoint(after.values())
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(120) == 0
        assert gone(after.values())


def test_servers_that_somebody_started_before_are_used_and_taken_over_when_they_end(up, data):
    copy_prepared(data)
    with servers.start_servers(data, durable=False):
        running = up()
        address = running.ready()
        ours = running.pids("web", "worker", "caller", "beat")
        assert not re.search(r"^db ", running.output.read_text(), re.M)
    pids = running.pids()
    assert pids.items() >= ours.items()
    wait_for(lambda: '"ready": true' in get(f"{address}readyz"))


def test_a_child_that_dies_at_once_is_started_ever_later_and_holds_up_nobody(up, data):
    copy_prepared(data)
    for suffix in ("", ".db", ".dat", ".dir", ".bak"):  # whichever of them this machine's dbm would write
        (data / f"beat-schedule{suffix}").unlink(missing_ok=True)
        (data / f"beat-schedule{suffix}").mkdir()
    running = up()
    address = running.ready()
    wait_for(lambda: "starting again in 4 s" in running.output.read_text())
    said = running.output.read_text()
    pauses = re.findall(r"^beat   \| ended \(exit code 1\), starting again in (\d+) s$", said, re.M)
    assert pauses[:3] == ["1", "2", "4"]
    assert get(f"{address}healthz")


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
    wait_all_gone(data)


def test_a_command_that_needs_none_starts_none(data):
    subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=environment(data), capture_output=True, check=True
    )
    assert not (data / "postgresql").exists()
