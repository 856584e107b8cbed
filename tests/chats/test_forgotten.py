"""Nobody is forgotten: a reminder to the agent once a wait, then back to the tray, and an answer always wins."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chats import forgotten, moves
from chats.errors import Rejected
from chats.messages import replies, snoozing
from chats.models import Chat, Message, Reminder
from contacts.models import StateChange
from inbox.notices import news
from tests import people
from tests.plans import keep_only_index
from tests.threads import Crowd
from trays.models import Holiday, Opening, Tray

REMIND, RETURN = 10, 30


def minutes(number):
    return timedelta(minutes=number)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def watched(ventas):
    """Ventas, which reminds after ten minutes and takes back after thirty."""
    Tray.objects.filter(pk=ventas.pk).update(remind_after=REMIND, return_after=RETURN)
    return Tray.objects.get(pk=ventas.pk)


def held(agent, tray, *, asked, taken):
    """A chat of this tray that waits since `asked`, in the agent's hands since `taken`."""
    chat = people.waiting(people.http_origin(), tray, at=asked)
    moves.take(chat.pk, agent, at=taken)
    return people.fresh(chat)


def causes(chat):
    steps = StateChange.objects.filter(contact=chat.contact).order_by("id")
    return list(steps.values_list("cause", flat=True))


def test_off_by_default_nobody_is_reminded_and_nothing_goes_back(ventas, ana, now):
    chat = held(ana, ventas, asked=now - minutes(600), taken=now - minutes(500))
    assert forgotten.tend_held(now=now) == (0, 0)
    assert people.fresh(chat).agent == ana


def test_the_agent_is_reminded_once_and_then_the_chat_goes_back_with_its_old_wait(watched, ana, now):
    asked = now - minutes(15)
    chat = held(ana, watched, asked=asked, taken=now - minutes(9))
    assert forgotten.tend_held(now=now) == (0, 0)
    assert forgotten.tend_held(now=now + minutes(1)) == (1, 0)
    assert forgotten.tend_held(now=now + minutes(2)) == (0, 0)
    assert forgotten.tend_held(now=now + minutes(20)) == (0, 0)
    assert forgotten.tend_held(now=now + minutes(21)) == (0, 1)
    chat = people.fresh(chat)
    assert (chat.state, chat.tray, chat.agent, chat.taken_from) == ("BANDEJA", watched, None, None)
    assert chat.waiting_since == chat.asked_at == asked
    assert (chat.change.cause, chat.change.actor, chat.change.note) == ("forgotten", None, "30 min sin respuesta")
    assert chat.change.at == now + minutes(21)
    assert forgotten.tend_held(now=now + minutes(100)) == (0, 0)
    call_command("check_history")
    assert people.all_consistent()


def test_whoever_comes_back_stands_before_those_who_came_later(watched, ana, bruno, now):
    late = people.waiting(people.http_origin(), watched, at=now - minutes(40))
    chat = held(ana, watched, asked=now - minutes(50), taken=now - minutes(45))
    forgotten.tend_held(now=now - minutes(20))
    forgotten.tend_held(now=now)
    assert moves.take_next(bruno) == chat
    assert moves.take_next(bruno) == late


def test_the_line_in_the_conversation_says_where_to_and_why(watched, ana, bruno, now, client):
    chat = held(ana, watched, asked=now - minutes(50), taken=now - minutes(45))
    forgotten.tend_held(now=now - minutes(20))
    forgotten.tend_held(now=now)
    client.force_login(bruno)
    page = client.get(f"/bandejas/{watched.pk}/{chat.pk}/").content.decode()
    assert "Volvió a <b>Ventas</b>" in page
    assert "30 min sin respuesta" in page


def test_the_reminder_says_who_and_how_long_to_its_agent_alone(watched, ana, now):
    chat = held(ana, watched, asked=now - minutes(12), taken=now - minutes(11))
    forgotten.tend_held(now=now)
    told = Reminder.objects.get()
    assert (told.chat, told.agent, told.text, told.rung_at) == (chat, ana, "Espera tu respuesta hace 11 min", now)
    # by the notices that all reminders have
    assert list(news.find_all(ana)["reminder"].values()) == [chat.pk]


def test_what_is_snoozed_is_not_forgotten_and_counts_anew_when_it_is_back(watched, ana, now):
    chat = held(ana, watched, asked=now - minutes(50), taken=now - minutes(45))
    assert forgotten.tend_held(now=now) == (1, 0)
    snoozing.snooze_chat(chat.pk, ana, now + minutes(100), now=now)
    assert forgotten.tend_held(now=now + minutes(90)) == (0, 0)
    snoozing.return_due(now + minutes(100))
    assert forgotten.tend_held(now=now + minutes(119)) == (0, 0)
    assert forgotten.tend_held(now=now + minutes(120)) == (0, 1)


def test_an_answer_ends_the_wait_and_the_next_question_is_another_one(watched, ana, now):
    chat = held(ana, watched, asked=now - minutes(15), taken=now - minutes(12))
    assert forgotten.tend_held(now=now) == (1, 0)
    replies.send_reply(chat.pk, ana, "Ya te digo")
    assert forgotten.tend_held(now=now + minutes(60)) == (0, 0)
    # its network says that it was written before the reminder
    people.says(chat.origin, chat.contact.shown_address, "¿Y?", at=now - minutes(1))
    assert forgotten.tend_held(now=now + minutes(60)) == (1, 0)
    assert forgotten.tend_held(now=now + minutes(79)) == (0, 0)
    assert forgotten.tend_held(now=now + minutes(80)) == (0, 1)
    assert causes(chat)[-1] == "forgotten"


def test_a_note_is_no_answer(watched, ana, now):
    chat = held(ana, watched, asked=now - minutes(15), taken=now - minutes(12))
    replies.write_note(chat.pk, ana, "Le pregunto a Caio")
    assert forgotten.tend_held(now=now) == (1, 0)


def test_what_is_given_to_another_agent_waits_anew_for_that_one(watched, ana, bruno, now):
    chat = held(ana, watched, asked=now - minutes(50), taken=now - minutes(40))
    assert forgotten.tend_held(now=now) == (1, 0)
    moves.give_back(chat.pk, ana, at=now + minutes(1))
    moves.take(chat.pk, bruno, at=now + minutes(2))
    assert forgotten.tend_held(now=now + minutes(11)) == (0, 0)
    assert forgotten.tend_held(now=now + minutes(12)) == (1, 0)
    assert forgotten.tend_held(now=now + minutes(32)) == (0, 1)


def test_after_a_worker_was_away_there_is_still_time_to_answer_after_the_reminder(watched, ana, now):
    held(ana, watched, asked=now - minutes(300), taken=now - minutes(250))
    assert forgotten.tend_held(now=now) == (1, 0)
    assert forgotten.tend_held(now=now + minutes(19)) == (0, 0)
    assert forgotten.tend_held(now=now + minutes(20)) == (0, 1)


def test_a_tray_that_only_reminds_takes_nothing_back(watched, ana, now):
    Tray.objects.filter(pk=watched.pk).update(return_after=None)
    chat = held(ana, watched, asked=now - minutes(300), taken=now - minutes(250))
    assert [forgotten.tend_held(now=now + minutes(later)) for later in (0, 500)] == [(1, 0), (0, 0)]
    assert people.fresh(chat).agent == ana


def test_chats_of_other_trays_are_none_of_it(watched, soporte, caio, now):
    chat = held(caio, soporte, asked=now - minutes(300), taken=now - minutes(250))
    assert forgotten.tend_held(now=now) == (0, 0)
    assert people.fresh(chat).agent == caio


def test_while_the_tray_is_closed_nothing_happens_and_the_wait_counts_from_its_opening(watched, ana):
    zone = timezone.get_default_timezone()
    monday = timezone.datetime(2026, 11, 23, tzinfo=zone)
    for weekday in range(5):
        Opening.objects.create(tray=watched, weekday=weekday, opens="09:00", closes="18:00")
    Holiday.objects.create(day=(monday + timedelta(days=1)).date(), name="Feriado")
    evening = monday + timedelta(hours=17, minutes=45)
    held(ana, watched, asked=evening, taken=evening)
    assert forgotten.tend_held(now=evening + minutes(10)) == (1, 0)
    # 18:15, and all of the holiday
    for later in (minutes(30), timedelta(hours=5), timedelta(hours=20)):
        assert forgotten.tend_held(now=evening + later) == (0, 0)
    wednesday = monday + timedelta(days=2, hours=9)
    assert forgotten.tend_held(now=wednesday) == (0, 0)
    assert forgotten.tend_held(now=wednesday + minutes(19)) == (0, 0)
    assert forgotten.tend_held(now=wednesday + minutes(20)) == (0, 1)


def test_many_cost_no_statement_more_than_a_few(watched, ana, now):
    def cost(number):
        for _number in range(number):
            held(ana, watched, asked=now - minutes(50), taken=now - minutes(45))
        with CaptureQueriesContext(connection) as asked:
            assert forgotten.tend_held(now=now - minutes(20)) == (number, 0)
            assert forgotten.tend_held(now=now) == (0, number)
        return len(asked)

    assert cost(12) == cost(2)


def test_the_sweep_finds_who_waits_by_an_index(watched):
    with connection.cursor() as cursor:
        keep_only_index(cursor, "chats_chat", "chats_unanswered")
        values = {"tray": watched.pk, "asked_by": timezone.now(), "reminded_by": timezone.now(), "batch": 10}
        cursor.execute(f"EXPLAIN {forgotten._RETURN}", values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "chats_unanswered" in plan


# --- at once --------------------------------------------------------------------------------------


def test_an_answer_that_is_being_written_wins(transactional_db, watched, ana, now):
    chat = held(ana, watched, asked=now - minutes(50), taken=now - minutes(45))
    forgotten.tend_held(now=now - minutes(20))
    with Crowd(1) as sweeper, transaction.atomic():
        replies.send_reply(chat.pk, ana, "Acá estoy")
        assert sweeper.at_once(lambda _n: forgotten.tend_held(now=now)) == [(0, 0)]
    assert forgotten.tend_held(now=now) == (0, 0)
    assert people.fresh(chat).agent == ana


def test_of_an_answer_and_the_sweep_at_the_same_instant_exactly_one_wins(transactional_db, watched, ana, now):
    for _round in range(5):
        chat = held(ana, watched, asked=now - minutes(50), taken=now - minutes(45))
        forgotten.tend_held(now=now - minutes(20))
        with Crowd(2) as both:
            acts = [lambda _n, pk=chat.pk: replies.send_reply(pk, ana, "Voy"), lambda _n: forgotten.tend_held(now=now)]
            answered, swept = both.at_once(acts)
        chat = people.fresh(chat)
        if isinstance(answered, Message):
            assert (swept, chat.agent, chat.asked_at) == ((0, 0), ana, None)
        else:
            assert isinstance(answered, Rejected)
            assert (swept, chat.tray) == ((0, 1), watched)
    assert people.all_consistent()


def test_several_sweepers_at_once_remind_and_return_each_chat_once(transactional_db, watched, ana, now):
    chats = [held(ana, watched, asked=now - minutes(50), taken=now - minutes(45)) for _number in range(6)]
    with Crowd(4) as crowd:
        reminded = crowd.at_once(lambda _n: forgotten.tend_held(now=now - minutes(20)))
        returned = crowd.at_once(lambda _n: forgotten.tend_held(now=now))
    assert (sum(one for one, _two in reminded), sum(two for _one, two in returned)) == (6, 6)
    assert Chat.objects.filter(tray=watched).count() == 6
    assert all(causes(chat).count("forgotten") == 1 for chat in chats)
    assert people.all_consistent()
