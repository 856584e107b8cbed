"""Chats and what their panes show."""

import pytest

from tests import people


@pytest.fixture
def chat(http_origin, ventas, ana):
    return people.held(http_origin, ana, ventas, sender="marta")


@pytest.fixture
def origin(db):
    return people.http_origin()
