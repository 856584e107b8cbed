"""Bots and the chats that they attend."""

import pytest

from tests import people
from wittybots.models import Reception


@pytest.fixture
def bot(db):
    return people.external_bot()


@pytest.fixture
def line(bot):
    """An HTTP origin that this bot receives."""
    origin = people.http_origin()
    Reception.objects.create(origin=origin, bot=bot)
    return origin


@pytest.fixture
def chat(line):
    return people.fresh(people.says(line, "marta", "Hola", name="Marta Gómez").message.chat)
