"""The menu bot as the pure function it is."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wittybots.menu import answers, intents
from wittybots.menu.engine import Answer, Choice, Known, Menu, Node, Question, answer_message, fold_words
from wittybots.menu.option_matching import pick_option
from wittybots.menu.placeholders import fill_placeholders
from wittybots.menu.tree import read

VENTAS = Node("v", "Ventas", ("precio", "comprar"), "Ya va", tray_id=1)
SOPORTE = Node("s", "Soporte técnico", ("no anda", "conexión"), tray_id=2)
HORARIO = Node("h", "Horario", ("abren",), "De 9 a 18")
MENU = Menu("¡Hola!", "No te entendí", "Te paso", (VENTAS, SOPORTE, HORARIO), fallback_tray_id=7)
FRESH, GREETED = {}, {"greeted": True, "misfits": 0}
CHOICES = (Choice("v", "Ventas"), Choice("s", "Soporte técnico"), Choice("h", "Horario"))

# Inicio › Mi pedido (asks two things) › Envíos › Demora | a person
DEMORA = Node("demora", "Demora", reply="El {{pedido}} tarda 3 días, {{nombre}}")
ENVIOS = Node("envios", "Envíos", ("correo",), "¿Qué del envío?", options=(DEMORA,))
GENTE = Node("gente", "Hablar con una persona", tray_id=4)
RECLAMO = Node("reclamo", "Reclamo", questions=(Question("motivo", "¿Qué pasó?"),), tray_id=2)
OPINAR = Node("opinar", "Opinar", questions=(Question("opinión", "¿Qué te pareció?"),))
PEDIDO = Node(
    "pedido",
    "Mi pedido",
    ("pedido",),
    "Veamos",
    (Question("pedido", "¿Qué número?", "number"), Question("mail", "¿Y tu email?", "email")),
    options=(ENVIOS, GENTE, RECLAMO, OPINAR),
)
SHOP = Menu("¡Hola!", "No te entendí", "Te paso", (VENTAS, PEDIDO, HORARIO), fallback_tray_id=7)
BACK = Choice("volver", "Volver")

texts = st.text() | st.text(st.characters(categories=("Nd", "No", "Lu", "Mn", "Cs", "Zs", "Po")))


def talk(menu, *said, memory=None, known=None):
    """The last answer of a conversation. What begins with "#" is a button's payload."""
    turn = Answer((), memory or {})
    for text in said:
        payload = text[1:] if text.startswith("#") else ""
        turn = answer_message(menu, json.loads(json.dumps(turn.memory)), "" if payload else text, payload, known)
    return turn


# --- words ---------------------------------------------------------------------------------------


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
    assert fold_words(text) == folded


@given(texts)
@example("𝐀")
@example("K")
@example("ǅ")
@example("ͅ")
def test_folding_twice_is_folding_once(text):
    assert fold_words(fold_words(text)) == fold_words(text)


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("1", VENTAS),
        (" 2.", SOPORTE),
        ("03", HORARIO),
        ("٢", SOPORTE),
        ("opción 2", SOPORTE),
        ("la opcion 2", SOPORTE),
        ("la 3", HORARIO),
        ("dos", SOPORTE),
        ("Opción dos", SOPORTE),
        ("la segunda", SOPORTE),
        ("el primero", VENTAS),
        ("n° 3", HORARIO),
        ("2️⃣", SOPORTE),  # a key's picture
        ("ventas", VENTAS),
        ("soporte tecnico", SOPORTE),
        ("¿A qué hora abren?", HORARIO),
        ("quiero comprar algo", VENTAS),
        ("mi internet no anda", SOPORTE),
        ("sin CONEXION", SOPORTE),
        ("-1", VENTAS),  # a dash before a number is a list's
        ("0", None),
        ("4", None),
        ("cuatro", None),
        ("11", None),
        ("99999999999999999999", None),
        ("1 2", None),
        ("tengo 2 dudas", None),
        ("", None),
        ("no", None),
        ("opcion", None),
        ("precios", None),
        ("comprar en el horario", None),  # fits two
        ("ventas o soporte técnico", None),
    ],
)
def test_what_a_message_means(text, choice):
    assert pick_option(MENU.options, fold_words(text)) == choice


def test_an_exact_label_wins_over_another_ones_word():
    assert pick_option((Node("a", "Precio", ("ventas",)), Node("b", "Ventas")), "ventas").id == "b"


def test_a_label_that_is_a_number_wins_over_the_place():
    cuotas = (Node("a", "3"), Node("b", "6"), Node("c", "12"))
    assert [pick_option(cuotas, said).id for said in ("3", "6", "12", "2")] == ["a", "b", "c", "b"]


def test_a_whole_keyword_wins_over_a_word_among_others():
    options = (Node("a", "Pago en cuotas"), Node("b", "Otro", ("pago en cuotas sin interés",)))
    assert pick_option(options, "pago en cuotas sin interes").id == "b"


def test_a_keyword_of_punctuation_fits_nothing():
    assert pick_option((Node("a", "!!!", ("…", " ")),), fold_words("hola")) is None


@pytest.mark.parametrize(
    "text",
    ["persona", "una persona", "Humano", "un agente por favor", "operador", "ASESOR", "asesora", "con una persona",
     "por favor hablar con alguien", "quiero hablar con alguien", "Necesito hablar con un asesor, es urgente",
     "pasame con un humano", "¿me podés comunicar con un representante?", "que me atienda una persona",
     "no entiendo nada, quiero un operador", "una persona real", "human", "talk to a human"],
)  # fmt: skip
def test_somebody_is_asked_for(text):
    assert intents.asks_for_a_person(fold_words(text))
    for before in ((), ("#pedido",), ("#pedido", "12", "a@example.com"), ("#pedido", "1", "a@b.co", "#opinar")):
        turn = talk(SHOP, "hola", *before, text)
        assert (turn.hand_over, turn.memory, turn.texts, turn.tray_id) == (True, {}, ("Te paso",), 7), before


@pytest.mark.parametrize(
    "text", ["quiero reserva para 1 persona", "somos 4 personas", "el agente oficial de la marca", "personal", "hola"]
)
def test_somebody_is_only_named_or_not_even_that(text):
    assert not intents.asks_for_a_person(fold_words(text))


def test_somebody_named_among_other_words_is_found_where_nothing_else_fits():
    assert talk(SHOP, "hola", "la persona de ayer").tray_id == 7
    assert talk(SHOP, "hola", "precio por persona").tray_id == 1
    assert talk(SHOP, "hola", "#pedido", "la persona de ayer").tray_id == 7
    told = talk(SHOP, "hola", "#pedido", "1", "a@b.co", "#opinar", "la persona de ayer fue muy amable")
    assert told.attributes == {"opinión": "la persona de ayer fue muy amable"}


def test_somebody_of_a_tray_is_that_trays():
    assert talk(SHOP, "hola", "hablar con una persona de ventas").tray_id == 1
    assert talk(SHOP, "hola", "quiero hablar con alguien sobre mi pedido").tray_id == 7
    assert talk(SHOP, "hola", "hablar con una persona sobre el horario").tray_id == 7


# --- one menu ------------------------------------------------------------------------------------


def test_a_fresh_memory_greets_whatever_is_said():
    assert answer_message(MENU, FRESH, "ventas", "v") == Answer(("¡Hola!",), GREETED, CHOICES)


def test_a_choice_with_a_tray_hands_over():
    assert answer_message(MENU, GREETED, "ventas") == Answer(("Ya va",), {}, (), True, 1, ("Ventas",))


def test_a_choice_without_words_hands_over_silently():
    assert answer_message(MENU, GREETED, "2").texts == ()


def test_a_choice_without_a_tray_answers_and_offers_again():
    turn = answer_message(MENU, {"greeted": True, "misfits": 1}, "3")
    assert turn == Answer(("De 9 a 18",), GREETED | {"way": [["Horario", 0]]}, CHOICES, path=("Horario",))


def test_a_choice_without_words_or_tray_offers_again():
    assert talk(Menu("¡Hola!", "No", "Te paso", (Node("a", "Nada"),)), "hola", "nada").texts == ("¡Hola!",)


def test_the_second_misfit_hands_over():
    first = answer_message(MENU, GREETED, "mmm")
    assert first == Answer(("No te entendí",), {"greeted": True, "misfits": 1}, CHOICES)
    assert answer_message(MENU, first.memory, "eh") == Answer(("Te paso",), {}, (), True, 7)


def test_an_empty_menu_still_finds_a_person():
    empty = Menu("¡Hola!", "No", "Te paso", ())
    assert talk(empty, "1", "1", "1").hand_over


# --- down and up ---------------------------------------------------------------------------------


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


# --- questions -----------------------------------------------------------------------------------


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


# --- what is known -------------------------------------------------------------------------------


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


# --- memories of all sorts -----------------------------------------------------------------------


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


# --- anything at all -----------------------------------------------------------------------------

spoken = texts | st.sampled_from(
    ["volver", "inicio", "persona", "1", "2", "3", "9", "dos", "ventas", "pedido", "a@b.co", "099 123 456", "x", ""]
)
ids = st.sampled_from(["a", "b", "c", "d", "volver", "inicio", "persona"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | ids,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ids | texts, inner, max_size=4),
    max_leaves=12,
)
questions = st.fixed_dictionaries(
    {"attribute": st.sampled_from(["pedido", "mail", "x"]), "text": texts | st.just("¿Qué?"),
     "kind": st.sampled_from(["text", "number", "email", "phone", "odd"])}
)  # fmt: skip


def nodes(inner):
    return st.lists(
        st.fixed_dictionaries(
            {"id": ids, "label": spoken},
            optional={
                "keywords": st.lists(spoken, max_size=3), "reply": texts | st.just("Hola {{nombre}}{{pedido}}"),
                "questions": st.lists(questions, max_size=2), "tray": st.none() | st.integers(1, 9), "options": inner,
            },
        ),
        max_size=4,
    )  # fmt: skip


trees = st.fixed_dictionaries(
    {"options": st.recursive(st.just([]), nodes, max_leaves=8)},
    optional={"greeting": texts, "misfit": texts, "farewell": texts, "fallback_tray": st.none() | st.integers(1, 9)},
)
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
@settings(max_examples=400)
def test_any_memory_any_words_and_any_tree_have_an_answer(tree, memory, text, payload, minute):
    menu = read(tree)
    known = Known(name="{{x}}", attributes={"pedido": ["odd"], "mail": "m"}, minute=minute)
    turn = answer_message(menu, memory, text, payload, known)
    holds(menu, turn)
    # and one more after it
    holds(menu, answer_message(menu, json.loads(json.dumps(turn.memory)), text, payload, known))


@given(trees, trees, st.lists(st.tuples(spoken, st.just("") | ids), max_size=10))
@settings(max_examples=300)
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
@settings(max_examples=300)
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
