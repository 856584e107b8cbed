"""A bot that is about to answer: the customer sees it, wherever his network can show it."""

import pytest

from chats.bots import external
from sandbox.client import Sandbox
from tests import people


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox.start(seed=5) as running:
        yield running


LINES = {
    "whatsapp": (people.whatsapp_origin, "wa_id", "wa_id"),
    "telegram": (people.telegram_origin, "telegram", "chat_id"),
    "messenger": (people.messenger_origin, "psid", "psid"),
    "instagram": (people.instagram_origin, "igsid", "igsid"),
}


def shown(sandbox):
    return sandbox.read_report(customers=False)["counts"].get("typing", 0)


@pytest.mark.parametrize("kind", LINES)
def test_the_network_shows_that_the_bot_writes(db, settings, sandbox, kind):
    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]
    make, address, known_as = LINES[kind]
    sandbox.reset()
    origin = make(api_url=sandbox.url)
    sandbox.register_line(kind, origin.line_id, account_id=origin.account_id, secret=origin.secret,
                 access_token=origin.access_token, verify_token="verificame", webhook="http://127.0.0.1:1/")  # fmt: skip
    customer = sandbox.add_customer(f"{kind}:{origin.line_id}", name="Marta")
    bot = people.external_bot()
    people.received_by(bot, origin)
    written = sandbox.write(customer["id"], "Hola", wait=False)["id"]
    stored = people.says(origin, customer["ids"][known_as], "Hola", address_kind=address, external_id=written)
    external.extend_for_typing(stored.message.chat.pk, bot)
    assert shown(sandbox) == 0
    external.show_typing(stored.message.chat.pk)
    assert shown(sandbox) == 1


def test_a_network_that_refuses_costs_nothing(db, settings):
    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]
    origin = people.telegram_origin(api_url="http://127.0.0.1:1")
    bot = people.external_bot()
    people.received_by(bot, origin)
    chat = people.says(origin, "77", "Hola", address_kind="telegram").message.chat
    external.show_typing(chat.pk)
