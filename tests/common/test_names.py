"""Names for screens: nothing turns what stands around them, and what shows nothing is none."""

import pytest

from common.names import is_visible, show_name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("\u2066Ana\u2069", "Ana"),
        ("\u200fمريم\u200e", "مريم"),
        ("Ana\nSosa\u2028x", "Ana Sosa x"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"),
        ("می‌خواهم", "می‌خواهم"),
        ("José\u0301", "José\u0301"),
    ],
)
def test_a_name_stands_in_its_own_direction_and_is_otherwise_whole(name, shown):
    assert show_name(name) == shown


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "\u200b",
        "\u3164",
        "\u2800 \u2800",
        "\u202e\u202c",
        "\u2060\ufeff",
        "\u115f",
        "\u00ad",
        "\u0301",
        "\ue000",
    ],
)
def test_a_name_of_nothing_that_can_be_seen_is_none(name):
    assert not is_visible(name)
    assert show_name(name) == ""
