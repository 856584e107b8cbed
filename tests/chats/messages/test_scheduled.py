"""Messages that leave at an hour: once, through the door of all replies, or not at all and with the reason."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from chats import expiry, moves
from chats.errors import Rejected, Rejection
from chats.messages import scheduled
from chats.models import ScheduledMessage
from tests import people
from trays.models import Agent

HOUR = timedelta(hours=1)


@pytest.fixture
def chat(http_origin, ana, ventas):
    return people.held(http_origin, ana, ventas, sender="c-1", name="Marta Gómez")


def plan(chat, agent, text="Ya salió el camión", after=HOUR, **more):
    return scheduled.schedule_message(chat.pk, agent, text, timezone.now() + after, **more)


def said(chat):
    return list(chat.messages.filter(direction="out").order_by("id").values_list("text", flat=True))


def notes(chat):
    return list(chat.messages.filter(direction="note", author="system", kind="text").values_list("text", flat=True))


def later(span=2 * HOUR):
    return timezone.now() + span


def test_what_ana_schedules_leaves_at_its_hour_and_once(chat, ana):
    made = plan(chat, ana)
    assert scheduled.settle_due() == 0
    assert said(chat) == []
    assert scheduled.settle_due(now=later()) == 1
    assert scheduled.settle_due(now=later()) == 0
    assert said(chat) == ["Ya salió el camión"]
    assert chat.messages.get(direction="out").client_id == made.client_id
    assert not ScheduledMessage.objects.exists()
    assert notes(chat) == []


def test_the_same_form_twice_is_scheduled_once(chat, ana):
    form = uuid.uuid4()
    assert plan(chat, ana, client_id=form).pk == plan(chat, ana, client_id=form).pk
    assert ScheduledMessage.objects.count() == 1


def test_a_customer_who_writes_first_stops_it_and_the_chat_says_so(chat, ana):
    plan(chat, ana)
    people.says(chat.origin, "c-1", "Mejor no, gracias")
    # long before its hour, and past the time in which Ana may undo her last move
    assert scheduled.settle_due(now=later(timedelta(minutes=1))) == 1
    assert said(chat) == []
    [note] = notes(chat)
    assert "Ana" in note
    assert "el cliente escribió antes" in note
    assert "Ya salió el camión" in note


def test_nothing_of_a_long_text_that_did_not_leave_is_lost(chat, ana):
    text = f"{'Le detallo el pedido. ' * 60}Saludos, Ana"
    plan(chat, ana, text)
    people.says(chat.origin, "c-1", "¿Y?")
    scheduled.settle_due(now=later(timedelta(minutes=1)))
    assert text in notes(chat)[0]


def test_what_an_agent_who_is_gone_has_scheduled_does_not_leave_and_says_who_is_gone(chat, ana):
    plan(chat, ana)
    Agent.objects.filter(pk=ana.pk).update(is_active=False)
    assert scheduled.settle_due(now=later()) == 1
    assert said(chat) == []
    assert "Ana ya no está" in notes(chat)[0]


def test_a_form_whose_message_has_left_schedules_no_other_that_would_vanish(chat, ana):
    form = uuid.uuid4()
    plan(chat, ana, client_id=form)
    scheduled.settle_due(now=later())
    with pytest.raises(Rejected, match="ya salió"):
        plan(chat, ana, "Otra cosa", client_id=form)


def test_ana_schedules_nothing_over_words_that_she_has_not_seen(chat, ana):
    seen = scheduled.last_heard_id(chat)
    people.says(chat.origin, "c-1", "Mejor no, gracias")
    with pytest.raises(Rejected, match="escribió mientras tanto"):
        plan(chat, ana, last_seen=seen)
    assert not ScheduledMessage.objects.exists()
    # unless it is to leave whatever the customer says
    assert plan(chat, ana, last_seen=seen, unless_answered=False)
    assert plan(chat, ana, last_seen=scheduled.last_heard_id(chat))


def test_one_that_goes_whatever_the_customer_says_leaves(chat, ana):
    plan(chat, ana, unless_answered=False)
    people.says(chat.origin, "c-1", "¿Y?")
    assert scheduled.settle_due(now=later(timedelta(minutes=1))) == 0
    assert scheduled.settle_due(now=later()) == 1
    assert said(chat) == ["Ya salió el camión"]


def test_a_chat_that_leaves_ana_takes_it_along_to_nobody(chat, ana, bruno):
    plan(chat, ana)
    moves.give_back(chat.pk, ana)
    assert scheduled.settle_due() == 0, "she may still undo that"
    moves.take(chat.pk, bruno)
    assert scheduled.settle_due(now=later(timedelta(minutes=1))) == 1
    assert said(chat) == []
    assert "el chat ya no es de Ana" in notes(chat)[0]


def test_a_session_that_is_over_sends_nothing(chat, ana):
    plan(chat, ana)
    end = people.fresh(chat).session_expires_at
    expiry.expire(now=end)
    assert scheduled.settle_due(now=end + HOUR) == 1
    assert said(chat) == []
    assert "la sesión expiró" in notes(chat)[0]


@pytest.mark.parametrize(
    ("text", "after", "words"),
    [
        ("", HOUR, "Escribí el mensaje"),
        ("x" * 16_385, HOUR, "entran 16384"),
        ("hola", -HOUR, "ya pasó"),
        ("hola", 25 * HOUR, "solo con plantilla"),
    ],
)
def test_what_could_not_leave_is_not_scheduled(text, after, words, chat, ana):
    with pytest.raises(Rejected, match=words) as refusal:
        plan(chat, ana, text, after)
    assert refusal.value.code == Rejection.INVALID
    assert not ScheduledMessage.objects.exists()


def test_a_chat_has_so_many_at_most(chat, ana):
    for _number in range(scheduled.MAX_OF_A_CHAT):
        plan(chat, ana)
    with pytest.raises(Rejected, match="ya tiene 10"):
        plan(chat, ana)


def test_only_who_holds_the_chat_schedules_and_a_supervisor_may_cancel(chat, ana, bruno, sofia):
    for other in (bruno, sofia):
        with pytest.raises(Rejected, match="lo tiene Ana"):
            plan(chat, other)
    made = plan(chat, ana)
    with pytest.raises(Rejected, match="lo tiene Ana"):
        scheduled.cancel_scheduled(made.pk, bruno)
    assert ScheduledMessage.objects.filter(pk=made.pk).exists()
    scheduled.cancel_scheduled(made.pk, sofia)
    with pytest.raises(Rejected, match="ya salió o se canceló"):
        scheduled.cancel_scheduled(made.pk, ana)
    assert scheduled.settle_due(now=later()) == 0
    assert said(chat) == []


def test_the_notice_of_one_that_was_cancelled_has_no_word_of_it(
    chat, ana, monkeypatch, django_capture_on_commit_callbacks
):
    told = []
    monkeypatch.setattr("chats.publish.publish_events", told.extend)
    plan(chat, ana)
    people.says(chat.origin, "c-1", "¿Y?")
    with django_capture_on_commit_callbacks(execute=True):
        scheduled.settle_due(now=later(timedelta(minutes=1)))
    [toast] = [one.head["toast"] for one in told if one.head and "toast" in one.head]
    assert toast["text"] == "Marta Gómez"
    assert "camión" not in str(toast)
