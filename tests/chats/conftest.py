"""Chats at every place, for the tests of the core."""

from datetime import timedelta

import pytest

from tests import people
from tests.chats.places import AT


@pytest.fixture
def chat(http_origin, ventas):
    """Marta's chat, waiting in Ventas since noon."""
    return people.waiting(http_origin, ventas, at=AT - timedelta(hours=3))
