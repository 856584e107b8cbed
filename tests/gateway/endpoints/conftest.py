"""A bot that really listens, and the line that it attends."""

import pytest

from tests import http_server, people


@pytest.fixture(autouse=True)
def _allowed(settings):
    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]


@pytest.fixture
def server(listening):
    return listening(http_server.BotServer())


@pytest.fixture
def bot(db, server):
    return people.external_bot(url=server.url, events=["message_created"])


@pytest.fixture
def origin(bot):
    return people.received_by(bot)
