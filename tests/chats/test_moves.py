"""Every move from every place by everyone: what fits has its outcome, what does not says why and writes nothing."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from chats import access, expiry, locks, moves
from chats.errors import Rejected, Rejection
from chats.messages import templates
from chats.models import Chat, Message, Template, Workspace
from chats.moves import MOVES
from contacts.models import Address, Contact, StateChange
from origins.models import Body
from tests import people
from trays.models import Agent, Holiday, Membership, Opening, Tray, hire
from wittybots.models import Answered, Bot, MenuVersion, Token

# where a chat can be, as its place in the table is named
PLACES = {
    "nowhere": "NOWHERE",
    "bot": "BOT",
    "general": "BANDEJA",
    "ventas": "BANDEJA",
    "own personal": "BANDEJA",
    "another's personal": "BANDEJA",
    "cerradas": "CERRADAS",
    "mine": "AGENTE",
    "another's": "AGENTE",
    "expirado": "EXPIRADO",
}
# who asks: with access to Ventas, without it, supervisor, administrator who is a plain agent, two who have left
ROLES = ("ana", "caio", "sofia", "admin", "gone", "gone_supervisor")
GONE = ("gone", "gone_supervisor")


@pytest.fixture
def crowd(ana, bruno, caio, sofia, ventas, db):
    """One of each role, and bruno, who is "another" to all of them."""
    admin = people.hire("admin", first_name="Ada", role="agent", is_superuser=True)
    gone = people.hire("gone", first_name="Gastón", role="agent")
    gone_supervisor = people.hire("gone2", first_name="Graciela", role="supervisor")
    access.give_access(ventas, [gone, gone_supervisor])
    return {
        "ana": ana, "caio": caio, "sofia": sofia, "admin": admin, "gone": gone, "gone_supervisor": gone_supervisor,
        "bruno": bruno, "ventas": ventas,
    }  # fmt: skip


def chat_at(place, crowd, who):
    """A chat in this place, as seen by `who`; it got there by moves."""
    origin = people.http_origin()
    ventas = crowd["ventas"]
    if place == "nowhere":
        return people.nowhere(origin)
    if place == "bot":
        people.with_bot(origin)
        return people.fresh(people.says(origin, "cust", "Hola").message.chat)
    if place in ("mine", "another's"):
        holder = who if place == "mine" else crowd["bruno"]
        chat = people.waiting(origin, ventas)
        opener = people.member(ventas)
        moves.take(chat.pk, opener)
        moves.send(chat.pk, holder.personal_tray, opener)
        moves.take(chat.pk, holder)
        return people.fresh(chat)
    if place == "expirado":
        chat = people.waiting(origin, ventas)
        expiry.expire(now=chat.session_expires_at)
        return people.fresh(chat)
    tray = {
        "general": Tray.objects.general,
        "ventas": lambda: ventas,
        "own personal": lambda: who.personal_tray,
        "another's personal": lambda: crowd["bruno"].personal_tray,
        "cerradas": Tray.objects.closed,
    }[place]()
    return people.waiting(origin, tray)


def rows():
    """All that a move could write."""
    return [list(model.objects.order_by("pk").values()) for model in (Chat, Contact, StateChange, Message, Template)]


def has_right(verb, place, who):
    """Domain.md's columns "who", for what fits."""
    if who in GONE:
        return False
    if verb == "take":
        return {
            "general": True,
            "cerradas": True,
            "ventas": who == "ana",
            "own personal": True,
            "another's personal": who == "sofia",
        }[place]
    if verb in ("give_back", "send", "close"):
        return place == "mine" or who == "sofia"
    if verb == "relocate":
        return who == "sofia" and place in ("own personal", "another's personal")
    return True  # reopen


def do(verb, chat, agent):
    if verb == "send":
        return moves.send(chat.pk, Tray.objects.general(), agent)
    if verb == "relocate":
        return moves.relocate(chat.pk, Tray.objects.general(), actor=agent)
    if verb == "reopen":
        template = Template.objects.get_or_create(name="Retomar", body="Hola")[0]
        return templates.send_template(chat.pk, agent, template, {}).chat
    return getattr(moves, verb)(chat.pk, agent)


ASKED = ("take", "give_back", "send", "close", "relocate", "reopen")


# who has left holds nothing
ASKING = [(place, who) for place in PLACES for who in ROLES if not (who in GONE and place in ("mine", "own personal"))]


@pytest.mark.parametrize(("place", "who"), ASKING)
def test_who_may_do_what_from_where(place, who, crowd, django_capture_on_commit_callbacks):
    agent = crowd[who]
    chat = chat_at(place, crowd, agent)
    if who in GONE:
        access.deactivate_agent(agent)
    agent = Agent.objects.get(pk=agent.pk)
    Template.objects.get_or_create(name="Retomar", body="Hola")
    before = rows()
    for verb in ASKED:
        if verb == "reopen" and PLACES[place] == "AGENTE":
            continue  # a template from an open pane is no move: tests/chats/test_messaging.py
        fits = PLACES[place] in MOVES[verb].sources
        if fits and has_right(verb, place, who):
            point = transaction.savepoint()
            moved = people.fresh(do(verb, chat, agent))
            assert moves.place_in_table(moved) in (MOVES[verb].target, "BANDEJA"), verb
            assert (moved.state == "AGENTE") == (MOVES[verb].target == "AGENTE"), verb
            transaction.savepoint_rollback(point)
            continue
        with django_capture_on_commit_callbacks() as told, pytest.raises(Rejected) as refusal:
            do(verb, chat, agent)
        assert (verb, refusal.value.code) == (verb, Rejection.FORBIDDEN if who in GONE or fits else Rejection.CONFLICT)
        assert refusal.value.message
        assert rows() == before, verb
        assert told == [], verb


def test_the_table_knows_every_verb_and_every_place():
    assert set(MOVES) == {*ASKED, "arrive", "hand_over", "expire"}
    assert set(PLACES.values()) >= {source for move in MOVES.values() for source in move.sources}


@pytest.mark.parametrize("place", PLACES)
def test_the_bot_hands_over_only_what_it_has(place, crowd):
    chat = chat_at(place, crowd, crowd["ana"])
    if PLACES[place] == "BOT":
        assert moves.hand_over(chat.pk, crowd["ventas"]).tray == crowd["ventas"]
        return
    before = rows()
    with pytest.raises(Rejected) as refusal:
        moves.hand_over(chat.pk, crowd["ventas"])
    assert refusal.value.code == Rejection.CONFLICT
    assert rows() == before


@pytest.mark.parametrize("place", PLACES)
def test_the_system_relocates_from_where_the_table_says(place, crowd):
    chat = chat_at(place, crowd, crowd["ana"])
    if PLACES[place] in MOVES["relocate"].sources:
        moved = moves.relocate(chat.pk, crowd["ventas"])
        assert (moved.state, moved.tray, moved.change.actor) == ("BANDEJA", crowd["ventas"], None)
        return
    before = rows()
    with pytest.raises(Rejected):
        moves.relocate(chat.pk, crowd["ventas"])
    assert rows() == before


@pytest.mark.parametrize("place", PLACES)
def test_a_template_reopens_only_what_has_expired(place, crowd):
    chat = locks.lock_chat(chat_at(place, crowd, crowd["ana"]).pk)
    if PLACES[place] == "EXPIRADO":
        assert moves.reopen(chat, crowd["ana"], at=timezone.now()).agent == crowd["ana"]
        return
    before = rows()
    with pytest.raises(Rejected) as refusal:
        moves.reopen(chat, crowd["ana"], at=timezone.now())
    assert refusal.value.code == Rejection.CONFLICT
    assert rows() == before


@pytest.mark.parametrize("place", PLACES)
def test_the_clock_expires_everything_that_is_anywhere(place, crowd):
    chat = chat_at(place, crowd, crowd["ana"])
    before = rows()
    now = timezone.now()
    if place in ("nowhere", "expirado"):
        assert expiry.expire(now=now + timedelta(days=2)) == 0
        assert rows() == before
        return
    assert expiry.expire(now=chat.session_expires_at - timedelta(microseconds=1)) == 0
    assert rows() == before
    assert expiry.expire(now=chat.session_expires_at) == 1
    assert moves.place_in_table(people.fresh(chat)) == "EXPIRADO"
    assert expiry.expire(now=chat.session_expires_at) == 0


@pytest.mark.parametrize("place", PLACES)
def test_a_customer_arrives_where_nobody_has_him(place, crowd):
    chat = locks.lock_chat(chat_at(place, crowd, crowd["ana"]).pk)
    before = rows()
    arrived = moves.arrive(chat, at=timezone.now(), reception_tray=None, bot=Bot.objects.create())
    if PLACES[place] in MOVES["arrive"].sources:
        assert people.fresh(arrived).state == "BOT"
    else:
        assert rows() == before


# --- what a move writes -------------------------------------------------------------------------

AT = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


@pytest.fixture
def chat(http_origin, ventas):
    """Marta's chat, waiting in Ventas since noon."""
    return people.waiting(http_origin, ventas, at=AT - timedelta(hours=3))


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


# --- archived trays -----------------------------------------------------------------------------


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


def test_arriving_where_the_own_tray_is_archived_leads_to_general(http_origin, soporte):
    access.archive_tray(soporte)
    chat = moves.arrive(people.nowhere(http_origin), at=AT, reception_tray=soporte, bot=None)
    assert chat.tray == Tray.objects.general()


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


# --- take next ----------------------------------------------------------------------------------


def test_take_next_gives_who_waits_longest_over_all_of_ones_trays(http_origin, ana, ventas):
    def at(minutes):
        return timezone.now() - timedelta(minutes=minutes)

    third = people.waiting(http_origin, at=at(10))
    first = people.waiting(http_origin, ana.personal_tray, at=at(30))
    second = people.waiting(http_origin, ventas, at=at(20))
    assert [moves.take_next(ana).pk for _ in range(3)] == [first.pk, second.pk, third.pk]
    assert moves.take_next(ana) is None
    taken = people.fresh(first)
    assert (taken.agent, taken.taken_from, taken.change.cause) == (ana, ana.personal_tray, "taken")


def test_take_next_never_reaches_cerradas_or_trays_of_others(http_origin, ana, bruno, caio, soporte, ventas):
    closed = people.held(http_origin, bruno)
    moves.close(closed.pk, bruno)
    people.waiting(http_origin, soporte)
    people.waiting(http_origin, bruno.personal_tray)
    assert moves.take_next(ana) is None


def test_take_next_gives_a_supervisor_nothing_of_others_personal_trays(http_origin, ana, sofia, ventas):
    people.waiting(http_origin, ana.personal_tray)
    people.waiting(http_origin, ventas)
    assert moves.take_next(sofia) is None
    own = people.waiting(http_origin, sofia.personal_tray)
    assert moves.take_next(sofia).pk == own.pk


def test_take_next_of_two_that_came_at_once_gives_the_first(http_origin, ana):
    at = timezone.now() - timedelta(minutes=1)
    first, second = (people.waiting(http_origin, at=at) for _ in range(2))
    assert [moves.take_next(ana).pk, moves.take_next(ana).pk] == [first.pk, second.pk]


def test_take_next_is_not_for_who_has_left(http_origin, ana):
    people.waiting(http_origin)
    access.deactivate_agent(ana)
    with pytest.raises(Rejected) as refusal:
        moves.take_next(ana)
    assert refusal.value.code == Rejection.FORBIDDEN


# --- what the database refuses -------------------------------------------------------------------


def _chat(**fields):
    origin = people.http_origin()
    contact = Contact.objects.create(origin=origin, name="x")
    return Chat.objects.create(
        **{"contact": contact, "origin": origin, "state": "BOT", "session_expires_at": AT, **fields}
    )


def _message(**fields):
    chat = fields.pop("chat", None) or _chat()
    base = {"chat": chat, "origin": chat.origin, "direction": "in", "author": "customer"}
    return Message.objects.create(**{**base, **fields})


def _change(**fields):
    contact = Contact.objects.create(origin=people.http_origin())
    return StateChange.objects.create(**{"contact": contact, "state": "BOT", "cause": "arrived", **fields})


def _twice(make):
    make()
    make()


def _same_external_id():
    chat = _chat()
    _twice(lambda: _message(chat=chat, external_id="m-1"))


def _same_form():
    chat, form = _chat(), "7b9d3c80-4e9e-4a5b-9f0e-1f2a3b4c5d6e"
    _twice(lambda: _message(chat=chat, client_id=form))


def _same_address():
    contact = Contact.objects.create(origin=people.http_origin())
    _twice(lambda: Address.objects.create(contact=contact, origin=contact.origin, kind="http", value="c"))


def _same_body():
    origin = people.http_origin()
    _twice(lambda: Body.objects.create(origin=origin, raw=b"x", digest=b"x"))


def _versions(*rows):
    bot = Bot.objects.create()
    for number, state in rows:
        MenuVersion.objects.create(bot=bot, number=number, state=state, tree={})


def _same_key():
    token = Token.objects.create(name="T", digest="d", hint="h")
    _twice(lambda: Answered.objects.create(token=token, key="k", fingerprint="f"))


def _opening(**fields):
    given = {"tray": Tray.objects.general(), "weekday": 0, "opens": time(9), "closes": time(18)}
    return Opening.objects.create(**given | fields)


def _same_access():
    agent, tray = hire(username="m"), Tray.objects.create(name="M")
    _twice(lambda: Membership.objects.create(agent=agent, tray=tray))


def _second_personal():
    agent = hire(username="p")
    Tray.objects.create(kind="personal", owner=agent, name="Personal")


IMPOSSIBLE = {
    "chat_place_fits_its_state": [
        lambda: _chat(state="PERDIDO"),
        lambda: _chat(state="BANDEJA"),
        lambda: _chat(state="AGENTE"),
        lambda: _chat(state="BOT", tray=Tray.objects.general()),
        lambda: _chat(state="EXPIRADO", tray=Tray.objects.general()),
        lambda: _chat(state="EXPIRADO", agent=hire(username="a")),
        lambda: _chat(state="AGENTE", agent=hire(username="b"), tray=Tray.objects.general()),
        lambda: _chat(state="BANDEJA", agent=hire(username="c"), tray=Tray.objects.general()),
    ],
    "change_place_fits_its_state": [
        lambda: _change(state="BANDEJA"),
        lambda: _change(state="AGENTE", tray=Tray.objects.general()),
    ],
    "change_cause_is_known": [lambda: _change(cause="magic")],
    "contact_place_fits_its_state": [
        lambda: Contact.objects.create(origin=people.http_origin(), state="BANDEJA"),
        lambda: Contact.objects.create(origin=people.http_origin(), tray=Tray.objects.general()),
        lambda: Contact.objects.create(origin=people.http_origin(), state="PERDIDO"),
    ],
    "an_address_is_of_one_contact": [_same_address],
    "an_origin_id_is_stored_once": [_same_external_id],
    "a_form_is_sent_once": [_same_form],
    "direction_fits_author": [
        lambda: _message(direction="in", author="agent"),
        lambda: _message(direction="out", author="customer", status="sent"),
        lambda: _message(direction="out", author="system", status="sent"),
        lambda: _message(direction="note", author="customer"),
    ],
    "only_what_goes_out_has_a_status": [
        lambda: _message(status="sent"),
        lambda: _message(direction="out", author="agent", status=""),
    ],
    "a_move_is_a_note": [
        lambda: _message(kind="move"),
        lambda: _message(kind="move", direction="note", author="system"),
    ],
    "message_kind_is_known": [lambda: _message(kind="hologram")],
    "a_template_stands_once": [lambda: _twice(lambda: Template.objects.create(name="T", body="t"))],
    "panes_are_1_2_or_4": [lambda: Workspace.objects.create(agent=hire(username="w"), panes=3)],
    "session_lasts_an_hour_at_least": [lambda: people.http_origin(session_hours=0)],
    "a_body_is_kept_once": [_same_body],
    "body_state_is_known": [
        lambda: Body.objects.create(origin=people.http_origin(), raw=b"", digest=b"", state="eaten")
    ],
    "bot_kind_is_known": [lambda: Bot.objects.create(kind="oracle")],
    "a_version_has_its_number": [lambda: _versions((1, "retired"), (1, "draft"))],
    "one_draft_a_bot": [lambda: _versions((1, "draft"), (2, "draft"))],
    "one_published_a_bot": [lambda: _versions((1, "published"), (2, "published"))],
    "a_key_is_answered_once": [_same_key],
    "it_opens_before_it_closes": [lambda: _opening(opens=time(18), closes=time(9)), lambda: _opening(closes=time(9))],
    "weekday_is_known": [lambda: _opening(weekday=7)],
    "a_holiday_stands_once": [
        lambda: _twice(lambda: Holiday.objects.create(day=AT, name="x")),
        lambda: _twice(lambda: Holiday.objects.create(day=AT, name="x", tray=Tray.objects.general())),
    ],
    "access_is_given_once": [_same_access],
    "agent_role_is_known": [lambda: hire(username="r", role="king")],
    "only_one_general": [lambda: Tray.objects.create(kind="general", name="Otra")],
    "only_one_closed": [lambda: Tray.objects.create(kind="closed", name="Otra")],
    "personal_has_an_owner_and_only_it": [
        lambda: Tray.objects.create(kind="personal", name="De nadie"),
        lambda: Tray.objects.create(kind="custom", name="De uno", owner=hire(username="o")),
    ],
    "tray_kind_is_known": [lambda: Tray.objects.create(kind="secret", name="x")],
    "default_trays_are_never_archived": [lambda: Tray.objects.filter(kind="general").update(archived_at=AT)],
    "tray_has_a_name": [lambda: Tray.objects.create(name="")],
    "tray_name_is_free": [lambda: _twice(lambda: Tray.objects.create(name="Ventas"))],
}


@pytest.mark.parametrize(
    ("name", "make"), [pytest.param(name, make, id=name) for name, makes in IMPOSSIBLE.items() for make in makes]
)
def test_the_database_refuses_what_must_never_be(name, make, db):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        make()


@pytest.mark.parametrize("make", [_second_personal])
def test_one_personal_tray_an_agent(make, db):
    with pytest.raises(IntegrityError, match="owner_id"), transaction.atomic():
        make()


def test_one_chat_a_contact(db):
    chat = _chat()
    with pytest.raises(IntegrityError, match="contact_id"), transaction.atomic():
        _chat(contact=chat.contact)


def test_every_constraint_has_its_impossible_row(db):
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT conname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
               WHERE contype IN ('c', 'u') AND relname ~ '^(trays|origins|contacts|chats|wittybots)_'
               UNION SELECT indexname FROM pg_indexes
               WHERE indexdef LIKE 'CREATE UNIQUE%%' AND tablename ~ '^(trays|origins|contacts|chats|wittybots)_'"""
        )
        names = {row[0] for row in cursor.fetchall()}
    # Django's own: unique and primary keys, positive integers; ours have names that say something
    ours = {name for name in names if not name.endswith(("_key", "_pkey", "_check", "_uniq"))}
    # what `chat_state_is_known` refuses, `chat_place_fits_its_state` has refused before it
    assert ours == set(IMPOSSIBLE) | {"chat_state_is_known"}
