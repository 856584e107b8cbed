"""Every verb from every state by everyone, as the table of moves says."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from chats import access, erasing, expiry, locks, moves, steps, undo
from chats.errors import Rejected, Rejection
from chats.messages import templates
from chats.models import Template
from chats.moves import MOVES
from tests import people
from tests.chats.places import rows
from trays.models import Agent, Tray
from wittybots.models import Bot

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
    if verb == "erase":
        return who == "sofia" and place != "ventas"
    return verb == "reopen"  # and nobody has just moved it, to undo that: test_undo.py


def do(verb, chat, agent):
    if verb == "send":
        return moves.send(chat.pk, Tray.objects.general(), agent)
    if verb == "relocate":
        return moves.relocate(chat.pk, Tray.objects.general(), actor=agent)
    if verb == "erase":
        return erasing.erase_contact(chat.contact_id, agent)
    if verb == "reopen":
        template = Template.objects.get_or_create(name="Retomar", body="Hola")[0]
        return templates.send_template(chat.pk, agent, template, {}).chat
    return undo.undo_move(chat.pk, agent) if verb == "undo" else getattr(moves, verb)(chat.pk, agent)


ASKED = ("take", "give_back", "send", "close", "relocate", "reopen", "undo", "erase")
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
            continue  # a template from an open pane is no move: tests/chats/messages/
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
    assert set(MOVES) == {*ASKED, "arrive", "hand_over", "expire", "return", "assign", "add"}
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


@pytest.mark.parametrize("place", [place for place in PLACES if place != "nowhere"])
def test_the_clock_expires_everything_that_is_anywhere(place, crowd):
    chat = chat_at(place, crowd, crowd["ana"])
    before = rows()
    now = timezone.now()
    if place == "expirado":
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
    if PLACES[place] in MOVES["arrive"].sources:
        steps.write([moves.plan_arrival(chat, at=timezone.now(), tray=None, bot=Bot.objects.create())])
        assert people.fresh(chat).state == "BOT"
    else:
        with pytest.raises(Rejected):
            moves.plan_arrival(chat, at=timezone.now(), tray=None, bot=Bot.objects.create())
        assert rows() == before
