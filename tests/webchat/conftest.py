"""A web chat and its visitors."""

import pytest

from chats import moves
from chats.messages import replies
from tests import people
from tests.webchat.visitors import Visitor


@pytest.fixture
def origin():
    return people.web_origin(title="Almacén Norte")


@pytest.fixture
def belen(client, origin):
    return Visitor(client, origin)


@pytest.fixture
def somebody(client, origin):
    return Visitor(client, origin)


@pytest.fixture
def answered(belen, ana):
    """A message of Ana's to Belén."""
    belen.says("Hola")
    moves.take(belen.chat.pk, ana)
    return replies.send_reply(belen.chat.pk, ana, "Buenas")
