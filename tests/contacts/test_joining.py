"""Cards of one person are joined and taken apart by hand; few to a person, and never half."""

import pytest

from contacts.joining import NotJoined, join_cards, list_linked, separate_card
from contacts.models import MAX_CARDS, Contact, Joining, Person
from tests import people
from tests.threads import Crowd


@pytest.fixture
def cards(http_origin):
    return lambda number: [people.waiting(http_origin).contact for _ in range(number)]


def linked(card):
    card = Contact.objects.get(pk=card.pk)
    return {one.contact for one in list_linked(card)}


def test_ana_joins_two_cards_and_each_shows_the_other_and_who_joined_it(cards, ana):
    one, other = cards(2)
    join_cards(one, other, ana)
    assert (linked(one), linked(other)) == ({other}, {one})
    assert {joining.by for joining in list_linked(Contact.objects.get(pk=one.pk))} == {ana}


def test_a_third_card_is_joined_to_both_by_whichever_side(cards, ana, bruno):
    one, other, third = cards(3)
    join_cards(one, other, ana)
    join_cards(third, other, bruno)
    assert linked(third) == {one, other}
    assert Person.objects.count() == 1


def test_two_persons_who_turn_out_to_be_one_become_one(cards, ana):
    one, other, third, fourth = cards(4)
    join_cards(one, other, ana)
    join_cards(third, fourth, ana)
    join_cards(fourth, one, ana)
    assert linked(one) == {other, third, fourth}
    assert Person.objects.count() == 1


def test_a_card_that_is_separated_is_on_its_own_and_so_is_the_last(cards, ana):
    one, other, third = cards(3)
    join_cards(one, other, ana)
    join_cards(one, third, ana)
    separate_card(one, ana)
    assert (linked(one), linked(other)) == (set(), {third})
    separate_card(other, ana)
    assert not Joining.objects.exists()
    assert not Person.objects.exists()


def steps_of(card):
    return [(one.what, one.before or one.after, one.actor.username) for one in card.card_changes.order_by("id")]


def test_every_card_keeps_in_its_history_with_whom_it_was_joined_and_separated_and_by_whom(cards, ana, bruno):
    one, other, third = cards(3)
    join_cards(one, other, ana)
    join_cards(third, other, bruno)
    assert steps_of(one) == [("Tarjeta unida", str(other), "ana"), ("Tarjeta unida", str(third), "bruno")]
    assert steps_of(other) == [("Tarjeta unida", str(one), "ana"), ("Tarjeta unida", str(third), "bruno")]
    assert steps_of(third) == [("Tarjeta unida", str(other), "bruno")]
    separate_card(other, bruno)
    assert steps_of(one)[2:] == [("Tarjeta separada", str(other), "bruno")]
    assert steps_of(other)[2:] == [("Tarjeta separada", f"{one}, {third}", "bruno")]
    assert steps_of(third)[1:] == [("Tarjeta separada", str(other), "bruno")]
    with pytest.raises(NotJoined):
        join_cards(one, third, ana)
    assert len(steps_of(one)) == 3


def test_what_makes_no_sense_is_said_in_words_and_changes_nothing(cards, ana):
    one, other = cards(2)
    join_cards(one, other, ana)
    for act, words in (
        (lambda: join_cards(one, other, ana), "Ya están unidas"),
        (lambda: join_cards(one, one, ana), "Es la misma tarjeta"),
        (lambda: separate_card(cards(1)[0], ana), "Ya está separada"),
    ):
        with pytest.raises(NotJoined) as refusal:
            act()
        assert refusal.value.message == words
    assert linked(one) == {other}


def test_a_person_has_ten_cards_at_most(cards, ana):
    first, *rest = cards(MAX_CARDS)
    for one in rest[:6]:
        join_cards(first, one, ana)
    for one in rest[7:]:
        join_cards(rest[6], one, ana)
    join_cards(first, rest[6], ana)
    assert linked(first) == set(rest)
    with pytest.raises(NotJoined, match="10 tarjetas"):
        join_cards(first, cards(1)[0], ana)
    assert Joining.objects.count() == MAX_CARDS


def test_who_is_joined_to_a_card_that_is_separated_meanwhile_is_not_joined_to_those_it_was_taken_from(
    cards, ana, monkeypatch
):
    one, other, third, new = cards(4)
    join_cards(one, other, ana)
    join_cards(one, third, ana)
    really = Person.objects.select_for_update

    def select_for_update(*what, **how):
        # by another agent, before the person is locked
        monkeypatch.undo()
        separate_card(one, ana)
        return really(*what, **how)

    monkeypatch.setattr(Person.objects, "select_for_update", select_for_update)
    with pytest.raises(NotJoined, match="recién"):
        join_cards(one, new, ana)
    monkeypatch.undo()
    assert linked(new) == set()


@pytest.mark.django_db(transaction=True)
def test_of_agents_who_join_and_separate_at_once_each_is_done_or_told_so(http_origin, ana):
    one, other, third = [people.waiting(http_origin).contact for _ in range(3)]
    with Crowd(3) as crowd:
        for _turn in range(4):
            crowd.at_once([
                lambda _n: join_cards(one, other, ana),
                lambda _n: join_cards(other, third, ana),
                lambda _n: separate_card(other, ana),
            ])  # fmt: skip
            results = crowd.at_once([lambda _n: join_cards(third, one, ana), lambda _n: join_cards(one, other, ana)])
            assert all(result is None or isinstance(result, NotJoined) for result in results), results
            sizes = [Joining.objects.filter(person=person).count() for person in Person.objects.all()]
            assert 1 not in sizes, sizes
