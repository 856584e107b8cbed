"""A bot of Telegram and its API that really listens."""

import pytest

from origins.models import Origin
from tests.origins.api import Api
from tests.origins.telegram.bot_calls import TOKEN


@pytest.fixture
def api(listening):
    api = listening(Api())
    api.answers[""] = (200, {"ok": True, "result": {"message_id": 77, "chat": {"id": 5001}}})
    return api


@pytest.fixture
def bot(api):
    return Origin(kind="telegram", key="tg", name="Bot", secret="s-1", access_token=TOKEN, api_url=api.url)
