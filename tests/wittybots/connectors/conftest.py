"""An external bot and its connector, opened on a chat."""

import pytest

from tests import http_server


@pytest.fixture(autouse=True)
def _allowed(settings):
    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]


@pytest.fixture
def bot(listening):
    return listening(http_server.BotServer())


@pytest.fixture
def opened():
    """Contract servers that are closed when the test is over."""
    made = []

    def open_one(server):
        made.append(server)
        return server

    yield open_one
    for one in made:
        one.server.close()
