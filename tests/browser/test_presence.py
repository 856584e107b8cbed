"""Who counts as available, with two web processes, one of which is killed."""

from datetime import timedelta

import pytest
from django.db.models import F

from tests.browser.conftest import Site
from tests.browser.desk import come_in, line_is_open
from trays import presence
from trays.models import LastSeen


@pytest.fixture
def second_site(site, _environment, tmp_path):
    with (tmp_path / "daphne.log").open("wb") as log:
        second = Site(_environment, log)
        second.start()
        yield second
        second.stop()


def test_agents_of_all_processes_count_and_those_of_a_killed_one_do_not(site, team, second_site, new_page, until):
    pages = [come_in(new_page(), at.url, name) for at, name in ((site, "ana"), (second_site, "bruno"))]
    for page in pages:
        line_is_open(page)
    until(pages[0], lambda: presence.count_available().everyone == 2)
    second_site.stop()
    # a minute later
    LastSeen.objects.update(at=F("at") - timedelta(seconds=presence.SEEN_SECONDS))
    until(pages[0], lambda: presence.count_available().everyone == 1)
    assert LastSeen.objects.order_by("-at").first().agent.username == "ana"
