"""Client libraries of the networks, as programs use them, against the sandbox: what it takes and refuses, they show."""

import json
import os
import shutil
import subprocess
from urllib.parse import urlsplit

import pytest

from tests.install_clients import MODULES, NAMED, NODE, PYTHON
from tests.sandbox.sandbox_lines import BOT, SECRET, TOKEN, VERIFY
from tests.sandbox.sandbox_media import PDF, PNG, VOICE


@pytest.fixture
def run(tmp_path, sandbox, shelf):
    """Runs a program of tests/clients to its end; what it printed."""
    assert PYTHON.exists(), "they are not installed: python tests/install_clients.py"
    assert MODULES.exists(), "they are not installed: python tests/install_clients.py"
    for name, data in (("a.png", PNG), ("a.pdf", PDF), ("a.ogg", VOICE)):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "node_modules").symlink_to(MODULES)

    def run(program, base, **told):
        where = urlsplit(base)
        told |= {
            "url": base, "host": where.hostname, "port": where.port, "files": str(tmp_path),
            "link": shelf.put("foto.png", PNG, "image/png"), "nowhere": f"{shelf.url}/nada.png",
        }  # fmt: skip
        # a module is looked for beside the program, not beside where it is started
        script = shutil.copy(NAMED / program, tmp_path)
        command = [PYTHON if program.endswith(".py") else NODE, script]
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "NO_PROXY": "127.0.0.1"}
        done = subprocess.run(
            command, input=json.dumps(told), env=env, cwd=tmp_path, timeout=120, text=True, capture_output=True, check=False
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-4000:]
        return json.loads(done.stdout.splitlines()[-1])

    return run


def kinds(sandbox, customer):
    return {entry["id"]: entry["kind"] for entry in sandbox.show_customer(customer["id"])["thread"]}


@pytest.mark.parametrize("program", ["whatsapp_pywa.py", "whatsapp_api.mjs"])
def test_libraries_of_whatsapp(sandbox, listener, marta, run, program):
    message = sandbox.write(marta["id"], "Hola")["id"]
    said = run(
        program, sandbox.url, line="1000001", account="2000001", token=TOKEN, to=marta["ids"]["wa_id"], message=message
    )
    refused = {"long": 100, "type": 100, "template": 132001}
    assert said.pop("refused") == (refused | {"titles": 131009} if "pywa" in program else refused)
    assert said.pop("upload") == "image/png"
    assert said.pop("read") is True
    said.pop("typing", True)
    received = kinds(sandbox, marta)
    assert {name: received[wamid] for name, wamid in said.items()} == {
        "text": "text", "quote": "text", "buttons": "interactive", "list": "interactive", "image": "image",
        "image_buttons": "interactive", "document": "document", "link": "image", "location": "location",
        "reaction": "reaction", "template": "template", **({"voice": "audio"} if "pywa" in program else {}),
    }  # fmt: skip
    assert not [status for status in listener.values("statuses") if status["status"] == "failed"]


TWICE = "message to delete not found"


@pytest.mark.parametrize(
    ("program", "refused"),
    [
        (
            "telegram_ptb.py",
            {
                "long": "Message is too long",
                "markdown": "Can't parse entities: character '.' is reserved and must be escaped with the preceding '\\'",
                "emoji": "Reaction_invalid",
                "twice": TWICE.capitalize(),
                "same": "Message is not modified: specified new message content and reply markup are exactly the same "
                "as a current content and reply markup of the message",
                "query": "Query is too old and response timeout expired or query id is invalid",
                "quote": "Message to be replied not found",
            },
        ),
        (
            "telegram_aiogram.py",
            {
                "long": "Bad Request: message caption is too long",
                "html": "Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\"",
                "twice": f"Bad Request: {TWICE}",
                "picture": "Bad Request: IMAGE_PROCESS_FAILED",
            },
        ),
        (
            "telegram_grammy.mjs",
            {
                "long": "Bad Request: message is too long",
                "twice": f"Bad Request: {TWICE}",
                "data": "Bad Request: BUTTON_DATA_INVALID",
                "emoji": "Bad Request: REACTION_INVALID",
                "query": "Bad Request: query is too old and response timeout expired or query ID is invalid",
            },
        ),
    ],
)
def test_libraries_of_telegram(sandbox, listener, tomas, run, program, refused):
    message = sandbox.write(tomas["id"], "Hola")["id"]
    sandbox.write(tomas["id"], kind="document")
    file = listener.bodies[-1]["message"]["document"]["file_id"]
    said = run(program, sandbox.url, token=BOT, to=tomas["ids"]["chat_id"], message=message, file=file)
    assert said.pop("refused") == refused
    assert said["me"] == "witty_bot"
    assert said["quote"] == int(message)
    assert said["text"] == "Hola Marta"
    assert said["voice"] == "audio/ogg"
    assert all(said.values())
    first = next(entry for entry in sandbox.show_customer(tomas["id"])["thread"] if entry["side"] == "line")
    assert first["payload"]["withdrawn"] is True


@pytest.mark.parametrize("program", ["meta_business.py", "meta_messenger.mjs"])
@pytest.mark.parametrize("network", ["messenger", "instagram"])
def test_libraries_of_messenger_and_instagram(sandbox, listener, nora, igor, run, program, network):
    customer, line = (nora, "4000001") if network == "messenger" else (igor, "5000001")
    # `me` is whose token it is
    token = f"token-of-{network}"
    sandbox.register_line(network, line, access_token=token, secret=SECRET, verify_token=VERIFY, webhook=listener.url)
    message = sandbox.write(customer["id"], "Hola")["id"]
    said = run(
        program, sandbox.url, line=line, token=token, to=next(iter(customer["ids"].values())), message=message,
        emoji="love",
    )  # fmt: skip
    refused = said.pop("refused")
    assert (refused["empty"], refused["link"]) == ([100, 2018034], [100, 2018008])
    if program == "meta_business.py":
        assert (refused["long"][0], refused["tag"][0], refused["kind"]) == (100, 100, [100, 2018047])
    else:
        assert (refused["nobody"][0], refused["reaction"][0]) == (100, 100)
    received = kinds(sandbox, customer)
    kind_of = {name: received[mid] for name, mid in said.items() if name not in ("name", "typing", "read")}
    shown = {"text": "text", "quote": "text", "buttons": "text", "link": "image"}
    more = {"image": "image"} if program == "meta_business.py" else {"again": "image", "template": "text"}
    assert kind_of == shown | more
