"""Trays that assign by themselves, and how many chats an agent has at once: never twice, never more than that."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from chats import access, assigning, forgotten, moves, undo
from chats.errors import Rejected, Rejection
from chats.models import Chat
from contacts.models import StateChange
from tests import people
from tests.threads import Crowd
from trays import presence
from trays.models import Agent, LastSeen, Tray


def set_up(tray, how="turns"):
    Tray.objects.filter(pk=tray.pk).update(assigning=how)


def are_there(*agents):
    presence.note_seen([agent.pk for agent in agents])


def limit(agent, capacity):
    Agent.objects.filter(pk=agent.pk).update(capacity=capacity)


def line_up(tray, number):
    """So many that wait in the tray, longest first."""
    now = timezone.now()
    return [people.waiting(people.http_origin(), tray, at=now - timedelta(minutes=60 - n)) for n in range(number)]


def holders(chats):
    return [people.fresh(chat).agent for chat in chats]


# --- how many at once -----------------------------------------------------------------------------


def test_without_a_limit_an_agent_takes_as_many_as_there_are(ventas, ana):
    for chat in line_up(ventas, 4):
        moves.take(chat.pk, ana)
    assert Chat.objects.held_by(ana).count() == 4


def test_taking_beyond_the_limit_is_refused_in_words_and_changes_nothing(ventas, ana, bruno):
    limit(ana, 2)
    chats = line_up(ventas, 3)
    moves.take(chats[0].pk, ana)
    moves.take_next(ana)
    for more in (lambda: moves.take(chats[2].pk, ana), lambda: moves.take_next(ana)):
        with pytest.raises(Rejected, match="Ya atendés 2, tu máximo") as refusal:
            more()
        assert refusal.value.code == Rejection.CONFLICT
    assert people.fresh(chats[2]).tray == ventas
    moves.close(chats[0].pk, ana)
    assert moves.take(chats[2].pk, ana).agent == ana
    # what others have is theirs
    assert moves.take(line_up(ventas, 1)[0].pk, bruno).agent == bruno


def test_a_plain_form_is_told_409_and_what_to_do(client, ventas, ana):
    limit(ana, 1)
    chats = line_up(ventas, 2)
    moves.take(chats[0].pk, ana)
    client.force_login(ana)
    answer = client.post(f"/chats/{chats[1].pk}/take/")
    assert answer.status_code == 409
    assert "Ya atendés 1, tu máximo. Cerrá, devolvé o enviá alguno" in answer.content.decode()


def test_a_full_agent_still_gets_chats_sent_to_the_personal_tray_and_undoes_a_move(ventas, ana, bruno):
    limit(ana, 1)
    mine, other, third = line_up(ventas, 3)
    moves.take(mine.pk, ana)
    moves.take(other.pk, bruno)
    assert moves.send(other.pk, ana.personal_tray, bruno).tray == ana.personal_tray
    moves.close(mine.pk, ana)
    moves.take(third.pk, ana)
    # as it was before is never too much
    assert undo.undo_move(mine.pk, ana).agent == ana


def test_a_supervisor_who_takes_by_hand_is_not_held_back(ventas, sofia):
    access.give_access(ventas, [sofia])
    limit(sofia, 1)
    for chat in line_up(ventas, 3):
        moves.take(chat.pk, sofia)
    assert Chat.objects.held_by(sofia).count() == 3


def test_however_many_are_taken_at_once_nobody_has_more_than_the_limit(transactional_db, ventas, ana):
    limit(ana, 3)
    chats = line_up(ventas, 8)
    with Crowd(8) as crowd:
        done = crowd.at_once([lambda _n, pk=chat.pk: moves.take(pk, ana) for chat in chats])
    assert sum(isinstance(one, Chat) for one in done) == 3
    assert all(isinstance(one, Chat) or one.code == Rejection.CONFLICT for one in done)
    assert Chat.objects.held_by(ana).count() == 3
    assert people.all_consistent()


# --- by itself ------------------------------------------------------------------------------------


def test_off_by_default_nothing_is_assigned(ventas, ana):
    are_there(ana)
    chats = line_up(ventas, 2)
    assert assigning.assign_waiting() == 0
    assert assigning.assign_next(ventas.pk) is None
    assert holders(chats) == [None, None]


def test_by_turns_who_waits_longest_is_given_first_and_everybody_in_turn(ventas, ana, bruno):
    set_up(ventas)
    are_there(ana, bruno)
    chats = line_up(ventas, 5)
    assert assigning.assign_waiting() == 5
    assert holders(chats) == [ana, bruno, ana, bruno, ana]
    more = line_up(ventas, 2)
    assert assigning.assign_waiting(ventas.pk) == 2
    assert holders(more) == [bruno, ana]
    step = people.fresh(chats[0]).change
    assert (step.cause, step.actor, step.from_tray, people.fresh(chats[0]).taken_from) == (
        "assigned", None, ventas, ventas
    )  # fmt: skip
    call_command("check_history")
    assert people.all_consistent()


def test_to_whoever_has_least(ventas, ana, bruno):
    set_up(ventas, "least")
    are_there(ana, bruno)
    for chat in line_up(ventas, 2):
        moves.take(chat.pk, ana)
    chats = line_up(ventas, 3)
    assert assigning.assign_waiting() == 3
    assert holders(chats)[:2] == [bruno, bruno]


def test_only_to_those_with_access_who_are_there_and_have_room(ventas, ana, bruno, caio, dora, http_origin):
    set_up(ventas)
    away, gone = people.member(ventas), people.member(ventas)
    are_there(ana, bruno, caio, away, gone)
    Agent.objects.filter(pk=away.pk).update(is_available=False)
    LastSeen.objects.filter(agent=gone).update(at=timezone.now() - timedelta(minutes=5))
    limit(bruno, 1)
    chats = line_up(ventas, 4)
    assert assigning.assign_waiting() == 4
    assert holders(chats) == [ana, bruno, ana, ana]
    limit(ana, 3)
    waits = line_up(ventas, 1)
    assert assigning.assign_waiting() == 0
    assert holders(waits) == [None]
    moves.close(chats[1].pk, bruno)
    assert assigning.assign_waiting() == 1
    assert holders(waits) == [bruno]


def test_general_is_everybodys(ventas, caio, http_origin):
    set_up(Tray.objects.general())
    are_there(caio)
    chat = people.waiting(http_origin)
    assert assigning.assign_waiting() == 1
    assert holders([chat]) == [caio]


def test_who_has_forgotten_a_chat_does_not_get_it_again(ventas, ana, bruno):
    Tray.objects.filter(pk=ventas.pk).update(assigning="turns", remind_after=5, return_after=10)
    are_there(ana)
    forgotten_one, other = line_up(ventas, 2)
    now = timezone.now()
    moves.take(forgotten_one.pk, ana, at=now - timedelta(minutes=20))
    forgotten.tend_held(now=now - timedelta(minutes=10))
    assert forgotten.tend_held(now=now) == (0, 1)
    # the other, who waits less, is not kept waiting by it
    assert assigning.assign_waiting() == 1
    assert holders([forgotten_one, other]) == [None, ana]
    are_there(bruno)
    assert assigning.assign_waiting() == 1
    assert holders([forgotten_one]) == [bruno]


def test_an_assigned_chat_is_given_back_to_its_tray_and_undone(ventas, ana):
    set_up(ventas)
    are_there(ana)
    chat = line_up(ventas, 1)[0]
    assigning.assign_waiting()
    moves.close(chat.pk, ana)
    assert undo.undo_move(chat.pk, ana).taken_from == ventas
    assert moves.give_back(chat.pk, ana).tray == ventas


def test_what_comes_wakes_a_worker_and_never_waits_for_one(
    ventas, ana, monkeypatch, django_capture_on_commit_callbacks
):
    asked = []
    monkeypatch.setattr("chats.jobs._send_task", lambda task, *args, **_more: asked.append((task, args)) or True)
    are_there(ana)
    with django_capture_on_commit_callbacks(execute=True):
        line_up(ventas, 1)
    assert "gateway.tasks.assign_chats" not in dict(asked)
    set_up(ventas)
    ventas.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        chat = line_up(ventas, 1)[0]
    assert ("gateway.tasks.assign_chats", (ventas.pk,)) in asked
    assert holders([chat]) == [None]
    limit(ana, 1)
    ana.refresh_from_db()
    moves.take(chat.pk, ana)
    asked.clear()
    with django_capture_on_commit_callbacks(execute=True):
        moves.close(chat.pk, ana)
    assert ("gateway.tasks.assign_chats", (None,)) in asked


def test_several_workers_at_once_give_no_chat_twice_and_nobody_more_than_the_limit(
    transactional_db, ventas, soporte, ana, bruno, caio
):
    access.give_access(soporte, [ana])
    set_up(ventas)
    set_up(soporte, "least")
    for agent, capacity in ((ana, 3), (bruno, 2), (caio, 4)):
        limit(agent, capacity)
    are_there(ana, bruno, caio)
    chats = line_up(ventas, 6) + line_up(soporte, 6)
    by_hand = chats[0].pk
    with Crowd(5) as crowd:
        done = crowd.at_once([*[lambda _n: assigning.assign_waiting()] * 4, lambda _n: moves.take(by_hand, bruno)])
    assert not [one for one in done if isinstance(one, Exception) and not isinstance(one, Rejected)], done
    assigning.assign_waiting()
    held = {agent: Chat.objects.held_by(agent).count() for agent in (ana, bruno, caio)}
    assert held == {ana: 3, bruno: 2, caio: 4}
    given = StateChange.objects.filter(cause__in=("assigned", "taken"), agent__in=(ana, bruno, caio))
    assert given.count() == len(set(given.values_list("contact", flat=True))) == 9
    assert people.all_consistent()


def test_two_workers_keep_the_turn(transactional_db, ventas, ana, bruno):
    set_up(ventas)
    are_there(ana, bruno)
    line_up(ventas, 6)
    with Crowd(3) as crowd:
        crowd.at_once(lambda _n: assigning.assign_waiting(ventas.pk))
    assert (Chat.objects.held_by(ana).count(), Chat.objects.held_by(bruno).count()) == (3, 3)
