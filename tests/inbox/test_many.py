"""Many chats at once: each is moved for itself, and says what became of it."""

import pytest
from django.urls import reverse

from chats import access, moves
from chats.models import Chat
from tests import people
from tests.inbox.pages import HTMX, SECRET, signed_in, words_of
from trays.models import Tray


@pytest.fixture
def chats(http_origin, ventas):
    return [people.waiting(http_origin, ventas, name=f"Cliente {n}", sender=f"c-{n}") for n in range(3)]


def post(agent, where, what, chats, **fields):
    chosen = [getattr(one, "pk", one) for one in chats]
    return signed_in(agent).post(
        reverse("many", args=[where.pk]), {"what": what, "chat": chosen, **fields}, headers=HTMX
    )


def places():
    return [str(one.agent or one.tray) for one in Chat.objects.order_by("pk")]


def test_those_that_can_be_taken_are_and_the_others_say_why_not(chats, ana, bruno, ventas):
    moves.take(chats[1].pk, bruno)
    answer = post(ana, ventas, "take", chats)
    assert answer.status_code == 200
    assert places() == [str(ana), str(bruno), str(ana)]
    words = words_of(answer.content.decode())
    assert "Cliente 0 Lo tenés vos" in words
    assert "2 de 3" in words
    # whose it is now may not be seen: not even the name
    assert "Un chat Ya no podés verlo" in words


def test_a_refusal_of_one_leaves_the_others_done(chats, ana, sofia, ventas, bruno):
    moves.take(chats[1].pk, bruno)
    access.give_access(ventas, [sofia])
    words = words_of(post(sofia, ventas, "take", chats).content.decode())
    assert f"Cliente 1 Ya lo tomó {bruno}" in words
    assert places() == [str(sofia), str(bruno), str(sofia)]


def test_many_are_sent_and_closed_by_the_moves_that_there_are(chats, ana, ventas, soporte):
    words = words_of(post(ana, ventas, "send", chats[:2], tray=soporte.pk).content.decode())
    assert places() == ["Soporte", "Soporte", "Ventas"]
    assert f"Enviar a {soporte}" in words
    assert "2 hechos" in words
    post(ana, ventas, "close", chats[2:])
    assert Chat.objects.get(pk=chats[2].pk).tray == Tray.objects.closed()
    assert people.all_consistent()


def test_what_stays_stays_chosen(chats, ana, ventas):
    page = post(ana, ventas, "send", chats[:1], tray=ventas.pk).content.decode()
    assert "Ya está en Ventas" in words_of(page)
    box = page.split(f'value="{chats[0].pk}"')[1].split(">")[0]
    assert "checked" in box
    assert "checked" not in page.split(f'value="{chats[1].pk}"')[1].split(">")[0]


def test_no_chat_that_one_may_not_see_is_moved_or_named(http_origin, ana, caio, ventas, soporte):
    chat = people.waiting(http_origin, ventas, name="Marta Reservada", text=SECRET)
    for what, fields in (("take", {}), ("close", {}), ("send", {"tray": soporte.pk})):
        answer = post(caio, Tray.objects.general(), what, [chat, 999_999_999], **fields)
        assert answer.status_code == 200
        page = answer.content.decode()
        assert "Ya no podés verlo" in page
        assert "Reservada" not in page
        assert SECRET not in page
    assert post(caio, ventas, "take", [chat]).status_code == 404
    assert places() == ["Ventas"]


def test_what_is_no_order_does_nothing(chats, ana, ventas):
    one = chats[:1]
    wrong = [
        ("", one, {}), ("burn", one, {}), ("take", [], {}), ("take", ["x"], {}), ("take", ["9" * 30], {}),
        ("take", list(range(1, 52)), {}), ("send", one, {}), ("send", one, {"tray": "x"}),
        ("send", one, {"tray": "999999"}),
    ]  # fmt: skip
    for what, chosen, fields in wrong:
        assert post(ana, ventas, what, chosen, **fields).status_code == 422, (what, fields)
    assert places() == ["Ventas"] * 3
    # the same twice is one
    post(ana, ventas, "take", [chats[0], chats[0]])
    assert places() == [str(ana), "Ventas", "Ventas"]


def test_get_leads_to_the_list(ana, ventas):
    answer = signed_in(ana).get(reverse("many", args=[ventas.pk]))
    assert (answer.status_code, answer["Location"]) == (302, reverse("tray", args=[ventas.pk]))
