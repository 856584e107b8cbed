"""Delivery receipts: in any order and twice they come to the same."""

import itertools

import pytest

from chats.messages import receipts as message_receipts
from chats.messages import replies
from chats.models import Message
from common.errors import OriginError
from origins.facts import Receipt
from tests import people

FORWARD = ["queued", "sending", "unconfirmed", "sent", "failed", "delivered", "read"]
RECEIPTS = ["sent", "failed", "delivered", "read"]
SETS = [*itertools.combinations_with_replacement(RECEIPTS, 3), tuple(RECEIPTS)]


@pytest.mark.parametrize("receipts", SETS, ids="-".join)
def test_receipts_in_any_order_and_twice_come_to_the_same(chat, ana, http_origin, receipts):
    message = replies.send_reply(chat.pk, ana, "Hola")
    ends = set()
    for order in set(itertools.permutations(receipts)):
        Message.objects.filter(pk=message.pk).update(status="sending", reason="")
        for status in order:
            receipt = Receipt(str(message.uuid), status, "Número inexistente" if status == "failed" else "")
            assert message_receipts.apply_receipt(http_origin, receipt)
        message.refresh_from_db()
        ends.add((message.status, message.reason))
    last = max(receipts, key=FORWARD.index)
    assert ends == {(last, "Número inexistente" if last == "failed" else "")}


def test_a_receipt_never_moves_back(chat, ana, http_origin):
    message = replies.send_reply(chat.pk, ana, "Hola")
    for now, came in itertools.product(FORWARD, RECEIPTS):
        Message.objects.filter(pk=message.pk).update(status=now)
        message_receipts.apply_receipt(http_origin, Receipt(str(message.uuid), came))
        message.refresh_from_db()
        assert message.status == max(now, came, key=FORWARD.index), (now, came)


def test_a_receipt_names_a_message_by_either_id_on_its_own_origin(chat, ana, http_origin):
    message = replies.send_reply(chat.pk, ana, "Hola")
    Message.objects.filter(pk=message.pk).update(external_id="theirs-1")
    other = people.http_origin()
    assert not message_receipts.apply_receipt(other, Receipt("theirs-1", "read"))
    assert not message_receipts.apply_receipt(other, Receipt(str(message.uuid), "read"))
    assert not message_receipts.apply_receipt(http_origin, Receipt("nobody's", "read"))
    assert not message_receipts.apply_receipt(http_origin, Receipt("theirs-1", "read", sender="otra"))
    assert message_receipts.apply_receipt(http_origin, Receipt("theirs-1", "delivered", sender="marta"))
    assert message_receipts.apply_receipt(http_origin, Receipt(str(message.uuid), "read"))
    message.refresh_from_db()
    assert message.status == "read"


def test_a_receipt_for_what_the_customer_said_is_for_nothing(http_origin):
    message = people.says(http_origin, "c", "Hola", external_id="m-1").message
    assert not message_receipts.apply_receipt(http_origin, Receipt("m-1", "read"))
    message.refresh_from_db()
    assert message.status == ""


def test_a_status_that_there_is_not(chat, ana, http_origin):
    message = replies.send_reply(chat.pk, ana, "Hola")
    with pytest.raises(OriginError, match="eaten"):
        message_receipts.apply_receipt(http_origin, Receipt(str(message.uuid), "eaten"))
