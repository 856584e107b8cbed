"""A line to a network's API that really listens, and a chat on it."""

import pytest

from chats import jobs
from tests import people
from tests.gateway.outbound.outbox_runs import held, takes
from tests.origins.api import Api


@pytest.fixture
def api(listening):
    api = listening(Api())
    takes(api)
    return api


@pytest.fixture
def origin(db, api):
    return people.whatsapp_origin(api_url=api.url)


@pytest.fixture
def chat(origin, ana):
    return held(origin, ana)


@pytest.fixture
def asked(monkeypatch):
    asked = []

    def note(task, *args, countdown=None):
        asked.append((task.rsplit(".", 1)[-1], *args, countdown))
        return True

    monkeypatch.setattr(jobs, "_send_task", note)
    return asked
