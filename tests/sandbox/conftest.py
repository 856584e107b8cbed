"""The sandbox, a product that listens to it, and customers in it."""

import httpx
import pytest

from sandbox.client import Sandbox
from tests.sandbox.sandbox_lines import TOKEN, Listener, add


@pytest.fixture
def listener():
    listener = Listener()
    yield listener
    listener.close()


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
