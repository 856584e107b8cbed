"""Undoing one's own last move: as it was, for a moment, and only while nothing has happened since."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from chats import access, moves, undo
from chats.errors import Rejected, Rejection
from chats.messages import templates
from chats.models import Chat, Message, Template
from contacts.models import StateChange
from tests import people
from tests.threads import Crowd
from trays.models import Agent, Tray
from wittybots.models import Event

VERBS = {
    "give_back": moves.give_back,
    "send": lambda pk, actor, **more: moves.send(pk, Tray.objects.get(name="Soporte"), actor, note="x", **more),
    "close": moves.close,
}


@pytest.fixture
def chat(http_origin, ana, ventas, soporte):
    return people.held(http_origin, ana, ventas)


def refused(chat, actor, **more):
    with pytest.raises(Rejected) as refusal:
        undo.undo_move(chat.pk, actor, **more)
    return refusal.value


@pytest.mark.parametrize("verb", VERBS)
def test_it_is_as_before_and_the_history_keeps_both_steps(verb, chat, ana, ventas):
    before = people.fresh(chat)
    VERBS[verb](chat.pk, ana)
    undo.undo_move(chat.pk, ana)
    after = people.fresh(chat)
    assert (after.state, after.agent, after.taken_from, after.tray, after.unread) == (
        "AGENTE", ana, ventas, None, before.unread
    )  # fmt: skip
    causes = StateChange.objects.filter(contact=chat.contact).order_by("-id").values_list("cause", flat=True)
    assert list(causes[:2]) == ["undone", {"give_back": "given_back", "send": "sent", "close": "closed"}[verb]]
    assert Message.objects.filter(chat=chat, kind="move").count() == causes.count()
    call_command("check_history")
    # and it goes back to where it would have gone
    assert people.fresh(moves.give_back(chat.pk, ana)).tray == ventas


def test_it_needs_no_access_to_where_it_was_sent(chat, ana):
    VERBS["send"](chat.pk, ana)
    assert not Chat.objects.visible_to(ana).filter(pk=chat.pk).exists()
    assert undo.undo_move(chat.pk, ana).agent == ana


def test_who_was_quicker_is_named_and_nothing_changes(chat, ana, bruno, ventas):
    access.give_access(ventas, [bruno])
    moves.give_back(chat.pk, ana)
    moves.take(chat.pk, bruno)
    refusal = refused(chat, ana)
    assert refusal.code == Rejection.CONFLICT
    assert refusal.message.startswith(f"Ya lo tomó {bruno}")
    assert people.fresh(chat).agent == bruno
    # given back by another, it is the other's to undo
    moves.give_back(chat.pk, bruno)
    assert refused(chat, ana).code == Rejection.FORBIDDEN
    assert undo.undo_move(chat.pk, bruno).agent == bruno


def test_only_for_a_moment(chat, ana):
    moves.close(chat.pk, ana, at=timezone.now() - undo.UNDO_WITHIN - undo.UNDO_GRACE - timedelta(seconds=1))
    refusal = refused(chat, ana)
    assert (refusal.code, refusal.message[:20]) == (Rejection.CONFLICT, "Pasó el tiempo para ")
    assert undo.undo_move(chat.pk, ana, at=people.fresh(chat).change.at + undo.UNDO_WITHIN).agent == ana


def test_a_customer_who_writes_to_a_closed_chat_begins_anew(chat, ana, http_origin):
    moves.close(chat.pk, ana)
    people.says(http_origin, chat.contact.shown_address, "¿Hola?")
    assert refused(chat, ana).code in (Rejection.CONFLICT, Rejection.FORBIDDEN)
    assert people.fresh(chat).state == "BANDEJA"


def test_what_a_supervisor_moved_goes_back_to_its_agent(chat, ana, sofia):
    moves.close(chat.pk, sofia)
    assert refused(chat, ana).code == Rejection.FORBIDDEN
    assert undo.undo_move(chat.pk, sofia).agent == ana


def test_an_agent_who_has_left_meanwhile_gets_nothing(chat, ana, sofia):
    moves.close(chat.pk, sofia)
    access.deactivate_agent(ana)
    refusal = refused(chat, sofia)
    assert (refusal.code, refusal.message) == (Rejection.CONFLICT, f"{ana} ya no está")
    assert refused(chat, Agent.objects.get(pk=ana.pk)).code == Rejection.FORBIDDEN


def test_twice_undone_and_undone_again(chat, ana, ventas):
    moves.close(chat.pk, ana)
    undo.undo_move(chat.pk, ana)
    assert refused(chat, ana).code == Rejection.CONFLICT
    moves.give_back(chat.pk, ana)
    assert undo.undo_move(chat.pk, ana).taken_from == ventas
    call_command("check_history")


def test_a_chat_that_a_template_reopened_remembers_the_tray_it_was_in(chat, ana, bruno, soporte):
    from chats import expiry

    moves.send(chat.pk, soporte, ana)
    expiry.expire(now=people.fresh(chat).session_expires_at)
    template = Template.objects.create(name="Retomar", body="Hola")
    templates.send_template(chat.pk, ana, template, {})
    moves.close(chat.pk, ana)
    assert undo.undo_move(chat.pk, ana).taken_from == soporte
    call_command("check_history")


def test_an_external_bot_hears_that_a_closed_chat_is_open_again(http_origin, ana, ventas):
    bot = people.external_bot()
    people.received_by(bot, http_origin)
    chat = people.says(http_origin, "c", "Hola").message.chat
    moves.hand_over(chat.pk, ventas)
    moves.take(chat.pk, ana)
    moves.close(chat.pk, ana)
    undo.undo_move(chat.pk, ana)
    kinds = Event.objects.filter(chat_id=chat.pk).order_by("id").values_list("kind", flat=True)
    assert list(kinds)[-2:] == ["conversation_closed", "conversation_opened"]


def test_against_somebody_who_takes_it_exactly_one_has_it(transactional_db, ana, bruno, ventas):
    access.give_access(ventas, [bruno])
    for _round in range(5):
        chat = people.held(people.http_origin(), ana, ventas)
        moves.give_back(chat.pk, ana)
        with Crowd(2) as crowd:
            acts = [lambda _n, pk=chat.pk: undo.undo_move(pk, ana), lambda _n, pk=chat.pk: moves.take(pk, bruno)]
            done = crowd.at_once(acts)
        lost = [one for one in done if isinstance(one, Exception)]
        assert len(lost) == 1, done
        assert isinstance(lost[0], Rejected)
        assert people.fresh(chat).agent == (bruno if isinstance(done[0], Exception) else ana)
    assert people.all_consistent()
