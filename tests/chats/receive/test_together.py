"""What is stored together is exactly what would have been stored one by one."""

import json
import random
import re
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chats import expiry, moves, window
from chats.messages import blocks, replies, surveys
from chats.models import Chat, Message, ParkedFact
from chats.receive import receiving
from contacts.models import Contact
from gateway.inbound import whole_bodies
from live.feed import Feed
from origins.facts import Incoming
from origins.models import Body
from tests import people
from tests.chats.receive.ways import NOW, whole_way
from tests.threads import Crowd
from trays.models import Tray
from wittyagent.postgres.limits import limited_statements
from wittybots.models import Bot, Endpoint, Event, MenuVersion, Reception

SENDERS = [f"54911555501{n:02}" for n in range(4)]
BLOCKED = ["5491155550201", "5491155550202"]
KEPT = (
    "state", "tray_id", "agent_id", "unread", "preview", "preview_kind", "last_customer_at", "session_expires_at",
    "last_message_at", "last_template_at", "window_shut_at", "bot_id", "bot_memory", "bot_path", "bot_due_at",
    "bot_summary", "attributes", "is_blocked", "asked_at", "survey_until",
)  # fmt: skip
SAID = (
    "external_id", "direction", "author", "kind", "text", "payload", "reaction", "status", "created_at", "sent_at",
    "reply_to__external_id", "media_due_at", "bot_id", "change__cause", "change__state", "change__tray_id",
    "change__agent_id", "change__from_tray_id", "change__note", "change__at",
)  # fmt: skip


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def fact(sender, ref, text="Hola", at=NOW, **more):
    given = {"kind": "text", "address_kind": "wa_id", "aliases": (("phone", sender),), **more}
    return Incoming(ref, sender, given.pop("kind"), text, at=at, **given)


def line(ana, number, bot=None):
    """A line with six customers: one in a tray, one with ana, one closed, one expired, and two who are blocked, one
    in a tray and one closed; those two were asked how it was. Then `bot` receives."""
    Tray.objects.filter(kind="general").update(asks_score=True)
    origin = people.whatsapp_origin(line_id=f"90000{number}")
    at = NOW - timedelta(minutes=30)
    places = ("blocked", "blocked closed", "tray", "agent", "closed", "expired")
    for place, sender in zip(places, [*BLOCKED, *SENDERS], strict=True):
        began = NOW - timedelta(hours=30) if place == "expired" else at
        chat = receiving.receive(
            origin, fact(sender, f"first-{sender}", at=began, name="Marta"), now=began
        ).message.chat
        if place in ("agent", "closed", "blocked closed"):
            moves.take(chat.pk, ana, at=at)
        if "closed" in place:
            replies.send_reply(chat.pk, ana, "Hola", now=at)
            moves.close(chat.pk, ana, at=at)
            surveys.ask_due(now=at + timedelta(minutes=1))
        if "blocked" in place:
            blocks.block_contact(chat.contact_id, ana, "insultos", at=at)
    expiry.expire(now=NOW)
    if bot is not None:
        Reception.objects.create(origin=origin, bot=bot)
    return origin


def as_it_stands(origin):
    """All that is kept of a line, with nothing in it that two lines cannot share."""
    found = []
    for chat in Chat.objects.filter(origin=origin).select_related("contact").order_by("contact__shown_address", "id"):
        messages = chat.messages.order_by("id")
        told = Event.objects.filter(chat_id=chat.pk).order_by("id")
        contact = chat.contact
        said = [one | {"payload": without_ids(one["payload"])} for one in messages.values(*SAID)]
        found.append({
            "states": [one and (one.state, one.cause) for one in (contact.previous, contact.current)],
            "told": list(told.values_list("kind", "state")),
            "who": chat.contact.shown_address, "name": chat.contact.name, "active_at": chat.contact.active_at,
            "addresses": sorted(chat.contact.addresses.values_list("kind", "value")),
            "chat": {name: getattr(chat, name) for name in KEPT}, "messages": said,
            "surveys": list(chat.surveys.values("tray", "agent", "score", "answered_at", "answer__external_id")),
        })  # fmt: skip
    return found


def without_ids(payload):
    return json.loads(re.sub(r'survey:[0-9]+|(?<="survey": )[0-9]+', "0", json.dumps(payload)))


def of_line(origin, facts):
    """The buttons of the question that its closed customer was asked, for those of any."""
    own = Chat.objects.get(origin=origin, contact__shown_address=SENDERS[2]).survey_id
    return [
        replace(one, payload=json.loads(json.dumps(one.payload).replace("survey:?", f"survey:{own}"))) for one in facts
    ]


def some(random, number):
    """One fact as it may come."""
    sender = random.choice([*SENDERS, *BLOCKED, SENDERS[0], SENDERS[1], "5491155550999"])
    seconds = random.choice([-90_000, -3600, -60, -1, -1, 0, 0, 0, 3600])
    at = random.choice([NOW + timedelta(seconds=seconds), NOW + timedelta(seconds=seconds, microseconds=250_000)])
    more = random.choice([
        {}, {}, {}, {"kind": "location", "payload": {"latitude": 1.5, "longitude": 2}, "text": ""},
        {"kind": "image", "payload": {"media": {"id": "7"}}}, {"reply_to": f"first-{SENDERS[0]}"},
        {"name": "Marta"}, {"aliases": (("phone", sender), ("bsuid", f"AR.{sender}"))}, {"text": "  dos   palabras "},
        {"kind": "unsupported", "payload": {"type": "poll"}, "text": ""}, {"payload": {"referral": {"source_id": "9"}}},
        {"kind": "choice", "payload": {"payload": "survey:?:4"}}, {"kind": "choice", "payload": {"payload": "survey:?:2"}},
        {"text": "5"}, {"text": "1"}, {"text": "Ventas"}, {"text": "menú"},
        {"reply_to": f"m-{max(number - 1, 0)}"},
    ])  # fmt: skip
    ref = f"m-{random.randrange(max(number, 1))}" if random.random() < 0.1 else f"m-{number}"
    return fact(sender, ref, at=at, **{"text": f"n{number}", **more})


def no_bot():
    return None


def menu():
    return Bot.objects.create()


def menu_that_breaks():
    bot = menu()
    MenuVersion.objects.create(bot=bot, number=1, state="published", tree={"options": 7})
    return bot


def external():
    return people.external_bot()


def external_that_is_off():
    bot = people.external_bot()
    Endpoint.objects.update(events=["conversation_created"])
    return bot


@pytest.mark.parametrize("receives", [no_bot, menu, menu_that_breaks, external, external_that_is_off])
@pytest.mark.parametrize("seed", range(8))
def test_many_at_once_are_stored_as_one_by_one(clock, db, ana, ventas, receives, seed):
    bot = receives()
    together, alone = line(ana, 1, bot), line(ana, 2, bot)
    assert as_it_stands(together) == as_it_stands(alone)
    rolls = random.Random(seed)
    facts = [some(rolls, number) for number in range(rolls.choice([2, 8, 30]))]
    receiving.receive_all(together, of_line(together, facts), now=NOW)
    for one in of_line(alone, facts):
        receiving.receive(alone, one, now=NOW)
    assert as_it_stands(together) == as_it_stands(alone)
    assert people.all_consistent()


@pytest.mark.parametrize("receives", [no_bot, menu, menu_that_breaks, external])
@pytest.mark.parametrize("seed", range(6))
def test_bodies_that_come_at_once_are_stored_as_one_after_the_other(clock, db, ana, ventas, receives, seed):
    bot = receives()
    joined, alone = line(ana, 1, bot), line(ana, 2, bot)
    rolls = random.Random(seed)
    bodies = [[some(rolls, 3 * number + n) for n in range(rolls.choice([1, 1, 1, 3]))] for number in range(9)]
    bodies.append(bodies[4])  # the sender's second try
    raws = [b"body %d" % number for number in range(9)]
    raws.append(raws[4])
    own = [of_line(joined, facts) for facts in bodies]
    stored = receiving.receive_bodies(joined, list(zip(own, raws, strict=True)))
    assert any(stored)
    kept = [bytes(raw) for raw in Body.objects.order_by("id").values_list("raw", flat=True)]
    assert sorted(kept) == sorted({raw for raw, found in zip(raws, stored, strict=True) if found})
    left = [facts for facts, found in zip(bodies, stored, strict=True) if found is None]
    for facts in left:
        receiving.receive_all(joined, of_line(joined, facts))
    for facts in [*(bodies[raws.index(raw)] for raw in kept), *left]:
        for one in of_line(alone, facts):
            receiving.receive(alone, one)
    assert as_it_stands(joined) == as_it_stands(alone)
    assert people.all_consistent()


def test_bodies_that_come_at_once_cost_no_more_statements_than_one(clock, db, ana, django_assert_num_queries):
    origin = line(ana, 1)
    bodies = [([fact(SENDERS[n % 2], f"q-{n}")], b"body %d" % n) for n in range(12)]
    with django_assert_num_queries(4):
        assert all(receiving.receive_bodies(origin, bodies))
    assert Body.objects.filter(state="processed").count() == 12


def test_what_an_agent_is_shown_of_a_text_is_drawn_from_what_was_read_to_store_it(
    clock, db, ana, monkeypatch, django_assert_num_queries, django_capture_on_commit_callbacks
):
    origin, told = line(ana, 1), []
    monkeypatch.setattr(Feed, "_listened_groups", lambda _feed, groups: groups)
    monkeypatch.setattr(Feed, "_send", lambda _feed, made: told.extend(made))
    bodies = [([fact(SENDERS[n], f"q-{n}")], b"body %d" % n) for n in range(2)]
    with django_assert_num_queries(4), django_capture_on_commit_callbacks(execute=True):
        assert all(receiving.receive_bodies(origin, bodies))
    html = "".join(text for _group, _head, text in told)
    # the row of the one who waits, the tab of the one whom ana has, a bubble of each
    assert html.count('id="chat-') == html.count('id="tab-') == 1
    assert html.count("data-heard=") == 2
    assert "!resync" not in html


def test_a_body_that_the_database_refuses_costs_those_beside_it_nothing(clock, db, ana, monkeypatch):
    origin = line(ana, 1)
    bodies = [([fact(SENDERS[n % 2], f"q-{n}")], b"body %d" % n) for n in range(6)]
    bodies[3][0][0] = fact(SENDERS[0], "x" * 300)  # no column takes that
    stored = receiving.receive_bodies(origin, bodies)
    assert [number for number, found in enumerate(stored) if found is None] == [3]
    assert Message.objects.filter(external_id__startswith="q-").count() == Body.objects.count() == 5


def test_a_hand_over_among_bodies_is_stored_alone_and_in_its_turn(clock, db, ana, ventas):
    origin = people.whatsapp_origin(line_id="900001")
    people.with_bot(origin, options=[people.option("Ventas", ventas)])
    receiving.receive_all(origin, [fact(sender, f"first-{sender}", name="Marta") for sender in SENDERS])
    said = [(SENDERS[0], "a"), (SENDERS[1], "b"), (SENDERS[2], "Ventas"), (SENDERS[0], "c"), (SENDERS[3], "d")]
    bodies = [([fact(who, f"q-{text}", text=text)], text.encode()) for who, text in said]
    assert all(receiving.receive_bodies(origin, bodies))
    kept = Body.objects.order_by("id")
    assert [bytes(body.raw).decode() for body in kept] == ["a", "b", "Ventas", "c", "d"]
    moved = Chat.objects.get(tray=ventas)
    assert moved.contact.shown_address.endswith(SENDERS[2][-3:])
    assert people.all_consistent()


@pytest.mark.parametrize("beside", [[], [("b", "q-0")]])
def test_a_body_of_several_with_a_hand_over_is_left_to_the_whole_way(clock, db, ana, ventas, beside, monkeypatch):
    origin = people.whatsapp_origin(line_id="900001")
    people.with_bot(origin, options=[people.option("Ventas", ventas)])
    receiving.receive_all(origin, [fact(sender, f"first-{sender}", name="Marta") for sender in SENDERS])
    bodies = [([fact(SENDERS[1], ref, text=text)], text.encode()) for text, ref in beside]
    bodies.append(([fact(SENDERS[0], "q-a", text="hola"), fact(SENDERS[2], "q-b", text="Ventas")], b"two"))
    really, tries = receiving._receive_once, iter(range(20))
    monkeypatch.setattr(receiving, "_receive_once", lambda *what: next(tries) is not None and really(*what))
    *others, two = receiving.receive_bodies(origin, bodies)
    assert two is None
    assert all(others)
    assert [one.is_new for one in receiving.receive_all(origin, bodies[-1][0])] == [True, True]
    assert Chat.objects.filter(tray=ventas).count() == 1


def test_what_is_told_again_is_what_stands(clock, db, ana):
    origin = line(ana, 1)
    facts = [fact(sender, f"m-{sender}-{n}") for sender in SENDERS for n in range(3)]
    stored, again = receiving.receive_all(origin, facts), receiving.receive_all(origin, [*facts, facts[0]])
    assert [one.is_new for one in stored] == [True] * 12
    assert [one.is_new for one in again] == [False] * 13
    assert [one.message.pk for one in again[:12]] == [one.message.pk for one in stored]


def test_so_many_cost_no_more_statements_than_few(clock, db, ana, monkeypatch):
    origin = line(ana, 1)
    statements, really = [], psycopg.Cursor.execute
    monkeypatch.setattr(
        psycopg.Cursor, "execute", lambda self, *args, **more: statements.append(args[0]) or really(self, *args, **more)
    )
    for size in (4, 60):
        facts = [fact(SENDERS[n % 2], f"q-{size}-{n}") for n in range(size)]
        statements.clear()
        assert all(one.is_new for one in receiving.receive_all(origin, facts))
        # one reads, one writes; and the savepoint
        assert len(statements) == 4


def test_chats_that_were_answered_cost_no_statement_more(clock, db, ana, ventas):
    origin = people.whatsapp_origin(line_id="900001")
    people.with_bot(origin, options=[people.option("Ventas", ventas)])
    receiving.receive_all(origin, [fact(sender, f"first-{sender}", name="Marta") for sender in SENDERS])
    for chat in Chat.objects.filter(origin=origin):
        moves.hand_over(chat.pk, ventas)
        moves.take(chat.pk, ana)
        replies.send_reply(chat.pk, ana, "¿Algo más?")
        moves.close(chat.pk, ana)
    for kind in ("choice", "text"):
        facts = [fact(sender, f"{kind}-{sender}", kind=kind) for sender in SENDERS]
        with CaptureQueriesContext(connection) as asked:
            assert all(one.is_new for one in receiving.receive_all(origin, facts))
        assert not [one["sql"] for one in asked if 'FROM "trays_agent"' in (one["sql"] or "")]


def test_a_name_that_was_missing_is_written(clock, db, ana):
    origin = line(ana, 1)
    Contact.objects.filter(origin=origin).update(name="")
    body = people.wa_body(people.wa_change(
        line=origin.line_id, contacts=[people.wa_person(SENDERS[0], "Marta")],
        messages=[people.wa_message(SENDERS[0], str(n), at=NOW) for n in range(3)],
    ))  # fmt: skip
    assert people.post_meta(Client(), origin, body).json()["accepted"] == 3
    assert Contact.objects.get(origin=origin, shown_address=SENDERS[0]).name == "Marta"


def test_what_was_said_early_of_one_of_many_is_applied(clock, db, ana):
    origin = line(ana, 1)
    from chats.messages import parked
    from origins.facts import Reaction

    parked.park_fact(origin, Reaction(SENDERS[0], "m-1", "👍", "wa_id"))
    facts = [fact(SENDERS[0], f"m-{n}", text=str(n)) for n in range(3)]
    receiving.receive_all(origin, facts)
    assert Message.objects.get(origin=origin, external_id="m-1").reaction == "👍"
    assert not ParkedFact.objects.exists()
    said = Message.objects.filter(origin=origin, external_id__startswith="m-").order_by("created_at", "id")
    assert [message.text for message in said] == ["0", "1", "2"]


def test_one_that_no_database_keeps_does_not_spoil_the_others(client, db, ana):
    origin = line(ana, 1)
    said = [people.wa_message(SENDERS[0], str(n)) for n in range(3)]
    said[1] |= {"type": "location", "location": {"latitude": 1e308, "longitude": "x", "name": "\x00\ud800"}}
    answer = people.post_meta(client, origin, people.wa_texts(*said, line=origin.line_id)).json()
    assert (answer["accepted"], answer["rejected"]) == (3, [])


def test_bodies_that_were_stored_before_the_database_went_away_are_told_so(clock, db, ana, monkeypatch):
    origin = line(ana, 1)
    really, tries = receiving._receive_once, []

    def receive_once(*what):
        tries.append(1)
        if len(tries) == 3:
            raise OperationalError("gone")
        return really(*what)

    monkeypatch.setattr(receiving, "_receive_once", receive_once)
    bodies = [([fact(SENDERS[0], "q-0")], b"0"), ([fact(SENDERS[1], "q-1", reply_to="q-0")], b"1")]
    stored, failed = receiving.receive_bodies(origin, bodies)
    assert stored[0].is_new
    assert isinstance(failed, OperationalError)


# --- at the same instant --------------------------------------------------------------------------


def test_a_chat_that_somebody_holds_costs_bodies_of_others_nothing(transactional_db, ana):
    origin = line(ana, 1)
    held = Chat.objects.order_by("id").last()
    with Crowd(1) as crowd, transaction.atomic():
        Chat.objects.select_for_update(no_key=True).get(pk=held.pk)

        def receive(_number):
            with limited_statements(0.3):
                bodies = [([fact(sender, f"q-{sender}")], sender.encode()) for sender in SENDERS]
                together = receiving.receive_bodies(origin, bodies)
                return together, [receiving.receive_bodies(origin, [body])[0] for body in bodies]

        [(together, alone)] = crowd.at_once(receive)
    # each waits for its own
    assert together == [None] * 4
    assert [isinstance(one, OperationalError) for one in alone] == [False, False, False, True]


def test_two_batches_on_the_same_chats_lose_nothing(transactional_db, ana):
    origin = line(ana, 1)
    rolls, batches = random.Random(5), []
    for number in range(4):
        facts = [fact(sender, f"b-{number}-{n}-{sender}", at=None) for n in range(10) for sender in SENDERS[:2]]
        rolls.shuffle(facts)
        batches.append(facts)
    with Crowd(4) as crowd:
        answers = crowd.at_once([lambda _n, facts=facts: receiving.receive_all(origin, facts) for facts in batches])
    assert all(stored.is_new for answer in answers for stored in answer)
    for sender in SENDERS[:2]:
        chat = Chat.objects.get(contact__addresses__value=sender, contact__addresses__kind="wa_id")
        assert chat.messages.filter(external_id__startswith="b-").count() == 40
        assert chat.unread == 41
        assert chat.preview == chat.messages.filter(direction="in").order_by("created_at", "id").last().text


def test_the_same_batch_in_another_order_on_two_connections_is_stored_once(transactional_db, ana):
    origin = line(ana, 1)
    facts = [fact(sender, f"d-{n}-{sender}", text=str(n)) for n in range(8) for sender in SENDERS[:2]]

    def body(order):
        items = [people.wa_message(one.sender, one.text, id=one.external_id) for one in order]
        return people.wa_texts(*items, line=origin.line_id)

    orders = (facts, facts[::-1], sorted(facts, key=lambda one: one.sender))
    with Crowd(3) as crowd:
        answers = crowd.at_once(lambda number: people.post_meta(Client(), origin, body(orders[number])).json())
    assert sum(answer["accepted"] for answer in answers) == 16
    assert all(answer["rejected"] == [] for answer in answers)
    assert Message.objects.filter(external_id__startswith="d-").count() == 16
    assert sorted(Chat.objects.filter(unread__gt=1).values_list("unread", flat=True)) == [9, 9]


def test_a_batch_at_the_moment_the_agent_closes_is_nowhere_lost(transactional_db, ana):
    origin = line(ana, 1)
    chat = Chat.objects.get(state="AGENTE")
    raw = people.wa_texts(*[people.wa_message(SENDERS[1], str(n)) for n in range(5)], line=origin.line_id)
    with Crowd(2) as crowd:
        answers = crowd.at_once(
            [lambda _n: people.post_meta(Client(), origin, raw).json(), lambda _n: moves.close(chat.pk, ana)]
        )
    assert answers[0]["accepted"] == 5
    chat = people.fresh(chat)
    assert chat.messages.filter(direction="in").count() == 6
    assert chat.tray.kind in ("general", "closed")
    assert people.all_consistent()


def wa(sender, origin, number, at):
    more = [
        {}, {"bsuid": ""}, {"context": {"forwarded": True}}, {"type": "location", "location": {"latitude": 1, "longitude": 2}},
        {"type": "button", "button": {"text": "Sí", "payload": "si"}}, {"referral": {"source_id": "1", "headline": "Ad"}},
        {"type": "unsupported", "unsupported": {"type": "poll"}}, {"text": "  dos\n  renglones "},
    ][number % 8]  # fmt: skip
    said = people.wa_message(sender, id=f"q-{number}", at=at, **{"text": f"n{number}", **more})
    person = people.wa_person(sender)
    return json.dumps(
        people.wa_body(people.wa_change(line=origin.line_id, contacts=[person], messages=[said]))
    ).encode()


@pytest.mark.parametrize("place", [0, 1])
def test_a_single_message_of_whatsapp_is_stored_the_same_by_both_ways(clock, db, ana, place):
    fast, slow = line(ana, 1), line(ana, 2)
    for number in range(16):
        at = NOW + timedelta(seconds=[-30, 0, 0, 90, -3600, -2, -1, 5][number % 8])
        raw = wa(SENDERS[place], fast, number, at)
        assert whole_bodies.store_at_once(fast, raw).as_json() == {"accepted": 1, "duplicates": 0, "rejected": []}
        assert whole_way(slow, wa(SENDERS[place], slow, number, at))["accepted"] == 1
        assert as_it_stands(fast) == as_it_stands(slow)
    assert Body.objects.filter(origin=fast, state="processed").count() == 16


def test_what_does_not_all_go_in_at_once_writes_nothing(clock, db, ana):
    origin = line(ana, 1)
    cases = [
        people.wa_text(SENDERS[0], line="1999999"),
        people.wa_statuses(people.wa_status("x", "read"), line=origin.line_id),
        people.wa_texts(people.wa_message(SENDERS[0]), people.wa_message("5491155550999"), line=origin.line_id),
    ]
    before = as_it_stands(origin)
    for body in cases:
        assert whole_bodies.store_at_once(origin, json.dumps(body).encode()) is None
    assert (as_it_stands(origin), Body.objects.count()) == (before, 0)


def test_the_bots_answer_by_whatsapp_is_the_same_by_both_ways(clock, db, ana):
    fast, slow = people.whatsapp_origin(line_id="900001"), people.whatsapp_origin(line_id="900002")
    bot = people.with_bot(fast)
    Reception.objects.create(origin=slow, bot=bot)
    for origin in (fast, slow):
        receiving.receive(origin, fact(SENDERS[0], "first", name="Marta", at=NOW - timedelta(minutes=5)), now=NOW)
    raws = [
        json.dumps(people.wa_text(SENDERS[0], "no entiendo", id="q-1", at=NOW, line=o.line_id)).encode()
        for o in (fast, slow)
    ]
    assert whole_bodies.store_at_once(fast, raws[0]).accepted == 1
    assert whole_way(slow, raws[1])["accepted"] == 1
    assert as_it_stands(fast) == as_it_stands(slow)
    assert Message.objects.filter(origin=fast, author="bot").count() >= 2


@pytest.mark.parametrize("many", [1, 3])
def test_a_window_that_was_shut_is_open_when_the_customer_writes(db, ana, many):
    origin = line(ana, 1)
    Chat.objects.update(window_shut_at=timezone.now() - timedelta(seconds=5))
    chat = Chat.objects.select_related("contact", "origin").get(state="AGENTE")
    assert not window.free_text_allowed(chat, timezone.now())
    said = [people.wa_message(SENDERS[1], str(n)) for n in range(many)]
    people.post_meta(Client(), origin, people.wa_texts(*said, line=origin.line_id))
    chat = Chat.objects.select_related("contact", "origin").get(state="AGENTE")
    assert window.free_text_allowed(chat, timezone.now())
