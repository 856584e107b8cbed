"""The supervisor with small children of its own: prefixes, healing, a stop in time."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from wittyagent.run import heartbeat, processes
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


def is_alive(pid):
    """Not so a zombie that waits for its parent."""
    command = Path(f"/proc/{pid}/cmdline")
    return command.exists() and bool(command.read_bytes())


@pytest.fixture
def quick_to_kill(monkeypatch):
    monkeypatch.setattr(heartbeat, "SILENT_SECONDS", 0.5)
    monkeypatch.setattr(heartbeat, "SILENT_AT_START_SECONDS", 1.0)


def beating(tmp_path, **more):
    """A child that touches its file, and with it one that it started in a session of its own."""
    file = tmp_path / "beats"
    lives = child(f"setsid sleep 99 & while :; do touch {file}; sleep 0.05; done", pause=0.05, **more)
    lives.sign = lambda: heartbeat.file_sign(file)
    return lives


def test_a_stopped_child_is_killed_with_its_own_and_started_again(supervisor, tmp_path, quick_to_kill, capfdbinary):
    lives = beating(tmp_path, patience=600)
    supervisor.add(lives)
    run_until(supervisor, lambda: lives.silence.heard)
    first, own = lives.process.pid, processes.children_of(lives.process.pid)
    os.kill(first, signal.SIGSTOP)
    run_until(supervisor, lambda: lives.process is not None and lives.process.pid != first and lives.silence.heard)
    assert b"no sign of life for" in (said := capfdbinary.readouterr().out)
    assert b"(it is stopped): killed, starting again" in said
    run_until(supervisor, lambda: not any(is_alive(pid) for pid in (first, *own)))


def test_a_child_that_runs_and_gives_no_sign_is_killed_when_patience_ends(
    supervisor, tmp_path, quick_to_kill, capfdbinary
):
    mute = child("sleep 99", pause=0.05, sign=lambda: 7, patience=0.5)
    supervisor.add(mute)
    first = mute.process.pid
    run_until(supervisor, lambda: mute.process is not None and mute.process.pid != first)
    assert b"(it does not answer): killed" in capfdbinary.readouterr().out


def test_who_gives_signs_lives_on(supervisor, tmp_path, quick_to_kill):
    lives = beating(tmp_path, patience=0.5)
    supervisor.add(lives)
    end = time.monotonic() + 2
    run_until(supervisor, lambda: time.monotonic() > end)
    assert lives.process.poll() is None
    assert lives.pause == 0.05, "never started again"


def test_on_a_machine_so_busy_that_the_supervisor_comes_late_silence_counts_little():
    silence = heartbeat.Silence()
    for _look in range(10):
        silence.listen(0, 30.0)
    assert silence.seconds == 10 * heartbeat.MAX_LOOK_SECONDS
    silence.listen(1, 30.0)
    assert (silence.seconds, silence.heard) == (0, True)


def test_a_beat_means_that_the_loop_turns(tmp_path, monkeypatch):
    file = tmp_path / "beats"
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.02)
    held, loop = threading.Event(), asyncio.new_event_loop()
    monkeypatch.setattr(heartbeat, "_loop", loop)
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    heartbeat.start_beating(file)

    def beats():
        before, end = heartbeat.file_sign(file), time.monotonic() + 1
        while time.monotonic() < end and heartbeat.file_sign(file) == before:
            time.sleep(0.02)
        return heartbeat.file_sign(file) != before

    assert beats()
    loop.call_soon_threadsafe(held.wait)
    beats()  # one may be on its way
    assert not beats()
    held.set()
    assert beats()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


@pytest.fixture
def busy_server(tmp_path):
    """Listens, and says what it is told to say and when."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        server.listen()
        server.settimeout(60)
        yield server


def look_until(asked, done, seconds=60):
    end = time.monotonic() + seconds
    while not done():
        asked()
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def test_a_server_is_heard_however_late_it_answers_and_waited_for_by_nobody(tmp_path, busy_server, monkeypatch):
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.02)
    asked = heartbeat.Asked(tmp_path / "socket", b"PING")
    assert asked() == 0
    line, _ = busy_server.accept()
    assert line.recv(9) == b"PING"
    assert [asked() for _look in range(3)] == [0, 0, 0]
    line.send(b"+")
    look_until(asked, lambda: asked.answers == 1)
    assert line.recv(9) == b"", "each question has a line of its own"
    look_until(asked, lambda: asked.line)
    busy_server.accept()[0].close()
    look_until(asked, lambda: asked.line is None)
    assert asked.answers == 1, "the end of a line is no answer"


def test_a_server_that_says_nothing_is_asked_again(tmp_path, busy_server, monkeypatch):
    monkeypatch.setattr(heartbeat, "PATIENCE_SECONDS", 0.05)
    asked = heartbeat.Asked(tmp_path / "socket", b"PING")
    asked()
    first = asked.line
    look_until(asked, lambda: asked.line not in (None, first))
    assert asked.answers == 0


def test_before_a_fork_no_line_is_left_open(tmp_path, busy_server):
    asked = heartbeat.Asked(tmp_path / "socket", b"PING")
    asked()
    line, _ = busy_server.accept()
    line.send(b"+")
    asked.hang_up()
    assert (asked.answers, asked.line) == (1, None)
    assert heartbeat.Asked(tmp_path / "nobody", b"PING")() == 0


def test_who_starts_a_child_has_hung_up_before(supervisor, tmp_path, busy_server):
    asked = heartbeat.Asked(tmp_path / "socket", b"PING")
    supervisor.servers.append(Child("db", lambda: None, sign=asked))
    asked()
    started = []
    supervisor.add(Child("web", lambda: started.append(asked.line)))
    assert started == [None]


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
