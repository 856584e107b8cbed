"""What a customer's words mean in a menu: an option, a person, or nothing."""

import pytest
from hypothesis import example, given

from tests.wittybots.menu.menus import HORARIO, MENU, SHOP, SOPORTE, VENTAS, talk, texts
from wittybots.menu import intents
from wittybots.menu.engine import Node, fold_words
from wittybots.menu.option_matching import pick_option


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
