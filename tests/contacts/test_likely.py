"""Cards that may be one person's: found by addresses, values and ends of phones, few, and never again once told apart."""

import itertools

import pytest

from contacts import card, likely
from contacts.joining import join_cards, separate_card, tell_apart
from contacts.likely import find_likely
from contacts.models import AttributeDefinition, Distinction
from tests import people
from tests.threads import Crowd

_lines = itertools.count(7_000_001)


def whatsapp():
    return people.whatsapp_origin(line_id=str(next(_lines)))


def known(origin, name, phone="", **more):
    payload = {"shown_address": f"+{phone}"} if phone else {}
    given = {"sender": phone or name, "address_kind": "wa_id"} if phone else {"sender": name}
    return people.waiting(origin, name=name, payload=payload, **given | more).contact


def found(contact):
    return {one.contact: one.why for one in find_likely(contact)}


def test_the_same_number_on_another_line_is_suggested_on_both_cards(db):
    one, other = known(whatsapp(), "Marta", "5493415550163"), known(whatsapp(), "La Gómez", "5493415550163")
    stranger = known(whatsapp(), "Marta", "5493415559999")
    assert found(one) == {other: "La misma dirección en otra línea"}
    assert found(other) == {one: "La misma dirección en otra línea"}
    assert found(stranger) == {}


def test_the_same_id_of_two_integrations_is_nobody_s_evidence(db):
    one = people.waiting(people.http_origin(), sender="17", name="Marta").contact
    people.waiting(people.http_origin(), sender="17", name="Pedro")
    assert found(one) == {}


@pytest.mark.parametrize(
    ("mine", "theirs", "fits"),
    [
        ("marta@correo.example", "MARTA@correo.example", True),
        ("+598 99 417 265", "+598 99 417 265", True),
        ("Rosario", "Rosario", False),
        ("123", "123", False),
    ],
)
def test_an_e_mail_or_a_phone_on_both_cards_is_evidence_and_a_town_is_none(mine, theirs, fits, http_origin, ana):
    definition = AttributeDefinition.objects.create(key="dato", label="Dato")
    one, other = known(http_origin, "Marta"), known(http_origin, "Pedro")
    card.set_attribute(one.pk, ana, definition, mine)
    card.set_attribute(other.pk, ana, definition, theirs)
    assert found(one) == ({other: "Tiene el mismo dato en su ficha"} if fits else {})


def test_a_phone_on_the_card_finds_who_writes_from_it_in_either_form(http_origin, ana):
    definition = AttributeDefinition.objects.create(key="telefono", label="Teléfono")
    visitor, caller = known(http_origin, "visitante"), known(whatsapp(), "Marta", "5493415550163")
    card.set_attribute(visitor.pk, ana, definition, "+54 341 555-0163")
    assert found(visitor) == {caller: "El mismo teléfono"}


@pytest.mark.parametrize(
    ("name", "phone", "fits"),
    [
        ("Renata Ibañez", "5983415550163", True),
        ("Renata B. Ibáñez", "5983415550163", True),
        ("Pedro Sosa", "5983415550163", False),
        ("Renata Ibáñez", "5983415550199", False),
    ],
)
def test_nearly_the_same_name_counts_with_the_same_end_of_the_phone_alone(name, phone, fits, db):
    one, other = known(whatsapp(), "Renata Ibáñez", "5493415550163"), known(whatsapp(), name, phone)
    assert found(one) == ({other: "Casi el mismo nombre y el mismo final de teléfono"} if fits else {})


def test_who_is_joined_or_told_apart_is_not_suggested_and_a_separation_says_so(db, ana):
    one, other, third = [known(whatsapp(), "Marta", "5493415550163") for _ in range(3)]
    assert set(found(one)) == {other, third}
    join_cards(one, other, ana)
    assert set(found(one)) == {third}
    tell_apart(third, [one], ana)
    tell_apart(one, [third], ana)  # twice, from the other side
    assert Distinction.objects.count() == 1
    assert found(one) == {}
    separate_card(other, ana)
    assert found(one) == {}
    # and by hand they are joined all the same
    join_cards(one, other, ana)
    assert not Distinction.objects.filter(one=one, other=other).exists()


def test_few_are_suggested_in_as_many_statements_as_for_one(db, django_assert_max_num_queries):
    one = known(whatsapp(), "Marta", "5493415550163")
    for number in range(likely.MAX_LIKELY + 3):
        known(whatsapp(), f"Marta {number}", "5493415550163")
    with django_assert_max_num_queries(7):
        assert len(find_likely(one)) == likely.MAX_LIKELY


@pytest.mark.django_db(transaction=True)
def test_two_who_tell_the_same_cards_apart_at_once_do(http_origin, ana, bruno):
    one, other = known(http_origin, "Marta"), known(http_origin, "Pedro")
    with Crowd(2) as crowd:
        crowd.at_once([lambda _n: tell_apart(one, [other], ana), lambda _n: tell_apart(other, [one], bruno)])
    assert Distinction.objects.count() == 1
