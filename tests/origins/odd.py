"""Valid bodies made odd: anything anywhere, and still only facts."""

import contextlib
import json
from datetime import datetime

from hypothesis import strategies as st

from common.errors import OriginError
from origins.facts import Broken, Item
from origins.facts import Fact as FACTS

ODD = [
    None, True, False, 0, -1, 1.5, 10**30, 1e300, float("inf"), "", " ", "\x00", "\ud800", "x" * 300, "x" * 70_000, "5",
    [], {}, [[]], [None], [{}], {"id": "x"}, {"type": []}, "private", "image", "1" * 5000, "\u202e", "2026-13-45",
]  # fmt: skip
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda v: st.lists(v) | st.dictionaries(st.text(), v),
)


def places(value, path=()):
    """Every path into a value."""
    if isinstance(value, (dict, list)):
        for step in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[step], (*path, step))
    if path:
        yield path


def put(body, path, odd):
    body = json.loads(json.dumps(body))
    inside = body
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = odd
    return body


def dropped(body, path):
    body = json.loads(json.dumps(body))
    inside = body
    for step in path[:-1]:
        inside = inside[step]
    del inside[path[-1]]
    return body


# fields of facts that have a column; what is called the same inside of a payload has none
IDS = ("external_id", "sender", "target", "ref", "reply_to")


def facts_of(network, raw):
    """The items of any bytes, each of them one that can be kept; [] where nothing can be read."""
    found = []
    with contextlib.suppress(OriginError):
        found = list(network.parse(raw))
    for item in found:
        assert isinstance(item, Item)
        assert isinstance(item.fact, (FACTS, Broken))
        assert _can_be_kept(item.__dict__ | item.fact.__dict__)
        assert all(len(getattr(item.fact, name, "")) <= 200 for name in IDS)
    return found


def _can_be_kept(value):
    """In PostgreSQL: no NUL, no lone surrogate, no NaN."""
    if isinstance(value, str):
        return "\x00" not in value and value.encode().decode() == value
    if isinstance(value, float):
        return value == value and abs(value) != float("inf")
    if isinstance(value, dict):
        return all(_can_be_kept(each) for pair in value.items() for each in pair)
    if isinstance(value, (list, tuple)):
        return all(map(_can_be_kept, value))
    if hasattr(value, "__dataclass_fields__"):
        return _can_be_kept(value.__dict__)
    return value is None or isinstance(value, (int, datetime))


def mutated(bodies):
    """Bodies with up to three things replaced or dropped."""

    @st.composite
    def one(draw):
        body = draw(st.sampled_from(bodies))
        for _ in range(draw(st.integers(1, 3))):
            everywhere = list(places(body))
            if not everywhere:
                break
            where = draw(st.sampled_from(everywhere))
            if draw(st.booleans()):
                body = dropped(body, where)
            else:
                body = put(body, where, draw(st.sampled_from(ODD) | json_values))
        return json.dumps(body).encode()

    return one()
