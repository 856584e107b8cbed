"""A menu bot, and who may change its menu."""

import pytest

from tests.backoffice.menu.editor_calls import BACKEND
from wittybots.models import Bot


@pytest.fixture
def bot(db):
    return Bot.objects.create(name="WittyBots")


@pytest.fixture
def as_sofia(client, sofia):
    client.force_login(sofia, backend=BACKEND)
    return client
