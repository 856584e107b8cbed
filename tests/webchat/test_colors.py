"""The brand's colour: whatever a shop chooses, everything on it and in it can be read."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from webchat.colors import DARK_SURFACE, DEFAULT, PAPER, READABLE, brand, contrast

colors = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(colors)
@example("#ffffff")
@example("#000000")
@example("#777777")
def test_every_brand_can_be_read(color):
    made = brand(color)
    assert made.accent == color
    assert contrast(made.on, made.accent) >= READABLE
    assert contrast(made.ink, PAPER) >= READABLE
    assert contrast(made.dark_accent, DARK_SURFACE) >= READABLE
    assert contrast(made.dark_on, made.dark_accent) >= READABLE


def test_a_brand_that_can_be_read_stays_as_it_is():
    assert brand(DEFAULT).ink == DEFAULT


@pytest.mark.parametrize("color", ["", "red", "#12345", "#1234567", "#zzzzzz", "#0b648０", "red}*{}", "#fff\n"])
def test_what_is_no_colour_is_the_house_s_own(color):
    assert brand(color) == brand(DEFAULT)
