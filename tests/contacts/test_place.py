"""Who sees a chat: the rule as a function and as a query agree on everyone, everywhere; and it is the law's."""

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chats import access, expiry, moves
from chats.models import Chat, Mention, Message, Reminder
from contacts.models import Contact, StateChange
from contacts.place import Place, Viewer, is_for_everyone, is_with_bot, may_see, visible_q, who_may_see, with_bot_q
from inbox.contact_csv.exporting import contacts_for
from inbox.search.messages import Filters, find_messages
from inbox.search.words import read_words
from reports import audit_log as log
from reports import rollup
from reports.behind import Cell, read_behind
from reports.periods import Period, named_period
from tests import people
from trays import audit
from trays.models import Agent, Membership, Tray

AGENTS, TRAYS = 4, 3

people_drawn = st.lists(
    st.tuples(st.sampled_from(["agent", "supervisor"]), st.booleans(), st.booleans()),
    min_size=AGENTS, max_size=AGENTS,
)  # fmt: skip
places_drawn = st.lists(
    st.one_of(
        st.sampled_from([("BOT", None), ("EXPIRADO", None), ("BANDEJA", "general"), ("BANDEJA", "closed")]),
        st.tuples(st.just("BANDEJA"), st.tuples(st.just("custom"), st.integers(0, TRAYS - 1))),
        st.tuples(st.just("BANDEJA"), st.tuples(st.just("personal"), st.integers(0, AGENTS - 1))),
        st.tuples(st.just("AGENTE"), st.integers(0, AGENTS - 1)),
    ),
    min_size=3, max_size=8,
)  # fmt: skip
# membership of anyone in any tray: also rows that no screen makes, in default and personal trays
memberships_drawn = st.sets(st.tuples(st.integers(0, AGENTS - 1), st.integers(0, TRAYS + AGENTS + 1)), max_size=12)
archived_drawn = st.sets(st.integers(0, TRAYS + AGENTS - 1), max_size=3)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(who=people_drawn, places=places_drawn, memberships=memberships_drawn, archived=archived_drawn)
def test_the_function_and_the_query_agree(db, who, places, memberships, archived):
    with transaction.atomic():
        agents = Agent.objects.bulk_create(
            Agent(username=f"p{n}", role=role, is_active=active, is_superuser=admin)
            for n, (role, active, admin) in enumerate(who)
        )
        made = [Tray(name=f"T{n}") for n in range(TRAYS)]
        made += [Tray(kind="personal", name="Personal", owner=agent) for agent in agents]
        for n in archived:
            made[n].archived_at = "2026-11-22T12:00Z"
        trays = [*Tray.objects.bulk_create(made), Tray.objects.general(), Tray.objects.closed()]
        Membership.objects.bulk_create(Membership(agent=agents[a], tray=trays[t]) for a, t in memberships)
        chats = [_chat_at(state, where, agents, trays) for state, where in places]
        for hour in {rollup.begin_of_hour(chat.change.at) for chat in chats}:
            rollup.roll_up(hour)
        nowhere = people.nowhere(chats[0].origin).contact
        _compare(agents, chats, nowhere)
        transaction.set_rollback(True)  # each example begins with nothing


def _chat_at(state, where, agents, trays):
    tray = agent = None
    if state == "AGENTE":
        agent = agents[where]
    elif where == "general":
        tray = trays[-2]
    elif where == "closed":
        tray = trays[-1]
    elif where:
        kind, number = where
        tray = trays[number if kind == "custom" else TRAYS + number]
    origin = people.http_origin()
    contact = Contact.objects.create(origin=origin, state=state, tray=tray, agent=agent)
    change = StateChange.objects.create(contact=contact, state=state, tray=tray, agent=agent, cause="arrived")
    Contact.objects.filter(pk=contact.pk).update(current=change)
    chat = Chat.objects.create(
        contact=contact, origin=origin, state=state, tray=tray, agent=agent, change=change,
        session_expires_at="2026-11-23T12:00Z",
    )  # fmt: skip
    Message.objects.create(chat=chat, origin=origin, direction="in", author="customer", text="Una heladera")
    note = Message.objects.create(chat=chat, origin=origin, direction="note", author="system", text="")
    Mention.objects.bulk_create(Mention(message=note, agent=one) for one in agents)
    audit.note(audit.What.CHAT, None, contact=contact.pk)
    Reminder.objects.bulk_create(Reminder(chat=chat, agent=one, due_at=chat.session_expires_at) for one in agents)
    return chat


def _compare(agents, chats, nowhere):
    words, of_today = read_words("heladeras"), log.Asked(named_period("hoy", timezone.localdate()))
    days = [timezone.localdate(chat.change.at) for chat in chats]
    arrived = Cell("dia", "", "arrived", Period(min(days), max(days)))
    for agent in agents:
        viewer = Viewer.of(agent)
        visible = {chat.pk for chat in chats if may_see(viewer, Place.of(chat))}
        contacts = {chat.contact_id for chat in chats if chat.pk in visible}
        steps = {chat.contact_id for chat in chats if may_see(viewer, Place.of(chat.change))}
        known = Contact.objects.filter(pk__in=[chat.contact_id for chat in chats] + [nowhere.pk])
        asked = {
            "Chat": set(Chat.objects.visible_to(agent).filter(contact__in=known).values_list("pk", flat=True)),
            "Contact": set(known.filter(visible_q(agent)).values_list("pk", flat=True)),
            "Contact.current": set(known.filter(visible_q(agent, "current__")).values_list("pk", flat=True)),
            "Message": set(Message.objects.visible_to(agent).filter(chat__in=chats).values_list("chat", flat=True)),
            "found": {one.chat_id for one in find_messages(agent, words, Filters()).messages},
            "Mention": set(
                Mention.objects.seen_by(agent).filter(message__chat__in=chats).values_list("message__chat", flat=True)
            ),
            "Reminder": set(Reminder.objects.seen_by(agent).filter(chat__in=chats).values_list("chat", flat=True)),
            "behind": {one.chat.pk for one in read_behind(arrived, agent).happenings},
            "taken out": set(contacts_for(agent).filter(pk__in=known).values_list("pk", flat=True)),
            "audited": {line.contact for line in log.read_page(of_today, agent, "", 50).lines} - {None},
            "StateChange": set(
                StateChange.objects.filter(visible_q(agent), contact__in=known).values_list("contact", flat=True)
            ),
        }
        # a contact whose first message is just being stored: its chat counts as EXPIRADO, its contact as nowhere
        asked["Chat"].discard(nowhere.chat.pk)
        # a supervisor takes out everybody who has written
        to_take = {chat.contact_id for chat in chats} if agent.is_active and agent.is_supervisor else contacts
        assert asked == {"Chat": visible, "Contact": contacts, "Contact.current": contacts, "Message": visible,
                         "Mention": visible, "Reminder": visible, "found": visible, "behind": visible, "taken out": to_take, "audited": contacts,
                         "StateChange": steps}  # fmt: skip
        # the card is everyone's who is active, wherever its chat is
        cards = set(known.visible_to(agent).values_list("pk", flat=True))
        assert cards == ({one.pk for one in known} if agent.is_active else set())
        asked_by_chat = {chat.pk for chat in chats if agent in who_may_see(Place.of(chat))}
        assert asked_by_chat == visible
        if agent.is_active:
            assert {chat.pk for chat in chats if is_for_everyone(Place.of(chat))} <= visible
        for tray in Tray.objects.open_to(agent):
            assert may_see(viewer, Place.of(Chat(state="BANDEJA", tray=tray)))
        if agent.is_active:
            for tray in Tray.objects.exclude(pk__in=Tray.objects.open_to(agent)):
                assert not may_see(viewer, Place.of(Chat(state="BANDEJA", tray=tray)))


# --- every row of the table, by name --------------------------------------------------------------

EVERYONE = {"ana", "bruno", "caio", "dora", "sofia", "admin"}


@pytest.fixture
def all_of_them(ana, bruno, caio, dora, sofia, ventas, soporte):
    admin = people.hire("admin", role="agent", is_superuser=True)
    left = people.hire("left", role="supervisor")
    access.give_access(ventas, [left])
    access.deactivate_agent(left)
    named = (("ana", ana), ("bruno", bruno), ("caio", caio), ("dora", dora), ("sofia", sofia))
    return {**dict(named), "admin": admin, "left": Agent.objects.get(pk=left.pk)}


def who_sees(chat, all_of_them):
    by_function = {n for n, agent in all_of_them.items() if may_see(Viewer.of(agent), Place.of(chat))}
    by_query = {n for n, agent in all_of_them.items() if Chat.objects.visible_to(agent).filter(pk=chat.pk).exists()}
    assert by_function == by_query
    return by_function


def test_with_the_bot_everyone_sees_it(http_origin, all_of_them):
    people.with_bot(http_origin)
    chat = people.says(http_origin, "c", "Hola").message.chat
    assert who_sees(people.fresh(chat), all_of_them) == EVERYONE


def test_in_general_everyone_sees_it(http_origin, all_of_them):
    assert who_sees(people.waiting(http_origin), all_of_them) == EVERYONE


def test_in_a_created_tray_who_has_access_sees_it_and_no_supervisor_as_such(http_origin, all_of_them, ventas):
    chat = people.waiting(http_origin, ventas)
    assert who_sees(chat, all_of_them) == {"ana", "bruno"}
    access.give_access(ventas, [all_of_them["sofia"]])
    assert who_sees(chat, all_of_them) == {"ana", "bruno", "sofia"}
    access.take_access(ventas, [all_of_them["bruno"]])
    assert who_sees(chat, all_of_them) == {"ana", "sofia"}


def test_in_a_personal_tray_its_owner_and_supervisors_see_it(http_origin, all_of_them, ana, sofia):
    assert who_sees(people.waiting(http_origin, ana.personal_tray), all_of_them) == {"ana", "sofia"}
    other = people.hire("otra", role="supervisor")
    assert who_sees(people.waiting(http_origin, sofia.personal_tray), {**all_of_them, "otra": other}) == {
        "sofia", "otra"
    }  # fmt: skip


def test_in_cerradas_everyone_sees_it(http_origin, all_of_them, ana, ventas):
    chat = people.held(http_origin, ana, ventas)
    moves.close(chat.pk, ana)
    assert who_sees(people.fresh(chat), all_of_them) == EVERYONE


def test_with_an_agent_he_and_supervisors_see_it(http_origin, all_of_them, ana, ventas):
    assert who_sees(people.held(http_origin, ana, ventas), all_of_them) == {"ana", "sofia"}


def test_with_a_supervisor_other_supervisors_see_it(http_origin, all_of_them, sofia):
    other = people.hire("otra", role="supervisor")
    assert who_sees(people.held(http_origin, sofia), {**all_of_them, "otra": other}) == {"sofia", "otra"}


def test_expired_everyone_sees_it(http_origin, all_of_them, ana, ventas):
    chat = people.held(http_origin, ana, ventas)
    expiry.expire(now=chat.session_expires_at)
    assert who_sees(people.fresh(chat), all_of_them) == EVERYONE


def test_being_administrator_gives_no_sight_of_anything(http_origin, all_of_them, ana, ventas):
    admin = all_of_them["admin"]
    assert admin.is_superuser
    for chat in (
        people.waiting(http_origin, ventas),
        people.waiting(http_origin, ana.personal_tray),
        people.held(http_origin, ana),
    ):
        assert not may_see(Viewer.of(admin), Place.of(chat))
    assert not Chat.objects.visible_to(admin).exists()


def test_a_bot_has_a_chat_by_the_function_and_by_the_query_alike(http_origin, ana, ventas):
    one, other = people.external_bot(), people.external_bot()
    chats = [people.says(people.received_by(bot), "marta", "Hola").message.chat for bot in (one, other, one, other)]
    moves.hand_over(chats[2].pk, ventas)
    moves.hand_over(chats[3].pk, ventas)
    moves.take(chats[3].pk, ana)
    chats.append(people.waiting(http_origin))
    for bot in (one, other):
        found = set(Chat.objects.filter(with_bot_q(bot.pk)).values_list("pk", flat=True))
        assert found == {chat.pk for chat in Chat.objects.all() if is_with_bot(chat, bot.pk)}
        assert len(found) == 1
        assert set(Message.objects.filter(with_bot_q(bot.pk, "chat__")).values_list("chat", flat=True)) == found
    assert not any(is_with_bot(chat, None) for chat in Chat.objects.all())
