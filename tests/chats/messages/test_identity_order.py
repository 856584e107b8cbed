"""Changes of identity in the wrong order: what the network says is one person ends as one contact."""

import itertools
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from chats.messages import parked
from chats.messages.identity import change_identity
from chats.models import Chat, Message, ParkedFact
from contacts.models import Address, Contact
from origins.facts import Renamed
from tests import people
from tests.threads import Crowd

A, B, C = "5491155550101", "5491155550202", "5491155550303"
START = timezone.now() - timedelta(hours=2)


@pytest.fixture
def whatsapp(db):
    return people.whatsapp_origin()


def takes(origin, body):
    answer = people.post_meta(Client(), origin, body)
    assert answer.status_code == 200
    assert answer.json()["rejected"] == []


def at(minute):
    return START + timedelta(minutes=minute)


def changed(old, new, minute):
    system = {"type": "user_changed_number", "body": f"{old} es {new}", "wa_id": new}
    return people.wa_texts(people.wa_message(old, id=f"w.{old}{new}", type="system", system=system, at=at(minute)))


def says(number, text, minute):
    return people.wa_text(number, text, id=f"w.{text}", at=at(minute))


def active(contact):
    return set(Address.objects.filter(contact=contact, revoked_at=None, kind="wa_id").values_list("value", flat=True))


def is_one_with(number):
    contact = Contact.objects.get()
    return active(contact) == {number} and not ParkedFact.objects.exists()


# where both had written before the network said that they are one, people decide (test_identity.py)
@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (1, 2, 0), (2, 1, 0)])
@pytest.mark.parametrize("times", [1, 2])
def test_a_change_and_the_messages_around_it_in_any_order(whatsapp, order, times):
    bodies = [says(A, "viejo", 1), changed(A, B, 2), says(B, "nuevo", 3)]
    for number in order:
        for _ in range(times):
            takes(whatsapp, bodies[number])
    assert is_one_with(B)
    assert Chat.objects.get().messages.filter(direction="in").count() == 2
    takes(whatsapp, says(B, "sigo", 9))
    assert Contact.objects.count() == 1
    assert people.all_consistent()


@pytest.mark.parametrize("order", list(itertools.permutations(range(2))))
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("known", ["before", "after", "only at the end", "never by the old"])
def test_a_chain_of_changes_in_any_order(whatsapp, order, times, known):
    if known == "before":
        takes(whatsapp, says(A, "viejo", 0))
    if known == "never by the old":
        takes(whatsapp, says(C, "nuevo", 30))
    for number in order:
        for _ in range(times):
            takes(whatsapp, [changed(A, B, 10), changed(B, C, 20)][number])
    if known == "after":
        takes(whatsapp, says(A, "viejo", 0))
    takes(whatsapp, says(C, "ahora", 40))
    # what was said by the numbers of before, and comes late
    takes(whatsapp, says(B, "en el medio", 15))
    takes(whatsapp, says(A, "al principio", 5))
    assert is_one_with(C)
    assert people.all_consistent()


def test_the_old_number_of_somebody_unknown_is_another_person_afterwards(whatsapp):
    takes(whatsapp, changed(A, B, 10))
    takes(whatsapp, says(A, "soy Raúl", 20))
    takes(whatsapp, says(B, "soy Marta", 21))
    assert Contact.objects.count() == 2
    assert people.all_consistent()


def test_a_late_message_does_not_bring_the_old_number_back(whatsapp):
    takes(whatsapp, people.wa_text(A, "uno", at=at(0), bsuid="AR.1"))
    takes(whatsapp, changed(A, B, 10))
    takes(whatsapp, people.wa_text(A, "tarde", at=at(5), bsuid="AR.1"))
    assert is_one_with(B)


def test_changes_and_messages_at_the_same_instant(transactional_db):
    origin = people.whatsapp_origin()
    takes(origin, says(A, "viejo", 0))
    bodies = [changed(A, B, 10), changed(B, C, 20), changed(A, B, 10), changed(B, C, 20), says(A, "tarde", 5)]
    with Crowd(len(bodies)) as crowd:
        crowd.at_once([lambda _n, body=body: takes(origin, body) for body in bodies])
    takes(origin, says(C, "ahora", 40))
    assert Contact.objects.count() == 1
    assert active(Contact.objects.get()) == {C}
    assert Message.objects.filter(direction="in").count() == 3
    assert people.all_consistent()


def test_a_message_named_like_an_id_uses_up_nothing_that_is_told_of_that_id(db):
    """An HTTP line names its messages as it likes."""
    line = people.http_origin()
    change_identity(line, Renamed(old=(("phone", A),), new=(("phone", B),), at=at(1)))
    kept = ParkedFact.objects.count()
    assert kept == 2
    people.says(line, "c-1", "hola", external_id=f"id:phone:{A}")
    parked.sweep_parked()
    assert ParkedFact.objects.count() == kept
