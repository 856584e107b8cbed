"""A line to a server that stands for Meta's Graph API."""

import pytest

from origins.models import Origin
from tests.origins.graph_server import Meta


@pytest.fixture
def meta(listening):
    return listening(Meta())


@pytest.fixture
def line(meta):
    return Origin(
        kind="whatsapp", secret="s", access_token="t-1", verify_token="v", line_id="1000001", account_id="2000001",
        api_url=meta.url + "/",
    )  # fmt: skip
