"""What each move leaves written: place, people, times, and the line in the history."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chats import access, expiry, locks, moves
from chats.errors import Rejected
from chats.models import Chat, Message
from contacts.models import Contact, StateChange
from tests import people
from tests.chats.places import AT
from trays.models import Tray


def written(chat, before):
    """The last step of the history and its line, once it is sure that exactly one of each was added."""
    chat = people.fresh(chat)
    assert StateChange.objects.filter(contact=chat.contact).count() == before + 1
    change = StateChange.objects.order_by("-id")[0]
    line = Message.objects.get(change=change)
    assert (line.chat, line.direction, line.author, line.kind, line.created_at, line.origin_id, line.status) == (
        chat, "note", "system", "move", change.at, chat.origin_id, ""
    )  # fmt: skip
    contact = Contact.objects.get(pk=chat.contact_id)
    assert (contact.current_id, contact.state, contact.tray, contact.agent) == (
        change.pk, chat.state, chat.tray, chat.agent
    )  # fmt: skip
    assert (change.state, change.tray, change.agent) == (chat.state, chat.tray, chat.agent)
    assert chat.change_id == change.pk
    assert contact.previous.pk == StateChange.objects.filter(contact=contact).order_by("-id")[1].pk
    return chat, change


def steps(chat):
    return StateChange.objects.filter(contact=chat.contact_id).count()


def test_taking_writes_who_when_and_from_where(chat, ana, ventas):
    before = steps(chat)
    moves.take(chat.pk, ana, at=AT)
    chat, change = written(chat, before)
    assert (chat.state, chat.tray, chat.agent, chat.taken_from) == ("AGENTE", None, ana, ventas)
    assert chat.waiting_since == AT
    assert (change.cause, change.actor, change.from_tray, change.at) == ("taken", ana, ventas, AT)


def test_giving_back_leads_to_the_tray_it_was_taken_from_at_the_end(chat, ana, ventas, http_origin):
    other = people.waiting(http_origin, ventas, at=AT - timedelta(hours=1))
    moves.take(chat.pk, ana, at=AT)
    before = steps(chat)
    moves.give_back(chat.pk, ana, at=AT + timedelta(minutes=5))
    chat, change = written(chat, before)
    assert (chat.state, chat.tray, chat.agent, chat.taken_from) == ("BANDEJA", ventas, None, None)
    assert chat.waiting_since == AT + timedelta(minutes=5)
    assert (change.cause, change.actor, change.from_tray) == ("given_back", ana, None)
    assert list(Chat.objects.filter(tray=ventas).waiting().longest_first()) == [other, chat]


def test_sending_leads_to_any_tray_with_its_reason(chat, ana, soporte):
    moves.take(chat.pk, ana, at=AT)
    before = steps(chat)
    moves.send(chat.pk, soporte, ana, note="Pregunta por el router", at=AT)
    chat, change = written(chat, before)
    assert (chat.state, chat.tray, chat.agent, chat.taken_from) == ("BANDEJA", soporte, None, None)
    assert (change.cause, change.actor, change.note) == ("sent", ana, "Pregunta por el router")


@pytest.mark.parametrize("whose", ["ana", "bruno", "sofia"])
def test_sending_leads_to_ones_own_and_to_anothers_personal_tray(chat, ana, bruno, sofia, whose):
    target = {"ana": ana, "bruno": bruno, "sofia": sofia}[whose].personal_tray
    moves.take(chat.pk, ana)
    assert people.fresh(moves.send(chat.pk, target, ana)).tray == target


def test_a_supervisor_gives_back_sends_and_closes_what_another_has(http_origin, ana, sofia, ventas):
    for verb in (moves.give_back, moves.close):
        chat = people.held(http_origin, ana, ventas)
        verb(chat.pk, sofia)
        assert people.fresh(chat).change.actor == sofia
    chat = people.held(http_origin, ana, ventas)
    moves.send(chat.pk, ventas, sofia)
    assert people.fresh(chat).tray == ventas


def test_closing_leads_to_cerradas(chat, ana):
    moves.take(chat.pk, ana, at=AT)
    before = steps(chat)
    moves.close(chat.pk, ana, note="Resuelto", at=AT)
    chat, change = written(chat, before)
    assert (moves.place_in_table(chat), chat.tray, chat.taken_from) == ("CERRADAS", Tray.objects.closed(), None)
    assert (change.cause, change.note, chat.waiting_since) == ("closed", "Resuelto", AT)


def test_sending_to_cerradas_is_closing(chat, ana):
    moves.take(chat.pk, ana)
    moves.send(chat.pk, Tray.objects.closed(), ana)
    assert people.fresh(chat).change.cause == "closed"


def test_anyone_takes_from_cerradas_and_gives_back_there(chat, ana, caio):
    moves.take(chat.pk, ana)
    moves.close(chat.pk, ana)
    moves.take(chat.pk, caio)
    assert people.fresh(chat).taken_from == Tray.objects.closed()
    moves.give_back(chat.pk, caio)
    assert moves.place_in_table(people.fresh(chat)) == "CERRADAS"


def test_handing_over_writes_no_person(http_origin, ventas):
    people.with_bot(http_origin)
    chat = people.says(http_origin, "cust", "Hola", now=AT).message.chat
    before = steps(chat)
    moves.hand_over(chat.pk, ventas, at=AT)
    chat, change = written(chat, before)
    assert (chat.state, chat.tray, chat.waiting_since) == ("BANDEJA", ventas, AT)
    assert (change.cause, change.actor, change.from_tray) == ("handed_over", None, None)


def test_expiring_forgets_everyone_and_says_when(chat, ana, ventas):
    moves.take(chat.pk, ana, at=AT)
    before = steps(chat)
    expires = chat.session_expires_at
    assert expiry.expire(now=expires + timedelta(hours=1)) == 1
    chat, change = written(chat, before)
    assert (chat.state, chat.tray, chat.agent, chat.taken_from) == ("EXPIRADO", None, None, None)
    assert (change.cause, change.actor, change.at, chat.waiting_since) == ("expired", None, expires, expires)
    assert change.from_tray is None


def test_what_expires_in_a_tray_remembers_it(chat, ventas):
    expiry.expire(now=chat.session_expires_at)
    assert people.fresh(chat).change.from_tray == ventas


def test_the_sweep_goes_in_batches_oldest_first(http_origin):
    old = [people.waiting(http_origin, at=AT - timedelta(hours=hours)) for hours in (30, 29, 28, 27, 26)]
    young = people.waiting(http_origin, at=AT - timedelta(hours=1))
    assert expiry.expire(now=AT, batch=2) == 5
    assert moves.place_in_table(people.fresh(young)) == "BANDEJA"
    order = StateChange.objects.filter(cause="expired").order_by("id").values_list("contact", flat=True)
    assert list(order) == [one.contact_id for one in old]


def test_sixty_that_expire_at_once_are_told_as_one(http_origin, django_capture_on_commit_callbacks):
    for _ in range(60):
        people.waiting(http_origin, at=AT - timedelta(hours=25))
    with django_capture_on_commit_callbacks() as told:
        assert expiry.expire(now=AT) == 60
    assert len(told) == 1


def test_reopening_leads_to_its_sender_and_back_to_the_tray_it_was_last_in(chat, dora, ventas):
    expiry.expire(now=chat.session_expires_at)
    before = steps(chat)
    at = chat.session_expires_at + timedelta(hours=2)
    moves.reopen(locks.lock_chat(chat.pk), dora, at=at)
    chat, change = written(chat, before)
    assert (chat.state, chat.agent, chat.taken_from) == ("AGENTE", dora, ventas)
    assert (change.cause, change.actor, change.at) == ("reopened", dora, at)
    moves.give_back(chat.pk, dora)
    assert people.fresh(chat).tray == ventas


def reopened(chat, agent):
    expiry.expire(now=timezone.now() + timedelta(days=2))
    return people.fresh(moves.reopen(locks.lock_chat(chat.pk), agent, at=timezone.now()))


def test_a_reopened_chat_that_was_closed_goes_back_to_the_tray_before(http_origin, ana, ventas):
    chat = people.held(http_origin, ana, ventas)
    moves.close(chat.pk, ana)
    assert reopened(chat, ana).taken_from == ventas


def test_a_reopened_chat_that_was_in_no_tray_goes_back_to_general(http_origin, ana):
    people.with_bot(http_origin)
    chat = people.says(http_origin, "cust", "Hola").message.chat
    assert reopened(chat, ana).taken_from == Tray.objects.general()


def test_a_reopened_chat_whose_tray_is_archived_goes_back_to_general(chat, ana, ventas):
    expiry.expire(now=timezone.now() + timedelta(days=2))
    access.archive_tray(ventas)
    moves.reopen(locks.lock_chat(chat.pk), ana, at=timezone.now())
    assert moves.give_back(chat.pk, ana).tray == Tray.objects.general()


def test_who_takes_and_is_too_late_reads_who_was_first(chat, ana, bruno):
    moves.take(chat.pk, ana)
    with pytest.raises(Rejected, match=r"Ya lo tomó Ana Ferreyra hace \d+ s"):
        moves.take(chat.pk, bruno)


def test_who_takes_much_too_late_reads_no_seconds(chat, ana, bruno):
    moves.take(chat.pk, ana, at=timezone.now() - timedelta(hours=1))
    with pytest.raises(Rejected, match=r"^Ya lo tomó Ana Ferreyra$"):
        moves.take(chat.pk, bruno)


def test_who_moves_what_has_gone_reads_where_it_is(chat, ana, soporte):
    moves.take(chat.pk, ana)
    moves.send(chat.pk, soporte, ana)
    with pytest.raises(Rejected, match="El chat está ahora en BANDEJA Soporte"):
        moves.give_back(chat.pk, ana)


def test_no_such_chat(ana, ventas, db):
    for verb in (moves.take, moves.give_back, moves.close):
        with pytest.raises(Chat.DoesNotExist):
            verb(10**9, ana)
    with pytest.raises(Chat.DoesNotExist):
        moves.send(10**9, ventas, ana)
