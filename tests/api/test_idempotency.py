"""The Idempotency-Key: the same request has one effect and one answer, also at the same instant."""

import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from api import idempotency
from chats import locks, moves
from chats.models import Chat, Message
from tests import people
from tests.api.asking import Asker, problem
from tests.threads import Crowd, run_aside, start
from wittybots import tokens
from wittybots.models import Answered

REPLAYED = "Idempotent-Replayed"


def said_by_bot(chat):
    return list(chat.messages.filter(author="bot", direction="out").order_by("id").values_list("text", flat=True))


def test_the_same_key_says_it_once_and_answers_the_same(api, chat):
    first = api.post(f"/conversations/{chat.pk}/messages", {"content": "Hola"}, Idempotency_Key="k-1")
    again = api.post(f"/conversations/{chat.pk}/messages", {"content": "Hola"}, Idempotency_Key="k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert (REPLAYED in first, again[REPLAYED]) == (False, "true")
    assert said_by_bot(chat) == ["Hola"]


def test_without_a_key_each_request_is_its_own(api, chat):
    for _ in range(2):
        api.says(chat, "Hola")
    assert said_by_bot(chat) == ["Hola", "Hola"]
    assert not Answered.objects.exists()


def test_a_hand_over_that_is_asked_again_says_that_it_worked(api, chat, ventas, ana):
    path = f"/conversations/{chat.pk}/handoff"
    first = api.post(path, {"tray": "Ventas"}, Idempotency_Key="k")
    # whatever has become of the chat meanwhile
    moves.take(chat.pk, ana)
    again = api.post(path, {"tray": "Ventas"}, Idempotency_Key="k")
    assert (again.status_code, again.json()) == (200, first.json())
    problem(api.post(path, {"tray": "Ventas"}, Idempotency_Key="k-2"), 409, "conversation-elsewhere")


def test_typing_keeps_its_answer_too(api, chat):
    answers = [api.post(f"/conversations/{chat.pk}/typing", Idempotency_Key="k") for _ in range(2)]
    assert [(one.status_code, one.content, REPLAYED in one) for one in answers] == [(204, b"", False), (204, b"", True)]


@pytest.mark.parametrize("what", ["body", "conversation", "operation"])
def test_the_same_key_for_another_request_is_refused(what, api, chat, line):
    api.post(f"/conversations/{chat.pk}/messages", {"content": "Hola"}, Idempotency_Key="k")
    other = people.says(line, "otra", "Hola").message.chat
    path, body = {
        "body": (f"/conversations/{chat.pk}/messages", {"content": "Chau"}),
        "conversation": (f"/conversations/{other.pk}/messages", {"content": "Hola"}),
        "operation": (f"/conversations/{chat.pk}/handoff", {"message": "Hola"}),
    }[what]
    problem(api.post(path, body, Idempotency_Key="k"), 422, "idempotency-key-reused")
    assert said_by_bot(chat) == ["Hola"]
    assert said_by_bot(other) == []


def test_keys_are_each_tokens_own(api, chat, bot):
    second = Asker(tokens.issue_token("otra copia", bot)[1])
    for asker in (api, second):
        asker.post(f"/conversations/{chat.pk}/messages", {"content": "Hola"}, Idempotency_Key="k")
    assert said_by_bot(chat) == ["Hola", "Hola"]


def test_a_key_is_kept_for_a_day(api, chat):
    path = f"/conversations/{chat.pk}/messages"
    api.post(path, {"content": "uno"}, Idempotency_Key="k")
    Answered.objects.update(created_at=timezone.now() - timedelta(hours=23, minutes=59))
    assert REPLAYED in api.post(path, {"content": "uno"}, Idempotency_Key="k")
    Answered.objects.update(created_at=timezone.now() - timedelta(days=1, seconds=1))
    fresh = api.post(path, {"content": "dos"}, Idempotency_Key="k")
    assert (fresh.status_code, REPLAYED in fresh) == (201, False)
    assert REPLAYED in api.post(path, {"content": "dos"}, Idempotency_Key="k")
    assert said_by_bot(chat) == ["uno", "dos"]


@pytest.mark.parametrize("key", ["", " ", "x" * 201, "con ñ", "tab\there", "\x7f", "é" * 10])
@pytest.mark.parametrize("verb", ["messages", "handoff", "typing"])
def test_an_odd_key_is_refused_and_nothing_happens(key, verb, api, chat):
    body = {"content": "Hola"} if verb == "messages" else {}
    answer = api.post(f"/conversations/{chat.pk}/{verb}", body, Idempotency_Key=key)
    problem(answer, 400, "bad-request")
    assert (people.fresh(chat).state, said_by_bot(chat)) == ("BOT", [])


@pytest.mark.parametrize("key", ["k", "x" * 200, "a b", "~!@#$%^&*()[]{}'\"", "00000000-0000-0000-0000-000000000000"])
def test_a_key_may_be_any_printable_text(key, api, chat):
    answers = [api.post(f"/conversations/{chat.pk}/typing", Idempotency_Key=key) for _ in range(2)]
    assert [REPLAYED in one for one in answers] == [False, True]


def test_a_refusal_that_changed_nothing_is_not_kept(api, chat, ventas):
    path = f"/conversations/{chat.pk}/handoff"
    problem(api.post(path, {"tray": "Compras"}, Idempotency_Key="k"), 422, "unknown-tray")
    problem(api.post(path, {"tray": 1.5}, Idempotency_Key="k"), 422, "invalid")
    assert not Answered.objects.exists()
    people.tray("Compras")
    assert api.post(path, {"tray": "Compras"}, Idempotency_Key="k").json()["tray"] == "Compras"


def test_another_bots_request_keeps_nothing(other, chat):
    problem(other.post(f"/conversations/{chat.pk}/typing", Idempotency_Key="k"), 404, "not-found")
    assert not Answered.objects.exists()


def test_a_409_stands_although_the_chat_is_the_bots_again(api, chat, ana):
    api.hands_over(chat)
    path = f"/conversations/{chat.pk}/messages"
    first = problem(api.post(path, {"content": "tarde"}, Idempotency_Key="k"), 409, "conversation-elsewhere")
    moves.take(chat.pk, ana)
    moves.close(chat.pk, ana)
    people.says(chat.origin, "marta", "Otra cosa")
    again = api.post(path, {"content": "tarde"}, Idempotency_Key="k")
    assert problem(again, 409, "conversation-elsewhere") == first
    assert again[REPLAYED] == "true"
    assert said_by_bot(chat) == []


def test_a_closed_window_is_not_kept(api, chat):
    Chat.objects.filter(pk=chat.pk).update(session_expires_at=timezone.now() - timedelta(seconds=1))
    path = f"/conversations/{chat.pk}/messages"
    problem(api.post(path, {"content": "¿Seguís?"}, Idempotency_Key="k"), 409, "window-closed")
    assert not Answered.objects.exists()
    people.says(chat.origin, "marta", "Acá estoy")
    assert api.post(path, {"content": "¿Seguís?"}, Idempotency_Key="k").status_code == 201
    assert said_by_bot(chat) == ["¿Seguís?"]


def test_what_is_said_again_after_the_hand_over_is_said_without_words(api, chat, ana):
    path, body = f"/conversations/{chat.pk}/messages", {
        "type": "choices", "content": "Tu clave es Z4711", "buttons": [{"title": "La Z4711"}],
    }  # fmt: skip
    first = api.post(path, body, Idempotency_Key="k").json()
    assert api.post(path, body, Idempotency_Key="k").json() == first
    api.hands_over(chat)
    again = api.post(path, body, Idempotency_Key="k")
    assert (again.status_code, again[REPLAYED]) == (201, "true")
    assert "Z4711" not in again.content.decode()
    assert [one["id"] for one in again.json()["messages"]] == [one["id"] for one in first["messages"]]
    # with the chat the words are its own again
    moves.take(chat.pk, ana)
    moves.close(chat.pk, ana)
    people.says(chat.origin, "marta", "Otra cosa")
    assert api.post(path, body, Idempotency_Key="k").json() == first


def test_an_old_version_stands(api, chat):
    path, body = f"/conversations/{chat.pk}/messages", {"content": "tarde", "control_version": 1}
    first = problem(api.post(path, body, Idempotency_Key="k"), 409, "control-version-old")
    assert problem(api.post(path, body, Idempotency_Key="k"), 409, "control-version-old") == first


def test_a_bot_over_its_limits_loses_the_chat_also_with_a_key(api, chat):
    for number in range(10):
        api.says(chat, f"{number}")
    path = f"/conversations/{chat.pk}/messages"
    first = problem(api.post(path, {"content": "más"}, Idempotency_Key="k"), 409, "conversation-elsewhere")
    assert people.fresh(chat).state == "BANDEJA"
    assert problem(api.post(path, {"content": "más"}, Idempotency_Key="k"), 409, "conversation-elsewhere") == first


def test_what_breaks_in_the_middle_leaves_nothing_and_may_come_again(api, chat, monkeypatch):
    path = f"/conversations/{chat.pk}/messages"

    def broken(*_args, **_more):
        raise RuntimeError

    monkeypatch.setattr("chats.serializers.serialize_message", broken)
    problem(api.post(path, {"content": "Hola"}, Idempotency_Key="k"), 500, "error")
    assert (said_by_bot(chat), Answered.objects.count()) == ([], 0)
    monkeypatch.undo()
    assert api.post(path, {"content": "Hola"}, Idempotency_Key="k").status_code == 201
    assert said_by_bot(chat) == ["Hola"]


def test_twenty_of_the_same_at_once_have_one_effect_and_one_answer(committed):
    _bot, line, api = committed
    with Crowd(20) as crowd:
        for turn in range(5):
            chat = people.says(line, f"marta-{turn}", "Hola").message.chat

            def says(_number, chat=chat, turn=turn):
                asker = Asker(api.raw)
                return asker.post(
                    f"/conversations/{chat.pk}/messages", {"content": "Hola"}, Idempotency_Key=f"k-{turn}"
                )

            answers = crowd.at_once(says)
            assert {one.status_code for one in answers} == {201}
            assert all(one.json() == answers[0].json() for one in answers)
            assert sum(REPLAYED not in one for one in answers) == 1
            assert said_by_bot(chat) == ["Hola"]
    assert Answered.objects.count() == 5


def test_two_requests_at_once_under_one_key_have_one_effect(committed):
    _bot, line, api = committed
    chat = people.says(line, "marta", "Hola").message.chat
    with Crowd(8) as crowd:
        answers = crowd.at_once(
            lambda number: Asker(api.raw).post(
                f"/conversations/{chat.pk}/messages", {"content": f"texto {number}"}, Idempotency_Key="k"
            )
        )
    assert sorted(one.status_code for one in answers) == [201] + [422] * 7
    assert len(said_by_bot(chat)) == 1


def test_hand_overs_at_once_move_it_once(committed):
    _bot, line, api = committed
    people.tray("Ventas")
    for turn in range(5):
        chat = people.says(line, f"marta-{turn}", "Hola").message.chat
        with Crowd(6) as crowd:
            answers = crowd.at_once(
                lambda number, chat=chat: Asker(api.raw).post(
                    f"/conversations/{chat.pk}/handoff", {"tray": "Ventas"}, Idempotency_Key=f"{chat.pk}-{number % 3}"
                )
            )
        codes = sorted(one.status_code for one in answers)
        # two askers share each key, so who was first is told so twice
        assert codes == [200, 200, 409, 409, 409, 409]
        assert Message.objects.filter(chat=chat, kind="move").count() == 2
    assert people.all_consistent()


def test_who_waits_too_long_for_an_earlier_one_is_told(committed, monkeypatch):
    monkeypatch.setattr(idempotency, "MAX_WAIT_SECONDS", 1)
    _bot, line, api = committed
    chat = people.says(line, "marta", "Hola").message.chat
    path = f"/conversations/{chat.pk}/messages"
    with transaction.atomic():
        locks.lock_chat(chat.pk)
        # holds its key, and waits for the chat as long as it takes
        first = start(lambda: Asker(api.raw).post(path, {"content": "Hola"}, Idempotency_Key="k"))
        began = time.monotonic()
        answer = run_aside(lambda: Asker(api.raw).post(path, {"content": "Hola"}, Idempotency_Key="k")).result()
        assert 0.8 < time.monotonic() - began < 4
        problem(answer, 409, "in-progress")
        # over the second, and still not refused
        assert not first.done()
    assert first.result(10).status_code == 201
    assert REPLAYED in api.post(path, {"content": "Hola"}, Idempotency_Key="k")
    assert said_by_bot(chat) == ["Hola"]
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone()[0] == "0"
