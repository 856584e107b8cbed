"""Figures by the hour: what counts as what, and that making them again finds the same."""

from datetime import datetime, timedelta
from importlib import import_module
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from chats import erasing, expiry, moves, undo
from chats.messages import replies, surveys
from chats.models import Chat
from contacts import card
from contacts.models import CardChange, PastTag, Tag
from reports import rollup
from reports.events import BOUNDS
from reports.models import HourFigure
from tests import people
from trays.models import Tray

# ten in the morning of a day long past, in Montevideo
TEN = datetime(2026, 11, 3, 10, 0, tzinfo=ZoneInfo("America/Montevideo"))


def at(minute, hour=10):
    return TEN.replace(hour=hour, minute=minute)


def figures(axis="all", ref=0, **only):
    rollup.sweep()
    found = {}
    # who waits is counted to be added up only
    for one in HourFigure.objects.filter(axis=axis, ref=ref, **only).exclude(measure__startswith="waits"):
        found[one.measure] = found.get(one.measure, 0) + one.n
    return found


def general():
    return Tray.objects.get(kind="general")


def answer(chat, agent, when, text="Buenas"):
    return replies.send_reply(chat.pk, agent, text, now=when)


def test_the_whole_way_of_a_chat_is_counted_once_for_each_thing(http_origin, ventas, ana):
    chat = people.waiting(http_origin, at=at(0))
    moves.take(chat.pk, ana, at=at(5))
    answer(chat, ana, at(6))
    answer(chat, ana, at(7), "¿Algo más?")
    moves.close(chat.pk, ana, at=at(20))
    way = {"handed_over": 1, "taken": 1, "answered": 1, "attended": 1, "closed": 1}
    assert figures() == way | {"arrived": 1}
    assert figures("tray", general().pk) == way
    del way["handed_over"]
    assert figures("agent", ana.pk) == way
    assert figures("line", http_origin.pk) == figures()
    assert figures("tray", ventas.pk) == {}


def test_how_long_is_from_the_hand_over_to_the_first_words_and_from_the_take_to_the_end(http_origin, ana):
    chat = people.waiting(http_origin, at=at(0))
    moves.take(chat.pk, ana, at=at(5))
    answer(chat, ana, at(6))
    moves.close(chat.pk, ana, at=at(20))
    rollup.sweep()
    took = {one.measure: (one.seconds, one.bucket) for one in HourFigure.objects.filter(axis="all")}
    assert took["taken"] == (300, BOUNDS.index(300) + 1)
    assert took["answered"] == (360, BOUNDS.index(360) + 1)
    assert took["attended"] == (900, BOUNDS.index(900) + 1)
    assert took["closed"] == (0, 0)


def test_each_thing_is_counted_in_its_own_hour(http_origin, ana):
    chat = people.waiting(http_origin, at=at(50))
    moves.take(chat.pk, ana, at=at(10, 11))
    answer(chat, ana, at(11, 12))
    assert figures(hour=at(0)) == {"arrived": 1, "handed_over": 1}
    assert figures(hour=at(0, 11)) == {"taken": 1}
    assert figures(hour=at(0, 12)) == {"answered": 1}


def test_whom_the_bot_attended_to_the_end_is_not_expired_but_attended_by_the_bot(http_origin):
    people.with_bot(http_origin, options=[people.option("Ventas", general())])
    chat = people.says(http_origin, "marta", "hola", at=TEN, now=TEN).message.chat
    assert people.fresh(chat).state == "BOT"
    expiry.expire(now=TEN + timedelta(hours=25))
    assert figures() == {"arrived": 1, "bot_only": 1}


def test_who_waited_in_vain_and_who_was_left_by_an_agent_expire_in_their_tray(http_origin, ventas, ana):
    people.waiting(http_origin, ventas, at=at(0))
    held = people.waiting(http_origin, ventas, at=at(1))
    moves.take(held.pk, ana, at=at(2))
    expiry.expire(now=TEN + timedelta(hours=25))
    assert figures("tray", ventas.pk)["expired"] == 2
    assert figures("agent", ana.pk)["expired"] == 1
    assert figures("tray", ventas.pk)["attended"] == 1
    assert "bot_only" not in figures()


def test_a_closed_chat_does_not_expire_and_comes_back_as_reopened(http_origin, ana):
    chat = people.waiting(http_origin, at=at(0), sender="marta")
    moves.take(chat.pk, ana, at=at(1))
    moves.close(chat.pk, ana, at=at(2))
    people.says(http_origin, "marta", "una cosa más", at=at(30), now=at(30))
    assert figures()["reopened"] == 1
    assert figures()["arrived"] == 2
    people.waiting(http_origin, at=at(0), sender="rosa")
    other = Chat.objects.get(contact__shown_address="rosa")
    moves.take(other.pk, ana, at=at(1))
    moves.close(other.pk, ana, at=at(2))
    expiry.expire(now=TEN + timedelta(hours=25))
    assert figures("agent", ana.pk).get("expired", 0) == 0


def test_a_move_that_was_undone_did_not_happen(http_origin, ana):
    chat = people.waiting(http_origin, at=at(30))
    moves.take(chat.pk, ana, at=at(31))
    moves.close(chat.pk, ana, at=at(59) + timedelta(seconds=58))
    assert figures()["closed"] == 1  # as it stood until then
    undo.undo_move(chat.pk, ana, at=at(0, 11) + timedelta(seconds=3))
    assert "closed" not in figures()
    assert "attended" not in figures()
    moves.give_back(chat.pk, ana, at=at(10, 11))
    assert figures()["returned"] == 1
    # it had the chat all the while
    last = HourFigure.objects.get(axis="agent", ref=ana.pk, measure="attended")
    assert last.seconds == 39 * 60


def test_an_answer_is_the_first_once_a_hand_over(http_origin, ana, bruno):
    chat = people.waiting(http_origin, at=at(0), sender="marta")
    moves.take(chat.pk, ana, at=at(1))
    answer(chat, ana, at(2))
    moves.give_back(chat.pk, ana, at=at(3))
    moves.take(chat.pk, bruno, at=at(4))
    answer(chat, bruno, at(5))
    assert figures("agent", bruno.pk).get("answered", 0) == 0
    moves.close(chat.pk, bruno, at=at(6))
    people.says(http_origin, "marta", "otra cosa", at=at(40), now=at(40))
    moves.take(chat.pk, bruno, at=at(41))
    answer(chat, bruno, at(42))
    assert figures("agent", bruno.pk)["answered"] == 1
    assert figures()["answered"] == 2


def test_who_said_how_it_was_counts_when_they_said_it_for_tray_agent_and_line(http_origin, ana):
    Tray.objects.filter(kind="general").update(asks_score=True)
    for number, score in enumerate((5, 2)):
        chat = people.waiting(http_origin, at=at(0), sender=f"c-{number}")
        moves.take(chat.pk, ana, at=at(1))
        answer(chat, ana, at(2))
        moves.close(chat.pk, ana, at=at(50))
        surveys.ask_due(now=at(51))
        rollup.sweep()
        people.says(http_origin, f"c-{number}", str(score), at=at(3, 11), now=at(3, 11))
    assert "scored" not in figures(hour=at(0))
    for axis, ref in (("all", 0), ("tray", general().pk), ("agent", ana.pk), ("line", http_origin.pk)):
        assert figures(axis, ref, hour=at(0, 11)) == {"scored": 2}
    assert sum(HourFigure.objects.filter(axis="all", measure="scored").values_list("seconds", flat=True)) == 7
    call_command("check_reports")


def test_of_a_tag_is_what_happened_while_the_contact_had_it_also_once_it_is_erased(http_origin, ana, sofia):
    claim, vip = Tag.objects.create(word="Reclamo"), Tag.objects.create(word="VIP")
    chat = people.waiting(http_origin, at=at(0))
    card.give_tag(chat.contact_id, ana, claim, at=at(2))
    moves.take(chat.pk, ana, at=at(5))
    card.give_tag(chat.contact_id, ana, vip, at=at(6))
    answer(chat, ana, at(7))
    card.take_tag(chat.contact_id, ana, claim, at=at(9))
    card.take_tag(chat.contact_id, ana, vip, at=at(9))
    card.give_tag(chat.contact_id, ana, vip, at=at(15))
    moves.close(chat.pk, ana, at=at(20))
    expected = {
        claim.pk: {"taken": 1, "answered": 1},
        vip.pk: {"answered": 1, "attended": 1, "closed": 1},
        0: {"arrived": 1, "handed_over": 1},
    }
    assert {pk: figures("tag", pk) for pk in expected} == expected
    assert figures("all") == {"arrived": 1, "handed_over": 1, "taken": 1, "answered": 1, "attended": 1, "closed": 1}
    erasing.erase_contact(chat.contact_id, sofia, at=at(30))
    call_command("check_reports")
    HourFigure.objects.all().delete()
    rollup.roll_up(at(0))
    assert {pk: figures("tag", pk) for pk in expected} == expected
    assert [(one.tag_id, one.taken_at) for one in PastTag.objects.order_by("pk")][-1] == (vip.pk, at(30))


def test_what_histories_tell_by_a_word_that_names_one_tag_is_taken_over(http_origin, ana):
    claim, old = Tag.objects.create(word="Reclamo"), Tag.objects.create(word="Viejo")
    contacts = [people.waiting(http_origin, at=at(0)).contact_id for _number in range(2)]
    for contact in contacts:
        for tag in (claim, old):
            card.give_tag(contact, ana, tag, at=at(2))
    for tag in (claim, old):
        card.take_tag(contacts[0], ana, tag, at=at(4))
    # a step whose beginning is not told
    CardChange.objects.create(contact_id=contacts[1], field="tag", before="Nadie", at=at(5))
    # who has it now was given it by another word
    Tag.objects.filter(pk=old.pk).update(word="Nuevo")
    Tag.objects.create(word="Viejo")
    CardChange.objects.filter(contact=contacts[1], after="Reclamo").update(at=at(3))
    PastTag.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(import_module("contacts.migrations.0015_past_tags").FILL)
    found = [(one.contact_id, one.tag.word, one.given_at, one.taken_at) for one in PastTag.objects.order_by("pk")]
    assert found == [(contacts[0], "Reclamo", at(2), at(4))]


def test_sweeping_again_changes_nothing_and_finds_what_says_an_older_time(http_origin, ana):
    chat = people.waiting(http_origin, at=at(0))
    assert rollup.sweep() == 1
    before = list(HourFigure.objects.order_by("pk").values())
    assert rollup.sweep() == 1  # what it saw last it looks at once more
    assert rollup.sweep() == 0
    assert list(HourFigure.objects.order_by("pk").values()) == before
    moves.take(chat.pk, ana, at=at(5))
    people.waiting(http_origin, at=at(5, 3))
    assert rollup.sweep() == 2
    assert figures(hour=at(0, 3)) == {"arrived": 1, "handed_over": 1}


def test_far_behind_a_sweep_goes_on_where_it_stopped(http_origin, monkeypatch):
    for hour in range(4):
        people.waiting(http_origin, at=at(0, hour))
    monkeypatch.setattr(rollup, "MAX_ROWS", 2)
    swept = 0
    while rollup.sweep():
        swept += 1
    assert swept >= 2
    assert figures()["arrived"] == 4


def test_a_day_begins_where_the_installation_is(http_origin, settings):
    settings.TIME_ZONE = "Asia/Kolkata"
    moment = datetime(2026, 11, 3, 10, 20, tzinfo=ZoneInfo("Asia/Kolkata"))
    people.waiting(http_origin, at=moment)
    rollup.sweep()
    hours = {one.hour.astimezone(ZoneInfo("Asia/Kolkata")) for one in HourFigure.objects.all()}
    assert hours == {moment.replace(minute=0)}


def test_check_reports_names_the_hours_that_differ_and_makes_them_right(http_origin, ana, capsys):
    chat = people.waiting(http_origin, at=at(0))
    moves.take(chat.pk, ana, at=at(5))
    call_command("check_reports")
    while rollup.sweep():
        pass  # nothing is looked at again
    assert "agree" in capsys.readouterr().out
    right = list(HourFigure.objects.order_by("axis", "measure").values("axis", "ref", "measure", "bucket", "n"))
    HourFigure.objects.filter(measure="taken", axis="all").update(n=7)
    HourFigure.objects.filter(measure="arrived").delete()
    HourFigure.objects.create(hour=at(0), axis="all", measure="closed", n=1)
    with pytest.raises(CommandError, match="1 hours differ"):
        call_command("check_reports")
    assert "2026-11-03 13:00 UTC, chats: 4 missing, 2 too much" in capsys.readouterr().out
    call_command("check_reports", "--fix")
    call_command("check_reports", "--since", "2026-11-01")
    assert list(HourFigure.objects.order_by("axis", "measure").values("axis", "ref", "measure", "bucket", "n")) == right


def test_check_reports_says_what_is_no_day(db):
    with pytest.raises(CommandError, match="not a day"):
        call_command("check_reports", "--since", "ayer")


def test_the_nightly_look_finds_what_no_sweep_could(http_origin):
    people.waiting(http_origin, at=at(0))
    rollup.sweep()
    HourFigure.objects.filter(axis="line").delete()
    assert rollup.roll_up_lately(TEN + timedelta(hours=5)) == 1
    assert figures("line", http_origin.pk)["arrived"] == 1
