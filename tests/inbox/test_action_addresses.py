"""The address of an action is no page's: GET leads to the page, a refusal back to it, the sign-in on to it."""

import pytest
from django.test import Client
from django.urls import reverse

from chats import moves
from inbox.kept_words import MAX_CHARACTERS, MAX_STRANGERS_FORMS
from tests import people
from tests.inbox.pages import HTMX, SECRET, signed_in

MOVES = ["take", "give_back", "send", "close", "reply", "note", "wake"]


@pytest.fixture
def waiting(http_origin, ventas):
    return people.waiting(http_origin, ventas, text=SECRET)


@pytest.mark.parametrize("action", MOVES)
def test_get_on_an_action_leads_to_where_the_chat_is(action, waiting, ana, ventas, sofia):
    client, url = signed_in(ana), reverse(action, args=[waiting.pk])
    assert client.get(url).url == reverse("preview", args=[ventas.pk, waiting.pk])
    moves.take(waiting.pk, ana)
    assert client.get(url).url == reverse("chat", args=[waiting.pk])
    assert client.head(url).status_code == 302
    assert client.put(url).status_code == 405
    assert people.fresh(waiting).agent == ana


def test_get_on_every_other_action_leads_to_its_page(waiting, ana):
    client = signed_in(ana)
    moves.take(waiting.pk, ana)
    said = waiting.messages.filter(direction="in").get()
    for name, args, page in (
        ("take_next", [], reverse("inbox")),
        ("clear_pane", [0], reverse("chats")),
        ("presence", [], reverse("home")),
        ("logout", [], reverse("home")),
        ("template", [waiting.pk], reverse("template_form", args=[waiting.pk])),
        ("retry", [said.pk], reverse("chat", args=[waiting.pk])),
        ("media", [said.pk], reverse("chat", args=[waiting.pk])),
    ):
        assert client.get(reverse(name, args=args)).url == page, name
    assert client.get(reverse("chats")).status_code == 200
    for name, pk in (("place", waiting.pk), ("card", waiting.pk), ("react", said.pk)):
        assert client.get(reverse(name, args=[pk])).status_code == 200


def test_an_action_leaves_its_address_out_of_the_address_bar(waiting, ana, bruno):
    client = signed_in(ana)
    nobody = client.post(reverse("give_back", args=[waiting.pk]), headers=HTMX)
    assert (nobody.status_code, nobody["HX-Push-Url"]) == (409, "false")
    moves.take(waiting.pk, bruno)
    assert client.post(reverse("take", args=[waiting.pk]), headers=HTMX)["HX-Push-Url"] == "false"
    none = client.post(reverse("take_next"), headers=HTMX)
    assert (none.status_code, none["HX-Push-Url"]) == (204, "false")


def test_a_plain_refusal_says_why_with_its_status_and_goes_on_to_what_is_left_of_the_page(waiting, ana, bruno, ventas):
    moves.take(waiting.pk, bruno)
    lost = f"http://testserver{reverse('preview', args=[ventas.pk, waiting.pk])}"
    answer = signed_in(ana).post(reverse("take", args=[waiting.pk]), headers={"Referer": lost})
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Ya lo tomó Bruno Paz" in text
    assert f'http-equiv="refresh" content="0;url={reverse("tray", args=[ventas.pk])}"' in text
    assert SECRET not in text
    elsewhere = signed_in(ana).post(reverse("take", args=[waiting.pk]), headers={"Referer": "https://example.org/x"})
    assert f'content="0;url={reverse("inbox")}"' in elsewhere.content.decode()


def next_of(answer):
    assert answer.status_code in (200, 302)
    to = answer.get("HX-Redirect") or answer["Location"]
    assert to.startswith("/login/?next=")
    return to.removeprefix("/login/?next=")


def test_the_sign_in_goes_on_to_a_page(waiting, ventas):
    nobody, list_url = Client(), reverse("tray", args=[ventas.pk])
    here = {"Referer": f"http://testserver{list_url}?q=marta"}
    assert next_of(nobody.post(reverse("take", args=[waiting.pk]), headers=here)) == f"{list_url}%3Fq%3Dmarta"
    asked = HTMX | {"HX-Current-URL": f"http://testserver{list_url}"}
    for name in ("take", "reply", "close"):
        assert next_of(nobody.post(reverse(name, args=[waiting.pk]), headers=asked)) == list_url
    # a part of a page, asked for by a script
    assert next_of(nobody.get(reverse("contact_facts", args=[waiting.contact_id]), headers=asked)) == list_url
    # a form that is a page by itself is shown again, filled
    card = reverse("card", args=[waiting.pk])
    assert next_of(nobody.post(card, {"name": "Jorge"}, headers=asked)) == card
    assert next_of(nobody.get(list_url)) == list_url
    forged = {"Referer": "https://example.org/bandejas/"}
    assert next_of(nobody.post(reverse("take", args=[waiting.pk]), headers=forged)) == reverse(
        "take", args=[waiting.pk]
    )


def test_what_was_typed_is_in_the_box_once_and_only_its_holders(waiting, ana, bruno):
    moves.take(waiting.pk, ana)
    nobody, url = Client(), reverse("chat", args=[waiting.pk])
    nobody.post(reverse("reply", args=[waiting.pk]), {"text": "<b>a las 10</b>"})
    nobody.force_login(ana)
    assert "&lt;b&gt;a las 10&lt;/b&gt;</textarea>" in nobody.get(url).content.decode()
    assert "a las 10" not in nobody.get(url).content.decode()
    other = Client()
    other.post(reverse("reply", args=[waiting.pk]), {"text": "a las 11"})
    other.force_login(bruno)
    assert "a las 11" not in other.get(reverse("chats")).content.decode()


def test_a_password_and_what_is_too_much_are_not_kept(waiting, ana):
    nobody = Client()
    nobody.post(reverse("password_change"), {"old_password": people.PASSWORD})
    nobody.post(reverse("reply", args=[waiting.pk]), {"text": "x" * MAX_CHARACTERS})
    assert not dict(nobody.session)
    for _time in range(MAX_STRANGERS_FORMS):
        Client().post(reverse("reply", args=[waiting.pk]), {"text": "hola"})
    nobody.post(reverse("reply", args=[waiting.pk]), {"text": "hola"})
    assert not dict(nobody.session)


def test_a_form_of_before_the_sign_in_makes_the_page_come_anew(waiting, ana):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ana)
    quick = client.post(reverse("take", args=[waiting.pk]), headers=HTMX)
    assert (quick.status_code, quick["HX-Refresh"]) == (403, "true")
    plain = client.post(reverse("take", args=[waiting.pk]))
    assert plain.status_code == 403
    assert "La página quedó vieja" in plain.content.decode()
    assert people.fresh(waiting).state == "BANDEJA"
