"""Supervisors and administrators who are signed in to the admin."""

import pytest

from live.feed import current_feed
from tests import people
from tests.http_server import BotServer


@pytest.fixture
def admin(db):
    return people.hire("admin", first_name="Marcela", is_superuser=True)


@pytest.fixture
def as_sofia(client, sofia):
    client.force_login(sofia, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def as_admin(client, admin):
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def orders(own_valkey):
    """What is ordered to agents' sockets: call it with what was listened for to get the texts."""
    heard = current_feed().redis.pubsub()

    def listen(*groups):
        heard.subscribe(*(f"live:{group}" for group in groups))
        while heard.get_message(timeout=0.1) is not None:
            pass

        def read():
            found = []
            while (message := heard.get_message(timeout=0.2)) is not None:
                if message["type"] == "message":
                    found.append((message["channel"].removeprefix("live:"), message["data"].partition("\n")[2]))
            return found

        return read

    yield listen
    heard.close()


@pytest.fixture
def inside(settings):
    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]


@pytest.fixture
def server(listening):
    """A bot that listens and has nothing to say."""
    server = listening(BotServer())
    server.answers = [{}]
    return server
