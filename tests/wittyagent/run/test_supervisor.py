"""The supervisor with small children of its own: prefixes, healing, a stop in time."""

import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from wittyagent.run import supervisor as module
from wittyagent.run.processes import StartError, spawn_process
from wittyagent.run.supervisor import Child, Supervisor


class EnoughError(Exception):
    pass


def child(script, name="web", **more):
    def start():
        return spawn_process(["sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    return Child(name, start, **more)


def run_until(supervisor, done, seconds=120):
    """Runs the loop until `done()`; fails after `seconds`."""
    end = time.monotonic() + seconds

    def tick():
        if done():
            raise EnoughError
        assert time.monotonic() < end, "it did not happen in time"

    with pytest.raises(EnoughError):
        supervisor.run(tick)


@pytest.fixture
def supervisor():
    supervisor = Supervisor()
    yield supervisor
    supervisor.stop()


def test_lines_carry_the_name_of_who_said_them(supervisor, capfdbinary):
    supervisor.add(child("echo hola; echo chau >&2; printf unfinished"))
    supervisor.add(child("sleep 9", name="worker"))
    run_until(supervisor, lambda: supervisor.applications[0].process is None)
    lines = capfdbinary.readouterr().out.splitlines()
    assert lines[:3] == [b"web    | hola", b"web    | chau", b"web    | unfinished"]
    assert lines[3] == b"web    | ended (exit code 0), starting again in 1 s"


def test_a_terminal_gets_colours(supervisor, capfdbinary, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    supervisor.say(child("true"), b"hola")
    assert capfdbinary.readouterr().out == b"\x1b[32mweb    |\x1b[0m hola\n"


def test_a_dead_child_is_started_again_later_each_time(supervisor):
    starts = []
    restless = child("true", pause=0.1)
    start = restless.start

    def noted():
        starts.append(time.monotonic())
        return start()

    restless.start = noted
    supervisor.add(restless)
    run_until(supervisor, lambda: len(starts) == 4)
    first, second, third, fourth = starts
    assert second - first >= 0.1
    assert third - second >= 0.2
    assert fourth - third >= 0.4
    assert restless.pause <= module.MAX_PAUSE_SECONDS


def test_a_child_that_lived_long_is_started_again_soon(supervisor, monkeypatch):
    steady = child("sleep 9", pause=16.0)
    supervisor.add(steady)
    monkeypatch.setattr(module, "STEADY_AFTER", 0.1)
    run_until(supervisor, lambda: steady.pause == module.FIRST_PAUSE)


def test_a_killed_child_comes_back(supervisor):
    steady = child("sleep 9", pause=0.05)
    supervisor.add(steady)
    first = steady.process.pid
    steady.process.kill()
    run_until(supervisor, lambda: steady.process is not None and steady.process.pid != first)


def test_a_server_that_cannot_start_again_is_tried_until_it_can(supervisor, capfdbinary):
    answers = iter([None, StartError("the disk is full"), None])

    def start():
        if error := next(answers):
            raise error
        return spawn_process(["sleep", "9"], stdout=subprocess.PIPE)

    flaky = Child("db", start, pause=0.05)
    supervisor.add_server(flaky)
    flaky.process.kill()
    run_until(supervisor, lambda: flaky.process is not None and flaky.process.poll() is None and flaky.pause > 0.1)
    assert b"db     | the disk is full, starting again" in capfdbinary.readouterr().out


def test_a_server_of_someone_else_is_taken_over_when_it_ends(supervisor, monkeypatch):
    monkeypatch.setattr(module, "LOOK_EVERY", 0.1)
    theirs = [True]
    starts = iter([None, spawn_process(["sleep", "9"], stdout=subprocess.PIPE)])
    server = Child("db", lambda: next(starts), answers=lambda: theirs[0])
    supervisor.add_server(server)
    assert server.process is None
    theirs[0] = False
    run_until(supervisor, lambda: server.process is not None)


def test_the_stop_is_over_in_5_seconds_and_leaves_nobody(supervisor, tmp_path, monkeypatch):
    """By a clock that goes on only while it waits: on a busy machine all else may take as long as it likes."""
    stubborn = f"trap '' TERM INT; touch {tmp_path}/$$; while :; do sleep 1; done"
    supervisor.add_server(child(stubborn, name="db", stop_signal=signal.SIGINT))
    for name in ("web", "worker", "beat"):
        supervisor.add(child(stubborn, name=name))
    run_until(supervisor, lambda: len(list(tmp_path.iterdir())) == 4)
    processes = [one.process for one in (*supervisor.servers, *supervisor.applications)]
    waited = []
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: sum(waited)))
    monkeypatch.setattr(supervisor, "print_output", waited.append)
    supervisor.stop()
    assert 0 < sum(waited) < 5
    assert all(process.returncode == -signal.SIGKILL for process in processes)
