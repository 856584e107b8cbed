"""Blocking, unblocking, joining and separating on the screens: the forms, what the card says, and to whom."""

import pytest
from django.urls import reverse

from chats import moves
from chats.messages import blocks, replies
from contacts.joining import join_cards, separate_card
from contacts.models import Block, Joining
from tests import people
from tests.inbox.pages import HTMX, SECRET, pane_of, signed_in, words_of


@pytest.fixture
def chat(http_origin, ana, ventas):
    return people.held(http_origin, ana, ventas, sender="marta", text=SECRET)


def card_of(agent, contact):
    return signed_in(agent).get(reverse("contact", args=[contact.pk])).content.decode()


def test_ana_blocks_marta_with_a_plain_form_and_everyone_reads_who_and_why(chat, ana, caio):
    client, url = signed_in(ana), reverse("block", args=[chat.contact_id])
    assert "Motivo" in client.get(url).content.decode()
    answer = client.post(url, {"reason": "insultos"})
    assert (answer.status_code, answer.url) == (303, reverse("contact", args=[chat.contact_id]))
    assert "Desbloquear" in card_of(ana, chat.contact)
    # who may not see the chat: the block, no word of the chat, and no button
    page = card_of(caio, chat.contact)
    assert "Bloqueado por Ana Ferreyra" in words_of(page)
    assert "insultos" in page
    assert reverse("unblock", args=[chat.contact_id]) not in page
    assert reverse("block", args=[chat.contact_id]) not in page
    assert SECRET not in page


def test_with_htmx_the_answer_is_the_card_and_the_undo_bar_offers_to_unblock(chat, ana):
    client = signed_in(ana)
    answer = client.post(reverse("block", args=[chat.contact_id]), {"reason": "insultos"}, headers=HTMX)
    undo = reverse("unblock", args=[chat.contact_id])
    assert answer.status_code == 200
    assert undo in answer["HX-Trigger"]
    assert "BLOQUEADO" in answer.content.decode()
    answer = client.post(undo, headers=HTMX)
    assert "BLOQUEADO" not in answer.content.decode()
    assert not people.fresh(chat).is_blocked


def test_the_history_of_the_card_says_who_blocked_unblocked_joined_and_separated_it(
    chat, http_origin, ana, caio, sofia
):
    other = people.waiting(http_origin, name="Marta del Web").contact
    blocks.block_contact(chat.contact_id, ana, "insultos")
    blocks.unblock_contact(chat.contact_id, sofia)
    join_cards(chat.contact, other, ana)
    separate_card(other, sofia)
    url = reverse("contact", args=[chat.contact_id])
    page = signed_in(caio).get(url, {"ver": "historial"})
    shown = [(one.what, one.actor, one.before or one.after) for one in page.context["card_changes"]]
    assert shown == [
        ("Tarjeta separada", sofia, "Marta del Web"), ("Tarjeta unida", ana, "Marta del Web"),
        ("Contacto desbloqueado", sofia, "insultos"), ("Contacto bloqueado", ana, "insultos"),
    ]  # fmt: skip
    words = words_of(page.content.decode())
    assert "Contacto desbloqueado Sofía insultos" in words
    assert SECRET not in words
    # none of them is a field that was saved
    assert page.context["card"].last is None


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_reason_that_does_not_fit_comes_back_in_the_form_with_a_sentence(headers, chat, ana):
    url = reverse("block", args=[chat.contact_id])
    answer = signed_in(ana).post(url, {"reason": "x" * 201}, headers=headers)
    assert answer.status_code == 422
    assert "Escribí el motivo" in answer.content.decode()
    assert "x" * 201 in answer.content.decode()
    assert not Block.objects.exists()


def test_the_pane_the_preview_and_the_card_say_so_and_the_pane_takes_notes_only(chat, ana, http_origin, ventas):
    waits = people.waiting(http_origin, ventas)
    for one in (chat, waits):
        blocks.block_contact(one.contact_id, ana, "insultos")
    client = signed_in(ana)
    pane = pane_of(client, chat)
    assert "Bloqueado por Ana Ferreyra" in words_of(pane)
    assert "data-only-notes" in pane
    assert reverse("template_form", args=[chat.pk]) not in pane
    for url in (reverse("preview", args=[ventas.pk, waits.pk]), reverse("contact_chat", args=[chat.contact_id])):
        assert "Bloqueado por Ana Ferreyra" in words_of(client.get(url).content.decode()), url
    answer = client.post(reverse("unblock", args=[chat.contact_id]), {"pane": "1"}, headers=HTMX)
    assert "data-only-notes" not in answer.content.decode()
    assert replies.send_reply(chat.pk, ana, "hola").direction == "out"


def test_an_answer_to_who_is_blocked_is_a_conflict_in_words(chat, ana):
    blocks.block_contact(chat.contact_id, ana, "insultos")
    answer = signed_in(ana).post(reverse("reply", args=[chat.pk]), {"text": "hola"}, headers=HTMX)
    assert answer.status_code == 409
    assert "bloqueado" in answer["HX-Trigger"]


def test_the_blocked_are_listed_under_their_filter(chat, http_origin, ventas, ana):
    other = people.waiting(http_origin, ventas, name="Otra")
    blocks.block_contact(chat.contact_id, ana, "insultos")
    client = signed_in(ana)
    found = client.get(reverse("contacts"), {"estado": "BLOQUEADO"}).context["contacts"]
    assert list(found) == [chat.contact]
    assert set(client.get(reverse("contacts")).context["contacts"]) == {chat.contact, other.contact}


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_who_has_not_the_right_is_refused_and_what_is_not_there_is_404(headers, chat, caio, ana):
    client = signed_in(caio)
    assert client.post(reverse("block", args=[chat.contact_id]), {"reason": "x"}, headers=headers).status_code == 403
    for name, form in (("block", {"reason": "x"}), ("unblock", {}), ("join", {"other": "1"}), ("separate", {})):
        assert client.post(reverse(name, args=[987654]), form, headers=headers).status_code == 404, name
    answer = signed_in(ana).post(reverse("unblock", args=[chat.contact_id]), headers=headers)
    assert answer.status_code == 409


def test_joined_cards_show_each_other_and_no_word_of_a_chat_that_one_may_not_see(chat, http_origin, soporte, ana, caio):
    other = people.waiting(http_origin, soporte, name="Martita", text=SECRET)
    client, url = signed_in(caio), reverse("join", args=[other.contact_id])
    form = client.get(url, {"q": "Marta"}, headers=HTMX).content.decode()
    assert "Marta Gómez" in form
    assert SECRET not in form
    answer = client.post(url, {"other": chat.contact_id})
    assert (answer.status_code, answer.url) == (303, reverse("contact", args=[other.contact_id]))
    page = card_of(caio, other.contact)
    assert "Marta Gómez" in page
    assert "AGENTE" in page
    assert "No tenés acceso a ese chat" in page
    assert SECRET not in page
    # and the chats stay as they were
    assert people.fresh(chat).agent == ana
    seen = signed_in(caio).get(reverse("contact_chat", args=[chat.contact_id])).content.decode()
    assert SECRET not in seen
    answer = client.post(reverse("separate", args=[chat.contact_id]), {"from": other.contact_id}, headers=HTMX)
    assert "Separada" in answer["HX-Trigger"].encode().decode("unicode_escape")
    assert "Marta Gómez" not in answer.content.decode()
    assert not Joining.objects.exists()


def test_every_card_of_the_person_hears_of_a_joining_and_of_a_separation(chat, http_origin, ana, monkeypatch):
    one, other, third = [people.waiting(http_origin).contact for _ in range(3)]
    join_cards(one, other, ana)
    told = []
    monkeypatch.setattr("chats.publish.card_changed", lambda pks: told.append(set(pks)))
    client = signed_in(ana)
    client.post(reverse("join", args=[third.pk]), {"other": other.pk})
    client.post(reverse("separate", args=[one.pk]))
    assert told == [{one.pk, other.pk, third.pk}] * 2


@pytest.mark.parametrize("wish", ["", "x", "9" * 30, "987654"])
def test_joining_with_what_is_no_card_is_a_sentence(wish, chat, ana):
    answer = signed_in(ana).post(reverse("join", args=[chat.contact_id]), {"other": wish}, headers=HTMX)
    assert answer.status_code == 422
    assert "tarjeta" in answer["HX-Trigger"]


def test_joining_what_is_joined_is_a_conflict(chat, http_origin, ana):
    other = people.waiting(http_origin)
    join_cards(chat.contact, other.contact, ana)
    answer = signed_in(ana).post(reverse("join", args=[chat.contact_id]), {"other": other.contact_id}, headers=HTMX)
    assert (answer.status_code, "Ya est" in answer["HX-Trigger"]) == (409, True)


def test_the_card_asks_as_often_for_one_linked_card_as_for_nine(chat, http_origin, ana, django_assert_max_num_queries):
    client = signed_in(ana)
    others = [people.waiting(http_origin).contact for _ in range(9)]
    join_cards(chat.contact, others[0], ana)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as one:
        client.get(reverse("contact", args=[chat.contact_id]))
    for card in others[1:]:
        moves.take(card.chat.pk, ana)
        join_cards(chat.contact, card, ana)
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("contact", args=[chat.contact_id]))
    assert len(many) <= len(one) + 1
