"""Every screen of the demo shop, in both themes and on the phone: nothing for axe to find, nothing wider than the window."""

import pytest

from demo.load import load_demo
from tests.browser.axe import find_faults, find_faults_in_every_look
from tests.browser.screens import LOOKS, SCREENS, Visit

# minutes of one test are shared among those who run them
PARTS = 3


@pytest.mark.parametrize("part", range(PARTS))
def test_everybody_can_use_every_screen(part, site, new_page):
    load_demo()
    theme, width, height = LOOKS["light"]
    page = new_page(width, height, theme)
    visit, found = Visit(page, site.url), {}
    size = -(-len(SCREENS) // PARTS)
    for screen in SCREENS[part * size : (part + 1) * size]:
        visit.enter(screen.who)
        screen.reach(visit)
        page.wait_for_load_state("networkidle")
        if faults := find_faults_in_every_look(page):
            found[screen.name] = faults
    new_page.errors.clear()  # the line that was cut
    assert found == {}


def test_targets_that_are_too_small_and_too_close_are_found(new_page):
    page = new_page()
    small = "<button style='padding:0;border:0;width:9px;height:9px'>a</button>"
    page.set_content(f"<main><h1>Uno</h1><div style='display:flex'>{small}{small}</div></main>")
    assert [fault.partition(":")[0] for fault in find_faults(page, "target-size")] == ["target-size"] * 2
