"""Cutting texts: in order, at a sensible place, and never inside of what people see as one character."""

import itertools

import regex
from hypothesis import given
from hypothesis import strategies as st

from common.text_splitting import cut_text, is_boundary, split_text
from origins.choices import number_choices, payload_of, title_of

PIECES = [
    *"a \n.\r!?", "\r\n", "\n\n", "\u0301", "\u200d", "\u200c", "\ufe0f", "\u20e3", "🇦", "🇷", "🇺", "👨", "👩", "👧", "🏽", "❤", "🏴",
    "\U000e0067", "\U000e007f", "क", "ष", "्", "ि", "ো", "ก", "ำ", "각", "ᄀ", "ᅡ", "ᆨ", "\u0600", "\u0d4e", "\uff9e",
    "👩🏽‍🚀", "👨‍👩‍👧‍👦", "é", "हिन्दी", "Hola mundo. ", "\u202e", "\xa0", "\x00",
]  # fmt: skip
# what Python's tables know; the newest Unicode is asked whether we are right
ALPHABET = st.sampled_from(PIECES) | st.characters(exclude_categories=("Cn", "Cs", "Co"))
TEXTS = st.lists(ALPHABET, max_size=60).map("".join)


def boundaries(text):
    """Where the newest Unicode lets a text be cut."""
    places, at = {0}, 0
    for cluster in regex.findall(r"\X", text):
        at += len(cluster)
        places.add(at)
    return places


def longest(text, size):
    return max((size(cluster) for cluster in regex.findall(r"\X", text)), default=0)


@given(TEXTS)
def test_no_character_that_people_see_is_cut(text):
    allowed = boundaries(text)
    assert all(at in allowed for at in range(len(text) + 1) if is_boundary(text, at))


@given(text=TEXTS, most=st.integers(1, 40), counts_bytes=st.booleans())
def test_parts_fit_are_never_blank_and_lose_only_space_at_the_cuts(text, most, counts_bytes):
    def size(part):
        return len(part.encode()) if counts_bytes else len(part)

    parts = split_text(text, most, counts_bytes=counts_bytes)
    assert all(part.strip() for part in parts)
    assert all(size(part) <= most or len(part) == 1 for part in parts)
    place, places = 0, []
    for part in parts:
        found = text.index(part, place)
        assert not text[place:found].strip()
        places += [found, found + len(part)]
        place = found + len(part)
    assert not text[place:].strip()
    # what is longer than a part is the only thing that may be cut; a joined run may be what we take for one
    if all(is_small(run, most, size) for run in runs(text)):
        assert set(places) <= boundaries(text)


def runs(text):
    """What we do not cut."""
    cuts = [at for at in range(len(text) + 1) if is_boundary(text, at)]
    return [text[a:b] for a, b in itertools.pairwise(cuts)]


def is_small(run, most, size):
    return size(run) <= most


def test_what_fits_stays_as_it_is():
    assert split_text("  hola  ", 8) == ["  hola  "]
    assert split_text("ñandú", 5) == ["ñandú"]
    assert split_text("ñandú", 6, counts_bytes=True) == ["ñand", "ú"]
    assert split_text("", 5) == split_text("  \n ", 2) == []


def test_a_paragraph_is_a_better_place_than_a_sentence_and_that_than_a_word():
    assert split_text("Uno dos tres.\n\nCuatro. Cinco seis", 26) == ["Uno dos tres.", "Cuatro. Cinco seis"]
    assert split_text("Uno dos tres. Cuatro cinco seis siete", 24) == ["Uno dos tres.", "Cuatro cinco seis siete"]
    assert split_text("Uno dos tres cuatro cinco", 15) == ["Uno dos tres", "cuatro cinco"]
    assert split_text("Unodostrescuatro", 6) == ["Unodos", "trescu", "atro"]


def test_emoji_families_flags_and_keycaps_stay_whole():
    assert split_text("👨‍👩‍👧‍👦" * 3, 10) == ["👨‍👩‍👧‍👦"] * 3
    assert split_text("🇦🇷🇺🇾🇧🇷", 5) == ["🇦🇷🇺🇾", "🇧🇷"]
    assert split_text("1️⃣2️⃣", 4) == ["1️⃣", "2️⃣"]
    # a sign that belongs to the space behind it
    assert split_text("ab\u0600 cd", 4) == ["ab\u0600 ", "cd"]
    # longer than a part: it is cut rather than lost
    assert "".join(split_text("a" + "\u0301" * 20, 8)) == "a" + "\u0301" * 20


def test_a_long_text_is_split_quickly():
    assert "".join(split_text("x" * 65_536, 4096)) == "x" * 65_536
    assert len(split_text("palabra " * 8192, 1000, counts_bytes=True)) > 60


def test_a_title_is_cut_with_a_sign_that_something_is_missing():
    assert cut_text("Administración", 20) == "Administración"
    assert cut_text("Administración y finanzas", 20) == "Administración y fi…"
    assert cut_text("Hola 👩🏽‍🚀👩🏽‍🚀", 9) == "Hola…"
    assert cut_text("👩🏽‍🚀👩🏽‍🚀", 3)


@given(text=TEXTS, most=st.integers(1, 30))
def test_a_cut_title_always_fits(text, most):
    short = cut_text(text, most)
    assert len(short) <= most
    assert bool(short) == bool(text)


def test_choices_without_buttons_are_numbered():
    offer = [{"title": "Ventas", "payload": "v"}, {"title": " Soporte\ntécnico ", "payload": ""}]
    assert number_choices("¿Con quién?", offer) == "¿Con quién?\n\n1. Ventas\n2. Soporte técnico"
    assert number_choices("  ", offer).startswith("Elegí una opción:\n\n1.")
    assert number_choices("Hola", []) == "Hola"
    assert [payload_of(choice) for choice in offer] == ["v", "Soporte técnico"]
    assert title_of({"payload": "v"}) == "v"
