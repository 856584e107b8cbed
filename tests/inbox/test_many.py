"""Many chats at once: each is moved for itself, and says what became of it."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from chats import access, moves, undo
from chats.models import Chat
from contacts.models import StateChange, Tag
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


# --- undo ----------------------------------------------------------------------------------------------------


def undo_of(answer):
    """What the undo bar posts, and where to."""
    told = json.loads(answer["HX-Trigger"])["undo"]
    return told["url"], told["vals"]


def take_back(agent, answer):
    url, vals = undo_of(answer)
    return words_of(signed_in(agent).post(url, vals, headers=HTMX).content.decode())


@pytest.mark.parametrize("what", ["close", "send"])
def test_what_was_moved_out_of_a_tray_waits_there_again_since_it_did(what, chats, ana, ventas, soporte):
    waited = {one.pk: one.waiting_since for one in chats}
    more = {"tray": soporte.pk} if what == "send" else {}
    answer = post(ana, ventas, what, chats, **more)
    assert "Ventas" not in places()
    words = take_back(ana, answer)
    assert words.count("Otra vez en Ventas") == 3
    assert places() == ["Ventas"] * 3
    assert {one.pk: one.waiting_since for one in Chat.objects.all()} == waited
    causes = StateChange.objects.filter(contact=chats[0].contact).order_by("-id").values_list("cause", flat=True)
    assert list(causes[:4]) == ["given_back", "undone", "closed" if what == "close" else "sent", "taken"]
    call_command("check_history")
    # what is undone is not undone once more
    assert "Otra vez en" not in take_back(ana, answer)
    assert places() == ["Ventas"] * 3


def test_those_that_moved_meanwhile_say_so_and_the_others_are_as_before(chats, ana, bruno, ventas):
    access.give_access(ventas, [bruno])
    answer = post(ana, ventas, "close", chats)
    moves.take(chats[1].pk, bruno)
    words = take_back(ana, answer)
    assert f"Cliente 1 Ya lo tomó {bruno}" in words
    assert "2 de 3" in words
    assert places() == ["Ventas", str(bruno), "Ventas"]


def test_one_that_ana_had_is_anas_again(chats, ana, ventas, soporte):
    moves.take(chats[0].pk, ana)
    answer = post(ana, ventas, "send", chats, tray=soporte.pk)
    assert "Cliente 0 Lo tenés vos" in take_back(ana, answer)
    assert places() == [str(ana), "Ventas", "Ventas"]


def test_many_are_not_undone_by_another_nor_after_the_moment(chats, ana, bruno, ventas, soporte):
    access.give_access(ventas, [bruno])
    answer = post(ana, ventas, "send", chats[:2], tray=soporte.pk)
    assert "Solo lo deshace quien lo movió último" in take_back(bruno, answer)
    late = timezone.now() - undo.UNDO_WITHIN - undo.UNDO_GRACE - timedelta(seconds=1)
    StateChange.objects.filter(contact=chats[0].contact).update(at=late)
    words = take_back(ana, answer)
    assert "Cliente 0 Pasó el tiempo para deshacerlo" in words
    assert "Cliente 1 Otra vez en Ventas" in words
    assert places() == ["Soporte", "Ventas", "Ventas"]


def test_a_tag_is_taken_back_from_those_who_got_it(chats, ana, ventas):
    tag = Tag.objects.create(word="vip")
    post(ana, ventas, "", chats[:1], tag=tag.pk)
    answer = post(ana, ventas, "", chats, tag=tag.pk)
    assert undo_of(answer)[1]["chats"] == f"{chats[1].pk},{chats[2].pk}"
    assert take_back(ana, answer).count("Sin vip") == 2
    tagged = [tag.pk in one.contact.tag_ids for one in Chat.objects.order_by("pk")]
    assert tagged == [True, False, False]
    # again all have it: nothing to undo is offered
    assert "HX-Trigger" not in post(ana, ventas, "", chats[:1], tag=tag.pk).headers


def test_what_is_no_undo_does_nothing(chats, ana, caio, ventas, soporte):
    answer = post(ana, ventas, "send", chats, tray=soporte.pk)
    url, vals = undo_of(answer)
    for wrong in ({}, {"undo": "move"}, {"undo": "burn", "chats": "1"}, {"undo": "move", "chats": "x"},
                  {"undo": "move", "chats": ",".join(["1"] * 9 + [str(n) for n in range(2, 60)])},
                  {"undo": "tag", "chats": vals["chats"]}, {"undo": "tag", "chats": "1", "tag": "x"}):  # fmt: skip
        assert signed_in(ana).post(url, wrong, headers=HTMX).status_code == 422, wrong
    assert signed_in(caio).post(url, vals, headers=HTMX).status_code == 404
    assert places() == ["Soporte"] * 3
    # the plain form of a page without scripts
    page = signed_in(ana).post(reverse("many", args=[ventas.pk]), {"what": "close", "chat": [chats[0].pk]})
    assert page.status_code == 200


def test_get_of_an_undo_leads_to_the_list(ana, ventas):
    answer = signed_in(ana).get(reverse("many_undo", args=[ventas.pk]))
    assert (answer.status_code, answer["Location"]) == (302, reverse("tray", args=[ventas.pk]))
