"""Signed bodies of every network made odd and posted through the real door: 200 and kept, whatever they are.

200 of them with the other tests; 10,000 with WITTY_NIGHTLY=1 (`make nightly`).
"""

import contextlib
import json
import os
import time

import pytest
from django.db import transaction
from django.template.loader import render_to_string
from django.test import TestCase
from django.urls import reverse
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chats.models import Chat, Message
from common.errors import OriginError
from contacts.models import Contact
from gateway.inbound import body_processing
from origins.facts import Broken, Echo, Incoming
from origins.models import Body, Origin
from origins.networks import network_of
from sandbox.posting import sign_body
from tests import people
from tests.origins.api import payload, payloads
from tests.origins.odd import ODD, dropped, json_values, places, put

NETWORKS = {"whatsapp": "1000001", "messenger": "3000001", "instagram": "17841400000001", "telegram": "3000001"}
EXAMPLES = (10_000 if os.environ.get("WITTY_NIGHTLY") == "1" else 200) // len(NETWORKS)
BODIES = {name: [json.loads(payload(name, one)) for one in payloads(name)] for name in NETWORKS}
# written by a customer whom we know, and by one whom we do not
KNOWN, NEW = "7001", "7002"
SHOWN = 3
LONG = ("x" * 70_000, "ñ" * 60_000)


# --- what stands beside what is odd --------------------------------------------------------------


def neighbour(kind, sender, number):
    """A valid message: as a whole entry of its network (Telegram: a body), its id there, and its text."""
    text, now = f"Vecino {number}", int(time.time())
    if kind == "telegram":
        who = {"id": int(sender), "first_name": "Vecina", "is_bot": False}
        chat = {"id": int(sender), "type": "private", "first_name": "Vecina"}
        message = {"message_id": 9000 + number, "from": who, "chat": chat, "date": now, "text": text}
        return {"update_id": 990000 + number, "message": message}, f"{sender}:{9000 + number}", text
    if kind == "whatsapp":
        ref, phone = f"wamid.VECINO{number}", f"5989900{sender}"
        message = {"id": ref, "from": phone, "timestamp": str(now), "type": "text", "text": {"body": text}}
        metadata = {"display_phone_number": "15550001000", "phone_number_id": NETWORKS[kind]}
        value = {"messaging_product": "whatsapp", "metadata": metadata, "messages": [message]}
        return {"id": "2000001", "changes": [{"field": "messages", "value": value}]}, ref, text
    ref, line = f"m_vecino{number}", NETWORKS[kind]
    event = {"sender": {"id": f"880{sender}"}, "recipient": {"id": line}, "timestamp": now * 1000,
             "message": {"mid": ref, "text": text}}  # fmt: skip
    return {"id": line, "time": now * 1000, "messaging": [event]}, ref, text


def rooms(kind, body):
    """Every list of a body in which items for our line stand side by side, and how a neighbour's entry looks there."""
    if kind == "telegram":
        return
    yield body["entry"], lambda entry: entry
    for entry in filter(is_object, body["entry"]):
        if kind != "whatsapp" and entry.get("id") == NETWORKS[kind] and is_full(entry.get("messaging")):
            yield entry["messaging"], lambda entry: entry["messaging"][0]
        if kind == "whatsapp" and is_full(entry.get("changes")):
            yield entry["changes"], lambda entry: entry["changes"][0]
            for change in filter(is_object, entry["changes"]):
                value = change.get("value", {})
                ours = value.get("metadata", {}).get("phone_number_id") == NETWORKS[kind]
                if ours and change.get("field") == "messages" and is_full(value.get("messages")):
                    yield value["messages"], lambda entry: entry["changes"][0]["value"]["messages"][0]


def is_object(value):
    return isinstance(value, dict)


def is_full(value):
    return isinstance(value, list) and bool(value)


@st.composite
def made_odd(draw, item):
    """The item with up to three things in it replaced or dropped, or another thing altogether."""
    item = json.loads(json.dumps(item))
    for _ in range(draw(st.integers(1, 3))):
        everywhere = [(), *places(item)]
        where = everywhere[draw(st.integers(0, len(everywhere) - 1))]
        if where and draw(st.booleans()):
            item = dropped(item, where)
            continue
        odd = draw(st.sampled_from([*ODD, *LONG]) | json_values)
        item = put(item, where, odd) if where else odd
    return item


@st.composite
def beside(draw, kind):
    """A body with something odd in it and valid messages on both sides; (bytes, [(id, text)])."""
    body = json.loads(json.dumps(draw(st.sampled_from(BODIES[kind]))))
    found = list(rooms(kind, body))
    around, form = found[draw(st.integers(0, len(found) - 1))]
    at = draw(st.integers(0, len(around) - 1))
    around[at] = draw(made_odd(around[at]))
    valid = []
    for number, sender in enumerate(draw(st.permutations([KNOWN, KNOWN, NEW]))):
        entry, ref, text = neighbour(kind, sender, number)
        around.insert(at if number == 0 else len(around), form(entry))
        at += number == 0
        valid.append((ref, text))
    return as_bytes(draw, body), valid


@st.composite
def anywhere(draw, kind):
    """A body with something odd in it, or bytes that were cut or spoiled; nothing valid needs to be left."""
    body = draw(made_odd(draw(st.sampled_from(BODIES[kind]))))
    raw = as_bytes(draw, body)
    if draw(st.integers(0, 3)) == 0 and raw:
        at = draw(st.integers(0, len(raw) - 1))
        raw = raw[:at] + draw(st.sampled_from([b"", b"\xff", b"\x00", raw[at:] * 2, b'{"a":' * 50]))
    return raw, []


def as_bytes(draw, body):
    """Meta escapes what is not ASCII, Telegram does not."""
    if not draw(st.booleans()):
        with contextlib.suppress(UnicodeEncodeError):  # a lone surrogate: what is not UTF-8 is no body at all
            return json.dumps(body, ensure_ascii=False).encode()
    return json.dumps(body).encode()


def bodies_of(kind):
    return beside(kind) | anywhere(kind) if kind != "telegram" else anywhere(kind)


# --- the door --------------------------------------------------------------------------------------


def post(client, origin, raw):
    headers = {name: value for name, value in sign_body(origin, raw).items() if name.startswith("X-")}
    with TestCase.captureOnCommitCallbacks(execute=True):
        # the test client declares nothing where it sends nothing
        extra = {"CONTENT_TYPE": "application/json"}
        url = reverse("webhook", args=[origin.key])
        answer = client.post(url, raw, "application/json", headers=headers, **extra)
    assert answer.status_code == 200, answer.content[:300]
    return answer.json()


def finished(origin, raw, said):
    """The body as it is kept once the worker has had its turn, too."""
    body = Body.objects.select_related("origin").get(origin=origin, raw=raw)
    if "kept" in said:
        assert (body.state, len(raw) > body_processing.MAX_BYTES_AT_ONCE) == ("received", True)
        outcome = body_processing.take_up(body.pk)
        said = outcome.as_json()
        body.refresh_from_db()
    reasons = [item["reason"] for item in said["rejected"]]
    # words of a crash inside
    assert not [why for why in reasons if why.startswith(("could not be stored", "unexpected form"))]
    assert (body.state == "broken") == bool(reasons), (body.state, reasons)
    if not reasons:
        assert body.state in ("processed", "duplicate")
    return body


def items_of(origin, raw):
    try:
        return list(network_of(origin.kind).parse(raw))
    except OriginError:
        return None


def ledger_and_messages_agree(origin):
    """Each body is in a state that fits what it says; each message stands in a body, and each that stands there is
    stored, once."""
    said, heard = set(), set()
    for body in Body.objects.filter(origin=origin):
        raw = bytes(body.raw)
        items = items_of(origin, raw)
        if items is None or any(isinstance(item.fact, Broken) for item in items):
            assert body.state == "broken"
        for item in items or ():
            if item.line not in ("", origin.line_id):
                # of a line that nobody set up
                assert body.state == "broken"
            elif isinstance(item.fact, Incoming):
                heard.add(item.fact.external_id)
            elif isinstance(item.fact, Echo):
                said.add(item.fact.external_id)
    stored = Message.objects.filter(origin=origin)
    incoming = list(stored.filter(direction="in").values_list("external_id", flat=True))
    assert sorted(incoming) == sorted(heard)
    assert {ref for ref in stored.exclude(direction="in").values_list("external_id", flat=True) if ref} <= said | heard


def can_be_shown(origin, before):
    """As an agent would see it."""
    said = list(Message.objects.filter(origin=origin, pk__gt=before).order_by("-id")[:SHOWN])
    chats = Chat.objects.with_people().in_bulk({message.chat_id for message in said})
    for message in said:
        render_to_string("inbox/_message.html", {"message": message, "chat": chats[message.chat_id]})


def line(kind, *, bot):
    """A line with a customer whom it knows; his chat waits in General, or is with the bot."""
    origin = Origin.objects.create(kind=kind, name=f"{kind} {bot}", key=f"fuzz-{kind}-{bot}".lower(), secret="s" * 40,
                                   access_token="1:t", line_id=NETWORKS[kind], account_id="2000001")  # fmt: skip
    if bot:
        people.with_bot(origin)
    return origin


def knows(client, origin):
    entry, _ref, _text = neighbour(origin.kind, KNOWN, 900)
    post(client, origin, whole(origin.kind, [entry]))
    assert Contact.objects.filter(origin=origin).count() == 1


def whole(kind, entries):
    """A body of entries of neighbour()."""
    objects = {"whatsapp": "whatsapp_business_account", "messenger": "page", "instagram": "instagram"}
    said = entries[0] if kind == "telegram" else {"object": objects[kind], "entry": entries}
    return json.dumps(said).encode()


def take_in(client, origin, raw, valid):
    """One odd body, and what must hold after it, with valid ones in it or behind it."""
    before = Message.objects.order_by("-id").values_list("id", flat=True).first() or 0
    finished(origin, raw, post(client, origin, raw))
    if not valid:
        entry, ref, text = neighbour(origin.kind, KNOWN, 800)
        after, valid = whole(origin.kind, [entry]), [(ref, text)]
        finished(origin, after, post(client, origin, after))
    rows = Message.objects.filter(origin=origin, pk__gt=before, direction="in")
    stored = rows.filter(external_id__in=[ref for ref, _text in valid]).values_list("external_id", "text")
    assert sorted(stored) == sorted(valid)
    ledger_and_messages_agree(origin)
    can_be_shown(origin, before)


def again_changes_nothing(client, origin, raw):
    """But that a new number may meet a person who had not yet written when it was told: that is noted, once."""
    all_of_it = Message.objects.filter(origin=origin)
    said, noted = all_of_it.exclude(direction="note").count(), all_of_it.filter(direction="note").count()
    post(client, origin, raw)
    assert all_of_it.exclude(direction="note").count() == said
    if (now := all_of_it.filter(direction="note").count()) != noted:
        post(client, origin, raw)
        assert all_of_it.filter(direction="note").count() == now
    assert Body.objects.filter(origin=origin, raw=raw).count() == 1


@pytest.fixture
def lines(db, client, request):
    """Two lines of a network: with a bot, and without."""
    made = [line(request.param, bot=True), line(request.param, bot=False)]
    for origin in made:
        knows(client, origin)
    return made


@pytest.mark.parametrize("lines", NETWORKS, indirect=True)
def test_whatever_a_network_says_is_kept_and_costs_its_neighbours_nothing(client, lines):
    @settings(max_examples=EXAMPLES, deadline=None, database=None, print_blob=True,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(what=bodies_of(lines[0].kind), has_bot=st.booleans(), comes_again=st.booleans())
    @example(what=(b"", []), has_bot=False, comes_again=True)
    def any_body(what, has_bot, comes_again):
        (raw, valid), origin = what, lines[not has_bot]
        with transaction.atomic():
            take_in(client, origin, raw, valid)
            if comes_again:
                again_changes_nothing(client, origin, raw)
            transaction.set_rollback(True)

    any_body()
