"""Children forked from one process, each test in a process of its own: pytest has threads and connections."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.wittyagent.installation import ROOT


def run(script, **more):
    """What a script says that may fork, and how it ends."""
    begin = "import os, signal, sys, threading, time\nfrom wittyagent.run.forks import Apart, fork_child\n"
    return subprocess.run(
        [sys.executable, "-c", begin + script], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120, **more
    )  # fmt: skip


def said(script):
    done = run(script)
    assert done.returncode == 0, done.stderr
    return done.stdout


LOOK = """
import json, socket
kept = open("/etc/hostname")
signal.signal(signal.SIGTERM, signal.default_int_handler)
sys.stdout.write("once ")
def look():
    print(json.dumps({
        "files": sorted(int(name) for name in os.listdir("/proc/self/fd"))[:-1],
        "input": sys.stdin.read(),
        "leads": os.getsid(0) == os.getpid(),
        "term": signal.getsignal(signal.SIGTERM) == signal.SIG_DFL,
        "blocked": [str(one) for one in signal.pthread_sigmask(signal.SIG_BLOCK, [])],
        "command": open("/proc/self/cmdline").read().rstrip("\\0"),
        "threads": threading.active_count(),
    }))
child = fork_child("web", look)
child.wait()
print(child.stdout.read().decode())
assert "wittyagent" not in open("/proc/self/cmdline").read().split("\\0")[0]
"""


def test_a_child_has_a_session_signals_and_output_of_its_own_and_nothing_of_its_parent():
    words, _space, found = said(LOOK).partition(" ")
    assert words == "once"
    assert json.loads(found) == {
        "files": [0, 1, 2], "input": "", "leads": True, "term": True, "blocked": [], "command": "wittyagent: web",
        "threads": 1,
    }  # fmt: skip


def test_each_child_has_chances_of_its_own():
    script = """
import random
random.seed(1)
children = [fork_child("dice", lambda: print(random.random())) for _ in range(3)]
print(len({child.stdout.read() for child in children}))
"""
    assert said(script) == "3\n"


@pytest.mark.parametrize(
    ("main", "code", "says"),
    [
        ("print('hola')", 0, "hola\n"),
        ("sys.exit(7)", 7, ""),
        ("sys.exit('no puedo')", 1, "no puedo\n"),
        ("1 / 0", 1, "ZeroDivisionError: division by zero\n"),
        ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM, ""),
        # what is under way is finished, what waits for the end is done
        ("threading.Thread(target=lambda: (time.sleep(0.3), print('done'))).start()", 0, "done\n"),
        ("__import__('atexit').register(print, 'bye')", 0, "bye\n"),
    ],
)
def test_a_child_ends_as_a_program_ends_and_never_goes_on_as_its_parent(main, code, says):
    script = f"""
def main():
    {main}
try:
    child = fork_child("web", main)
finally:
    print("parent")
print(child.wait(), child.poll(), child.stdout.read().decode(), end="")
"""
    first, rest = said(script).split("\n", 1)
    assert first == "parent"
    assert rest.startswith(f"{code} {code} ")
    assert rest.endswith(says)


@pytest.mark.parametrize(
    ("open_it", "says"),
    [
        ("threading.Thread(target=time.sleep, args=(9,), name='probe', daemon=True).start()", "other threads (probe)"),
        ("import socket; kept = socket.socketpair()", "2 open connections"),
    ],
)
def test_beside_a_thread_or_a_connection_nothing_is_forked(open_it, says):
    script = f"""
from wittyagent.run.processes import StartError
fork_child("web", lambda: None).wait()
{open_it}
try:
    fork_child("web", lambda: None)
except StartError as error:
    print(error)
"""
    assert said(script) == f"cannot fork beside {says}\n".replace("beside 2", "with 2")


def test_sockets_of_whoever_started_us_are_no_hindrance():
    import socket

    one, other = socket.socketpair()
    with one, other:
        done = run("print(fork_child('web', lambda: None).wait())", pass_fds=[one.fileno()], stdin=other.fileno())
    assert done.stdout == "0\n", done.stderr


def test_work_apart_may_open_what_it_likes_and_brings_back_what_came_of_it():
    script = """
def work():
    import socket
    kept = socket.socketpair()
    threading.Thread(target=print, args=("beside",)).start()
    return ["uno", "dos"]
with Apart("prepare", work) as begun:
    print(begun.finish())
fork_child("web", lambda: None).wait()
"""
    assert said(script) == "beside\n['uno', 'dos']\n"


@pytest.mark.parametrize(
    ("work", "says"),
    [
        ("raise StartError('the disk is full')", "the disk is full"),
        ("1 / 0", "the process 'prepare' ended (exit code 1); what it said stands above"),
        ("os.kill(os.getpid(), 9)", "the process 'prepare' ended (signal SIGKILL); what it said stands above"),
    ],
)
def test_work_apart_that_fails_is_a_refusal(work, says):
    script = f"""
from wittyagent.run.processes import StartError
def work():
    {work}
try:
    with Apart("prepare", work) as begun:
        begun.finish()
except StartError as error:
    print(error)
"""
    assert said(script) == f"{says}\n"


@pytest.mark.parametrize(
    ("work", "within", "ends"),
    [
        ("signal.SIG_DFL", 60, 128 + signal.SIGINT),
        # one that does not listen
        ("signal.signal(signal.SIGINT, signal.SIG_IGN)", 2, -signal.SIGKILL),
    ],
)
def test_work_apart_that_nobody_waits_for_any_more_is_ended(work, within, ends, tmp_path):
    script = f"""
from wittyagent.run import forks
# a busy machine takes its time to end
forks.ENDS_WITHIN = {within}
begun = {str(tmp_path / "begun")!r}
try:
    with Apart("prepare", lambda: ({work}, open(begun, "w").close(), time.sleep(99))) as apart:
        while not os.path.exists(begun):
            time.sleep(0.02)
        raise KeyboardInterrupt
except KeyboardInterrupt:
    print(apart.child.returncode)
"""
    assert said(script) == f"{ends}\n"


def test_who_loses_the_parent_ends():
    script = """
child = fork_child("web", lambda: time.sleep(99))
print(child.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    pid, end = int(run(script).stdout), time.monotonic() + 60
    while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_the_program_is_read_without_a_thread_or_a_connection_and_looks_at_no_server():
    script = """
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "wittyagent.settings"
django.setup()
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils.functional import empty
from wittyagent.run import forks, image
image.load_program()
forks.refuse_unclean()
print(sorted({"daphne", "uvicorn", "twisted.internet.reactor", "wittyagent.asgi", "wittyagent.wsgi"} & set(sys.modules)))
# read before they are collected, static files would have no names
print(staticfiles_storage._wrapped is empty)
print({"gateway.tasks", "api.urls", "celery.apps.worker"} <= set(sys.modules))
"""
    assert said(script) == "[]\nTrue\nTrue\n", os.environ.get("DATABASE_URL")
