"""Reading what the HTTP origin is told: pure, each item on its own, nothing but facts and words about what is none."""

import contextlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.errors import OriginError
from common.parsing import EPOCH, read_if_text, read_json, read_text, read_time
from common.signature import is_signed, sign_bytes
from origins import http
from origins.facts import Broken, Incoming, Reaction, Receipt

BODY = {
    "messages": [
        {"id": "m-1", "from": "c", "name": "Marta", "timestamp": "2026-11-22T13:00:00Z", "text": "H", "reply_to": "x"},
        {"id": "m-2", "from": "c", "type": "image", "media": {"url": "u", "mime_type": "m", "filename": "f"}},
        {"id": "m-3", "from": "c", "type": "location", "latitude": 1, "longitude": 2, "address": "a", "place": "p"},
        {"id": "m-4", "from": "c", "type": "contact", "contact": {"name": "n", "phone": "1"}, "phone": "2"},
        {"from": "c", "type": "reaction", "target": "m-1", "emoji": "❤️"},
        {"id": "m-5", "from": "c", "type": "choice", "payload": "1", "title": "Ventas"},
    ],
    "statuses": [{"id": "o-1", "status": "read", "timestamp": 1, "reason": "r"}],
}  # fmt: skip
ODD = [
    None, True, False, 0, -1, 1.5, 10**30, 1e300, -1e300, "", " ", "\x00", "\ud800", "x" * 300, "--5", "-", "5-", "٣",
    [], {}, [[]], [None], {"id": "x"}, "text", "reaction", "read", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59",
    "2026-13-45", "é́‮", "\u2028", "1" * 5000,
]  # fmt: skip
FACTS = (Incoming, Reaction, Receipt, Broken)


def leaves(value, path=()):
    if isinstance(value, (dict, list)):
        for step in value if isinstance(value, dict) else range(len(value)):
            yield from leaves(value[step], (*path, step))
    if path:
        yield path


def put(path, odd):
    body = json.loads(json.dumps(BODY))
    inside = body
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = odd
    return json.dumps(body).encode()


@pytest.mark.parametrize("path", list(leaves(BODY)), ids=lambda path: ".".join(map(str, path)))
def test_anything_anywhere_is_a_fact_or_words_about_it(path):
    for odd in ODD:
        facts = list(http.parse(put(path, odd)))
        assert all(isinstance(item.fact, FACTS) for item in facts)
        # whatever it is, its neighbours are read
        whole = {(item.list, item.index) for item in facts if not isinstance(item.fact, Broken)}
        others = {("messages", n) for n in range(6)} | {("statuses", 0)}
        touched = {path[:2]} if len(path) > 1 else {(path[0], n) for n in range(6)}
        assert others - touched <= whole


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda v: st.lists(v) | st.dictionaries(st.text(), v),
)


@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_facts_or_an_origin_error(raw):
    facts = []
    with contextlib.suppress(OriginError):
        facts = list(http.parse(raw))
    assert all(isinstance(item.fact, FACTS) for item in facts)


@given(json_values)
@example("--5")
@example("0001-01-01T00:00:00+23:59")
@example("9999-12-31T23:59:59.999999-23:59")
def test_any_time_is_one_that_can_be_kept_or_none(value):
    found = read_time(value)
    assert found is None or (found.tzinfo and found > EPOCH)
    now = datetime.now(UTC)
    assert found is None or isinstance(min(found, now) - timedelta(days=1), datetime)


@pytest.mark.parametrize("digits", ["1796070841", "1796070841012", "1764534541012", "20260101120000"[:13]])
def test_digits_are_seconds_or_milliseconds_whatever_day_they_look_like(digits):
    """For fromisoformat the second is a time in July of 1796."""
    seconds = int(digits) / (1000 if len(digits) == 13 else 1)
    assert read_time(digits) == read_time(f" {digits} ") == read_time(int(digits))
    assert abs(read_time(digits).timestamp() - seconds) < 0.001


def test_eight_digits_are_a_day():
    assert read_time("20261130") == datetime(2026, 11, 30, tzinfo=UTC)


@given(json_values)
def test_any_text_can_be_kept(value):
    text = read_if_text(value, 50)
    assert len(text) <= 50
    assert "\x00" not in text
    assert text.encode().decode() == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (5, "5"), ("  a ", "  a "), ("abcdef", "abcd"), ("\ud800", "?")]
)
def test_a_text(value, text):
    assert read_text(value, 4) == text


@pytest.mark.parametrize("value", [True, 1.5, [], {}, ["a"]])
def test_what_is_no_text(value):
    with pytest.raises(OriginError):
        read_text(value, 4)
    assert read_if_text(value, 4) == ""


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"\xef\xbb\xbf1", 1),
        (b"NaN", None),
        (b"[-Infinity, 1]", [None, 1]),
        (b"9" * 4_001, "9" * 4_001),
        (b'{"a": 1, "a": 2}', {"a": 2}),
    ],
)
def test_json_that_others_would_not_read(raw, value):
    assert read_json(raw) == value


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"[" * 100_000, b"1 2", b"'a'"])
def test_what_is_no_json(raw):
    with pytest.raises(OriginError, match="not "):
        read_json(raw)


@given(st.binary(), st.text(min_size=1), st.text())
def test_only_the_right_signature_is_right(raw, secret, header):
    assert is_signed(secret, raw, sign_bytes(secret, raw))
    assert not is_signed(secret, raw + b"x", sign_bytes(secret, raw))
    assert is_signed(secret, raw, header) == (header == sign_bytes(secret, raw))
