"""The processes that `manage.py up` forks beside the embedded servers: web, workers, clock, the demo's sandbox."""

import functools
import os
import runpy
import sys
from pathlib import Path

from django.conf import settings

from wittyagent.celery import OUTSIDE
from wittyagent.run import forks, heartbeat
from wittyagent.run.supervisor import Child

DAPHNE = (
    # an agent's page stays open all day
    *("--websocket_timeout", "-1"),
    *("--ping-interval", "20", "--ping-timeout", "20"),
    # pages send a token or a few words by socket, never more
    *("--websocket-max-message-size", "65536", "--websocket-max-frame-size", "65536"),
    *("--application-close-timeout", "5"),
    *("--verbosity", "0", "--no-server-name"),
)
THREADS = ("--pool", "threads", "--without-gossip", "--without-mingle", "--concurrency")
# one for all work, as small installations and tests start it; here it has a caller beside it
WORKER = (*THREADS, "8")
# bots may take seconds to answer, and cost nothing while they do
CALLER = (*THREADS, "24", "--queues", OUTSIDE, "--hostname", "caller@%h")


def _application_child(name: str, data: Path, *command: str) -> Child:
    beats = data / "heartbeats" / name
    beats.parent.mkdir(mode=0o700, exist_ok=True)
    start = functools.partial(forks.fork_child, name, functools.partial(_run_program, command, beats, data))
    return Child(name, start, sign=functools.partial(heartbeat.file_sign, beats))


def _run_program(command: tuple[str, ...], beats: Path, data: Path) -> None:
    """Does what `python -m <command>` does (docs/operate.md), in a child of ours."""
    heartbeat.start_beating(beats)
    os.chdir(settings.BASE_DIR)
    os.environ["WITTY_DATA"] = str(data)
    sys.argv = list(command)
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)


def web_child(data: Path, host: str, port: int) -> Child:
    return _application_child(
        "web", data, "daphne", *DAPHNE, "-b", host, "-p", str(port), "wittyagent.asgi:application"
    )


def worker_children(data: Path) -> list[Child]:
    # Django's checks would take a second of each
    celery = ("celery", "-A", "wittyagent", "--quiet", "--skip-checks")
    level = ("--loglevel", "INFO" if settings.DEBUG else "WARNING")
    schedule = ("--schedule", str(data / "beat-schedule"), "--pidfile=")
    return [
        _application_child("worker", data, *celery, "worker", *WORKER, "--queues", "celery", *level),
        _application_child("caller", data, *celery, "worker", *CALLER, *level),
        _application_child("beat", data, *celery, "beat", *schedule, *level),
    ]


def sandbox_child(data: Path, host: str, port: int) -> Child:
    web = f"http://{reachable_address(host)}:{port}"
    return _application_child(
        "sandbox", data, "manage", "demo_sandbox", "--port", str(settings.SANDBOX_PORT), "--webhooks", web
    )


def public_url(host: str, port: int) -> str:
    shown = reachable_address(host)
    local = f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
    return f"{settings.PUBLIC_URL or local}/"


def reachable_address(host: str) -> str:
    """An address at which this machine reaches what listens at `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (compared, not bound)
