"""Messages of the HTTP origin: stored once, with any time, text and kind."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from chats.messages import replies
from chats.models import Chat, Message
from common.signature import sign_bytes
from contacts.models import Contact
from origins.models import Body
from tests import people
from tests.gateway.inbound.http_posts import GOOD, finish_after, one
from tests.threads import Crowd


def test_the_same_body_twice_is_stored_once(client, http_origin):
    first, second = (people.post_signed(client, http_origin, one()) for _ in range(2))
    assert first.json() == {"accepted": 1, "duplicates": 0, "rejected": []}
    assert (second.status_code, second.json()) == (200, {"accepted": 0, "duplicates": 1, "rejected": []})
    assert Message.objects.filter(direction="in").count() == 1
    assert Body.objects.count() == 1
    assert Chat.objects.get().unread == 1


@pytest.mark.parametrize("known", [True, False])
def test_the_same_id_inside_different_bodies_is_stored_once(client, http_origin, known):
    if known:
        people.waiting(http_origin, sender="cust-17")
    people.post_signed(client, http_origin, one())
    again = people.post_signed(
        client, http_origin, {"messages": [*one()["messages"], {"id": "m-2", "from": "cust-17"}]}
    )
    assert again.json() == {"accepted": 1, "duplicates": 1, "rejected": []}
    alone = people.post_signed(client, http_origin, one(text="Hola!"))
    assert alone.json() == {"accepted": 0, "duplicates": 1, "rejected": []}
    assert Message.objects.filter(direction="in", external_id="m-1").get().text == "Hola"


def test_the_same_id_twice_in_one_body_is_stored_once(client, http_origin):
    answer = people.post_signed(client, http_origin, {"messages": one()["messages"] * 3})
    assert answer.json() == {"accepted": 1, "duplicates": 2, "rejected": []}


def test_the_same_id_on_two_lines_is_two(client, http_origin):
    other = people.http_origin()
    for origin in (http_origin, other):
        assert people.post_signed(client, origin, one()).json()["accepted"] == 1


@pytest.mark.parametrize("known", [True, False])
def test_the_same_body_at_the_same_instant_is_stored_once(client, transactional_db, known):
    origin = people.http_origin()
    people.with_bot(origin)
    url = reverse("webhook", args=[origin.key])
    if known:
        people.says(origin, "cust-17", "Buenas")
    before = Message.objects.filter(direction="in").count()
    headers = {"X-Witty-Signature": sign_bytes(origin.secret, GOOD)}
    with Crowd(8) as crowd:
        answers = crowd.at_once(
            lambda _n: type(client)().post(url, GOOD, content_type="application/json", headers=headers)
        )
    assert {answer.status_code for answer in answers} == {200}
    counts = sorted((answer.json()["accepted"], answer.json()["duplicates"]) for answer in answers)
    assert counts == [(0, 1)] * 7 + [(1, 0)]
    assert Message.objects.filter(direction="in").count() == before + 1
    assert Body.objects.count() == Contact.objects.count() == 1
    assert people.all_consistent()


NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    "timestamp",
    [
        None, "", "ayer", "--5", "-", "5-", "- 5", "٣٣", "1_000", 0, -1, "-1", "0", 1e300, -1e300, True, [], {}, "NaN",
        "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "99999-01-01", "1969-12-31",
        "9" * 400, 9e18, 10**30, "2026-13-45T99:99:99Z", "2100-01-01T00:00:00Z", 4_102_444_800,
    ],
    ids=lambda t: repr(t)[:28],
)  # fmt: skip
def test_a_time_that_is_none_or_not_yet_counts_as_now(client, http_origin, timestamp):
    began = timezone.now()
    assert people.post_signed(client, http_origin, one(timestamp=timestamp)).json()["accepted"] == 1
    chat = people.fresh(Chat.objects.get())
    assert began <= chat.last_customer_at <= timezone.now()
    assert chat.state == "BANDEJA"
    chat.refresh_from_db()


@pytest.mark.parametrize(
    "write",
    [
        lambda at: at.isoformat(),
        lambda at: at.isoformat().replace("+00:00", "Z"),
        lambda at: at.astimezone(timezone.get_fixed_timezone(-180)).isoformat(),
        lambda at: at.replace(tzinfo=None).isoformat(),
        lambda at: int(at.timestamp()),
        lambda at: str(int(at.timestamp())),
        lambda at: at.timestamp(),
        lambda at: int(at.timestamp() * 1000),
        lambda at: f" {int(at.timestamp() * 1000)} ",
    ],
)
def test_a_time_in_any_form_is_understood(client, http_origin, write):
    at = (timezone.now() - timedelta(hours=3)).replace(microsecond=0)
    people.post_signed(client, http_origin, one(timestamp=write(at)))
    assert Chat.objects.get().last_customer_at == at


def test_an_old_message_is_stored_and_opens_nothing(client, http_origin):
    people.post_signed(client, http_origin, one(timestamp="2001-02-03T04:05:06Z"))
    chat = people.fresh(Chat.objects.get())
    assert (chat.state, chat.last_customer_at.year) == ("EXPIRADO", 2001)


MARKUP = """<script>alert(1)</script>{{ secret }}{% now "Y" %}'"&amp;<!--"""


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", ""),
        ("   ", "   "),
        (MARKUP, MARKUP),
        ("\x00a\x00", "a"),
        ("\ud800 \udfff", "? ?"),
        ("👨‍👩‍👧‍👦 ‮sdrawkcab ", "👨‍👩‍👧‍👦 ‮sdrawkcab "),
        ("ñ" * 65_536, "ñ" * 65_536),
        ("\x01\x1b[31m\u2028", "\x01\x1b[31m\u2028"),
    ],
    ids=lambda s: repr(s)[:12],
)
def test_any_text_is_stored_whole(client, http_origin, text, kept, known):
    if known:
        people.waiting(http_origin, sender="cust-17")
    assert people.post_signed(client, http_origin, one(text=text, name=text)).json()["accepted"] == 1
    assert Message.objects.get(external_id="m-1").text == kept


@pytest.mark.parametrize(
    "kind", ["text", "image", "audio", "video", "document", "sticker", "location", "contact", "choice"]
)
def test_every_kind_is_kept_as_what_it_is(client, http_origin, kind):
    item = one(
        type=kind, title="Ventas", payload="p-1", latitude=-34.9, longitude=-56.1, address=MARKUP, place=MARKUP,
        contact={"name": MARKUP, "phone": "099"}, media={"url": "https://example.com/a", "filename": MARKUP},
    )  # fmt: skip
    assert people.post_signed(client, http_origin, item).json()["accepted"] == 1
    message = Message.objects.get(external_id="m-1")
    assert message.kind == kind
    assert message.payload["media"]["filename"] == MARKUP
    assert (message.payload["latitude"], message.payload["longitude"]) == (-34.9, -56.1)
    if kind == "choice":
        assert message.payload["payload"] == "p-1"
    if kind == "contact":
        assert message.payload["name"] == MARKUP


def test_a_choice_without_a_text_says_its_title(client, http_origin):
    people.post_signed(client, http_origin, one(type="choice", text=None, title="Ventas", payload="1"))
    assert Message.objects.get(external_id="m-1").text == "Ventas"


def test_an_unknown_kind_is_a_customers_message_all_the_same(client, http_origin):
    people.post_signed(client, http_origin, one(type="hologram"))
    message = Message.objects.get(external_id="m-1")
    assert (message.kind, message.payload["type"], message.chat.unread) == ("unsupported", "hologram", 1)


def test_a_reaction_is_no_message(client, http_origin):
    people.post_signed(client, http_origin, one())
    reaction = {"messages": [{"from": "cust-17", "type": "reaction", "target": "m-1", "emoji": "❤️"}]}
    assert people.post_signed(client, http_origin, reaction).json()["accepted"] == 1
    assert Message.objects.get(direction="in").reaction == "❤️"


def test_a_reaction_that_comes_before_its_message_is_applied_later(client, http_origin):
    people.waiting(http_origin, sender="cust-17")
    reaction = {"messages": [{"from": "cust-17", "type": "reaction", "target": "m-1", "emoji": "❤️"}]}
    assert people.post_signed(client, http_origin, reaction).json()["rejected"]
    people.post_signed(client, http_origin, one())
    assert finish_after(61) == 1
    assert Message.objects.get(external_id="m-1").reaction == "❤️"
    assert set(Body.objects.values_list("state", flat=True)) == {"processed"}


def test_a_receipt_that_comes_before_our_request_has_returned_is_applied_later(client, http_origin, ana):
    ours = replies.send_reply(people.held(http_origin, ana).pk, ana, "Hola")
    Message.objects.filter(pk=ours.pk).update(status="sending")
    body = {"statuses": [{"id": "theirs-1", "status": "delivered"}]}
    people.post_signed(client, http_origin, body)
    Message.objects.filter(pk=ours.pk).update(status="sent", external_id="theirs-1")
    finish_after(61)
    ours.refresh_from_db()
    assert ours.status == "delivered"


def test_what_nobody_ever_knows_is_given_up_and_kept(client, http_origin):
    people.post_signed(client, http_origin, {"statuses": [{"id": "nobody's", "status": "read"}]})
    assert finish_after(61) == 1
    assert finish_after(61) == 0
    body = Body.objects.get()
    assert (body.state, body.reason) == ("broken", "0: unknown id")
