"""A visitor's receipts: they only move forward, and are for the visitor's own messages."""

import uuid

import pytest

from origins.models import Body
from tests.webchat.visitors import refused

pytestmark = pytest.mark.django_db


def settle(visitor, message, status):
    response = visitor.post({"receipts": [{"id": str(message.uuid), "status": status}]})
    assert response.status_code == 200
    message.refresh_from_db()
    return response.json()["settled"], message.status


def test_receipts_only_move_forward(belen, answered):
    assert settle(belen, answered, "delivered") == (1, "delivered")
    assert settle(belen, answered, "read") == (1, "read")
    assert settle(belen, answered, "delivered") == (1, "read")


def test_receipts_are_for_ones_own_messages(belen, somebody, answered):
    somebody.says("Hola")
    assert settle(somebody, answered, "read") == (0, "sent")
    mine = belen.chat.messages.get(direction="in")
    assert settle(belen, mine, "read") == (0, "")


def test_receipts_leave_no_row_in_the_ledger(belen, answered):
    before = Body.objects.count()
    settle(belen, answered, "read")
    assert Body.objects.count() == before


BAD_RECEIPTS = {
    "not a list": {},
    "null": None,
    "a text": "read",
    "not an object": ["read"],
    "no id": [{"status": "read"}],
    "no status": [{"id": str(uuid.uuid4())}],
    "id a number": [{"id": 5, "status": "read"}],
    "id a list": [{"id": [], "status": "read"}],
    "id not a uuid": [{"id": "' OR 1=1 --", "status": "read"}],
    "id with NUL": [{"id": "\x00", "status": "read"}],
    "half a character": [{"id": "\ud800", "status": "read"}],
    "status of another": [{"id": str(uuid.uuid4()), "status": "failed"}],
    "status unknown": [{"id": str(uuid.uuid4()), "status": "eaten"}],
    "status a list": [{"id": str(uuid.uuid4()), "status": []}],
    "too many": [{"id": str(uuid.uuid4()), "status": "read"}] * 101,
}


@pytest.mark.parametrize("receipts", BAD_RECEIPTS.values(), ids=BAD_RECEIPTS)
def test_receipts_that_make_no_sense_are_refused_whole(belen, answered, receipts):
    good = {"id": str(answered.uuid), "status": "read"}
    mixed = [good, *receipts] if isinstance(receipts, list) else receipts
    assert refused(belen.post({"receipts": mixed}), 400)
    answered.refresh_from_db()
    assert answered.status == "sent"
