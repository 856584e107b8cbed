"""¿Quisiste decir…?: the nearest spelling, only of what the agent may see; and what is found by tags."""

import pytest
from django.urls import reverse

from contacts import card
from contacts.models import Tag
from inbox.search import messages, nearest
from inbox.search.messages import Filters
from tests import people
from tests.inbox.pages import signed_in, words_of


def page_of(agent, typed, **query):
    return signed_in(agent).get(reverse("search"), {"q": typed, **query})


def meant(agent, typed, **query):
    found = page_of(agent, typed, **query).context.get("nearest")
    return found.typed if found else None


@pytest.fixture(autouse=True)
def _no_hurry(monkeypatch):
    """A busy machine may take its time."""
    monkeypatch.setattr(nearest, "MAX_MILLISECONDS", 60_000)


@pytest.fixture
def chat(http_origin, ventas):
    return people.waiting(http_origin, ventas, name="Renata Ibáñez", text="¿La HELADERA de 380 litros está en Rosario?")


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("heldaera", "heladera"),
        ("heladra", "heladera"),
        ("haeladera", "heladera"),
        ("heludera 380", "heladera 380"),
        ('"Rozario"', '"rosario"'),
        ("ibanes", "Ibáñez"),
        ("Renatta", "Renata"),
        ("renata ibanes", "renata Ibáñez"),
        ("heladera rosrio", "heladera rosario"),
        ("lavarropas", None),
        ("heldaera lavarropas", None),
        ("hel", None),
        ("heladera", None),
        ("3801", None),
    ],
)
def test_what_was_meant_is_offered_where_nothing_is_found_and_finds_something(typed, near, chat, ana):
    assert meant(ana, typed) == near
    if near:
        page = page_of(ana, near)
        assert page.context["found"].messages or page.context["contacts"]
        assert "¿Quisiste decir" in words_of(page_of(ana, typed).content.decode())


def test_of_words_that_caio_may_not_see_nothing_is_offered_to_caio(chat, ana, caio):
    assert meant(ana, "heldaera") == "heladera"
    assert meant(caio, "heldaera") is None
    # of a contact every agent knows the name
    assert meant(caio, "Renatta") == "Renata"
    pages = []
    for typed in ("heldaera", "lavarropos"):
        page = page_of(caio, typed)
        pages.append(words_of(page.content.decode()).replace(typed, "T"))
    assert pages[0] == pages[1]


def test_within_filters_only_what_they_leave_is_offered(chat, http_origin, soporte, ana, ventas):
    assert meant(ana, "heldaera", bandeja=ventas.pk) == "heladera"
    assert meant(ana, "heldaera", bandeja=soporte.pk) is None
    assert meant(ana, "Renatta", bandeja=ventas.pk) is None
    answer = page_of(ana, "heldaera", bandeja=ventas.pk).content.decode()
    assert f"?q=heladera&amp;bandeja={ventas.pk}" in answer


def test_the_name_of_a_file_may_have_been_meant(http_origin, ventas, ana, caio):
    message = people.waiting(http_origin, ventas, text="Acá va", kind="document").messages.get(direction="in")
    message.attachments.create(
        chat=message.chat, name="Cotización-Heladeras.pdf", mime="application/pdf", size=1200, file="a.pdf"
    )
    assert meant(ana, "cotisacion") == "cotización"
    assert meant(caio, "cotisacion") is None


def test_what_takes_too_long_is_not_offered(chat, ana, monkeypatch):
    monkeypatch.setattr(nearest, "_NAMES", "SELECT pg_sleep(30)")
    monkeypatch.setattr(nearest, "MAX_MILLISECONDS", 50)
    assert nearest.find_nearest(ana, "Renatta", Filters(), []) is None

    def find_ids(*what, within=None):
        raise messages.TooMany

    monkeypatch.setattr(nearest, "find_ids", find_ids)
    assert nearest.find_nearest(ana, "heldaera", Filters(), []) is None


# --- tags -------------------------------------------------------------------------------------


@pytest.fixture
def tagged(chat, http_origin, ventas, sofia):
    tag = Tag.objects.create(word="Mayorista")
    Tag.objects.create(word="Garantía extendida")
    card.give_tag(chat.contact_id, sofia, tag)
    people.waiting(http_origin, ventas, name="Otra", text="otra heladera")
    return tag


@pytest.mark.parametrize(
    "typed", ["etiqueta:mayorista", "etiqueta:MAYOR", 'etiqueta:"Mayorista"', " Etiqueta:mayorista "]
)
def test_whose_contact_has_the_tag_is_found_by_its_word(typed, tagged, chat, ana):
    page = page_of(ana, typed)
    assert page.context["contacts"] == [chat.contact]
    assert page.context["found"].messages == []
    page = page_of(ana, f"{typed} heladera")
    assert [one.chat for one in page.context["found"].messages] == [chat]
    assert page.context["contacts"] == []


def test_the_filter_does_the_same_and_the_row_shows_the_tag(tagged, chat, ana, caio):
    page = page_of(ana, "", etiqueta=tagged.pk)
    assert page.context["contacts"] == [chat.contact]
    assert "Mayorista" in words_of(page.content.decode().split('id="hits"')[1])
    assert [one.chat for one in page_of(ana, "heladera", etiqueta=tagged.pk).context["found"].messages] == [chat]
    # the tag is of the card, which caio sees; the message is of the chat
    page = page_of(caio, "heladera", etiqueta=tagged.pk)
    assert page.context["found"].messages == []
    assert page_of(caio, "", etiqueta=tagged.pk).context["contacts"] == [chat.contact]


@pytest.mark.parametrize("typed", ["etiqueta:nadie", "etiqueta:", "etiqueta:nadie heladera"])
def test_a_tag_that_there_is_not_is_said_and_nothing_is_looked_for(typed, tagged, ana):
    page = page_of(ana, typed)
    assert "No hay una etiqueta" in words_of(page.content.decode())
    assert (page.context["contacts"], page.context["found"].messages) == ([], [])


def test_a_tag_that_nobody_has_is_said_and_a_mistyped_one_is_offered(tagged, ana):
    assert "Nadie tiene la etiqueta Garantía extendida" in words_of(page_of(ana, "etiqueta:garantía").content.decode())
    assert meant(ana, "mayorsita") == "Mayorista"
