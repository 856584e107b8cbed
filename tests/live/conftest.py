"""A feed and a hub on a Valkey of their own."""

import pytest

from live.feed import Feed
from live.hub import Hub


@pytest.fixture
def feed(own_valkey):
    return Feed(own_valkey.url)


@pytest.fixture
async def hub(own_valkey):
    hub = Hub(own_valkey.url)
    yield hub
    await hub.stop_feeding()
