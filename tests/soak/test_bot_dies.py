"""A bot that dies, hangs or falls silent in the middle of a chat: nobody waits for it longer than a minute.

With the product's own processes: web, worker and clock, and bots that really listen.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing, suppress
from pathlib import Path

import pytest

from common.signature import sign_bytes
from gateway.endpoints import event_queue
from tests import people
from tests.commands import product_environment
from tests.http_server import BotServer, delayed
from tests.ports import free_port
from tests.soak.play import DAPHNE, ROOT, WORKER, Process
from wittybots import turns
from wittybots.connectors import http_call
from wittybots.models import Bot, Event

MOST = 60.0
QUICKSTART = Path(ROOT) / "docs/bots/quickstart.md"


@pytest.fixture
def _own_files():
    """The children know the product's own settings only."""


@pytest.fixture
def house(transactional_db, own_valkey, tmp_path):
    """Web, worker and clock; its address."""
    port, python = free_port(), [sys.executable, "-m"]
    celery = [*python, "celery", "-A", "wittyagent", "--quiet"]
    commands = {
        "web": [*python, "daphne", *DAPHNE, "-b", "127.0.0.1", "-p", str(port), "wittyagent.asgi:application"],
        "worker": [*celery, "worker", *WORKER, "--loglevel", "WARNING"],
        "clock": [*celery, "beat", "--schedule", str(tmp_path / "beat"), "--pidfile=", "--loglevel", "WARNING"],
    }
    environment = product_environment(REDIS_URL=own_valkey.url, ALLOWED_INTERNAL_HOSTS="127.0.0.1")
    children = [Process(command, environment, tmp_path / f"{name}.log") for name, command in commands.items()]
    try:
        for child in children:
            child.start()
        base = f"http://127.0.0.1:{port}"
        until(lambda: _answers(f"{base}/healthz"))
        yield base
    finally:
        for child in children:
            child.stop()


def _answers(url):
    with suppress(urllib.error.URLError, OSError):
        return urllib.request.urlopen(url, timeout=10).status == 200


def until(holds, seconds=600):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s")


class QuickstartBot:
    """The bot of docs/bots/quickstart.md as it stands there."""

    def __init__(self, folder, secret):
        code = re.search(r"```python\n(.*?)```", QUICKSTART.read_text(), re.DOTALL)[1]
        assert code.count("\n") <= 30
        (folder / "bot.py").write_text(code)
        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, str(folder / "bot.py")], stderr=subprocess.DEVNULL,
            env=os.environ | {"PORT": str(self.port), "BOT_SECRET": secret},
        )  # fmt: skip
        until(self._listens)

    def _listens(self):
        with closing(socket.socket()) as line:
            return line.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def quickstart(tmp_path):
    bot = QuickstartBot(tmp_path, "un-secreto")
    yield bot
    bot.kill()


def stay_silent(told):
    """Takes what it is told and never says a word; or never even takes it."""
    return delayed(90) if told.path == "/hangs" else None


@pytest.fixture
def silent():
    server = BotServer(stay_silent)
    yield server.url
    server.close()


def line_of(url):
    bot = people.external_bot(url=url, secret="un-secreto")
    return people.received_by(bot)


def write(base, origin, number, text):
    body = json.dumps({"messages": [{"id": f"m-{number}", "from": "marta", "name": "Marta", "text": text}]}).encode()
    headers = {"X-Witty-Signature": sign_bytes(origin.secret, body), "Content-Type": "application/json"}
    asked = urllib.request.Request(f"{base}/webhooks/{origin.key}/", body, headers)
    assert json.load(urllib.request.urlopen(asked, timeout=120))["accepted"] == 1


def chat_of(origin):
    from chats.models import Chat

    return Chat.objects.with_people().get(origin=origin)


def said(origin):
    return list(
        chat_of(origin).messages.filter(author="bot", direction="out").order_by("id").values_list("text", flat=True)
    )


@pytest.mark.soak
def test_a_bot_of_thirty_lines_attends_and_one_that_dies_keeps_nobody_waiting(house, quickstart, silent, tmp_path):
    ventas = people.tray("Ventas")
    quick = f"http://127.0.0.1:{quickstart.port}/"
    lines = {
        "attends": line_of(quick),
        "dies in the middle": line_of(quick),
        "hangs": line_of(f"{silent}/hangs"),
        "says nothing": line_of(f"{silent}/silent"),
    }
    for name in ("attends", "dies in the middle"):
        write(house, lines[name], 1, "Hola")
        until(lambda name=name: len(said(lines[name])) == 2)
    write(house, lines["attends"], 2, "4471")
    chat = until(lambda: (chat := chat_of(lines["attends"])).state == "BANDEJA" and chat)
    assert (chat.tray, chat.attributes, chat.bot_summary) == (
        ventas,
        {"pedido": "4471"},
        "Pregunta por el pedido 4471.",
    )
    assert said(lines["attends"])[-1] == "Gracias. Te paso con Ventas."

    quickstart.kill()
    waiting = [name for name in lines if name != "attends"]
    for name in waiting:
        write(house, lines[name], 9, "¿Hay alguien?")
    until(lambda: all(chat_of(lines[name]).state == "BANDEJA" for name in waiting))
    for name in waiting:
        chat = chat_of(lines[name])
        assert (chat.tray.kind, bool(chat.change.note)) == ("general", True), name
        farewell = Bot.objects.get(pk=chat.bot_id).farewell
        assert said(lines[name]).count(farewell) == 1, name
    # killed: the line is refused at once; none gave up before it had tried as often as it may
    told = Event.objects.filter(chat_id=chat_of(lines["dies in the middle"]).pk, kind="message_created").latest("id")
    assert told.attempts == event_queue.LAST_ATTEMPT


def test_what_they_wait_for_is_over_within_a_minute():
    """The waits that the product keeps to, whatever the machine does meanwhile."""
    pauses = sum(pause.total_seconds() for pause in event_queue.LEASE.backoff)
    assert 30 < pauses < pauses + event_queue.LAST_ATTEMPT * http_call.WITHIN < MOST
    assert turns.SPEAK_WITHIN.total_seconds() < MOST
