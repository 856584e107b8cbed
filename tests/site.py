"""The product as it is really served: a web process of its own, on the test's database and Redis."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from django.conf import settings as configured

from tests.nginx import front_command
from tests.ports import free_port
from wittyagent.run import processes

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN = 30.0
# each takes the port as its last
DAPHNE = ("daphne", "-b", "127.0.0.1", "-p")
UVICORN = ("uvicorn", "--host", "127.0.0.1", "--ws", "websockets", "--port")


def environment_for(worker_id):
    """What the process needs to find the test's database, Redis and files."""
    from django.db import connection

    server, _slash, rest = os.environ["DATABASE_URL"].rpartition("/")
    query = rest.partition("?")[2]
    redis = os.environ["REDIS_URL"].split("?")[0]
    number = 0 if worker_id == "master" else int(worker_id.removeprefix("gw")) + 1
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.site_settings",
        "DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}" + (f"?{query}" if query else ""),
        "REDIS_URL": f"{redis}?db={number}",
        "WITTY_DATA": str(configured.WITTY_DATA),
        "SECRET_KEY": configured.SECRET_KEY,
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "ALLOWED_INTERNAL_HOSTS": "127.0.0.1",
        "DEBUG": "off",
        "PYTHONUNBUFFERED": "1",
    }


class Site:
    """The product as it is served, in a child process: by daphne, or by another server's command."""

    def __init__(self, environment, log, command=DAPHNE):
        self.environment, self.log, self.command = environment, log, command
        self.port = free_port()
        self.process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        """Start it, always on the same port; returns once it answers."""
        self.process = processes.spawn_process(
            [sys.executable, "-m", *self.command, str(self.port), "wittyagent.asgi:application"],
            cwd=ROOT, env=self.environment, stdout=self.log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.wait()

    def wait(self):
        latest = time.monotonic() + READY_WITHIN
        while not self._answers():
            assert self.process.poll() is None, f"it ended:\n{self.said()}"
            assert time.monotonic() < latest, f"it does not answer:\n{self.said()}"
            time.sleep(0.05)

    @property
    def runs(self):
        return self.process is not None and self.process.poll() is None

    def said(self, most=2000):
        """The end of its log."""
        return Path(self.log.name).read_text()[-most:]

    def _answers(self):
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as response:
                return response.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def stop(self):
        """Kill it, as a power cut would."""
        if self.process is not None:
            processes.signal_group(self.process, signal.SIGKILL)
            self.process.wait()
            self.process = None


class SeveralSites(Site):
    """The same by several processes behind nginx, which gives each request to the next of them."""

    def __init__(self, environment, log, number):
        super().__init__(environment | {"TRUSTED_PROXIES": "127.0.0.1"}, log)
        self.webs = [Site(self.environment, log) for _ in range(number)]

    def start(self):
        for web in self.webs:
            web.start()
        command = front_command(Path(self.log.name).parent / "nginx", self.port, [web.port for web in self.webs])
        self.process = processes.spawn_process(command, stdout=self.log, stderr=subprocess.STDOUT)
        self.wait()

    def stop(self):
        for web in self.webs:
            web.stop()
        super().stop()
