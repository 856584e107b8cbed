"""Nothing lost, nothing twice, nothing out of order, whatever is killed meanwhile.

800 messages with the other tests; 10,000 with WITTY_NIGHTLY=1 (`make nightly`).
"""

import os
import sys
from contextlib import nullcontext

import pytest

from tests import people
from tests.soak.play import SMALL, WHOLE, Play

IS_NIGHT = os.environ.get("WITTY_NIGHTLY") == "1"


@pytest.fixture
def _own_files():
    """The children know the product's own settings only."""


@pytest.mark.soak
def test_every_message_arrives_once_and_in_order_though_everything_is_killed(transactional_db, own_valkey, tmp_path,
                                                                             capsys):  # fmt: skip
    size = WHOLE if IS_NIGHT else SMALL
    with Play(size, own_valkey, tmp_path, seed=3) as play:
        report = play.run()
    with capsys.disabled() if IS_NIGHT else nullcontext():
        sys.stdout.write(f"\n{report}\n")
    assert not report.problems, str(report)
    assert people.all_consistent()
