"""Several at once: exactly one wins, nobody is lost, the history fits. Real connections, real locks."""

import itertools
import json
import random
import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from chats import access, expiry, moves
from chats.errors import Rejected, Rejection
from chats.messages import replies, scheduled, surveys, templates
from chats.models import Chat, Message, Template
from contacts.models import Address, Contact, StateChange
from gateway.inbound import body_processing, webhooks
from gateway.inbound import raw_bodies as bodies
from origins.models import Body
from tests import people
from tests.threads import Crowd, start
from trays.models import Tray


@pytest.fixture(autouse=True)
def _committed(transactional_db):
    pass


@pytest.fixture(params=["whole way", "common case"])
def says(request):
    """A customer's message by either of the two ways that store it."""
    numbers = itertools.count(1)

    def by_webhook(origin, sender, text):
        message = {"id": f"w-{next(numbers)}", "from": sender, "text": text}
        answer = webhooks._take_in(origin, json.dumps({"messages": [message]}).encode())
        assert answer == {"accepted": 1, "duplicates": 0, "rejected": []}
        return answer

    return people.says if request.param == "whole way" else by_webhook


# --- one waits for the other: the exact moment ----------------------------------------------------


def test_who_waited_to_take_reads_who_was_first(http_origin, ventas, ana, bruno):
    chat = people.waiting(http_origin, ventas)
    with transaction.atomic():
        moves.take(chat.pk, ana)
        late = start(lambda: moves.take(chat.pk, bruno))
    with pytest.raises(Rejected, match=r"Ya lo tomó Ana Ferreyra hace \d+ s") as refusal:
        late.result()
    assert refusal.value.code == Rejection.CONFLICT
    assert people.fresh(chat).agent == ana


def test_who_waited_for_a_chat_to_come_back_takes_it_from_where_it_came(http_origin, ventas, ana, bruno):
    chat = people.held(http_origin, ana, ventas)
    with transaction.atomic():
        moves.give_back(chat.pk, ana)
        other = start(lambda: moves.take(chat.pk, bruno))
    other.result()
    chat = people.fresh(chat)
    assert (chat.agent, chat.taken_from, chat.change.from_tray) == (bruno, ventas, ventas)
    assert people.all_consistent()


@pytest.mark.parametrize("verb", ["give_back", "send", "close"])
def test_a_message_at_the_moment_the_agent_moves_the_chat_on(says, verb, http_origin, ventas, soporte, ana):
    people.with_bot(http_origin)
    people.says(http_origin, "cust", "Hola")
    chat = people.says(http_origin, "cust", "ventas").message.chat
    moves.take(chat.pk, ana)
    with transaction.atomic():
        if verb == "send":
            moves.send(chat.pk, soporte, ana)
        else:
            getattr(moves, verb)(chat.pk, ana)
        said = start(lambda: says(http_origin, "cust", "Una cosa más"))
    said.result()
    chat = people.fresh(chat)
    # a closed chat starts again with the bot; elsewhere the message is there for the next agent
    assert (chat.state, chat.tray) == {
        "give_back": ("BANDEJA", ventas), "send": ("BANDEJA", soporte), "close": ("BOT", None)
    }[verb]  # fmt: skip
    assert chat.messages.filter(text="Una cosa más").count() == 1
    assert people.all_consistent()


@pytest.mark.parametrize("verb", ["give_back", "send", "close"])
def test_the_agent_moves_the_chat_on_at_the_moment_a_message_comes(says, verb, http_origin, ventas, soporte, ana):
    chat = people.held(http_origin, ana, ventas, sender="cust")
    with transaction.atomic():
        says(http_origin, "cust", "Una cosa más")
        moved = start(
            lambda: moves.send(chat.pk, soporte, ana) if verb == "send" else getattr(moves, verb)(chat.pk, ana)
        )
    moved.result()
    chat = people.fresh(chat)
    assert (chat.unread, chat.preview) == (2, "Una cosa más")
    assert chat.tray == {"give_back": ventas, "send": soporte, "close": Tray.objects.closed()}[verb]
    assert people.all_consistent()


def test_a_message_that_waited_for_the_sweep_starts_again_with_the_bot(says, http_origin):
    people.with_bot(http_origin)
    chat = people.says(http_origin, "cust", "Hola").message.chat
    with transaction.atomic():
        expiry.expire(now=people.fresh(chat).session_expires_at)
        said = start(lambda: says(http_origin, "cust", "¿Hay alguien?"))
    said.result()
    chat = people.fresh(chat)
    assert chat.state == "BOT"
    assert list(chat.contact.changes.order_by("id").values_list("state", flat=True)) == ["BOT", "EXPIRADO", "BOT"]
    assert people.all_consistent()


def test_the_sweep_passes_by_a_chat_in_which_something_is_being_said(says, http_origin):
    chat = people.waiting(http_origin, sender="cust", at=timezone.now() - timedelta(hours=25))
    with Crowd(1) as sweeper, transaction.atomic():
        says(http_origin, "cust", "Hola de nuevo")
        assert sweeper.at_once(lambda _n: expiry.expire()) == [0]
    assert expiry.expire() == 0
    assert people.fresh(chat).state == "BANDEJA"


def test_the_sweep_decides_by_what_was_said_while_it_waited_for_nobody(http_origin):
    """A lock that the sweep could not skip at its snapshot: the row it gets is the newest."""
    chat = people.waiting(http_origin, sender="cust", at=timezone.now() - timedelta(hours=25))
    with Crowd(2) as both:
        both.at_once(
            [lambda _n: expiry.expire(), lambda _n: people.says(http_origin, "cust", "Hola de nuevo")],
        )
    assert expiry.expire() == 0
    assert people.fresh(chat).state == "BANDEJA"
    assert people.all_consistent()


def test_an_agent_answers_a_chat_that_a_supervisor_is_closing(http_origin, ana, sofia):
    chat = people.held(http_origin, ana)
    with transaction.atomic():
        moves.close(chat.pk, sofia)
        answer = start(lambda: replies.send_reply(chat.pk, ana, "Hola"))
    with pytest.raises(Rejected, match="El chat está ahora en BANDEJA Conversaciones Cerradas"):
        answer.result()


def test_who_is_being_deactivated_takes_nothing_more(http_origin, ventas, ana):
    chat = people.waiting(http_origin, ventas)
    with transaction.atomic():
        access.deactivate_agent(ana)
        take = start(lambda: moves.take(chat.pk, ana))
    with pytest.raises(Rejected, match="desactivado"):
        take.result()
    assert people.fresh(chat).tray == ventas


@pytest.mark.parametrize("act", ["take", "reply", "close", "note", "send_template"])
def test_deactivating_waits_for_what_the_agent_is_just_doing(act, http_origin, ventas, ana):
    chat = people.waiting(http_origin, ventas) if act == "take" else people.held(http_origin, ana, ventas)
    with transaction.atomic():
        if act in ("take", "close"):
            getattr(moves, act)(chat.pk, ana)
        elif act == "send_template":
            templates.send_template(chat.pk, ana, Template.objects.create(name="T", body="Hola"), {})
        else:
            {"reply": replies.send_reply, "note": replies.write_note}[act](chat.pk, ana, "Ya vuelvo")
        leaves = start(lambda: access.deactivate_agent(ana))
    leaves.result()
    assert people.fresh(chat).state == "BANDEJA"
    assert not Chat.objects.filter(agent=ana).exists()
    assert people.all_consistent()


@pytest.mark.parametrize("act", ["take", "expire"])
def test_archiving_waits_for_who_is_just_taking_out_of_the_tray(act, http_origin, ventas, ana):
    chat = people.waiting(http_origin, ventas)
    with transaction.atomic():
        if act == "take":
            moves.take(chat.pk, ana)
        else:
            expiry.expire(now=chat.session_expires_at)
        archives = start(lambda: access.archive_tray(ventas))
    assert archives.result() == 0
    assert people.fresh(chat).state == {"take": "AGENTE", "expire": "EXPIRADO"}[act]
    assert people.all_consistent()


@pytest.mark.parametrize("verb", ["send", "hand_over", "give_back"])
def test_archiving_waits_for_what_is_just_coming_into_the_tray(verb, http_origin, ventas, ana):
    if verb == "hand_over":
        people.with_bot(http_origin)
        chat = people.says(http_origin, "c", "Hola").message.chat
    else:
        chat = people.held(http_origin, ana, ventas)
    with transaction.atomic():
        if verb == "send":
            moves.send(chat.pk, ventas, ana)
        elif verb == "hand_over":
            moves.hand_over(chat.pk, ventas)
        else:
            moves.give_back(chat.pk, ana)
        archives = start(lambda: access.archive_tray(ventas))
    assert archives.result() == 1
    assert people.fresh(chat).tray == Tray.objects.general()
    assert people.all_consistent()


@pytest.mark.parametrize("verb", ["send", "hand_over", "give_back"])
def test_what_comes_into_a_tray_waits_for_its_archiving(verb, http_origin, ventas, ana):
    if verb == "hand_over":
        people.with_bot(http_origin)
        chat = people.says(http_origin, "c", "Hola").message.chat
        act = lambda: moves.hand_over(chat.pk, ventas)  # noqa: E731
    else:
        chat = people.held(http_origin, ana, ventas)
        act = lambda: moves.send(chat.pk, ventas, ana) if verb == "send" else moves.give_back(chat.pk, ana)  # noqa: E731
    with transaction.atomic():
        access.archive_tray(ventas)
        comes = start(act)
    if verb == "give_back":
        assert comes.result().tray == Tray.objects.general()
    else:
        with pytest.raises(Rejected, match="archivada"):
            comes.result()
    assert not Chat.objects.filter(tray=ventas).exists()
    assert people.all_consistent()


def test_the_same_message_on_two_connections_is_one(http_origin):
    with transaction.atomic():
        first = people.says(http_origin, "cust", "Hola", external_id="m-1")
        second = start(lambda: people.says(http_origin, "cust", "Hola", external_id="m-1"))
    assert (first.is_new, second.result().is_new) == (True, False)
    assert second.result().message == first.message
    assert (Contact.objects.count(), Chat.objects.count(), Message.objects.filter(direction="in").count()) == (1, 1, 1)


def test_the_same_id_of_two_senders_at_once_is_one(http_origin):
    with transaction.atomic():
        people.says(http_origin, "cust-1", "Hola", external_id="m-1")
        second = start(lambda: people.says(http_origin, "cust-2", "Hola", external_id="m-1"))
    assert not second.result().is_new
    assert Message.objects.filter(direction="in").count() == 1
    assert Contact.objects.count() == 1


# --- many at once ---------------------------------------------------------------------------------


def test_of_three_sweepers_at_once_one_asks_each_customer_how_it_was(http_origin, ana):
    Tray.objects.filter(kind="general").update(asks_score=True)
    at = timezone.now() - timedelta(minutes=1)
    for number in range(4):
        chat = people.held(http_origin, ana, sender=f"c-{number}")
        replies.send_reply(chat.pk, ana, "Buenas", now=at)
        moves.close(chat.pk, ana, at=at)
    with Crowd(3) as sweepers:
        assert sum(sweepers.at_once(lambda _n: surveys.ask_due())) == 4
    assert Message.objects.filter(payload__has_key="survey").count() == 4


TAKERS, ROUNDS = 200, 50


def test_of_two_hundred_that_take_one_has_it_and_the_others_read_who(http_origin, ventas):
    takers = [people.hire(f"agent-{n}", first_name=f"Agente{n}") for n in range(TAKERS)]
    access.give_access(ventas, takers)
    chat = people.waiting(http_origin, ventas)
    with Crowd(TAKERS) as crowd:
        for number in range(ROUNDS):
            # all two hundred each fourth time, else thirty: fewer meet at other moments
            many = TAKERS if number % 4 == 0 else 30
            results = crowd.at_once([lambda n: moves.take(chat.pk, takers[n])] * many)
            winners = [n for n, result in enumerate(results) if isinstance(result, Chat)]
            assert len(winners) == 1, results
            holder = takers[winners[0]]
            said = re.compile(rf"^Ya lo tomó {holder} hace \d+ s$")
            others = [result for n, result in enumerate(results) if n != winners[0]]
            assert all(
                isinstance(r, Rejected) and r.code == Rejection.CONFLICT and said.match(r.message) for r in others
            ), others
            assert people.fresh(chat).agent == holder
            moves.give_back(chat.pk, holder)
    assert StateChange.objects.filter(cause="taken", from_tray=ventas).count() == ROUNDS
    assert people.all_consistent()


def test_twenty_that_take_the_next_get_twenty_different_ones(http_origin, ventas):
    agents = [people.hire(f"agent-{n}") for n in range(20)]
    access.give_access(ventas, agents)
    with Crowd(20) as crowd:
        for _round in range(5):
            chats = {people.waiting(http_origin, ventas if n % 2 else None).pk for n in range(20)}
            taken = crowd.at_once(lambda n: moves.take_next(agents[n]))
            assert {chat.pk for chat in taken} == chats
            assert crowd.at_once(lambda n: moves.take_next(agents[n])) == [None] * 20
    assert people.all_consistent()


def test_more_agents_than_chats_leave_nobody_waiting(http_origin):
    agents = [people.hire(f"agent-{n}") for n in range(20)]
    chats = {people.waiting(http_origin).pk for _ in range(7)}
    with Crowd(20) as crowd:
        taken = [chat for chat in crowd.at_once(lambda n: moves.take_next(agents[n])) if chat]
    assert sorted(chat.pk for chat in taken) == sorted(chats)


def test_a_message_against_the_sweep_many_times(says, http_origin):
    """The chat is with the bot after the arrival, or was never flipped; never EXPIRADO with an open window."""
    people.with_bot(http_origin)
    past = timezone.now() - timedelta(hours=25)
    with Crowd(3) as crowd:
        for number in range(30):
            sender = f"cust-{number}"
            chat = people.says(http_origin, sender, "Hola", now=past).message.chat
            moves.hand_over(chat.pk, Tray.objects.general(), at=past)
            results = crowd.at_once(
                [
                    lambda _n: expiry.expire(),
                    lambda _n, sender=sender: says(http_origin, sender, "¿Siguen ahí?"),
                    lambda _n: expiry.expire(),
                ]
            )
            assert not [r for r in results if isinstance(r, Exception)], results
            assert results[0] + results[2] <= 1
            chat = people.fresh(chat)
            # flipped first, it starts again with the bot; else it has never left its tray
            assert chat.state == ("BOT" if results[0] + results[2] else "BANDEJA")
            assert chat.session_expires_at > timezone.now()
    assert people.all_consistent()


def test_two_sweepers_flip_each_chat_once(http_origin):
    past = timezone.now() - timedelta(hours=25)
    for _ in range(120):
        people.waiting(http_origin, at=past)
    with Crowd(4) as crowd:
        flipped = crowd.at_once(lambda _n: expiry.expire(batch=7))
    assert sum(flipped) == 120
    assert StateChange.objects.filter(cause="expired").count() == 120
    assert people.all_consistent()


def test_archiving_against_sending_and_handing_over_loses_no_chat(http_origin, ana, bruno):
    bot_origin = people.http_origin()
    people.with_bot(bot_origin)
    with Crowd(3) as crowd:
        for number in range(12):
            tray = people.tray(f"Bandeja {number}", ana)
            held = people.held(http_origin, ana)
            with_bot = people.says(bot_origin, f"bot-{number}", "Hola").message.chat
            archived, *_ = results = crowd.at_once(
                [
                    lambda _n, tray=tray: access.archive_tray(tray),
                    lambda _n, tray=tray, held=held: moves.send(held.pk, tray, ana),
                    lambda _n, tray=tray, with_bot=with_bot: moves.hand_over(with_bot.pk, tray),
                ]
            )
            assert not isinstance(archived, Exception), results
            assert all(isinstance(r, (Chat, Rejected)) for r in results[1:]), results
            assert not Chat.objects.filter(tray=tray).exists()
    assert people.all_consistent()


def test_deactivating_against_taking_leaves_no_chat_with_who_has_left(http_origin, ventas):
    with Crowd(4) as crowd:
        for number in range(12):
            agent = people.hire(f"agent-{number}")
            access.give_access(ventas, [agent])
            waiting = [people.waiting(http_origin, ventas) for _ in range(2)]
            people.held(http_origin, agent, ventas)
            acts = [lambda _n, agent=agent, chat=chat: moves.take(chat.pk, agent) for chat in waiting]
            acts += [
                lambda _n, agent=agent: moves.take_next(agent),
                lambda _n, agent=agent: access.deactivate_agent(agent),
            ]
            random.shuffle(acts)
            results = crowd.at_once(acts)
            assert all(r is None or isinstance(r, (Chat, Rejected)) for r in results), results
            assert not Chat.objects.filter(agent=agent).exists()
    assert people.all_consistent()


def test_an_album_of_a_new_contact_on_five_connections(http_origin):
    people.with_bot(http_origin)
    with Crowd(5) as crowd:
        for number in range(10):
            results = crowd.at_once(
                lambda n, number=number: people.says(
                    http_origin, f"new-{number}", f"foto {n}", external_id=f"p-{number}-{n}", name="Marta"
                )
            )
            assert all(getattr(r, "is_new", False) for r in results), results
            contact = Contact.objects.get(addresses__value=f"new-{number}")
            assert Chat.objects.get(contact=contact).messages.filter(direction="in").count() == 5
    assert Contact.objects.count() == Chat.objects.count() == Address.objects.count() == 10
    assert people.all_consistent()


def test_the_same_body_on_ten_connections_is_stored_once(http_origin):
    with Crowd(10) as crowd:
        for number in range(5):
            raw = b'{"messages": [{"id": "m-%d", "from": "c", "text": "Hola"}]}' % number
            results = crowd.at_once(
                lambda _n, raw=raw: body_processing.process_body(bodies.keep_body(http_origin, raw)[0])
            )
            assert sorted((r.accepted, r.duplicates) for r in results) == [(0, 1)] * 9 + [(1, 0)], results
    assert Body.objects.count() == 5
    assert Message.objects.filter(direction="in").count() == 5


def test_the_same_form_from_four_tabs_is_one_answer(http_origin, ana):
    chat = people.held(http_origin, ana)
    form = "7b9d3c80-4e9e-4a5b-9f0e-1f2a3b4c5d6e"
    with Crowd(4) as crowd:
        results = crowd.at_once(lambda _n: replies.send_reply(chat.pk, ana, "Hola", client_id=form))
    assert len({r.pk for r in results}) == 1
    assert Message.objects.filter(author="agent").count() == 1


# --- scheduled messages ---------------------------------------------------------------------------


def test_two_sweepers_at_once_send_what_is_due_once(http_origin, ventas, ana):
    chat = people.held(http_origin, ana, ventas)
    scheduled.schedule_message(chat.pk, ana, "Ya salió", timezone.now() + timedelta(minutes=1))
    due = timezone.now() + timedelta(minutes=2)
    with transaction.atomic():
        Chat.objects.select_for_update().get(pk=chat.pk)
        sweeps = [start(lambda: scheduled.settle_due(now=due)) for _number in range(3)]
    assert sorted(one.result() for one in sweeps) == [0, 0, 1]
    assert chat.messages.filter(text="Ya salió").count() == 1


def test_one_that_is_cancelled_at_its_hour_leaves_or_does_not_but_never_both(http_origin, ventas, ana):
    chat = people.held(http_origin, ana, ventas)
    made = scheduled.schedule_message(chat.pk, ana, "Ya salió", timezone.now() + timedelta(minutes=1))
    due = timezone.now() + timedelta(minutes=2)
    with transaction.atomic():
        scheduled.cancel_scheduled(made.pk, ana)
        sweep = start(lambda: scheduled.settle_due(now=due))
    assert sweep.result() == 0
    assert not chat.messages.filter(text="Ya salió").exists()
