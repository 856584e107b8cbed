"""Customers are asked how they were attended after a close, and their answer brings nothing back."""

from datetime import timedelta

import pytest
from django.db import connection

from chats import moves, undo
from chats.bots import deadlines
from chats.messages import blocks, replies, surveys
from chats.models import Chat, Message, Survey
from contacts import joining
from contacts.models import StateChange
from gateway.outbound import payload
from inbox.notices import news
from live.feed import Feed
from origins.whatsapp import outbound
from tests import people
from tests.chats.places import AT
from trays.models import Tray

LATER = AT + timedelta(minutes=12)


@pytest.fixture
def general(db):
    """General asks, in its own words."""
    Tray.objects.filter(kind="general").update(asks_score=True, question="¿Qué tal estuvo?")
    return Tray.objects.general()


def closed(origin, agent, *, at=AT, answers=True, **fields):
    """A chat that the agent took from General, answered and closed at `at`."""
    chat = people.waiting(origin, at=at - timedelta(minutes=9), **fields)
    moves.take(chat.pk, agent, at=at - timedelta(minutes=8))
    if answers:
        replies.send_reply(chat.pk, agent, "Buenas", now=at - timedelta(minutes=7))
    moves.close(chat.pk, agent, at=at)
    return people.fresh(chat)


def asked(origin, agent, *, at=AT, **fields):
    chat = closed(origin, agent, at=at, **fields)
    assert surveys.ask_due(now=at + timedelta(minutes=1)) == 1
    return people.fresh(chat)


def press(chat, score, *, now=LATER, survey=None, **fields):
    sender = chat.contact.addresses.first().value
    carried = f"survey:{survey or chat.survey_id}:{score}"
    more = {"kind": "choice", "payload": {"payload": carried}, "at": now, "now": now}
    return people.says(chat.origin, sender, str(score), **{**more, **fields}).message


def type_in(chat, text, *, now=LATER):
    return people.says(chat.origin, chat.contact.addresses.first().value, text, at=now, now=now).message


def test_who_was_attended_is_asked_once_in_the_words_of_the_tray(http_origin, ana, general):
    chat = closed(http_origin, ana)
    assert surveys.ask_due(now=AT + timedelta(seconds=15)) == 0  # ana may still undo it
    assert surveys.ask_due(now=AT + timedelta(seconds=16)) == 1
    assert surveys.ask_due(now=AT + timedelta(seconds=30)) == 0
    question = chat.messages.order_by("-id")[0]
    assert question.text == "¿Qué tal estuvo?\nRespondé con un número del 1 (mal) al 5 (excelente)."
    assert (question.author, question.agent, question.bot) == ("bot", None, None)
    survey = Survey.objects.get()
    assert (survey.tray, survey.agent, survey.change_id) == (general, ana, chat.change_id)
    assert people.all_consistent()


@pytest.mark.parametrize(
    ("tray", "line", "is_asked"),
    [(False, "trays", 0), (True, "trays", 1), (False, "always", 1), (True, "never", 0)],
)
def test_a_line_may_say_something_else_than_its_trays(db, ana, tray, line, is_asked):
    Tray.objects.filter(kind="general").update(asks_score=tray)
    closed(people.http_origin(asks_score=line), ana)
    assert surveys.ask_due(now=AT + timedelta(minutes=1)) == is_asked


def _says_more(chat, _ana):
    type_in(chat, "Una cosa más", now=AT + timedelta(seconds=5))


NOBODY = {
    "whose chat came back": _says_more,
    "whose close was undone": lambda chat, ana: undo.undo_move(chat.pk, ana, at=AT + timedelta(seconds=9)),
    "who is blocked": lambda chat, ana: blocks.block_contact(chat.contact_id, ana, "insultos", at=AT),
    "whose window the network has shut": lambda chat, _ana: Chat.objects.update(window_shut_at=AT),
    "who has not written for a day": lambda chat, _ana: Chat.objects.update(last_customer_at=AT - timedelta(hours=25)),
    "who has no address any more": lambda chat, _ana: chat.contact.addresses.update(revoked_at=AT),
    "whose line is switched off": lambda chat, _ana: type(chat.origin).objects.update(is_active=False),
    "to whom the worker comes too late": lambda _chat, _ana: Chat.objects.update(waiting_since=AT - timedelta(hours=1)),
}  # fmt: skip


@pytest.mark.parametrize("happens", NOBODY.values(), ids=list(NOBODY))
def test_nobody_is_asked(http_origin, ana, general, happens):
    happens(closed(http_origin, ana), ana)
    assert surveys.ask_due(now=AT + timedelta(minutes=1)) == 0
    assert not Survey.objects.exists()


def test_nobody_is_asked_of_what_no_agent_said_a_word_in(http_origin, ana, general):
    closed(http_origin, ana, answers=False)
    assert surveys.ask_due(now=AT + timedelta(minutes=1)) == 0


def test_the_same_person_is_asked_again_after_some_days_only_by_any_line(http_origin, ana, general):
    first = asked(http_origin, ana, sender="marta")
    other = closed(people.http_origin(), ana, at=AT + timedelta(days=2))
    joining.join_cards(first.contact, other.contact, ana, at=AT)
    assert surveys.ask_due(now=AT + timedelta(days=2, minutes=1)) == 0
    closed(http_origin, ana, at=AT + timedelta(days=8), sender="marta")
    assert surveys.ask_due(now=AT + timedelta(days=8, minutes=1)) == 1


def test_whatsapp_gets_a_list_of_five_and_each_line_carries_its_question(db, ana, general):
    origin = people.whatsapp_origin()
    sender = {"sender": "5491155550101", "address_kind": "wa_id"}
    chat = asked(origin, ana, **sender)
    question = chat.messages.order_by("-id")[0]
    out = payload.build_outgoing(question, AT + timedelta(minutes=1))
    kind, content = outbound.build_content(origin, out)
    rows = content["action"]["sections"][0]["rows"]
    assert (kind, content["type"], content["body"]["text"]) == ("interactive", "list", "¿Qué tal estuvo?")
    assert [row["id"] for row in rows] == [f"survey:{chat.survey_id}:{score}" for score in (5, 4, 3, 2, 1)]
    assert all(len(row["title"]) <= 24 for row in rows)


@pytest.mark.parametrize("says", [lambda chat: press(chat, 4), lambda chat: type_in(chat, " 4. ")])
def test_an_answer_is_kept_and_thanked_and_the_chat_stays_closed(
    http_origin, ana, bruno, general, says, monkeypatch, django_capture_on_commit_callbacks
):
    chat, told = asked(http_origin, ana), []
    before = {one.pk: news.find_all(one) for one in (ana, bruno)}
    steps = StateChange.objects.count()
    monkeypatch.setattr(Feed, "_listened_groups", lambda _feed, groups: groups)
    monkeypatch.setattr(Feed, "_send", lambda _feed, made: told.extend(made))
    with django_capture_on_commit_callbacks(execute=True):
        answer = says(chat)
    survey, chat = Survey.objects.get(), people.fresh(chat)
    assert (survey.score, survey.answered_at, survey.answer) == (4, answer.created_at, answer)
    assert (chat.tray.kind, chat.unread, chat.asked_at, chat.survey_until) == ("closed", 0, None, None)
    assert chat.messages.order_by("-id")[0].text == "¡Gracias por tu respuesta!"
    assert StateChange.objects.count() == steps
    assert {one.pk: news.find_all(one) for one in (ana, bruno)} == before
    assert not any(head.get("heard") for _group, head, _html in told if isinstance(head, dict))
    assert people.all_consistent()
    # what is said after it arrives as ever
    type_in(chat, "4", now=LATER + timedelta(minutes=1))
    assert (people.fresh(chat).tray, people.fresh(chat).unread) == (general, 1)


def test_words_instead_of_a_number_arrive_as_ever_and_the_button_still_counts(http_origin, ana, general):
    chat = asked(http_origin, ana)
    type_in(chat, "5 estrellas, gracias")
    chat = people.fresh(chat)
    assert (chat.tray.kind, chat.unread) == ("general", 1)
    type_in(chat, "3")  # may be an option of a menu
    assert not Survey.objects.answered().exists()
    press(chat, 5, now=LATER + timedelta(minutes=2))
    chat = people.fresh(chat)
    assert (Survey.objects.get().score, chat.tray.kind, chat.unread) == (5, "general", 2)
    assert people.all_consistent()


def test_the_bot_that_has_the_chat_by_then_hears_nothing_of_an_answer(db, ana, general):
    origin = people.http_origin(asks_score="always")
    chat = asked(origin, ana)
    bot = people.with_bot(origin, options=[people.option("Ventas", general)])
    type_in(chat, "hola de nuevo")
    chat = people.fresh(chat)
    said = chat.messages.filter(author="bot", bot=bot).count()
    answer = press(chat, 2, now=LATER + timedelta(minutes=1))
    assert (people.fresh(chat).state, answer.bot_id) == ("BOT", None)
    assert chat.messages.filter(author="bot", bot=bot).count() == said


def test_what_is_pressed_again_late_or_made_up_is_kept_and_brings_nothing_back(http_origin, ana, general):
    chat = asked(http_origin, ana)
    press(chat, 5, survey=chat.survey_id + 99)
    assert not Survey.objects.answered().exists()
    press(chat, 2, now=AT + timedelta(hours=24, minutes=2))
    assert not Survey.objects.answered().exists()
    press(chat, 4)
    press(chat, 1, now=LATER + timedelta(minutes=1))
    assert Survey.objects.get().score == 4
    assert Message.objects.filter(text="¡Gracias por tu respuesta!").count() == 1
    assert people.fresh(chat).tray.kind == "closed"
    blocks.block_contact(chat.contact_id, ana, "insultos")
    assert "score" not in press(chat, 3, now=LATER + timedelta(minutes=2)).payload


def test_a_number_typed_after_a_later_close_is_something_that_somebody_has_to_read(http_origin, ana, general):
    chat = asked(http_origin, ana)
    type_in(chat, "¿Y el repuesto?", now=AT + timedelta(hours=1))
    moves.take(chat.pk, ana, at=AT + timedelta(hours=2))
    replies.send_reply(chat.pk, ana, "¿1 o 2?", now=AT + timedelta(hours=2, minutes=1))
    moves.close(chat.pk, ana, at=AT + timedelta(hours=3))
    type_in(chat, "2", now=AT + timedelta(hours=4))
    assert people.fresh(chat).tray == general
    assert not Survey.objects.answered().exists()
    # a button says which question it is of
    press(people.fresh(chat), 5, now=AT + timedelta(hours=5))
    assert Survey.objects.get().score == 5


def test_one_person_whose_two_chats_were_closed_together_is_asked_once(http_origin, ana, general):
    one, other = closed(http_origin, ana, sender="marta"), closed(people.http_origin(), ana, sender="marta2")
    joining.join_cards(one.contact, other.contact, ana, at=AT)
    surveys.ask_due(now=AT + timedelta(minutes=1))
    assert surveys.ask_due(now=AT + timedelta(minutes=2)) == 0
    assert Survey.objects.count() == 1


def test_what_is_asked_and_what_is_answered_is_found_by_indexes(db):
    due = {"closed": 1, "now": AT, "until": AT, "since": AT, "heard_since": AT, "asked_since": AT, "most": 9}
    scores = {"surveys": [1], "scores": [5], "at": [AT], "messages": [1]}
    plans = []
    with connection.cursor() as cursor:
        for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin"):  # tables without rows are read whole
            cursor.execute(f"SET LOCAL enable_{way} = off")
        for statement, values in ((surveys._DUE, due), (surveys._WRITE, scores)):
            cursor.execute(f"EXPLAIN {statement}", values)
            plans.append("\n".join(row[0] for row in cursor.fetchall()))
    asking, writing = plans
    # the chat's own questions, and those of its person's other chats
    assert asking.count("Index Cond: (chat_id = ") == 2
    assert "Index Cond: (id = s.chat_id)" in writing


def test_thanks_for_an_answer_are_nothing_that_the_bot_has_said(db, ana, general):
    origin = people.http_origin(asks_score="always")
    chat = asked(origin, ana)
    bot = people.with_bot(origin, options=[people.option("Ventas", general)])
    type_in(chat, "hola de nuevo")
    press(chat, 2, now=LATER + timedelta(minutes=1))
    chat, now = people.fresh(chat), LATER + timedelta(minutes=2)
    assert chat.messages.order_by("-id")[0].text == "¡Gracias por tu respuesta!"
    deadlines.note_heard(chat, bot, has_answered=False, now=now, began=LATER + timedelta(seconds=30))
    assert chat.bot_due_at == now + deadlines.SPEAK_WITHIN


def test_a_button_that_looks_like_ours_where_nobody_was_asked_is_what_a_bot_has_made(http_origin, ana, general):
    chat = closed(http_origin, ana)
    answer = press(chat, 5, survey=12)
    assert "score" not in answer.payload
    assert (people.fresh(chat).tray, people.fresh(chat).unread) == (general, 1)
