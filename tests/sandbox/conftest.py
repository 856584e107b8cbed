"""The sandbox, a product that listens to it, and customers in it."""

import httpx
import pytest

from sandbox.client import Sandbox
from tests.sandbox.sandbox_lines import BOT, TOKEN, Listener, add
from tests.sandbox.sandbox_media import Shelf


@pytest.fixture
def listener():
    listener = Listener()
    yield listener
    listener.close()


@pytest.fixture
def shelf():
    shelf = Shelf()
    yield shelf
    shelf.close()


@pytest.fixture(scope="module")
def running():
    with Sandbox.start(seed=7) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(listener, running):
    running.reset(seed=7)
    add(running, listener, "whatsapp", "1000001", account_id="2000001")
    running.switch_faults(retry_first=0.05)
    return running


@pytest.fixture
def marta(sandbox):
    return sandbox.add_customer("whatsapp", name="Marta Ñandú")


@pytest.fixture
def graph(sandbox):
    with httpx.Client(base_url=f"{sandbox.url}/v25.0", headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        yield client


@pytest.fixture
def bot(sandbox, listener):
    add(sandbox, listener, "telegram", "3000001", account_id="witty_bot")
    with httpx.Client(base_url=f"{sandbox.url}/bot{BOT}") as client:
        yield client


@pytest.fixture
def tomas(sandbox, bot):
    tomas = sandbox.add_customer("telegram", name="Tomás Paz")
    sandbox.write(tomas["id"], "/start")
    return tomas


@pytest.fixture
def nora(sandbox, listener):
    add(sandbox, listener, "messenger", "4000001")
    nora = sandbox.add_customer("messenger", name="Nora")
    sandbox.write(nora["id"], "Hola")
    return nora


@pytest.fixture
def igor(sandbox, listener):
    add(sandbox, listener, "instagram", "5000001")
    igor = sandbox.add_customer("instagram", name="Igor")
    sandbox.write(igor["id"], "Hola")
    return igor
