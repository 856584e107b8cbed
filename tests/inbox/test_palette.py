"""The palette: places, chats and contacts of who asks, and nothing of what others see."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chats import access
from tests import people
from tests.inbox.pages import SECRET, signed_in, words_of


def shown(agent, url="/paleta/"):
    return signed_in(agent).get(url).content.decode()


@pytest.fixture
def held(http_origin, ventas, soporte, ana, caio):
    """A chat of Ana's, and one of Caio's."""
    of_ana = people.held(http_origin, ana, ventas, name="Marta Gómez", sender="c-1", text=SECRET)
    of_caio = people.held(http_origin, caio, soporte, name="Ramiro Paz", sender="c-2", text="otra cosa")
    return of_ana, of_caio


def test_one_finds_ones_own_trays_and_chats(held, ana, caio, sofia, ventas, soporte):
    page = shown(ana)
    assert reverse("chat", args=[held[0].pk]) in page
    assert SECRET in page
    assert f'data-url="{reverse("tray", args=[ventas.pk])}"' in page
    assert f'data-url="{reverse("tray", args=[soporte.pk])}"' not in page
    assert "Ramiro" not in page
    for other in (caio, sofia):
        page = shown(other)
        assert SECRET not in page
        assert reverse("chat", args=[held[0].pk]) not in page
        assert f'data-url="{reverse("tray", args=[ventas.pk])}"' not in page


def test_contacts_are_found_by_name_and_never_by_what_they_said(held, ana, caio, dora):
    for agent in (ana, caio, dora):
        page = shown(agent, "/paleta/contactos/?q=marta gom")
        assert reverse("contact", args=[held[0].contact_id]) in page
        assert "Marta Gómez" in words_of(page)
        assert SECRET not in page
        assert 'role="option"' not in shown(agent, "/paleta/contactos/?q=4111")


@pytest.mark.parametrize("typed", ["", "   ", "%00", "x" * 3000, "'; DROP TABLE", "%25", "<script>", "٣٤"])
def test_whatever_is_typed_is_answered(typed, held, ana):
    answer = signed_in(ana).get(f"/paleta/contactos/?q={typed}")
    assert answer.status_code == 200
    assert b"Marta" not in answer.content
    assert b"<script>" not in answer.content


def test_it_asks_the_same_for_many_as_for_one_and_shows_few_contacts(held, http_origin, ana, ventas):
    client, urls = signed_in(ana), ("/paleta/", "/paleta/contactos/?q=marta")

    def count():
        with CaptureQueriesContext(connection) as asked:
            pages = [client.get(url).content.decode() for url in urls]
        return len(asked), pages[1].count('role="option"')

    client.get("/paleta/")
    few, found = count()
    assert (few <= 12, found) == (True, 1)
    for number in range(12):
        people.held(http_origin, ana, ventas, name=f"Marta {number}", sender=f"d-{number}")
        access.give_access(people.tray(f"Bandeja {number}"), [ana])
    assert count() == (few, 5)


def test_names_are_written_as_text(http_origin, ana):
    people.held(http_origin, ana, name="<img src=x onerror=alert(1)>", sender="c-9")
    for url in ("/paleta/", "/paleta/contactos/?q=img"):
        page = shown(ana, url)
        assert "<img src=x" not in page
        assert "&lt;img" in page
