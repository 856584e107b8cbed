"""Lines and the clock for the tests of what comes in."""

import pytest

from tests import people


@pytest.fixture
def chat(http_origin, ana, ventas):
    """Marta's chat, which ana has."""
    return people.held(http_origin, ana, ventas, sender="marta")
