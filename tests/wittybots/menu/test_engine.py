"""The menu engine as the pure function it is: ways down and up, misfits, hand-overs, any tree."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wittybots.menu.menus import BACK, FRESH, GREETED, MENU, SHOP, ids, json_values, spoken, talk, texts, trees
from wittybots.menu.engine import Answer, Choice, Known, Menu, Node, answer_message
from wittybots.menu.tree import read

CHOICES = (Choice("v", "Ventas"), Choice("s", "Soporte técnico"), Choice("h", "Horario"))


def test_a_fresh_memory_greets_whatever_is_said():
    assert answer_message(MENU, FRESH, "ventas", "v") == Answer(("¡Hola!",), GREETED, CHOICES, how="greeted")


def test_a_choice_with_a_tray_hands_over():
    turn = answer_message(MENU, GREETED, "ventas")
    assert turn == Answer(("Ya va",), {}, (), True, 1, ("Ventas",), chosen=True, how="option", node="v")


def test_a_choice_without_words_hands_over_silently():
    assert answer_message(MENU, GREETED, "2").texts == ()


def test_a_choice_without_a_tray_answers_and_offers_again():
    turn = answer_message(MENU, {"greeted": True, "misfits": 1}, "3")
    memory = GREETED | {"way": [["Horario", 0]]}
    told = Answer(("De 9 a 18",), memory, CHOICES, path=("Horario",), chosen=True, how="option", node="h")
    assert turn == told


def test_a_choice_without_words_or_tray_offers_again():
    assert talk(Menu("¡Hola!", "No", "Te paso", (Node("a", "Nada"),)), "hola", "nada").texts == ("¡Hola!",)


def test_the_second_misfit_hands_over():
    first = answer_message(MENU, GREETED, "mmm")
    assert first == Answer(("No te entendí",), {"greeted": True, "misfits": 1}, CHOICES)
    assert answer_message(MENU, first.memory, "eh") == Answer(("Te paso",), {}, (), True, 7, how="misfit")


def test_an_empty_menu_still_finds_a_person():
    empty = Menu("¡Hola!", "No", "Te paso", ())
    assert talk(empty, "1", "1", "1").hand_over


def test_down_a_menu_and_up_again():
    down = talk(SHOP, "hola", "mi pedido", "48213", "marta@example.com")
    assert down.texts == ("Elegí una opción:",)
    assert [choice.label for choice in down.offer] == [
        "Envíos", "Hablar con una persona", "Reclamo", "Opinar", "Volver",
    ]  # fmt: skip
    deeper = talk(SHOP, "envíos", memory=down.memory)
    assert (deeper.texts, deeper.offer) == (("¿Qué del envío?",), (Choice("demora", "Demora"), BACK))
    assert deeper.path == ("Mi pedido", "Envíos")
    leaf = talk(SHOP, "demora", memory=deeper.memory)
    assert (leaf.offer, leaf.path) == (deeper.offer, ("Mi pedido", "Envíos", "Demora"))
    up = talk(SHOP, "volver", memory=leaf.memory)
    assert (up.texts, up.offer, up.path) == (("Elegí una opción:",), down.offer, ("Mi pedido",))
    out = talk(SHOP, "atrás", memory=up.memory)
    assert (out.texts, out.path, out.offer[0]) == (("¡Hola!",), (), Choice("v", "Ventas"))
    assert talk(SHOP, "volver", memory=out.memory).texts == ("¡Hola!",)


def test_what_was_looked_at_before_stays_on_the_way():
    assert talk(SHOP, "hola", "horario", "#pedido", "volver").path == ("Horario",)
    assert talk(SHOP, "hola", "horario", "#pedido", "1", "a@b.co", "#envios", "inicio").path == ()


@pytest.mark.parametrize("text", ["inicio", "Menú", "volver al inicio", "el menú por favor", "#inicio"])
def test_the_main_menu_from_anywhere(text):
    for before in ((), ("#pedido",), ("#pedido", "1"), ("#pedido", "1", "a@b.co", "#envios")):
        turn = talk(SHOP, "hola", *before, text)
        assert (turn.texts, turn.memory, turn.path) == (("¡Hola!",), GREETED, ())


@pytest.mark.parametrize("text", ["5", "cinco", "opción 5", "VOLVER", "volver atrás", "#volver", "quiero volver"])
def test_up_by_word_by_button_and_by_the_number_that_stands_before_it(text):
    turn = talk(SHOP, "hola", "#pedido", "1", "a@b.co", text)
    assert (turn.texts, turn.path) == (("¡Hola!",), ())


def test_the_main_menu_has_no_number_for_up():
    assert talk(SHOP, "hola", "4").texts == ("No te entendí",)


def test_a_button_of_an_earlier_message_goes_where_it_goes():
    turn = talk(SHOP, "hola", "#pedido", "1", "a@b.co", "#envios", "#demora", "#v")
    assert (turn.tray_id, turn.path) == (1, ("Ventas",))
    turn = talk(SHOP, "hola", "#demora")
    assert (turn.path, turn.offer[-1]) == (("Mi pedido", "Envíos", "Demora"), BACK)
    assert talk(SHOP, "hola", "#pedido", "#h").texts == ("De 9 a 18",)  # out of a question


def test_a_button_that_is_gone_is_read_by_its_words():
    assert answer_message(SHOP, GREETED, "Ventas", "of-an-older-version").tray_id == 1
    assert answer_message(SHOP, GREETED, "", "of-an-older-version").texts == ("No te entendí",)


def test_an_option_called_like_a_word_of_the_bots_is_that_option():
    own = Menu("¡Hola!", "No", "Te paso", (Node("i", "Inicio", reply="De obra"), Node("p", "Una persona", tray_id=3)))
    assert talk(own, "hola", "inicio").texts == ("De obra",)
    assert talk(own, "hola", "una persona").tray_id == 3
    assert talk(own, "hola", "quiero hablar con una persona").tray_id == 3
    assert talk(own, "hola", "#inicio").texts == ("¡Hola!",)


def test_the_way_to_a_person_says_so():
    turn = talk(SHOP, "hola", "#pedido", "1", "a@b.co", "quiero hablar con un humano")
    assert (turn.path, turn.tray_id) == (("Mi pedido", "Hablar con una persona"), 7)
    turn = talk(SHOP, "hola", "#pedido", "1", "a@b.co", "hablar con una persona")
    assert (turn.path, turn.tray_id) == (("Mi pedido", "Hablar con una persona"), 4)
    assert talk(SHOP, "hola", "#persona").path == ("Hablar con una persona",)


def test_the_way_is_kept_short():
    turn = talk(SHOP, "hola", *["horario"] * 20)
    assert turn.path == ("Horario",) * 12
    assert len(json.dumps(turn.memory)) < 500


def test_a_closed_tray_says_when_it_opens():
    asked = []

    def opens(tray_id):
        asked.append(tray_id)
        return "" if tray_id == 2 else "mañana a las 9:00"

    known = Known(opens=opens, tray_name={1: "Ventas", 2: "Soporte"}.get)
    assert talk(SHOP, "hola", "horario", known=known).texts == ("De 9 a 18",)
    assert asked == []  # only who is handed over
    assert talk(SHOP, "hola", "ventas", known=known).texts == (
        "Ya va",
        "Ventas abre mañana a las 9:00. Tu mensaje queda ahí y te responden en ese horario.",
    )
    assert talk(MENU, "hola", "2", known=known).texts == ()
    everybody = talk(SHOP, "hola", "persona", known=known).texts
    assert everybody[1] == "Abrimos mañana a las 9:00. Tu mensaje queda guardado y te respondemos en ese horario."
    talk(Menu("a", "b", "c"), "hola", "persona", known=known)
    assert asked == [1, 2, 7, None]


def test_too_much_in_a_minute_hands_over():
    def known(minute):
        return Known(minute=minute, most_per_minute=5)

    turn = talk(SHOP, "hola", *["horario"] * 4, known=known(100))
    assert not turn.hand_over
    assert talk(SHOP, "horario", memory=turn.memory, known=known(101)).memory["said"] == 1
    gone = talk(SHOP, "horario", memory=turn.memory, known=known(100))
    assert (gone.texts, gone.hand_over, gone.tray_id) == (("Te paso",), True, 7)
    # a choice that hands over anyway goes where it goes
    assert talk(SHOP, "ventas", memory=turn.memory, known=known(100)).tray_id == 1


def test_without_a_clock_nothing_is_counted():
    turn = talk(SHOP, "hola", *["horario"] * 50)
    assert not turn.hand_over
    assert "said" not in turn.memory


def test_an_answer_that_came_with_too_much_is_kept():
    known = Known(minute=9, most_per_minute=2)
    turn = talk(SHOP, "1", memory=talk(SHOP, "hola", "#pedido").memory | {"minute": 9, "said": 2}, known=known)
    assert (turn.hand_over, turn.attributes) == (True, {"pedido": "1"})


@pytest.mark.parametrize(
    "memory",
    [
        None, [], "x", 3, {"greeted": "yes"}, {"greeted": 1}, {"streak": 3, "minute": 5, "said": 99},
        {"connector": {"session": "s"}},
    ],
)  # fmt: skip
def test_a_memory_of_something_else_greets(memory):
    assert answer_message(SHOP, memory, "ventas").texts == ("¡Hola!",)


@pytest.mark.parametrize(
    "more",
    [
        {"at": ["gone"]}, {"at": ["pedido", "gone"]}, {"at": ["envios"]}, {"at": "pedido"}, {"at": [["pedido"]]},
        {"at": [None]}, {"at": ["h"]}, {"at": ["gone"], "asking": 0}, {"misfits": "1"}, {"misfits": True},
        {"misfits": -5}, {"way": "x"}, {"way": [1, [2, 3], ["a"], ["b", "c", "d"], [None, 0]]}, {"asking": 0},
    ],
)  # fmt: skip
def test_a_place_that_this_version_does_not_have_is_the_main_menu(more):
    turn = answer_message(SHOP, GREETED | more, "horario")
    assert (turn.texts, turn.offer[0].id) == (("De 9 a 18",), "v")


@pytest.mark.parametrize("more", [{"asking": 9}, {"asking": True}, {"asking": 0, "attribute": "otra"}, {"asking": "0"}])
def test_a_question_that_is_gone_is_not_answered(more):
    turn = answer_message(SHOP, GREETED | {"at": ["pedido"]} | more, "48213")
    assert (turn.attributes, turn.texts) == ({}, ("No te entendí",))
    assert turn.offer[0].id == "envios"


def test_many_misfits_in_a_memory_are_one_before_the_last():
    assert answer_message(SHOP, GREETED | {"misfits": 99}, "horario").memory["misfits"] == 0
    assert answer_message(SHOP, GREETED | {"misfits": 99}, "mmm").hand_over


memories = json_values | st.fixed_dictionaries(
    {"greeted": st.just(True)},
    optional={
        "misfits": json_values, "at": st.lists(ids, max_size=5) | json_values, "asking": st.integers(-1, 3),
        "attribute": st.sampled_from(["pedido", "mail"]), "way": json_values, "minute": st.just(7) | json_values,
        "said": st.integers(0, 40) | json_values,
    },
)  # fmt: skip


def holds(menu, turn):
    """What is true of any answer."""
    assert turn.texts or turn.hand_over
    assert all(text.strip() for text in turn.texts)
    assert turn.hand_over == (turn.memory == {})
    assert not (turn.hand_over and turn.offer)
    assert len(turn.path) <= 12
    assert all(len(label) <= 60 for label in turn.path)
    json.dumps(turn.memory)
    offered = [choice.id for choice in turn.offer]
    assert len(set(offered)) == len(offered)
    assert not turn.hand_over or "{{" not in "".join(turn.texts) or "{{" in str(menu)


@given(trees, memories, spoken, ids | texts, st.integers(0, 8))
def test_any_memory_any_words_and_any_tree_have_an_answer(tree, memory, text, payload, minute):
    menu = read(tree)
    known = Known(name="{{x}}", attributes={"pedido": ["odd"], "mail": "m"}, minute=minute)
    turn = answer_message(menu, memory, text, payload, known)
    holds(menu, turn)
    # and one more after it
    holds(menu, answer_message(menu, json.loads(json.dumps(turn.memory)), text, payload, known))


@given(trees, trees, st.lists(st.tuples(spoken, st.just("") | ids), max_size=10))
def test_a_conversation_goes_on_through_a_new_version_of_the_menu(tree, later, turns):
    menu, memory = read(tree), {}
    for number, (text, payload) in enumerate(turns):
        if number == 5:
            menu = read(later)
        turn = answer_message(menu, memory, text, payload)
        holds(menu, turn)
        memory = turn.memory


def way_down(options, down):
    """The nodes that are gone through by these places, as far as they lead."""
    trail = []
    for place in down:
        if not options:
            break
        trail.append(options[place % len(options)])
        options = trail[-1].options
    return trail


@given(trees, st.lists(st.integers(0, 3), max_size=6))
def test_down_by_buttons_and_up_by_volver_leaves_no_way(tree, down):
    def bare(options):
        return [node | {"tray": None, "questions": [], "options": bare(node.get("options", []))} for node in options]

    menu = read(tree | {"options": bare(tree["options"])})
    trail = way_down(menu.options, down)
    turn = talk(menu, "hola", *(f"#{node.id}" for node in trail))
    assert turn.path == tuple(node.label for node in trail)
    menus = [node for node in trail if node.options]
    for left in reversed(range(len(menus))):
        turn = talk(menu, "#volver", memory=turn.memory)
        assert turn.path == tuple(node.label for node in menus[:left])
    assert [choice.id for choice in turn.offer if choice.id != "volver"] == [node.id for node in menu.options] or menus
