"""Who is blocked is heard by nobody and written to by nobody; the chat stays where it was, and all is kept."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from chats import assigning, expiry, forgotten, moves, tray_counts
from chats.bots import external, release
from chats.errors import Rejected, Rejection
from chats.messages import amendments, blocks, reminders, replies, snoozing, templates
from chats.models import Chat, Message, Reminder, Template
from contacts.models import Block, Contact, StateChange
from inbox.models import AgentSettings
from inbox.notices import news
from origins.facts import Edit
from tests import people
from tests.inbox.pages import signed_in
from tests.threads import Crowd
from trays import presence
from trays.models import Tray
from wittybots import events
from wittybots.models import Event, Reception
from wittybots.turns import HandOver, Saying


@pytest.fixture
def origin(http_origin):
    return http_origin


def block(chat, agent, reason="insultos", **more):
    return blocks.block_contact(chat.contact_id, agent, reason, **more)


def unblock(chat, agent):
    return blocks.unblock_contact(chat.contact_id, agent)


def refused(act):
    with pytest.raises(Rejected) as refusal:
        act()
    return refusal.value


def kept(chat):
    """What lists and clocks go by."""
    now = people.fresh(chat)
    return (
        now.state, now.tray, now.agent, now.change_id, now.unread, now.asked_at, now.session_expires_at,
        now.last_customer_at, now.preview, now.bot_due_at,
    )  # fmt: skip


def head_of(event):
    """What a page reads of it."""
    return event.head | (event.render()[0] if event.render else {})


def test_what_marta_writes_to_ana_who_blocked_her_is_kept_and_moves_nothing(origin, ventas, ana):
    chat = people.held(origin, ana, ventas, sender="marta")
    block(chat, ana)
    before, steps = kept(chat), StateChange.objects.count()
    said = people.says(origin, "marta", "te odio").message
    assert (said.chat, said.text) == (chat, "te odio")
    assert kept(chat) == before
    assert StateChange.objects.count() == steps
    assert people.fresh(chat).last_message_at == said.created_at
    call_command("check_history")


@pytest.mark.parametrize("place", ["closed", "expired"])
def test_a_closed_or_expired_chat_does_not_arrive_until_it_is_unblocked(place, origin, ventas, ana):
    chat = people.held(origin, ana, ventas, sender="marta")
    moves.close(chat.pk, ana)
    if place == "expired":
        expiry.expire(now=people.fresh(chat).session_expires_at)
    block(chat, ana)
    before = kept(chat)
    people.says(origin, "marta", "te odio")
    assert kept(chat) == before
    unblock(chat, ana)
    people.says(origin, "marta", "perdón")
    after = people.fresh(chat)
    assert (after.state, after.tray, after.unread) == ("BANDEJA", Tray.objects.general(), 2)


def test_what_waited_for_an_answer_waits_again_when_the_block_is_lifted(origin, ventas, ana):
    chat = people.held(origin, ana, ventas, sender="marta")
    before = people.fresh(chat)
    assert before.unread
    block(chat, ana)
    assert (people.fresh(chat).unread, people.fresh(chat).asked_at) == (0, None)
    people.says(origin, "marta", "te odio")
    unblock(chat, ana)
    after = people.fresh(chat)
    assert (after.unread, after.asked_at, after.state, after.agent) == (before.unread, before.asked_at, "AGENTE", ana)


def with_external_bot(origin):
    bot = people.external_bot()
    Reception.objects.create(origin=origin, bot=bot)
    return bot


@pytest.mark.parametrize("makes", [people.with_bot, with_external_bot])
def test_no_bot_hears_of_it_and_none_answers_or_hands_over(makes, origin, ventas, sofia):
    bot = makes(origin)
    chat = people.says(origin, "marta", "Hola").message.chat
    assert people.fresh(chat).state == "BOT"
    block(chat, sofia)
    told, said = Event.objects.count(), Message.objects.filter(direction="out").count()
    people.says(origin, "marta", "Ventas")
    assert (Event.objects.count(), Message.objects.filter(direction="out").count()) == (told, said)
    assert people.fresh(chat).bot_due_at is None
    assert refused(lambda: external.say_messages(chat.pk, bot, [Saying(text="Hola")])).code == Rejection.CONFLICT
    refused(lambda: external.hand_over(chat.pk, bot, HandOver(tray="Ventas")))
    assert not release.release_chat(chat.pk, bot, "no responde")
    assert people.fresh(chat).state == "BOT"


def test_no_bot_hears_that_who_is_blocked_changes_what_was_said_or_that_its_file_came(origin, ventas, sofia):
    bot = with_external_bot(origin)
    bot.endpoint.events = [events.SAID, events.UPDATED]
    bot.endpoint.save()
    said = people.says(origin, "marta", "Hola", external_id="m-901").message
    assert said.bot
    block(said.chat, sofia)
    told = Event.objects.count()
    assert amendments.apply_amendment(origin, Edit("marta", "m-901", "te odio"))
    assert Message.objects.get(pk=said.pk).text == "te odio"
    assert people.says(origin, "marta", "y más", external_id="m-902").message.bot is None
    assert amendments.apply_amendment(origin, Edit("marta", "m-902", "y mucho más"))
    assert Event.objects.count() == told
    unblock(said.chat, sofia)
    assert amendments.apply_amendment(origin, Edit("marta", "m-901", "perdón"))
    assert Event.objects.count() == told + 1


def test_what_waits_again_is_reminded_of_anew_before_it_goes_back_to_its_tray(origin, ventas, ana):
    Tray.objects.filter(pk=ventas.pk).update(remind_after=10, return_after=30)
    now = timezone.now()
    chat = people.waiting(origin, ventas, at=now - timedelta(minutes=50))
    moves.take(chat.pk, ana, at=now - timedelta(minutes=45))
    assert forgotten.tend_held(now=now - timedelta(minutes=30)) == (1, 0)
    block(chat, ana, at=now - timedelta(minutes=29))
    assert forgotten.tend_held(now=now) == (0, 0)
    unblock(chat, ana)
    assert forgotten.tend_held(now=now + timedelta(minutes=1)) == (1, 0)
    assert people.fresh(chat).agent == ana


def test_who_is_blocked_while_a_tray_assigns_is_passed_over(origin, ventas, ana, monkeypatch):
    Tray.objects.filter(pk=ventas.pk).update(assigning="turns")
    presence.note_seen([ana.pk])
    now = timezone.now()
    first = people.waiting(origin, ventas, at=now - timedelta(minutes=9))
    second = people.waiting(origin, ventas, at=now - timedelta(minutes=8))
    really = assigning.lock_chat

    def lock_chat(pk):
        if pk == first.pk:  # by another, right after it was found
            Chat.objects.filter(pk=pk).update(is_blocked=True)
        return really(pk)

    monkeypatch.setattr(assigning, "lock_chat", lock_chat)
    assert assigning.assign_next(ventas.pk) is None
    monkeypatch.undo()
    Chat.objects.filter(pk=first.pk).update(is_blocked=True)
    assert assigning.assign_next(ventas.pk) == second


def test_a_bot_that_owes_an_answer_owes_none_to_who_is_blocked(origin, ventas, sofia):
    with_external_bot(origin)
    chat = people.says(origin, "marta", "Hola").message.chat
    due = people.fresh(chat).bot_due_at
    assert due
    block(chat, sofia)
    Chat.objects.filter(pk=chat.pk).update(bot_due_at=due)
    assert release.release_overdue(due + timedelta(seconds=1)) == 0
    unblock(chat, sofia)
    assert release.release_overdue(due + timedelta(seconds=1)) == 0
    assert people.fresh(chat).state == "BOT"


def test_nothing_goes_out_to_who_is_blocked_but_notes_stay_possible(origin, ventas, ana):
    chat = people.held(origin, ana, ventas, sender="marta")
    block(chat, ana)
    template = Template.objects.create(name="Aviso", body="Hola")
    for act in (
        lambda: replies.send_reply(chat.pk, ana, "hola"),
        lambda: replies.send_card(chat.pk, ana, name="Jorge", phone="+54 9 11 5555-0171"),
        lambda: templates.send_template(chat.pk, ana, template, {}),
    ):
        refusal = refused(act)
        assert (refusal.code, "bloqueado" in refusal.message) == (Rejection.CONFLICT, True)
    assert not Message.objects.filter(direction="out").exists()
    assert replies.write_note(chat.pk, ana, "no atender").direction == "note"
    unblock(chat, ana)
    assert replies.send_reply(chat.pk, ana, "hola").text == "hola"


def test_an_expired_chat_of_who_is_blocked_is_not_reopened(origin, ventas, ana):
    chat = people.held(origin, ana, ventas)
    expiry.expire(now=people.fresh(chat).session_expires_at)
    block(chat, ana)
    template = Template.objects.create(name="Aviso", body="Hola")
    assert refused(lambda: templates.send_template(chat.pk, ana, template, {})).code == Rejection.CONFLICT
    assert people.fresh(chat).state == "EXPIRADO"


def test_take_next_passes_over_who_is_blocked_and_the_list_still_has_it(origin, ventas, ana):
    first = people.waiting(origin, ventas, at=timezone.now() - timedelta(hours=2))
    second = people.waiting(origin, ventas)
    block(first, ana)
    assert moves.take_next(ana) == second
    assert moves.take_next(ana) is None
    assert moves.take(first.pk, ana).agent == ana
    assert moves.close(first.pk, ana).tray == Tray.objects.closed()


def test_bruno_is_given_no_notice_of_who_is_blocked(origin, ventas, ana, bruno):
    own = AgentSettings(agent=bruno)
    mine = people.held(origin, bruno, ventas, sender="marta")
    people.waiting(origin, ventas)
    people.says(origin, "marta", "¿hay alguien?")
    found = news.find_all(bruno)
    assert sum(len(marks) for marks in found.values()) == 2
    for chat in Chat.objects.all():
        block(chat, bruno)
    people.says(origin, "marta", "te odio")
    assert not any(news.find_all(bruno).values())
    assert news.describe_news(bruno, own, {}) is None
    assert mine


def test_no_tray_counts_who_is_blocked_and_the_list_still_shows_the_chat(
    origin, ventas, ana, django_capture_on_commit_callbacks, monkeypatch
):
    now = timezone.now()
    first = people.waiting(origin, ventas, at=now - timedelta(hours=2))
    second = people.waiting(origin, ventas, at=now - timedelta(hours=1))
    told = []
    monkeypatch.setattr("chats.publish.publish_events", lambda events: told.extend(map(head_of, events)))
    with django_capture_on_commit_callbacks(execute=True):
        block(first, ana)
    since = people.fresh(second).waiting_since
    assert tray_counts.count_waiting([ventas.pk]) == {ventas.pk: (1, since)}
    assert {"tray": ventas.pk, "count": 1, "since": since.isoformat()} in told
    page = signed_in(ana).get(reverse("tray", args=[ventas.pk]))
    assert first in page.context["rows"].chats
    assert (page.context["tray"].number, page.context["badges"].total_waiting) == (1, 1)
    with django_capture_on_commit_callbacks(execute=True):
        unblock(first, ana)
    assert told[-1]["count"] == tray_counts.count_waiting([ventas.pk])[ventas.pk][0] == 2


def test_a_move_of_who_is_blocked_tells_the_tray_and_rings_for_nobody(
    origin, ventas, ana, bruno, django_capture_on_commit_callbacks, monkeypatch
):
    chats = [people.held(origin, ana, ventas) for _ in range(2)]
    block(chats[0], ana)
    told = []
    monkeypatch.setattr("chats.publish.publish_events", lambda events: told.extend(map(head_of, events)))
    with django_capture_on_commit_callbacks(execute=True):
        for chat in chats:
            moves.give_back(chat.pk, ana)
    assert [head["chat"] for head in told if "came" in head] == [chats[1].pk]
    assert [head["count"] for head in told if "count" in head] == [1, 1]
    assert list(news.find_all(bruno)["trays"].values()) == [chats[1].pk]


def test_a_snooze_that_ends_while_marta_is_blocked_tells_ana_nothing(origin, ventas, ana):
    now = timezone.now()
    chats = [people.held(origin, ana, ventas) for _ in range(2)]
    for chat in chats:
        snoozing.snooze_chat(chat.pk, ana, now + timedelta(hours=1))
    block(chats[0], ana)
    assert snoozing.return_due(now + timedelta(hours=2)) == 2
    assert not people.fresh(chats[0]).is_snoozed
    assert list(Reminder.objects.values_list("chat", flat=True)) == [chats[1].pk]


def test_a_reminder_of_who_is_blocked_waits_until_the_block_is_lifted(origin, ventas, ana):
    now = timezone.now()
    chat = people.held(origin, ana, ventas)
    reminders.set_reminder(chat.pk, ana, now + timedelta(hours=1), "llamarla")
    block(chat, ana)
    assert reminders.ring_due(now + timedelta(hours=2)) == 0
    unblock(chat, ana)
    assert reminders.ring_due(now + timedelta(hours=3)) == 1
    assert list(news.find_all(ana)["reminder"].values()) == [chat.pk]
    block(chat, ana)  # it has rung, and is no news any more
    assert news.find_all(ana)["reminder"] == {}


def test_a_colleague_who_names_bruno_in_a_note_is_heard_all_the_same(origin, ventas, ana, bruno):
    chat = people.held(origin, ana, ventas)
    block(chat, ana)
    replies.write_note(chat.pk, ana, f"@{bruno.username} mirá lo que escribió")
    assert list(news.find_all(bruno)["mention"].values()) == [chat.pk]


def test_screens_with_the_chat_open_get_the_message_and_no_list_hears_of_it(
    origin, ventas, ana, django_capture_on_commit_callbacks, monkeypatch
):
    chat = people.held(origin, ana, ventas, sender="marta")
    block(chat, ana)
    heard = []
    monkeypatch.setattr("chats.publish.publish_events", lambda events: heard.extend(one.group for one in events))
    with django_capture_on_commit_callbacks(execute=True):
        people.says(origin, "marta", "te odio")
    assert heard == [f"chat.{chat.pk}.{people.fresh(chat).change_id}"]


def test_who_blocked_when_and_why_is_kept_also_after_it_is_lifted(origin, ventas, ana, sofia):
    chat = people.held(origin, ana, ventas)
    block(chat, ana, "  insultos \n y\x00 amenazas ")
    assert Contact.objects.get(pk=chat.contact_id).blocked_at
    unblock(chat, sofia)
    [stood] = Block.objects.filter(contact=chat.contact_id)
    assert (stood.by, stood.reason, stood.lifted_by) == (ana, "insultos y amenazas", sofia)
    assert Contact.objects.get(pk=chat.contact_id).blocked_at is None
    lines = list(chat.messages.filter(author="system", kind="text").order_by("id").values_list("text", flat=True))
    assert lines == ["Ana Ferreyra lo bloqueó: “insultos y amenazas”", f"{sofia} lo desbloqueó"]


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 201, "\x00"])
def test_without_a_reason_that_fits_nobody_is_blocked(reason, origin, ventas, ana):
    chat = people.held(origin, ana, ventas)
    assert refused(lambda: block(chat, ana, reason)).code == Rejection.INVALID
    assert not Block.objects.exists()
    assert not people.fresh(chat).is_blocked


def test_only_who_sees_the_chat_or_a_supervisor_blocks_and_unblocks(origin, ventas, ana, bruno, caio, sofia):
    chat = people.held(origin, ana, ventas)
    for other in (bruno, caio):
        assert refused(lambda who=other: block(chat, who)).code == Rejection.FORBIDDEN
    block(chat, ana)
    for other in (bruno, caio):
        assert refused(lambda who=other: unblock(chat, who)).code == Rejection.FORBIDDEN
    assert refused(lambda: block(chat, sofia)).code == Rejection.CONFLICT
    unblock(chat, sofia)
    assert refused(lambda: unblock(chat, ana)).code == Rejection.CONFLICT
    waits = people.waiting(origin, ventas)
    assert block(waits, sofia).is_blocked  # a tray that is not open to her


@pytest.mark.django_db(transaction=True)
def test_of_two_who_block_at_once_exactly_one_does(http_origin, ventas, ana, sofia):
    chat = people.held(http_origin, ana, ventas)
    with Crowd(2) as crowd:
        done = crowd.at_once([lambda _n: block(chat, ana), lambda _n: block(chat, sofia)])
    assert sum(isinstance(one, Rejected) for one in done) == 1, done
    assert Block.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_message_that_comes_at_the_instant_of_the_block_is_before_it_or_after_it(http_origin, ventas, ana):
    chat = people.held(http_origin, ana, ventas, sender="marta")
    with Crowd(2) as crowd:
        for _turn in range(4):
            before = people.fresh(chat).unread
            crowd.at_once([lambda _n: block(chat, ana), lambda _n: people.says(http_origin, "marta", "¿y?")])
            assert people.fresh(chat).unread == 0
            unblock(chat, ana)
            assert people.fresh(chat).unread in (before, before + 1)
