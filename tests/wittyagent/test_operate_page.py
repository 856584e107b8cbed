"""docs/operate.md, followed to the letter: its environment, its commands and its nginx, on servers of one's own.

Only what differs from place to place is put in: addresses, ports, folders, a key.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psycopg
import pytest
from django.db import connection
from websockets.sync.client import connect

from common.signature import sign_bytes
from tests.install_programs import need
from tests.ports import free_port
from tests.wittyagent.installation import ROOT, message
from tests.wittyagent.test_pooler import pooled_url  # noqa: F401 (a fixture)
from wittyagent.run import processes

PAGE = (ROOT / "docs" / "operate.md").read_text()
POSTED = 120
PASSWORD = "una-clave-larga-9"
LINE = """
from tests import people
people.http_origin(key='linea', secret='secreto')
"""
STORED = "from chats.models import Message; print(Message.objects.filter(text__startswith='Hola').count())"


def block(after, kind="sh"):
    """The first block of this kind after these words, its lines put together."""
    return PAGE.partition(after)[2].partition(f"```{kind}\n")[2].partition("```")[0].replace("\\\n", "")


def environment_of_page(put_in):
    found = dict(re.findall(r"^export (\w+)=(\S+)$", block("## Several processes"), re.M))
    assert found.keys() == put_in.keys()
    return {"PATH": f"{Path(sys.executable).parent}:{os.defpath}", "LC_ALL": "C.UTF-8", **put_in}


class Followed:
    """What somebody has who did what the page says."""

    def __init__(self, folder, database_url, redis_url):
        self.folder, self.port = folder, free_port()
        self.ports = {"8001": str(free_port()), "8002": str(free_port()), "443 ssl": f"127.0.0.1:{self.port}"}
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = environment_of_page({
            "DATABASE_URL": database_url, "REDIS_URL": redis_url, "SECRET_KEY": "k" * 50, "PUBLIC_URL": self.url,
            "TRUSTED_PROXIES": "127.0.0.1", "WITTY_DATA": str(folder / "var"),
        })  # fmt: skip
        self.running = {}
        self.log = (folder / "log").open("ab")

    def once(self, line):
        done = subprocess.run(
            ["sh", "-ec", line], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (line, done.stdout + done.stderr)
        return done.stdout

    def start(self, line):
        for named, ours in self.ports.items():
            line = re.sub(rf"\b{named}\b", ours, line)
        line = line.replace("/tmp/beat-schedule", str(self.folder / "beat"))
        self.running[line] = processes.spawn_process(
            ["sh", "-ec", f"exec {line}"], cwd=ROOT, env=self.environment, stdout=self.log, stderr=subprocess.STDOUT
        )
        return line

    def stop(self, *lines):
        stopped = {self.running.pop(line): signal.SIGTERM for line in lines or list(self.running)}
        processes.stop_processes(stopped, 60)

    def start_nginx(self):
        server = block("## Behind a proxy", "nginx")
        for named, ours in self.ports.items():
            server = re.sub(rf"\b{named}\b", ours, server)
        (self.folder / "nginx.conf").write_text(
            f"user root;\nerror_log {self.folder}/nginx.log;\npid {self.folder}/nginx.pid;\nevents {{}}\n"
            f"http {{\n  access_log off;\n  client_body_temp_path {self.folder}/body;\n  proxy_temp_path {self.folder}/proxy;\n"
            f"{server}\n}}\n"
        )
        self.start(f"{need('nginx')} -c {self.folder}/nginx.conf -g 'daemon off;'")

    def said(self):
        return Path(self.log.name).read_text()[-3000:]

    def wait(self, condition):
        end = time.monotonic() + 200
        while not (found := condition()):
            assert time.monotonic() < end, self.said()
            dead = [line for line, process in self.running.items() if process.poll() is not None]
            assert not dead, (dead, self.said())
            time.sleep(0.1)
        return found

    def answers(self, url, path="/healthz"):
        try:
            return httpx.get(f"{url}{path}", timeout=30).status_code == 200
        except httpx.HTTPError:
            return False


@pytest.fixture
def followed(pooled_url, own_valkey, tmp_path):  # noqa: F811
    """Nobody works there yet: the tables of the page's database are made by its own `migrate`."""
    name = f"{connection.settings_dict['NAME']}_page"
    direct = pooled_url.rpartition("/")[0] + f"/{name}"
    with psycopg.connect(
        dbname="postgres", user=connection.settings_dict["USER"], password=connection.settings_dict["PASSWORD"] or None,
        host=connection.settings_dict["HOST"] or None, port=connection.settings_dict["PORT"] or None, autocommit=True,
    ) as main:  # fmt: skip
        template = connection.settings_dict["TEST"]["TEMPLATE"]
        main.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        main.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        one = Followed(tmp_path, direct, own_valkey.url)
        yield one
        one.stop()
        main.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def post(url, number):
    """As a network does: again, until it was taken."""
    raw = json.dumps(message(f"m-{number}", f"cliente-{number % 7}", f"Hola {number}")).encode()
    headers = {"X-Witty-Signature": sign_bytes("secreto", raw), "Content-Type": "application/json"}
    for _try in range(60):
        try:
            if httpx.post(f"{url}/webhooks/linea/", content=raw, headers=headers, timeout=60).status_code == 200:
                return True
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    return False


def token_of(page):
    return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]


def try_sign_in(followed, address, password):
    """Of somebody whom nginx sees at this address, whatever they say of themselves."""
    transport = httpx.HTTPTransport(local_address=address)
    headers = {"Referer": f"{followed.url}/", "X-Forwarded-For": "203.0.113.9"}
    with httpx.Client(base_url=followed.url, transport=transport, headers=headers, timeout=60) as client:
        token = token_of(client.get("/login/").text)
        data = {"username": "sofia", "password": password, "csrfmiddlewaretoken": token}
        return client.post("/login/", data=data).status_code


def send_file(client, content):
    """Takes the next chat, answers it with a file, and returns where its page offers that."""
    page = client.get("/", follow_redirects=True)
    assert page.status_code == 200, page.text
    said = {"X-CSRFToken": client.cookies["csrftoken"]}
    taken = client.post("/chats/take-next/", headers=said, follow_redirects=True)
    assert taken.status_code == 200, taken.text
    where = re.search(r'action="(/chats/\d+/reply/)"', taken.text)[1]
    answered = client.post(
        where, headers=said, data={"text": "Va el plano"}, files={"files": ("plano.bin", content)}, follow_redirects=True
    )  # fmt: skip
    assert answered.status_code == 200, answered.text
    return re.search(r"/files/[0-9a-f-]{36}/", answered.text)[0]


def test_who_follows_the_page_has_an_installation_of_several_processes(followed):
    for line in block("Once, and again with each new version").splitlines():
        # the environment is there, and its packages; that is tried by `make test` itself
        said = followed.once(line) if line.startswith("python ") else ""
    link = said.strip()
    followed.once(f'python manage.py shell -v0 -c "{LINE}"')
    commands = [
        line for line in block("Then, each under a process manager").splitlines() if line and not line.startswith("#")
    ]
    started = [followed.start(line) for line in commands]
    web = [line for line in started if line.startswith(("python -m daphne", "uvicorn"))]
    assert len(web) == 2
    followed.start_nginx()
    for name in ("8001", "8002"):
        followed.wait(lambda name=name: followed.answers(f"http://127.0.0.1:{followed.ports[name]}"))
    followed.wait(lambda: followed.answers(followed.url, "/readyz"))

    with httpx.Client(base_url=followed.url, headers={"Referer": f"{followed.url}/"}, timeout=60) as client:
        page = client.get(link)
        assert page.status_code == 200
        hidden = dict(re.findall(r'name="(csrfmiddlewaretoken|token)" value="([^"]+)"', page.text))
        person = {"username": "sofia", "first_name": "Sofía", "last_name": "Duarte"}
        made = client.post(
            "/setup/" if "/setup/" in link else link,
            data=hidden | person | {"password1": PASSWORD, "password2": PASSWORD},
        )
        assert made.status_code == 302, made.text
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        with connect(
            f"ws://127.0.0.1:{followed.port}/ws/", origin=followed.url, additional_headers={"Cookie": cookie}
        ) as socket:
            assert socket.recv(timeout=60)

        with ThreadPoolExecutor(6) as pool:
            answers = pool.map(lambda number: post(followed.url, number), range(POSTED))
            for line in web:
                followed.stop(line)
                followed.start(line)
                port = next(port for port in followed.ports.values() if port in line)
                followed.wait(lambda port=port: followed.answers(f"http://127.0.0.1:{port}"))
            assert all(answers)
        assert followed.once(f'python manage.py shell -v0 -c "{STORED}"').strip() == str(POSTED)

        # larger than what nginx and Django keep in memory of a body
        content = os.urandom(5_000_000)
        file = send_file(client, content)
        for name in ("8001", "8002"):
            got = client.get(f"http://127.0.0.1:{followed.ports[name]}{file}", headers={"Cookie": cookie})
            assert (got.status_code, got.content == content) == (200, True), (name, got.status_code)
        assert httpx.get(f"{followed.url}{file}", timeout=60).status_code != 200

    for _time in range(6):
        try_sign_in(followed, "127.0.0.2", "mal")
    # held there alone: what the proxy says counts, what the caller says of itself does not
    assert try_sign_in(followed, "127.0.0.2", PASSWORD) != 302
    assert try_sign_in(followed, "127.0.0.1", PASSWORD) == 302
