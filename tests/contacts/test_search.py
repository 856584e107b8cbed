"""Search by words: however a name was written and a number is typed, the same people are found, by an index."""

import unicodedata

import pytest
from django.db import connection
from django.urls import reverse

from contacts.models import Contact
from tests import people
from tests.inbox.pages import signed_in

JOSE = "José Ñandú Pérez Ibáñez"
FINDS_JOSE = [
    "jose nandu", "perez ibanez", "José Ibáñez", "IBÁÑEZ  josé", "ñandú", "NANDU", "Pérez-Ibáñez", "(josé)", "Ibáñez - José", "josé , ñandú", "jose %", "jo", "pé",
    unicodedata.normalize("NFD", JOSE), unicodedata.normalize("NFD", "Ñandú"), "jo\u200bse", "ｊｏｓｅ",
    "+598 99 417 265", "099 417 265", "59899417265", "99417265", "099417265", "00598 99 417 265", "+598 (0)99 417-265",
    "+598 099 417 265", "(099) 417.265", "417 265", "٩٩٤١٧٢٦٥", "jose 099 417 265", "099 417 265 ibáñez", "265",
]  # fmt: skip
OTHERS = [
    "jose gomez",
    "598 99 417 266",
    "nandu perez x",
    "jo%nandu",
    "e_ez",
    "_",
    "-",
    "\\",
    "¿?",
    "zq",
    "ez",
]


@pytest.fixture
def jose(http_origin, sofia):
    """His name came in decomposed, as some phones write it."""
    people.waiting(http_origin, sender="otra", name="Marta Gómez")
    name = unicodedata.normalize("NFD", JOSE)
    chat = people.waiting(http_origin, sender="59899417265", name=name, payload={"shown_address": "+59899417265"})
    return chat.contact


@pytest.mark.parametrize("typed", FINDS_JOSE)
def test_jose_is_found_however_it_is_typed(jose, typed):
    assert list(Contact.objects.called(typed)) == [jose]


TWO_FORMS = [("5491155550199", "541155550199"), ("5521987654321", "552187654321"), ("5215512345678", "525512345678")]


@pytest.mark.parametrize(("kept", "typed"), TWO_FORMS + [(typed, kept) for kept, typed in TWO_FORMS])
def test_a_mobile_that_has_two_forms_is_found_by_both(http_origin, kept, typed):
    lucia = people.waiting(http_origin, sender=kept, name="Lucía").contact
    people.waiting(http_origin, sender=kept[:-1] + "0", name="Otra")
    for written in (typed, f"+{typed[:2]} {typed[2:]}", f"00{typed}", kept):
        assert list(Contact.objects.called(written)) == [lucia]


@pytest.mark.parametrize("typed", OTHERS)
def test_what_is_not_in_the_name_finds_nobody(jose, typed):
    assert not Contact.objects.called(typed).exists()


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Łukasz Størmer", "lukasz stormer"),
        ("Straße", "STRASSE"),
        ("O’Higgins", "o'higgins"),
        ("Sinéad O'Connor", "oconnor"),
        ("Lúcia d’Ávila", "davila"),
        ("Ana OConnor", "o'connor"),
        ("Юлия", "юлия"),
        ("ΣΩΚΡΑΤΗΣ", "σωκρατης"),
        ("王小明", "小明"),
        ("100% real_uno", "100%"),
        ("100% real_uno", "real_uno"),
        ("Agente 007", "007"),
        ("Nevio 🌸", "🌸"),
    ],
)
def test_names_of_all_scripts_are_found(http_origin, name, typed):
    contact = people.waiting(http_origin, name=name).contact
    people.waiting(http_origin, sender="otra", name="Otra persona")
    assert list(Contact.objects.called(typed)) == [contact]


def test_a_name_is_kept_composed(jose):
    assert Contact.objects.get(pk=jose.pk).name == JOSE


def test_contactos_trays_and_the_api_find_the_same(jose, http_origin, ventas, ana):
    elsewhere = people.waiting(http_origin, ventas, name="Nandú, José")
    client = signed_in(ana)
    for url, found, other in (
        (reverse("contacts"), [JOSE, "Nandú, José"], "Marta Gómez"),
        (reverse("tray", args=[ventas.pk]), ["Nandú, José"], JOSE),
    ):
        page = client.get(url, {"q": "jose nandu"}).content.decode()
        assert all(name in page for name in found)
        assert other not in page
    assert elsewhere.contact in Contact.objects.called("nandu jose")


@pytest.mark.parametrize("typed", ["zq", "zqx", "jose nandu", "z", "099 417 265"])
def test_the_index_is_asked_also_for_two_letters_that_match_nothing(jose, typed):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = Contact.objects.called(typed).explain()
    assert "contacts_by_words" in plan


def test_the_admin_finds_words_without_accents_too(sofia, admin_client):
    people.tray("Administración y cobranzas")
    people.tray("Ventas")
    admin_client.force_login(sofia)
    page = admin_client.get(reverse("admin:trays_tray_changelist"), {"q": "cobranzas administracion"}).content.decode()
    assert "Administración y cobranzas" in page
    assert "Ventas</a>" not in page
