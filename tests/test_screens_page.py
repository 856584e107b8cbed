"""docs/screens.md shows every screen that axe goes through."""

from scripts.screenshots import DOCS, PICTURES, write_page
from tests.browser.screens import LOOKS, SCREENS


def test_the_page_shows_every_screen_in_every_look():
    assert (DOCS / "screens.md").read_text() == write_page()
    wanted = {f"{screen.name}-{look}.webp" for screen in SCREENS for look in LOOKS}
    assert {picture.name for picture in PICTURES.iterdir()} == wanted
