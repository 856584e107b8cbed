"""Lines of every network."""

import pytest

from tests import people


@pytest.fixture
def whatsapp(db):
    return people.whatsapp_origin()


@pytest.fixture
def messenger(db):
    return people.messenger_origin()


@pytest.fixture
def instagram(db):
    return people.instagram_origin()


@pytest.fixture
def telegram(db):
    return people.telegram_origin()
