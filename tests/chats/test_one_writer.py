"""One door per change: what writes places, history and messages, found in the source."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ROOMS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]
SOURCES = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for room in ROOMS
    for path in (ROOT / room).rglob("*.py")
    if "migrations" not in path.parts
}


@pytest.mark.parametrize(
    ("what", "written", "by"),
    [
        ("history", r"INTO contacts_statechange|StateChange\.objects\.(create|bulk_create)", {"chats/steps.py"}),
        ("place", r"UPDATE chats_chat \w* ?SET\s+(state|tray_id|agent_id)\b", {"chats/steps.py"}),
        ("place in memory", r"(?m)^\s*chat\.state(, [^=\n]*)? = ", {"chats/steps.py"}),
        ("chats", r"Chat\.objects\.(create|bulk_create|get_or_create)", {"chats/messages/senders.py"}),
        (
            "messages",
            r"INTO chats_message|Message\.objects\.(create|bulk_create|get_or_create)",
            {"chats/steps.py", "chats/messages/", "chats/bots/"},
        ),
    ],
)
def test_nothing_else_writes_it(what, written, by):
    found = {path for path, source in SOURCES.items() if re.search(written, source)}
    assert found, f"nothing writes {what}: the search is out of date"
    assert {path for path in found if not path.startswith(tuple(by))} == set()
    # each that is named does write
    assert all(any(path.startswith(one) for path in found) for one in by)
