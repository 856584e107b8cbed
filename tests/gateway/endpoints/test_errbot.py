"""The webhook connector against a real bot framework: Errbot, with a plugin of twenty lines."""

import os
import socket
import subprocess
import time
from pathlib import Path

import pytest

from chats.models import Message
from gateway.endpoints import calls
from tests import people
from tests.install_errbot import ERRBOT
from wittybots.models import Event

PROGRAM = Path(os.environ.get("WITTY_ERRBOT", ERRBOT))
CONFIG = Path(__file__).resolve().parents[2] / "bots" / "errbot" / "config.py"


@pytest.fixture
def errbot(tmp_path, settings):
    assert PROGRAM.exists(), "it is not installed: python tests/install_errbot.py"
    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    given = {**os.environ, "ERRBOT_PORT": str(port), "ERRBOT_DATA": str(tmp_path)}
    log = (tmp_path / "log").open("wb")
    program = subprocess.Popen([PROGRAM, "-c", CONFIG], env=given, cwd=tmp_path, stdout=log, stderr=log)
    try:
        wait_for(port, program)
        yield f"http://127.0.0.1:{port}/witty"
    finally:
        program.terminate()
        try:
            program.wait(5)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait(5)
        log.close()


def wait_for(port, program):
    ends = time.monotonic() + 60
    while time.monotonic() < ends and program.poll() is None:
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("Errbot never listened")


def test_errbot_greets_asks_and_hands_over(db, errbot, ventas):
    bot = people.external_bot(url=errbot)
    origin = people.received_by(bot)
    chat = people.says(origin, "marta", "Hola", name="Marta").message.chat
    calls.call_endpoint(bot.endpoint.pk, chat.pk)
    said = Message.objects.get(chat=chat, author="bot", direction="out")
    assert said.text == "Hola Marta"
    assert said.payload["choices"] == [{"title": "Comprar", "payload": "ventas"}]
    people.says(origin, "marta", "Comprar", kind="choice", payload={"payload": "ventas"})
    calls.call_endpoint(bot.endpoint.pk, chat.pk)
    chat = people.fresh(chat)
    assert (chat.tray, chat.bot_summary) == (ventas, "Marta quiere comprar")
    assert not Event.objects.exclude(state="done").exists()
