"""What a bot found out, where agents see it: at the head of the pane, in the preview and in the contact's card."""

import re

import pytest
from django.urls import reverse

from chats import moves
from chats.models import Chat
from tests import people

LONG = "a" * 300
SUMMARY = "Quiere saber por su pedido.\nYa le dijimos que salió ayer.\n" + "palabra " * 240 + "y eso es todo"


@pytest.fixture
def sign_in(client):
    def really(agent):
        client.force_login(agent, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return really


def found_out(chat, **fields):
    own = {"bot_path": ["Mi pedido", "Hablar con una persona"], "attributes": {"Pedido": "48213"}}
    Chat.objects.filter(pk=chat.pk).update(**own | fields)
    return people.fresh(chat)


def words(response):
    """The text of a page as one reads it, markup taken away."""
    text = re.sub(r"<[^>]*>", "", response.content.decode())
    return " ".join(text.split())


@pytest.fixture
def paths(ana, ventas, http_origin):
    """The addresses of a pane and its fragment, of a preview, and of two cards, of chats that ana may see."""

    def really(**fields):
        held = found_out(people.held(http_origin, ana, ventas), **fields)
        waits = found_out(people.waiting(http_origin, ventas), **fields)
        return {
            "page": reverse("chat", args=[held.pk]),
            "pane": reverse("pane", args=[held.pk]),
            "preview": reverse("preview", args=[waits.tray_id, waits.pk]),
            "card": reverse("contact_facts", args=[held.contact_id]),
        }

    return really


def test_the_way_the_answers_the_tags_and_the_summary_are_at_the_head(sign_in, ana, paths):
    shown = paths(tags=["mayorista", "urgente"], bot_summary="Pregunta por el envío.")
    client = sign_in(ana)
    for path in shown.values():
        text = words(client.get(path))
        assert "Inicio › Mi pedido › Hablar con una persona" in text, path
        for word in ("Pedido", "48213", "mayorista", "urgente", "Pregunta por el envío."):
            assert word in text, (path, word)


def test_who_came_without_a_bot_has_no_place_kept_for_it(sign_in, ana, paths):
    shown = paths(bot_path=[], attributes={})
    for path in shown.values():
        text = sign_in(ana).get(path).content.decode()
        assert "wa-brief" not in text
        assert "Camino en el bot" not in text
        assert "Resumen del bot" not in text


def test_the_summary_is_a_line_in_the_pane_and_whole_behind_it(sign_in, ana, paths):
    shown = paths(bot_summary=SUMMARY)
    pane = sign_in(ana).get(shown["pane"]).content.decode()
    folded = re.search(r'<details class="wa-brief".*?</details>', pane, re.S)[0]
    line = re.search(r"<summary>.*?</summary>", folded, re.S)[0]
    assert SUMMARY[:100].splitlines()[0] in line
    assert "y eso es todo" not in line
    assert "y eso es todo" in folded
    assert "ver todo" in line
    for where in ("preview", "card"):
        text = sign_in(ana).get(shown[where]).content.decode()
        assert "y eso es todo" in re.sub(r"<details.*?</details>", "", text, flags=re.S)


@pytest.mark.parametrize(
    "attributes",
    [
        {"items": "3 camisas"},
        {"keys": "x", "values": "y", "items": "z", "0": "w"},
        {"nombre": "", "vacío": ""},
        {"edad": 41, "saldo": -12.5, "socio": True, "moroso": False, "nada": None},
        {"lista": [1, 2], "objeto": {"a": {"b": []}}},
        {f"atributo {number}": "v" * 500 for number in range(50)},
        {"n" * 40: LONG},
        {"‮derecha": "‮izquierda", "emoji": "👩‍👩‍👧‍👦" * 50},
        {"{{ nombre }}": "{% url 'inbox' %}"},
    ],
)
def test_any_name_and_any_value_can_be_shown(sign_in, ana, paths, attributes):
    shown = paths(attributes=attributes)
    for where, path in shown.items():
        response = sign_in(ana).get(path)
        assert response.status_code == 200
        text = words(response)
        # all of them are there, wherever they are folded away
        for name in attributes:
            assert " ".join(name.split()) in text, (where, name)


def test_values_are_shown_in_words(sign_in, ana, paths):
    text = words(sign_in(ana).get(paths(attributes={"socio": True, "moroso": False, "saldo": -12.5})["card"]))
    assert "socio sí" in text.replace("socio", "socio ").replace("  ", " ")
    assert "-12,5" in text
    assert "True" not in text


def test_markup_stays_literal(sign_in, ana, paths):
    bad = '<script>alert("1")</script><b>'
    shown = paths(
        attributes={bad[:40]: bad, "x": '"><img src=x onerror=1>'}, tags=[bad[:40]], bot_path=[bad], bot_summary=bad
    )
    for path in shown.values():
        text = sign_in(ana).get(path).content.decode()
        for piece in ('<script>alert("1")', "<img src=x", '"><img'):
            assert piece not in text, path
        assert "&lt;script&gt;alert(&quot;1&quot;)" in text


def test_at_the_head_stand_four_and_the_rest_is_folded_away(sign_in, ana, paths):
    many = {f"atributo {number}": f"valor-{number}" for number in range(50)}
    shown = paths(attributes=many, tags=[f"etiqueta-{number}" for number in range(20)])
    for where in ("pane", "preview"):
        text = sign_in(ana).get(shown[where]).content.decode()
        head = re.search(r'<dl class="wa-facts">.*?</dl>', text, re.S)[0]
        assert head.count("valor-3") == 2  # and in its title
        assert "valor-4" not in head
        assert "+16" in head
        assert "valor-49" in re.search(r'<details class="wa-brief.*?</details>', text, re.S)[0]


def test_few_and_short_facts_fold_only_where_there_is_no_room(sign_in, ana, paths):
    assert "wa-brief is-narrow" in sign_in(ana).get(paths()["pane"]).content.decode()


def test_who_may_not_see_the_chat_sees_nothing_of_it(sign_in, caio, ana, ventas, soporte, http_origin):
    secret = {
        "attributes": {"Pedido": "48213"},
        "tags": ["mayorista"],
        "bot_summary": "Reclama.",
        "bot_path": ["Quejas"],
    }
    chats = [
        found_out(people.held(http_origin, ana, ventas), **secret),
        found_out(people.waiting(http_origin, ventas), **secret),
    ]
    for chat in chats:
        client = sign_in(caio)
        assert client.get(reverse("contact_facts", args=[chat.contact_id])).status_code == 404
        for path in (reverse("contact", args=[chat.contact_id]), reverse("contact_chat", args=[chat.contact_id])):
            text = client.get(path).content.decode()
            for word in ("48213", "mayorista", "Reclama", "Quejas", "card-facts"):
                assert word not in text
        # and there is something that he could have seen
        assert "Reclama" in words(sign_in(ana).get(reverse("contact_facts", args=[chat.contact_id])))


def test_what_the_pane_of_another_shows_is_gone_with_the_chat(sign_in, ana, bruno, sofia, ventas, soporte, http_origin):
    chat = found_out(people.held(http_origin, ana, ventas), bot_summary="Reclama.")
    client = sign_in(ana)
    client.get(reverse("chat", args=[chat.pk]))
    moves.send(chat.pk, soporte, ana)
    text = client.get(reverse("chats")).content.decode()
    assert "Reclama" not in text
    assert "48213" not in text
