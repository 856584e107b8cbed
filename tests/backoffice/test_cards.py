"""Tags and attributes in the admin: supervisors make and archive them, and nobody deletes one."""

from contacts import card
from contacts.models import AttributeDefinition, Tag
from tests import people
from tests.backoffice.pages import errors, page


def test_sofia_makes_a_tag_once_whatever_its_case(as_sofia):
    made = as_sofia.post(page("contacts_tag", "add"), {"word": "  Mayorista  ", "color": "a4"})
    assert made.status_code == 302, errors(made)
    assert Tag.objects.get().word == "Mayorista"
    again = as_sofia.post(page("contacts_tag", "add"), {"word": "MAYORISTA", "color": "a1"})
    assert "Ya hay una etiqueta “MAYORISTA”" in errors(again)
    assert Tag.objects.count() == 1


def test_an_archived_tag_stays_on_its_cards_and_comes_back(as_sofia, sofia, http_origin):
    contact = people.waiting(http_origin).contact
    tag = Tag.objects.create(word="VIP")
    card.give_tag(contact.pk, sofia, tag)
    assert as_sofia.post(page("contacts_tag", "archive", tag.pk)).status_code == 302
    assert Tag.objects.get().archived_at is not None
    assert contact.given_tags.count() == 1
    as_sofia.post(page("contacts_tag", "restore", tag.pk))
    assert Tag.objects.get().archived_at is None
    assert as_sofia.post(page("contacts_tag", "delete", tag.pk), {"post": "yes"}).status_code == 403
    assert Tag.objects.exists()


def test_sofia_defines_a_list_and_its_type_stays(as_sofia):
    form = {
        "label": "Lista de precios",
        "kind": "choice",
        "choices": "Lista A\r\n\r\nLista B\r\nLista A",
        "position": 1,
    }
    made = as_sofia.post(page("contacts_attributedefinition", "add"), form)
    assert made.status_code == 302, errors(made)
    found = AttributeDefinition.objects.get()
    assert (found.key, found.choices) == ("lista-de-precios", ["Lista A", "Lista B"])
    as_sofia.post(
        page("contacts_attributedefinition", "change", found.pk),
        {"label": "Lista", "kind": "text", "key": "otra", "choices": "Lista C", "position": 1},
    )
    found.refresh_from_db()
    assert (found.label, found.key, found.kind, found.choices) == ("Lista", "lista-de-precios", "choice", ["Lista C"])


def test_a_list_without_choices_and_a_key_twice_are_errors_of_the_form(as_sofia):
    form = {"label": "Local", "kind": "choice", "choices": " ", "position": 1}
    assert "al menos una opción" in errors(as_sofia.post(page("contacts_attributedefinition", "add"), form))
    AttributeDefinition.objects.create(key="local", label="Local")
    form = {"label": "Local", "kind": "text", "choices": "", "position": 1}
    assert "no esté usada" in errors(as_sofia.post(page("contacts_attributedefinition", "add"), form))
    assert AttributeDefinition.objects.count() == 1


def test_an_agent_who_is_no_supervisor_makes_none(client, ana):
    client.force_login(ana)
    assert client.post(page("contacts_tag", "add"), {"word": "VIP", "color": "a1"}).status_code in (302, 403)
    assert not Tag.objects.exists()
