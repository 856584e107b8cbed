"""A menu's questions: asked one by one, what is kept of answers, and texts that are filled with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wittybots.menu.menus import BACK, GREETED, SHOP, talk, texts
from wittybots.menu import answers
from wittybots.menu.engine import Known, Menu, Node, Question
from wittybots.menu.placeholders import fill_placeholders


def test_questions_one_by_one():
    first = talk(SHOP, "hola", "mi pedido")
    assert (first.texts, first.offer, first.attributes) == (("Veamos", "¿Qué número?"), (), {})
    second = talk(SHOP, "es el 0048213.", memory=first.memory)
    assert (second.texts, second.attributes) == (("¿Y tu email?",), {"pedido": "0048213"})
    third = talk(SHOP, "Marta@Example.com", memory=second.memory)
    assert (third.attributes, third.path) == ({"mail": "Marta@Example.com"}, ("Mi pedido",))


def test_after_the_questions_it_hands_over_in_words():
    asked = talk(SHOP, "hola", "#pedido", "1", "a@b.co", "reclamo")
    assert asked.texts == ("¿Qué pasó?",)
    turn = talk(SHOP, "Llegó roto", memory=asked.memory)
    assert (turn.texts, turn.tray_id, turn.attributes) == (("Te paso",), 2, {"motivo": "Llegó roto"})
    assert turn.path == ("Mi pedido", "Reclamo")


def test_after_the_questions_of_a_leaf_its_menu_is_offered_again():
    turn = talk(SHOP, "hola", "#pedido", "1", "a@b.co", "opinar", "muy bien")
    assert (turn.texts, turn.offer[-1]) == (("Gracias, quedó anotado.",), BACK)


@pytest.mark.parametrize("wrong", ["", "   ", "no sé", "12 o 13", "\U0001f44d", "ventas"])
def test_a_wrong_answer_is_asked_again_and_the_second_hands_over(wrong):
    again = talk(SHOP, "hola", "#pedido", wrong)
    assert again.texts == ("Necesito un solo número, por ejemplo 1234.\n¿Qué número?",)
    assert (again.offer, again.attributes) == ((), {})
    gone = talk(SHOP, wrong, memory=again.memory)
    assert (gone.texts, gone.hand_over, gone.tray_id, gone.attributes) == (("Te paso",), True, 7, {})
    right = talk(SHOP, "12", memory=again.memory)
    assert right.attributes == {"pedido": "12"}
    # counted anew
    assert not talk(SHOP, "no", memory=right.memory).hand_over


def test_out_of_a_question():
    for asked in (("#pedido",), ("#pedido", "1"), ("#pedido", "no sé")):
        turn = talk(SHOP, "hola", *asked, "volver")
        assert (turn.texts, turn.path, turn.memory) == (("¡Hola!",), (), GREETED)
    turn = talk(SHOP, "hola", "#pedido", "1", "a@b.co", "#opinar", "volver")
    assert (turn.path, turn.offer[0].id) == (("Mi pedido",), "envios")


@pytest.mark.parametrize(
    ("kind", "text", "kept"),
    [
        ("text", "  Llegó roto  ", "Llegó roto"),
        ("text", "\U0001f44d", "\U0001f44d"),
        ("text", "x" * 900, "x" * 500),
        ("text", " \n ", None),
        ("number", "48213", "48213"),
        ("number", "el 0012 por favor", "0012"),
        ("number", "nº48213", "48213"),
        ("number", "pedido Nro. 48213", "48213"),
        ("number", "el nro.48213", "48213"),
        ("number", "A123", None),
        ("number", "#48213", "48213"),
        ("number", "-3,5", "-3,5"),
        ("number", "30.123.456", "30.123.456"),
        ("number", "30 123 456", "30123456"),
        ("number", "٤٢", "42"),
        ("number", "１２", "12"),
        ("number", "1 o 2", None),
        ("number", "A123B", None),
        ("number", "doce", None),
        ("email", "marta@example.com", "marta@example.com"),
        ("email", "Es <marta+x@example.com.uy>, gracias", "marta+x@example.com.uy"),
        ("email", "marta@example.com.", "marta@example.com"),
        ("email", "marta@example", None),
        ("email", "a@b.co y c@d.co", None),
        ("email", "marta arroba example", None),
        ("email", "@", None),
        ("email", "a" * 300 + "@example.com", None),
        ("phone", "099 123 456", "099123456"),
        ("phone", "+54 9 (291) 555-0119", "+5492915550119"),
        ("phone", "mi número es 11-5555.0101, gracias", "1155550101"),
        ("phone", "12345", None),
        ("phone", "1234567890123456", None),
        ("phone", "no tengo", None),
    ],
)
def test_what_is_kept_of_an_answer(kind, text, kept):
    assert answers.read_answer(kind, text) == kept


@given(st.sampled_from(["text", "number", "email", "phone"]), texts)
def test_what_is_kept_is_short_and_never_empty(kind, text):
    kept = answers.read_answer(kind, text)
    assert kept is None or 0 < len(kept) <= 500


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hola {{nombre}}", "Hola Marta"),
        ("{{ Nombre }}: {{PEDIDO}}", "Marta: 48213"),
        ("{{número de orden}}", "7"),
        ("Hola {{nadie}}, ¿va?", "Hola, ¿va?"),
        ("{{nadie}}", ""),
        ("{{}}{{ }}", ""),
        ("{{7*7}} {{nombre|upper}} {{nombre.__class__}}", ""),
        ("{{{nombre}}}", "{Marta}"),
        ("{nombre} {{nombre}", "{nombre} {{nombre}"),
        ("{% if x %}%(nombre)s {0}", "{% if x %}%(nombre)s {0}"),
        ("{{socio}} {{lista}} {{nada}}", "sí"),
        ("{{markup}}", "<b>{{nombre}}</b>"),  # what customers wrote is not read again
    ],
)
def test_texts_are_filled_once_and_nothing_is_evaluated(text, filled):
    known = {"pedido": "48213", "Número de orden": 7, "socio": True, "lista": ["x"], "nada": None}
    assert fill_placeholders(text, "Marta", known | {"markup": "<b>{{nombre}}</b>"}).strip() == filled


def test_an_attribute_called_nombre_is_the_name_that_was_told():
    assert fill_placeholders("{{nombre}}", "Marta", {"nombre": "Marta G."}) == "Marta G."


def test_what_was_told_in_this_very_turn_is_in_the_next_words():
    echo = Node("n", "Nombre", questions=(Question("nombre", "¿Cómo te llamás?"), Question("dni", "¿DNI, {{nombre}}?")))
    turn = talk(Menu("Hola {{nombre}}", "No", "Te paso, {{dni}}", (echo,)), "hola", "nombre", "Marta")
    assert turn.texts == ("¿DNI, Marta?",)
    known = Known(name="Juana", attributes={"dni": 5})
    assert talk(Menu("Hola {{nombre}}", "No", "Te paso, {{dni}}"), "x", known=known).texts == ("Hola Juana",)


def test_texts_of_unknown_variables_only_still_say_something():
    blank = Menu("{{x}}", "{{x}}", "{{x}}", (Node("a", "A", reply="{{x}}"),))
    assert talk(blank, "hola").texts == ("Elegí una opción:",)
    assert talk(blank, "hola", "a").texts == ("Elegí una opción:",)
    assert talk(blank, "hola", "persona").texts == ()
