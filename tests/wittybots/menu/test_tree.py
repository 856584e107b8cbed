"""A menu's tree: what is wrong with it is found, whatever it is, and whatever it is can be read."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wittybots.menu.menus import json_values, trees
from wittybots.menu import tree, versions
from wittybots.menu.engine import answer_message

ASK = {"attribute": "pedido", "text": "¿Qué número?", "kind": "number"}
GOOD = tree.new(
    [
        tree.option("ventas", "Ventas", 1, keywords=["precio", "comprar"], reply="Ya va"),
        tree.option("pedido", "Mi pedido", questions=[ASK], options=[tree.option("persona-1", "Una persona", 2)]),
        tree.option("horario", "Horario", reply="De 9 a 18"),
    ]
)
TRAYS = {1, 2}


def found(tree_, trays=TRAYS):
    return [(problem.where, problem.words) for problem in tree.check(tree_, trays)]


def where(tree_):
    return [place for place, _words in found(tree_)]


def with_node(**more):
    """The good tree, whose first option has something else about it."""
    changed = copy.deepcopy(GOOD)
    changed["options"][0] |= more
    return changed


def nested(levels):
    node = tree.option(f"n-{levels}", f"Nivel {levels}")
    for level in range(levels - 1, 0, -1):
        node = tree.option(f"n-{level}", f"Nivel {level}", options=[node])
    return GOOD | {"options": [node]}


def test_a_good_tree_has_no_problem():
    assert found(GOOD) == []
    assert found(tree.new()) == []
    assert found(nested(6)) == []


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        (GOOD | {"greeting": ""}, "greeting"),
        (GOOD | {"greeting": "  \n"}, "greeting"),
        (GOOD | {"greeting": None}, "greeting"),
        (GOOD | {"greeting": 7}, "greeting"),
        (GOOD | {"greeting": "x" * 1001}, "greeting"),
        (GOOD | {"misfit": "x" * 1001}, "misfit"),
        (GOOD | {"farewell": ["x"]}, "farewell"),
        (GOOD | {"fallback_tray": 9}, "fallback_tray"),
        (GOOD | {"fallback_tray": "1"}, "fallback_tray"),
        (GOOD | {"fallback_tray": True}, "fallback_tray"),
        (GOOD | {"options": {"a": 1}}, "options"),
        (GOOD | {"options": "Ventas"}, "options"),
        (GOOD | {"options": [None]}, "options"),
        (with_node(label=""), "ventas/label"),
        (with_node(label=None), "ventas/label"),
        (with_node(label=5), "ventas/label"),
        (with_node(label="x" * 41), "ventas/label"),
        (with_node(label="Volver"), "ventas/label"),
        (with_node(label="¡Inicio!"), "ventas/label"),
        (with_node(label="menu"), "ventas/label"),
        (with_node(keywords="precio"), "ventas/keywords"),
        (with_node(keywords=[1]), "ventas/keywords"),
        (with_node(keywords=["x" * 41]), "ventas/keywords"),
        (with_node(keywords=[f"k{n}" for n in range(31)]), "ventas/keywords"),
        (with_node(keywords=["atrás"]), "ventas/keywords"),
        (with_node(reply="x" * 1001), "ventas/reply"),
        (with_node(reply={}), "ventas/reply"),
        (with_node(tray=9), "ventas/tray"),
        (with_node(tray="1"), "ventas/tray"),
        (with_node(tray=1.0), "ventas/tray"),
        (with_node(tray=[1]), "ventas/tray"),
        (with_node(options=[tree.option("x", "X")]), "ventas/tray"),
        (with_node(options=7), "ventas"),
        (with_node(questions={}), "ventas/questions"),
        (with_node(questions=[1]), "ventas/questions"),
        (with_node(questions=[ASK] * 11), "ventas/questions"),
        (with_node(questions=[ASK | {"text": ""}]), "ventas/questions"),
        (with_node(questions=[ASK | {"attribute": ""}]), "ventas/questions"),
        (with_node(questions=[ASK | {"attribute": "a{{b}}"}]), "ventas/questions"),
        (with_node(questions=[ASK | {"attribute": "a\nb"}]), "ventas/questions"),
        (with_node(questions=[ASK | {"attribute": "<b>"}]), "ventas/questions"),
        (with_node(questions=[ASK | {"attribute": "x" * 41}]), "ventas/questions"),
        (with_node(questions=[ASK | {"attribute": None}]), "ventas/questions"),
        (with_node(questions=[ASK | {"kind": "date"}]), "ventas/questions"),
        (with_node(questions=[ASK | {"kind": []}]), "ventas/questions"),
        (with_node(id=""), "options"),
        (with_node(id=5), "options"),
        (with_node(id="Con Espacio"), "options"),
        (with_node(id="x" * 25), "options"),
        (with_node(id="volver"), "options"),
        (with_node(id="horario"), "horario"),
        (with_node(id="persona-1"), "persona-1"),
        (with_node(label="HORARIO"), "horario/label"),
        (with_node(keywords=["Horário"]), "ventas/keywords"),
    ],
)
def test_what_is_wrong_is_found_where_it_stands(changed, place):
    problems = found(changed)
    assert place in [where for where, _words in problems]
    assert len(problems) <= 2
    assert all(words.endswith(".") for _where, words in problems)


def test_a_word_of_two_options_is_found_at_the_second():
    changed = copy.deepcopy(GOOD)
    changed["options"][2]["keywords"] = ["PRECIÓ", "abren"]
    assert where(changed) == ["horario/keywords"]
    # in another menu it is another thing
    changed["options"][2]["keywords"] = []
    changed["options"][1]["options"][0]["keywords"] = ["precio"]
    assert found(changed) == []


def test_a_word_that_one_option_has_twice_is_no_harm():
    assert found(with_node(keywords=["precio", "Precio", "ventas"])) == []


def test_too_deep_and_too_many():
    assert [words for _where, words in found(nested(7))] == ["Hay más de 6 niveles: acortá el camino."]
    assert found(GOOD | {"options": [tree.option(f"n-{n}", f"Opción {n}x") for n in range(60)]}) == []
    assert where(GOOD | {"options": [tree.option(f"n-{n}", f"Opción {n}x") for n in range(61)]}) == ["options"]


def test_attributes_with_accents_and_spaces_are_fine():
    for name in ("pedido", "Número de orden", "número_2", "e-mail", "ñ"):
        assert found(with_node(questions=[ASK | {"attribute": name}])) == []


@pytest.mark.parametrize("odd", [None, [], "x", 5, True, 1.5])
def test_what_is_no_tree_is_said_to_be_none(odd):
    assert where(odd) == [""]
    assert tree.read(odd).greeting


def test_a_page_of_problems_is_enough():
    assert len(found(GOOD | {"options": [{}] * 5_000})) == 100


def very_deep(levels):
    deep = []
    for _level in range(levels):
        deep = [{"id": "x", "label": "x", "options": deep}]
    return deep


def test_a_tree_without_a_bottom_is_read_to_where_menus_end():
    deep = GOOD | {"options": very_deep(100_000)}
    assert "Hay más de 6 niveles" in str(found(deep))
    menu, levels = tree.read(deep), 0
    while menu.options:
        menu, levels = menu.options[0], levels + 1
    assert levels == 6


@given(json_values)
def test_any_json_is_checked_and_read(odd):
    for whole in (odd, {"options": odd}, {"options": [odd]}, GOOD | {"options": [{"id": "a", "label": odd}]}):
        problems = tree.check(whole, TRAYS)
        assert all(isinstance(problem.where, str) and problem.words for problem in problems)
        answer_message(tree.read(whole), {"greeted": True}, "1")


fields = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("id", "label", "keywords", "reply", "questions", "tray", "options"), json_values)
    | {"questions": st.lists(st.fixed_dictionaries({"attribute": json_values, "text": json_values, "kind": json_values}))},
)  # fmt: skip


@given(st.lists(fields, max_size=4), json_values)
def test_any_node_is_checked_and_read(nodes, odd):
    whole = GOOD | {"options": nodes, "greeting": odd, "fallback_tray": odd}
    tree.check(whole, TRAYS)
    answer_message(tree.read(whole), {"greeted": True}, "1")


@given(trees)
def test_whatever_is_read_has_ids_of_its_own_and_is_read_the_same_again(whole):
    menu = tree.read(whole)
    own = [node.id for node in tree._all_nodes(menu.options)]
    assert len(set(own)) == len(own)
    assert not set(own) & tree.RESERVED_IDS
    assert all(node.label for node in tree._all_nodes(menu.options))
    kept = versions._storable_json(whole)
    assert tree.read(json.loads(json.dumps(kept))) == tree.read(kept)


@given(trees)
def test_what_has_no_problem_is_read_as_it_stands(whole):
    whole = versions._storable_json(whole)  # as a draft is kept
    if tree.check(whole, set(range(1, 10))):
        return

    def ids(options):
        return [
            (node["id"], node["label"].strip(), node.get("tray"), ids(node.get("options") or [])) for node in options
        ]

    def read_ids(options):
        return [(node.id, node.label, node.tray_id, read_ids(node.options)) for node in options]

    assert read_ids(tree.read(whole).options) == ids(whole["options"])


def test_an_old_tree_is_read():
    menu = tree.read({"greeting": "Hola", "options": [{"id": "12", "label": "Ventas", "tray": 3}]})
    assert (menu.greeting, menu.options[0].id, menu.options[0].tray_id) == ("Hola", "12", 3)
    assert all((menu.misfit, menu.farewell))


def test_the_trays_that_a_menu_names():
    assert tree.trays_of(tree.read(GOOD)) == {1, 2}
    assert tree.trays_of(tree.read(GOOD | {"fallback_tray": 5})) == {1, 2, 5}
