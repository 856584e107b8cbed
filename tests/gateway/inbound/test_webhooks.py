"""The HTTP origin's webhook: signed or not, whole or broken; never a 5xx but 503, nothing valid lost."""

import json
import random
from copy import deepcopy

import pytest
from django.db import connection
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chats.messages import replies
from chats.models import Message
from chats.receive import receiving
from chats.receive.plan import Plan
from common.signature import sign_bytes
from contacts.models import Contact
from gateway.inbound import body_processing, whole_bodies
from origins.models import Body
from tests import people
from tests.gateway.inbound.http_posts import GOOD, finish_after, one
from tests.threads import Crowd


def post(client, origin, raw, signature=None, content_type="application/json", **extra):
    headers = {} if signature is None else {"X-Witty-Signature": signature}
    extra.setdefault("CONTENT_TYPE", content_type)  # the test client declares nothing where it sends nothing
    return client.post(reverse("webhook", args=[origin.key]), raw, content_type=content_type, headers=headers, **extra)


def nothing_stored():
    return not Body.objects.exists() and not Contact.objects.exists() and not Message.objects.exists()


def test_a_signed_message_is_stored_and_counted(client, http_origin):
    body = {
        "messages": [
            {
                "id": "m-1", "from": "cust-17", "name": "Marta", "timestamp": "2026-11-22T13:00:00Z", "type": "text",
                "text": "Hola", "reply_to": None, "media": None,
            }
        ]
    }  # fmt: skip
    answer = people.post_signed(client, http_origin, body)
    assert (answer.status_code, answer.json()) == (200, {"accepted": 1, "duplicates": 0, "rejected": []})
    message = Message.objects.get(direction="in")
    assert (message.text, message.external_id, message.chat.contact.name) == ("Hola", "m-1", "Marta")
    assert message.chat.contact.shown_address == "cust-17"
    kept = Body.objects.get()
    assert (json.loads(bytes(kept.raw)), kept.state) == (body, "processed")


SIGNED = sign_bytes("another-secret", GOOD)


@pytest.mark.parametrize(
    "signature",
    [
        None, "", " ", "sha256=", "sha256", SIGNED, SIGNED.removeprefix("sha256="), SIGNED + "0", "sha1=" + "0" * 40,
        "sha256=" + "f" * 64, "sha256=" + "g" * 64, "x" * 100_000, "sha256=ñandú", "sha256=\u20ac", "\x00",
        "sha256=\udcff",
        "right but upper", "right but without its name", "right of another body", "right with a blank",
    ],
    ids=lambda s: repr(s)[:24],
)  # fmt: skip
def test_what_is_not_signed_is_refused_and_not_kept(client, http_origin, signature):
    right = sign_bytes(http_origin.secret, GOOD)
    signature = {
        "right but upper": right.upper(),
        "right but without its name": right.removeprefix("sha256="),
        "right of another body": sign_bytes(http_origin.secret, GOOD + b" "),
        "right with a blank": right.replace("=", "= "),
    }.get(signature, signature)
    answer = post(client, http_origin, GOOD, signature)
    assert answer.status_code == 401
    assert nothing_stored()


@pytest.mark.parametrize("raw", [b"", b"null", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_makes_no_sense_and_is_not_signed_is_refused_too(client, http_origin, raw):
    assert post(client, http_origin, raw).status_code == 401
    assert post(client, http_origin, raw, "sha256=x").status_code == 401
    assert nothing_stored()


def test_a_key_that_there_is_not_and_a_key_of_another_kind(client, http_origin):
    nobody = people.http_origin()
    nobody.key = "nobody"
    assert people.post_signed(client, nobody, one()).status_code == 401
    web = people.web_origin()
    assert people.post_signed(client, web, one()).status_code == 401
    assert nothing_stored()


def test_each_origin_has_its_own_secret(client, http_origin):
    other = people.http_origin()
    assert post(client, other, GOOD, sign_bytes(http_origin.secret, GOOD)).status_code == 401
    assert people.post_signed(client, other, one()).status_code == 200


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_other_methods_unsigned_are_refused(client, http_origin, method):
    assert getattr(client, method)(reverse("webhook", args=[http_origin.key])).status_code == 401


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_what_is_not_declared_as_json(client, http_origin, content_type):
    raw = b"--x--\r\n" if content_type.startswith("multipart") else GOOD
    answer = post(client, http_origin, raw, sign_bytes(http_origin.secret, raw), content_type)
    assert answer.status_code == 415
    assert nothing_stored()


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_what_is_declared_as_json(client, http_origin, content_type):
    assert post(client, http_origin, GOOD, sign_bytes(http_origin.secret, GOOD), content_type).status_code == 200


def test_three_megabytes_are_taken_ten_are_not(client, http_origin):
    big = json.dumps({**one(), "padding": "x" * 3_000_000}).encode()
    assert post(client, http_origin, big, sign_bytes(http_origin.secret, big)).json()["accepted"] == 1
    Body.objects.all().delete()
    for size in (5 * 1024 * 1024 + 1, 10_000_000):
        large = b" " * size
        assert post(client, http_origin, large, sign_bytes(http_origin.secret, large)).status_code == 413
    assert not Body.objects.exists()


def test_ten_megabytes_are_refused_by_their_length_alone(client, http_origin):
    answer = post(client, http_origin, b"", "sha256=x", CONTENT_LENGTH=str(10_000_000))
    assert answer.status_code == 413


@pytest.mark.parametrize("length", ["", "-1", "0"])
def test_a_length_that_says_nothing_breaks_nothing(client, http_origin, length):
    assert post(client, http_origin, GOOD, "sha256=x", CONTENT_LENGTH=length).status_code == 401


NONSENSE = {
    "empty": b"",
    "blank": b" \n",
    "null": b"null",
    "list": b"[]",
    "list of messages": b'[{"id": "m-1", "from": "c", "text": "Hola"}]',
    "number": b"17",
    "text": b'"Hola"',
    "true": b"true",
    "no known part": b'{"events": []}',
    "empty object": b"{}",
    "cut": GOOD[:-3],
    "cut in a letter": '{"messages": [{"id": "ñ'.encode()[:-1],
    "two values": GOOD + GOOD,
    "not UTF-8": b'{"messages": [{"id": "m-1", "from": "c", "text": "\xff"}]}',
    "UTF-16": json.dumps(one()).encode("utf-16"),
    "deep list": b"[" * 100_000 + b"]" * 100_000,
    "deep object": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "deep message": b'{"messages": [{"id": "m-1", "from": "c", "text": ' + b"[" * 50_000 + b"]" * 50_000 + b"}]}",
    "messages is an object": b'{"messages": {"id": "m-1"}}',
    "messages is a text": b'{"messages": "Hola"}',
    "statuses is a number": b'{"statuses": 1}',
    "messages of nothing": b'{"messages": [null, 1, "x", [], true, {}]}',
    "NaN": b"NaN",
    "Infinity": b"-Infinity",
    "huge": b"9" * 10_000,
    "html": b"<html>502 Bad Gateway</html>",
    "NUL": b"\x00",
}


@pytest.mark.parametrize("name", NONSENSE)
def test_what_is_signed_and_makes_no_sense_is_kept(client, http_origin, name):
    raw = NONSENSE[name]
    answer = post(client, http_origin, raw, sign_bytes(http_origin.secret, raw))
    assert answer.status_code == 200
    assert answer.json()["accepted"] == answer.json()["duplicates"] == 0
    assert answer.json()["rejected"]
    kept = Body.objects.get()
    assert (bytes(kept.raw), kept.state) == (raw, "broken")
    assert kept.reason
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "raw", [b'{"messages": []}', b'{"statuses": []}', b'{"messages": [], "statuses": null, "x": 1}']
)
def test_nothing_to_say_is_fine(client, http_origin, raw):
    answer = post(client, http_origin, raw, sign_bytes(http_origin.secret, raw))
    assert answer.json() == {"accepted": 0, "duplicates": 0, "rejected": []}
    assert Body.objects.get().state == "processed"


GOOD_ITEM = b'{"id": "good", "from": "cust-17", "text": "Hola"}'


@pytest.mark.parametrize(
    "neighbour",
    [
        b"null", b"1", b'"x"', b"[]", b"{}", b'{"id": "x"}', b'{"from": "x"}', b'{"id": "", "from": "x"}',
        b'{"id": null, "from": "x"}', b'{"id": [], "from": "x"}', b'{"id": true, "from": "x"}',
        b'{"id": 1.5, "from": "x"}', b'{"id": "x", "from": {"a": 1}}',
        b'{"id": "' + b"x" * 201 + b'", "from": "x"}', b'{"id": "x", "from": "' + b"x" * 201 + b'"}',
        b'{"id": "\\u0000", "from": "x"}', b'{"id": "  ", "from": "x"}',
        b'{"id": "x", "from": "x", "text": {"body": "x"}}', b'{"id": "x", "from": "x", "type": ["text"]}',
        b'{"from": "x", "type": "reaction"}', b'{"from": "x", "type": "reaction", "target": "nobody", "emoji": []}',
    ],
)  # fmt: skip
def test_the_neighbours_of_a_broken_item_are_stored(client, http_origin, neighbour):
    later = GOOD_ITEM.replace(b"good", b"later")
    raw = b'{"messages": [' + GOOD_ITEM + b"," + neighbour + b"," + later + b"]}"
    answer = post(client, http_origin, raw, sign_bytes(http_origin.secret, raw)).json()
    assert (answer["accepted"], answer["duplicates"]) == (2, 0)
    assert [item["index"] for item in answer["rejected"]] == [1]
    assert answer["rejected"][0]["reason"]
    assert set(Message.objects.filter(direction="in").values_list("external_id", flat=True)) == {"good", "later"}
    assert Body.objects.get().state == "broken"
    assert "1: " in Body.objects.get().reason


@pytest.mark.parametrize(
    "odd",
    [
        b'"latitude": NaN', b'"latitude": Infinity', b'"x": ' + b"9" * 10_000, b'"longitude": -' + b"9" * 5_000,
        b'"timestamp": 1e999', b'"timestamp": "2026-11-22T13:00:00+23:59"', b'"latitude": 1e999',
        b'"x": ' + b"[" * 200 + b"]" * 200, b'"text": "uno", "text": "dos"',
        b'"text": "\\ud800\\u0000"', b'"name": ["Marta"]', b'"name": {"first": "Marta"}', b'"reply_to": {"id": 1}',
        b'"media": "x"', b'"media": {"url": 5, "mime_type": [], "filename": {}}', b'"address": []', b'"place": {}',
        b'"phone": 1.5', b'"contact": "x", "type": "contact"',
        b'"type": "contact", "contact": {"name": [], "phone": {}}',
        b'"text": 17', b'"text": null', b'"type": null', b'"type": "hologram"', b'"type": ""', b'"payload": 5',
        b'"latitude": "x"', b'"latitude": true', b'"name": "' + b"x" * 5_000 + b'"',
    ],
    ids=lambda odd: odd[:30].decode(),
)  # fmt: skip
def test_what_is_odd_in_a_message_costs_neither_it_nor_its_neighbours(client, http_origin, odd):
    raw = b'{"messages": [{"id": "odd", "from": "c", ' + odd + b"}, " + GOOD_ITEM + b"]}"
    answer = post(client, http_origin, raw, sign_bytes(http_origin.secret, raw)).json()
    assert answer == {"accepted": 2, "duplicates": 0, "rejected": []}
    assert set(Message.objects.filter(direction="in").values_list("external_id", flat=True)) == {"good", "odd"}


def test_a_mark_before_the_json_is_no_part_of_it(client, http_origin):
    raw = b"\xef\xbb\xbf" + GOOD
    assert post(client, http_origin, raw, sign_bytes(http_origin.secret, raw)).json()["accepted"] == 1


def test_messages_statuses_and_unknown_parts_in_one_body(client, http_origin, ana):
    chat = people.held(http_origin, ana, sender="cust-17")
    ours = replies.send_reply(chat.pk, ana, "Hola")
    body = {
        "messages": [{"id": "m-1", "from": "cust-17", "text": "Hola"}, {"id": "m-2", "from": "otra", "text": "Buenas"}],
        "statuses": [{"id": str(ours.uuid), "status": "read"}, {"id": "x", "status": "eaten"}, 5],
        "notices": [{"template": "paused"}],
        "version": 3,
    }
    answer = people.post_signed(client, http_origin, body).json()
    assert (answer["accepted"], answer["duplicates"]) == (3, 0)
    assert [(item["list"], item["index"]) for item in answer["rejected"]] == [("statuses", 1), ("statuses", 2)]
    ours.refresh_from_db()
    assert ours.status == "read"


def test_a_crash_inside_is_seen_and_costs_its_own_message_only(client, http_origin, monkeypatch, caplog):
    really = Plan.add

    def breaks(self, fact, *args):
        if fact.external_id == "m-2":
            raise ZeroDivisionError
        return really(self, fact, *args)

    monkeypatch.setattr(Plan, "add", breaks)
    body = {"messages": [{"id": f"m-{n}", "from": "cust-17", "text": "Hola"} for n in (1, 2, 3)]}
    answer = people.post_signed(client, http_origin, body)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 2)
    assert [item["index"] for item in answer.json()["rejected"]] == [1]
    assert "ZeroDivisionError" in caplog.text
    monkeypatch.undo()
    assert body_processing.process_body(Body.objects.select_related("origin").get()).as_json() == {
        "accepted": 1, "duplicates": 2, "rejected": []
    }  # fmt: skip


def test_a_line_that_is_switched_off_keeps_what_comes_and_takes_it_up_again(client, http_origin):
    http_origin.is_active = False
    http_origin.save()
    answer = people.post_signed(client, http_origin, one())
    assert (answer.status_code, answer.json()["accepted"], len(answer.json()["rejected"])) == (200, 0, 1)
    assert Body.objects.get().state == "broken"
    assert not Message.objects.exists()
    http_origin.is_active = True
    http_origin.save()
    assert people.post_signed(client, http_origin, one()).json()["accepted"] == 1
    assert Body.objects.get().state == "processed"


def test_without_a_database_the_sender_is_asked_to_come_again(client, transactional_db):
    origin = people.http_origin()
    right = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict["HOST"] = "/nowhere"
    try:
        answer = people.post_signed(client, origin, one())
    finally:
        connection.close()
        connection.settings_dict.update(right)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert people.post_signed(client, origin, one()).json()["accepted"] == 1
    assert Message.objects.filter(direction="in").count() == 1


def test_a_database_that_goes_away_in_the_middle_loses_nothing(client, transactional_db, monkeypatch):
    origin = people.http_origin()
    really = receiving.receive_all

    def cut(*args, **fields):
        with Crowd(1) as other:
            pid = connection.connection.info.backend_pid
            other.at_once(lambda _n: _terminate(pid))
        return really(*args, **fields)

    monkeypatch.setattr(receiving, "receive_all", cut)
    # the whole way: its row in the ledger stands before
    monkeypatch.setattr(whole_bodies, "store_at_once", lambda *_args: None)
    assert people.post_signed(client, origin, one()).status_code == 503
    connection.close()
    monkeypatch.undo()
    assert Body.objects.get().state == "received"
    assert finish_after(61) == 1
    assert people.post_signed(client, origin, one()).json() == {"accepted": 0, "duplicates": 1, "rejected": []}


def _terminate(pid):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


ODD = st.sampled_from(
    [None, True, 0, -1, 1.5, 10**30, 1e300, "", " ", "\x00", "\ud800", "x" * 300, "--5", "m-1", "cust-17", [], {}, [[]],
     {"id": "x"}, "text", "reaction", "read", "2026-11-22T13:00:00Z", "0001-01-01T00:00:00+23:59", "é́‮", "\u2028"]
)  # fmt: skip
VALID = {
    "messages": [
        {"id": "m-1", "from": "cust-17", "name": "Marta", "timestamp": "2026-11-22T13:00:00Z", "text": "Hola"},
        {"id": "m-2", "from": "cust-17", "type": "image", "text": "foto", "timestamp": 1763816400,
         "media": {"url": "https://example.com/a.png", "mime_type": "image/png", "filename": "a.png"}},
        {"id": "m-3", "from": "cust-18", "type": "location", "latitude": 1, "longitude": 2, "reply_to": "m-1"},
        {"id": "m-4", "from": "cust-18", "type": "contact", "contact": {"name": "x", "phone": "1"}},
        {"from": "cust-17", "type": "reaction", "target": "m-1", "emoji": "❤️"},
        {"id": "m-5", "from": "cust-17", "type": "choice", "payload": "1", "title": "Ventas"},
    ],
    "statuses": [{"id": "o-1", "status": "read", "timestamp": 1, "reason": "x"}],
}  # fmt: skip


def _places(value, path=()):
    yield path
    if isinstance(value, dict):
        for name in value:
            yield from _places(value[name], (*path, name))
    elif isinstance(value, list):
        for number in range(len(value)):
            yield from _places(value[number], (*path, number))


@st.composite
def mutated(draw):
    """A valid body with some of its values replaced, keys renamed, and at times its bytes broken."""
    body = json.loads(json.dumps(VALID))
    body["messages"] = draw(st.lists(st.sampled_from(body["messages"]), min_size=1, max_size=2))
    for _ in range(draw(st.integers(1, 4))):
        named = {}
        for path in _places(body):
            named.setdefault(next((step for step in reversed(path) if isinstance(step, str)), ""), []).append(path)
        named.pop("")
        if not named:
            break
        *way, last = draw(st.sampled_from(named[draw(st.sampled_from(sorted(named)))]))
        inside = body
        for step in way:
            inside = inside[step]
        act = draw(st.sampled_from(["replace"] * 4 + ["drop", "rename", "twice"]))
        if act == "replace":
            inside[last] = deepcopy(draw(ODD))
        elif act == "drop":
            del inside[last]
        elif act == "rename" and isinstance(inside, dict):
            inside[draw(st.sampled_from(["id", "from", "text", "type", "target", "media", "x"]))] = inside.pop(last)
        elif act == "twice" and isinstance(inside, list):
            inside.append(inside[last])
    raw = json.dumps(body).encode()
    if draw(st.booleans()) and draw(st.booleans()):
        dice = random.Random(draw(st.integers(0, 10**6)))
        broken = bytearray(raw)
        for _ in range(dice.randint(1, 3)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        raw = bytes(broken[: dice.randint(1, len(broken))] if dice.random() < 0.3 else broken)
    return raw


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=mutated())
def test_whatever_is_signed_is_answered_200_and_kept(client, http_origin, raw):
    answer = post(client, http_origin, raw, sign_bytes(http_origin.secret, raw))
    assert answer.status_code == 200
    counted = answer.json()
    assert set(counted) == {"accepted", "duplicates", "rejected"}
    assert all(item["reason"] for item in counted["rejected"])
    assert Body.objects.filter(origin=http_origin, raw=raw).exists()
