"""The menu bot as the pure function it is."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wittybots.menu import Answer, Choice, Menu, answer, fold, pick

VENTAS = Choice("v", "Ventas", ("precio", "comprar"), "Ya va", tray_id=1)
SOPORTE = Choice("s", "Soporte técnico", ("no anda", "conexión"), tray_id=2)
HORARIO = Choice("h", "Horario", ("abren",), "De 9 a 18")
MENU = Menu("¡Hola!", "No te entendí", "Te paso", (VENTAS, SOPORTE, HORARIO), fallback_tray_id=7)
FRESH, GREETED = {}, {"greeted": True, "misfits": 0}

texts = st.text() | st.text(st.characters(categories=("Nd", "No", "Lu", "Mn", "Cs", "Zs", "Po")))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("¡Sopórte!", "soporte"),
        ("  VENTAS  ", "ventas"),
        ("no_anda---hoy", "no anda hoy"),
        ("ÑANDÚ", "nandu"),
        ("straße", "strasse"),
        ("𝗩𝗲𝗻𝘁𝗮𝘀", "ventas"),  # letters of a fancy keyboard
        ("ＶＥＮＴＡＳ", "ventas"),
        ("İstanbul", "istanbul"),
        ("👍🏽", ""),
        ("", ""),
    ],
)
def test_case_accents_and_punctuation_do_not_matter(text, folded):
    assert fold(text) == folded


@given(texts)
@example("𝐀")
@example("K")
@example("ǅ")
@example("ͅ")
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "payload", "choice"),
    [
        ("", "v", VENTAS),
        ("algo", "s", SOPORTE),
        ("1", "", VENTAS),
        (" 2.", "", SOPORTE),
        ("03", "", HORARIO),
        ("٢", "", SOPORTE),
        ("ventas", "", VENTAS),
        ("soporte tecnico", "", SOPORTE),
        ("¿A qué hora abren?", "", HORARIO),
        ("quiero comprar algo", "", VENTAS),
        ("mi internet no anda", "", SOPORTE),
        ("sin CONEXION", "", SOPORTE),
        ("0", "", None),
        ("4", "", None),
        ("11", "", None),
        ("99999999999999999999", "", None),
        ("-1", "", VENTAS),  # a dash before a number is a list's
        ("1 2", "", None),
        ("", "", None),
        ("", "nobody's", None),
        ("no", "", None),
        ("precios", "", None),
        ("comprar en el horario", "", None),  # fits two
        ("ventas o soporte técnico", "", None),
    ],
)
def test_what_a_message_means(text, payload, choice):
    assert pick(MENU, text, payload) == choice


def test_an_exact_label_wins_over_another_ones_word():
    menu = Menu("", "", "", (Choice("a", "Precio", ("ventas",)), Choice("b", "Ventas")))
    assert pick(menu, "ventas").id == "b"


def test_a_keyword_of_punctuation_fits_nothing():
    assert pick(Menu("", "", "", (Choice("a", "!!!", ("…", " ")),)), "hola") is None


def test_a_fresh_memory_greets_whatever_is_said():
    assert answer(MENU, FRESH, "ventas", "v") == Answer(("¡Hola!",), GREETED, MENU.choices)


def test_a_choice_with_a_tray_hands_over():
    assert answer(MENU, GREETED, "ventas") == Answer(("Ya va",), {}, (), True, 1, ("Ventas",))


def test_a_choice_without_words_hands_over_silently():
    assert answer(MENU, GREETED, "2").texts == ()


def test_a_choice_without_a_tray_answers_and_offers_again():
    assert answer(MENU, {"greeted": True, "misfits": 1}, "3") == Answer(
        ("De 9 a 18",), GREETED, MENU.choices, path=("Horario",)
    )


def test_the_second_misfit_hands_over():
    first = answer(MENU, GREETED, "mmm")
    assert first == Answer(("No te entendí",), {"greeted": True, "misfits": 1}, MENU.choices)
    assert answer(MENU, first.memory, "eh") == Answer(("Te paso",), {}, (), True, 7)


def test_an_empty_menu_still_finds_a_person():
    empty = Menu("¡Hola!", "No", "Te paso", ())
    memory = answer(empty, FRESH, "1").memory
    memory = answer(empty, memory, "1").memory
    assert answer(empty, memory, "1").hand_over


@given(st.lists(st.tuples(texts, texts), max_size=8))
def test_whatever_is_said_it_answers_or_hands_over(turns):
    memory = {}
    for text, payload in turns:
        turn = answer(MENU, memory, text, payload)
        assert turn.texts or turn.hand_over
        assert turn.hand_over == (turn.memory == {})
        assert not (turn.hand_over and turn.offer)
        memory = turn.memory


@given(texts, st.lists(st.builds(Choice, texts, texts, st.lists(texts, max_size=3).map(tuple)), max_size=5))
def test_whatever_the_menu_is_a_pick_is_one_of_it(text, choices):
    picked = pick(Menu("", "", "", tuple(choices)), text, text)
    assert picked is None or picked in choices
