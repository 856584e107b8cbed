"""Archived trays, agents who leave, and access that is given and taken: no chat is lost."""

import pytest

from chats import access, moves
from chats.errors import Rejected, Rejection
from chats.models import Chat
from tests import people
from tests.chats.places import rows
from trays.models import Agent, Tray


def test_giving_back_to_an_archived_tray_leads_to_general(chat, ana, ventas):
    moves.take(chat.pk, ana)
    access.archive_tray(ventas)
    moves.give_back(chat.pk, ana)
    assert people.fresh(chat).tray == Tray.objects.general()


@pytest.mark.parametrize("verb", ["send", "relocate", "hand_over"])
def test_nothing_goes_to_an_archived_tray(verb, http_origin, ana, ventas, soporte):
    if verb == "hand_over":
        people.with_bot(http_origin)
        chat = people.says(http_origin, "c", "Hola").message.chat
    else:
        chat = people.held(http_origin, ana, ventas)
    access.archive_tray(soporte)
    before = rows()
    asked = (ana,) if verb == "send" else ()
    with pytest.raises(Rejected, match="La bandeja Soporte está archivada") as refusal:
        getattr(moves, verb)(chat.pk, soporte, *asked)
    assert refusal.value.code == Rejection.INVALID
    assert rows() == before


def test_nothing_goes_to_the_personal_tray_of_who_has_left(http_origin, ana, bruno):
    chat = people.held(http_origin, ana)
    access.deactivate_agent(bruno)
    with pytest.raises(Rejected) as refusal:
        moves.send(chat.pk, bruno.personal_tray, ana)
    assert refusal.value.code == Rejection.INVALID


def test_archiving_sends_the_chats_to_general_with_the_reason(http_origin, ana, ventas):
    waiting = [people.waiting(http_origin, ventas) for _ in range(3)]
    open_one = people.held(http_origin, ana, ventas)
    assert access.archive_tray(ventas) == 3
    for one in waiting:
        moved = people.fresh(one)
        assert (moved.tray, moved.change.cause, moved.change.actor) == (Tray.objects.general(), "relocated", None)
        assert moved.change.note == "Se archivó la bandeja Ventas"
    assert people.fresh(open_one).agent == ana
    assert access.archive_tray(ventas) == 0


@pytest.mark.parametrize("kind", ["general", "closed", "personal"])
def test_default_and_personal_trays_are_not_archived(kind, ana):
    tray = Tray.objects.get(kind=kind)
    with pytest.raises(Rejected) as refusal:
        access.archive_tray(tray)
    assert refusal.value.code == Rejection.INVALID
    assert Tray.objects.get(pk=tray.pk).archived_at is None


def test_who_leaves_leaves_nothing_behind(http_origin, ana, ventas, soporte):
    held = people.held(http_origin, ana, ventas)
    archived = people.waiting(http_origin, soporte)
    access.give_access(soporte, [ana])
    moves.take(archived.pk, ana)
    access.archive_tray(soporte)
    own = people.waiting(http_origin, ana.personal_tray)
    from_own = people.held(http_origin, ana, ana.personal_tray)
    closed = people.held(http_origin, ana, ventas)
    moves.close(closed.pk, ana)
    from_closed = people.held(http_origin, ana, ventas)
    moves.close(from_closed.pk, ana)
    moves.take(from_closed.pk, ana)

    access.deactivate_agent(ana)

    general = Tray.objects.general()
    assert people.fresh(held).tray == ventas
    assert people.fresh(archived).tray == general
    assert people.fresh(own).tray == general
    assert people.fresh(from_own).tray == general
    assert moves.place_in_table(people.fresh(closed)) == moves.place_in_table(people.fresh(from_closed)) == "CERRADAS"
    assert people.fresh(held).change.note == "Ana Ferreyra ya no atiende"
    assert not Chat.objects.filter(agent=ana).exists()
    assert Tray.objects.get(owner=ana).archived_at
    access.deactivate_agent(ana)  # once more changes nothing
    access.activate_agent(ana)
    assert Tray.objects.get(owner=ana).archived_at is None
    assert Agent.objects.get(pk=ana.pk).is_active


def test_the_only_administrator_stays(db):
    ada = people.hire("ada", is_superuser=True)
    with pytest.raises(Rejected):
        access.deactivate_agent(ada)
    people.hire("ada2", is_superuser=True)
    access.deactivate_agent(ada)
    assert not Agent.objects.get(pk=ada.pk).is_active


def test_access_is_given_to_created_trays_only(ana, ventas, soporte):
    assert access.give_access(soporte, [ana]) == [ana]
    assert access.give_access(soporte, [ana]) == []
    for kind in ("general", "closed"):
        with pytest.raises(Rejected):
            access.give_access(Tray.objects.get(kind=kind), [ana])
    with pytest.raises(Rejected):
        access.give_access(ana.personal_tray, [ana])


def test_who_loses_access_keeps_what_he_holds_and_takes_no_more(http_origin, ana, ventas):
    held, waiting = people.held(http_origin, ana, ventas), people.waiting(http_origin, ventas)
    assert access.take_access(ventas, [ana]) == [ana]
    assert people.fresh(held).agent == ana
    with pytest.raises(Rejected) as refusal:
        moves.take(waiting.pk, ana)
    assert refusal.value.code == Rejection.FORBIDDEN


def test_set_members_says_who_came_and_who_went(ana, bruno, caio, ventas):
    assert access.set_members(ventas, [bruno, caio]) == ([caio], [ana])
