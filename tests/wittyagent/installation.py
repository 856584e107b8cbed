"""An installation of its own, in processes: embedded servers that can hang, a web server, and who asks it over HTTP."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import httpx

from common.signature import sign_bytes
from tests import people
from tests.ports import free_port
from tests.wittyagent.run.running import copy_prepared
from wittyagent.run import processes, servers
from wittyagent.run.children import DAPHNE

ROOT = Path(__file__).resolve().parents[2]
WEB = {
    "daphne": ("daphne", *DAPHNE, "-b", "127.0.0.1", "-p"),
    "uvicorn": ("uvicorn", "--ws", "websockets", "--log-level", "warning", "--port"),
}
# what a test needs of an installation; runs in a process of its own, on its servers
PREPARE = """
import json
from tests import people
ana = people.hire("ana", first_name="Ana")
sofia = people.hire("sofia", role="supervisor")
origin, web = people.http_origin(key="linea", secret="secreto"), people.web_origin(key="sitio")
held = people.held(origin, ana, sender="marta")
with_bot = people.with_bot(people.http_origin(key="con-bot", secret="secreto"))
print(json.dumps({"chat": held.pk}))
"""


class Web:
    """A web process of the product on a port of its own."""

    def __init__(self, kind, application, log, environment):
        self.port, self.log, self.environment = free_port(), log, environment
        self.command = [sys.executable, "-m", *WEB[kind], str(self.port), application]
        self.process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        with self.log.open("ab") as log:
            self.process = processes.spawn_process(
                self.command, cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )
        self.wait(self._answers, "the web process does not answer")

    def stop(self):
        processes.stop_processes({self.process: signal.SIGTERM}, 30)

    def _answers(self):
        assert self.process.poll() is None, self.said()
        try:
            return httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def said(self):
        return self.log.read_text()

    def wait(self, condition, why, seconds=120):
        end = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < end, f"{why}: {self.said()[-2000:]}"
            time.sleep(0.1)
        return found


class Installation:
    """`with Installation(folder) as it:`, and all of it runs; a server hangs with `it.hang("db")` and `it.go_on("db")`."""

    def __init__(self, data, **environment):
        self.data = data
        self.environment = os.environ | {
            "WITTY_DATA": str(data), "DATABASE_URL": "", "REDIS_URL": "", "PUBLIC_URL": "", "SECRET_KEY": "una-clave",
            "DEBUG": "off", "PYTHONUNBUFFERED": "1", **environment,
        }  # fmt: skip
        self.web = Web("daphne", "wittyagent.asgi:application", data / "web.log", self.environment)

    @classmethod
    @contextmanager
    def in_own_folder(cls, **environment):
        # not tmp_path: as root its servers run as another user, who cannot enter that
        folder = Path(tempfile.mkdtemp(prefix="witty-test-"))
        folder.chmod(0o711)
        with cls(folder / "var", **environment) as running:
            yield running
        shutil.rmtree(folder)

    def __enter__(self):
        copy_prepared(self.data)
        self.servers = servers.start_servers(self.data, durable=False)
        self.manage("migrate", "--verbosity", "0")
        self.manage("collectstatic", "--noinput", "--verbosity", "0")
        self.facts = json.loads(self.manage("shell", "--verbosity", "0", "-c", PREPARE))
        self.web.start()
        return self

    def __exit__(self, *_):
        for name in ("db", "redis"):
            self.go_on(name)
        self.web.stop()
        self.servers.stop()

    def manage(self, *arguments):
        return manage(self.environment, *arguments)

    # --- a server that hangs ---------------------------------------------------------------------

    def hang(self, name):
        for pid in self._pids(name):
            os.kill(pid, signal.SIGSTOP)

    def go_on(self, name):
        for pid in self._pids(name):
            os.kill(pid, signal.SIGCONT)

    def _pids(self, name):
        main = next(process.pid for server, process in self.servers.processes.items() if server.name == name)
        return [main, *processes.children_of(main)]

    # --- who asks ---------------------------------------------------------------------------------

    def client(self, **options):
        return httpx.Client(base_url=self.web.url, timeout=60, **options)

    def sign_in(self, name):
        client = self.client(headers={"Referer": f"{self.web.url}/"})
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get("/login/").text)[1]
        answer = client.post(
            "/login/", data={"username": name, "password": people.PASSWORD, "csrfmiddlewaretoken": token}
        )
        assert answer.status_code == 302, answer.text
        client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
        return client

    def webhook(self, body, key="linea"):
        return post_signed(self.web.url, body, key)


def manage(environment, *arguments):
    """What a command of the product prints."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def post_signed(url, body, key="linea"):
    """To a line of PREPARE."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"X-Witty-Signature": sign_bytes("secreto", raw), "Content-Type": "application/json"}
    return httpx.post(f"{url}/webhooks/{key}/", content=raw, headers=headers, timeout=60)


def message(id, sender="marta", text="Hola"):
    return {"messages": [{"id": id, "from": sender, "type": "text", "text": text}]}
