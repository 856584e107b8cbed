"""Menus and trees for tests of the engine."""

import json

from hypothesis import strategies as st

from wittybots.menu.engine import Answer, Choice, Menu, Node, Question, answer_message

VENTAS = Node("v", "Ventas", ("precio", "comprar"), "Ya va", tray_id=1)
SOPORTE = Node("s", "Soporte técnico", ("no anda", "conexión"), tray_id=2)
HORARIO = Node("h", "Horario", ("abren",), "De 9 a 18")
MENU = Menu("¡Hola!", "No te entendí", "Te paso", (VENTAS, SOPORTE, HORARIO), fallback_tray_id=7)
FRESH, GREETED = {}, {"greeted": True, "misfits": 0}
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
