"""What pages say again in time has no gap: their clock and the server's rule, side by side."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from chats import passing


def said_every(script, name):
    found = re.search(rf"^const {name} = ([0-9_]+)", (Path(settings.BASE_DIR) / "static" / script).read_text(), re.M)
    return int(found[1].replace("_", "")) / 1000


@pytest.mark.parametrize("script", ["inbox/front.js", "webchat/socket.js"])
def test_who_types_on_is_shown_typing_without_a_gap(script):
    every = said_every(script, "TYPES_EVERY_MS")
    # what comes a moment earlier than that is told, and the one after it before the first has ended
    assert max(passing.TYPED_AGAIN, passing.TOLD_VISITOR_EVERY) < every
    assert every < passing.TYPED_SECONDS - passing.TYPED_AGAIN


def test_who_looks_on_is_shown_looking_without_a_gap_whichever_tab_said_it_before():
    every = said_every("inbox/front.js", "AGAIN_MS")
    latest = -(-passing.VIEWED_SAID_AGAIN // every) * every
    assert latest < passing.VIEWED_SECONDS - passing.VIEWED_AGAIN
