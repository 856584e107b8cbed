"""Receipts of the networks: in any order they come to the same."""

import itertools

import pytest

from chats.models import Message
from tests import people
from tests.gateway.inbound.network_posts import ago, marta, out, takes


@pytest.mark.parametrize("order", list(itertools.permutations(["sent", "delivered", "read"])))
def test_receipts_in_any_order_come_to_the_same(client, whatsapp, ana, order):
    message = out(marta(whatsapp, ana), ana, external_id="wamid.O")
    for status in (*order, order[0]):
        takes(client, whatsapp, people.wa_statuses(people.wa_status("wamid.O", status)))
    message.refresh_from_db()
    assert message.status == "read"


@pytest.mark.parametrize("order", [("failed", "delivered"), ("delivered", "failed")])
def test_a_failure_gives_way_to_what_arrived(client, whatsapp, ana, order):
    message = out(marta(whatsapp, ana), ana, external_id="wamid.O")
    for status in order:
        code = 131026 if status == "failed" else None
        takes(client, whatsapp, people.wa_statuses(people.wa_status("wamid.O", status, code=code)))
    message.refresh_from_db()
    assert (message.status, message.reason) == ("delivered", "")


def test_a_receipt_keeps_the_origins_time(client, whatsapp, ana):
    message, at = out(marta(whatsapp, ana), ana, external_id="wamid.O"), ago(minutes=3).replace(microsecond=0)
    takes(client, whatsapp, people.wa_statuses(people.wa_status("wamid.O", "delivered", at=at)))
    message.refresh_from_db()
    assert message.status_at == at


@pytest.mark.parametrize("to", ["5215512345678", "525512345678", None, "MX.900"])
def test_a_receipt_counts_whatever_it_calls_the_person(client, whatsapp, ana, to):
    """Meta may name a number in its other form, or the user id that we do not know yet."""
    chat = people.held(whatsapp, ana, sender="525512345678", address_kind="wa_id")
    message = out(chat, ana, external_id="wamid.O")
    takes(client, whatsapp, people.wa_statuses(people.wa_status("wamid.O", "read", to=to)))
    message.refresh_from_db()
    assert message.status == "read"


def test_an_unsure_one_is_told_by_our_own_id(client, whatsapp, ana):
    message = out(marta(whatsapp, ana), ana, status="unconfirmed")
    takes(client, whatsapp, people.wa_statuses(people.wa_status("wamid.NEW", "delivered", ours=message.uuid)))
    message.refresh_from_db()
    assert (message.status, message.external_id) == ("delivered", "wamid.NEW")
    takes(client, whatsapp, people.wa_statuses(people.wa_status("wamid.NEW", "read")))
    message.refresh_from_db()
    assert message.status == "read"


def test_a_watermark_moves_all_up_to_its_time_and_nothing_else(client, messenger, ana):
    given = {"address_kind": "psid", "at": ago(minutes=10)}
    chat = people.held(messenger, ana, sender="24001", **given)
    other = people.held(messenger, ana, sender="24002", **given)
    times = [ago(minutes=5), ago(minutes=4), ago(minutes=1)]
    ours = [out(chat, ana, f"n{n}", external_id=f"m_o{n}", sent_at=at) for n, at in enumerate(times)]
    theirs = out(other, ana, external_id="m_x", sent_at=times[0])
    mark = people.millis(ago(minutes=3))
    takes(client, messenger, people.meta_event("messenger", "24001", delivery={"watermark": mark}))
    assert [Message.objects.get(pk=o.pk).status for o in ours] == ["delivered", "delivered", "sent"]
    takes(client, messenger, people.meta_event("messenger", "24001", read={"watermark": mark}))
    takes(client, messenger, people.meta_event("messenger", "24001", delivery={"watermark": mark}))
    assert [Message.objects.get(pk=o.pk).status for o in ours] == ["read", "read", "sent"]
    theirs.refresh_from_db()
    assert theirs.status == "sent"


def test_instagram_says_which_one_was_read(client, instagram, ana):
    chat = people.held(instagram, ana, sender="90001", address_kind="igsid")
    message = out(chat, ana, external_id="i_o")
    takes(client, instagram, people.meta_event("instagram", "90001", read={"mid": "i_o"}))
    message.refresh_from_db()
    assert message.status == "read"
