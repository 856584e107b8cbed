"""The stage of a run: durable servers of its own, Django on them, web processes beside, and nothing left after.

Nothing of Django is imported before `stage()` has put the addresses into the environment.
"""

import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wittyagent.run import processes, servers

ROOT = Path(__file__).resolve().parents[1]
TICKS = os.sysconf("SC_CLK_TCK")
PRODUCT = "wittyagent.asgi:application"


@dataclass
class Web:
    """A web process that answers."""

    process: subprocess.Popen[bytes]
    port: int

    def read_cpu(self) -> float:
        """Seconds of processor that it has used so far, all its threads together."""
        return read_cpu(self.process.pid)


class Child:
    """A process of ours (`python -m bench.<module>`) that takes orders and answers, a JSON object a line each."""

    def __init__(self, module: str, **env: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"bench.{module}"], cwd=ROOT, env=os.environ | env,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.unread = b""

    def send_order(self, **order: Any) -> None:
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()

    def read_answer(self, within: float = 120) -> dict[str, Any]:
        """Its next answer. RuntimeError if none comes in time or it ended."""
        end = time.monotonic() + within
        while b"\n" not in self.unread:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))
            data = os.read(self.process.stdout.fileno(), 1 << 20) if ready else b""
            if not data:
                raise RuntimeError(f"{self.process.args[-1]}: {'ended' if ready else f'silent for {within} s'}")
            self.unread += data
        line, _, self.unread = self.unread.partition(b"\n")
        answer = json.loads(line)
        if "failed" in answer:
            raise RuntimeError(f"{self.process.args[-1]}: {answer['failed']}")
        return answer

    def ask_order(self, within: float = 120, **order: Any) -> dict[str, Any]:
        self.send_order(**order)
        return self.read_answer(within)

    def stop(self) -> None:
        self.process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(3)
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def read_orders() -> Iterator[dict[str, Any]]:
    """In a Child: the orders as they come, until the one who gives them is gone."""
    for line in sys.stdin:
        yield json.loads(line)


def send_answer(**what: Any) -> None:
    """In a Child: answers an order."""
    print(json.dumps(what), flush=True)


@dataclass
class Stage:
    folder: Path
    database_url: str
    redis_url: str
    webs: list[Web] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)

    def start_web(self, server: str, app: str = PRODUCT, **env: str) -> Web:
        """Starts a web process (daphne, uvicorn or, for a module that serves by itself, python)."""
        port = free_port()
        return self.start_server(_server_command(server, app, port), port, **env)

    def start_server(self, command: list[str], port: int, **env: str) -> Web:
        """Starts whatever will listen at that port. RuntimeError if it ends before that."""
        process = processes.spawn_process(
            command, cwd=ROOT, env=os.environ | {"BENCH_PORT": str(port)} | env,
            stdout=subprocess.DEVNULL, stderr=self.open_log("web.log"),
        )  # fmt: skip
        self.webs.append(Web(process, port))
        wait_for(lambda: _is_listening(port) or process.poll() is not None, 40)
        if process.poll() is not None:
            raise RuntimeError(f"{' '.join(command)} ended: {(self.folder / 'web.log').read_text()[-2000:]}")
        return self.webs[-1]

    def start_child(self, module: str, **env: str) -> Child:
        self.children.append(Child(module, **env))
        return self.children[-1]

    def open_log(self, name: str) -> Any:
        return (self.folder / name).open("ab")

    def end_processes(self) -> None:
        """Ends all that was started on the stage; its servers go on."""
        while self.children:
            self.children.pop().stop()
        processes.stop_processes({web.process: 15 for web in self.webs}, 3)
        self.webs.clear()


@contextmanager
def open_stage() -> Iterator[Stage]:
    """Servers that sync as in production, migrated, in a folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="witty-bench-"))
    folder.chmod(0o755)  # root's PostgreSQL runs as nobody
    database, redis = servers.server_urls(folder)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "wittyagent.settings", "WITTY_DATA": str(folder), "DATABASE_URL": database,
        "REDIS_URL": redis, "DEBUG": "", "PUBLIC_URL": "", "SENTRY_DSN": "", "LOG_LEVEL": "WARNING",
    }  # fmt: skip
    made = Stage(folder, database, redis)
    try:
        with servers.start_servers(folder, durable=True):
            try:
                _set_up()
                yield made
            finally:
                made.end_processes()
                from django.db import connections

                connections.close_all()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _set_up() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from wittyagent import assets

    call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    assets.collect_static()


def _server_command(server: str, app: str, port: int) -> list[str]:
    python = [sys.executable, "-m"]
    if server == "daphne":
        from wittyagent.run.children import DAPHNE

        return [*python, "daphne", *DAPHNE, "-b", "127.0.0.1", "-p", str(port), app]
    if server == "uvicorn":
        return [*python, "uvicorn", "--log-level", "warning", "--host", "127.0.0.1", "--port", str(port), app]
    return [*python, app]


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _is_listening(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(condition: Any, seconds: float) -> Any:
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            raise RuntimeError(f"nothing happened in {seconds} s")
        time.sleep(0.05)
    return found


def read_cpu(pid: int) -> float:
    """utime + stime of a process, in seconds (man 5 proc; the name may hold spaces, so from its bracket on)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
