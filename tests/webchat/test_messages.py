"""What a visitor writes and reads: stored whole and once, answered in words, paged."""

import json
import uuid

import pytest
from django.db import OperationalError

from chats import moves
from chats.messages import replies
from chats.models import Message
from contacts.models import Contact
from origins import web
from origins.models import Body
from tests import people
from tests.webchat.visitors import refused
from webchat import guard, views

pytestmark = pytest.mark.django_db
BAD = {
    "empty": (b"", 400),
    "not json": (b"{", 400),
    "not utf-8": (b'{"id": "\xff"}', 400),
    "a list": (b"[]", 400),
    "a number": (b"1", 400),
    "null": (b"null", 400),
    "very deep": (b"[" * 30_000, 400),
    "deep within": (b'{"id": "a", "text": "x", "more": ' + b"[" * 20_000 + b"]" * 20_000 + b"}", 400),
    "a huge number": (b'{"id": ' + b"9" * 5000 + b"}", 400),
    "nothing": ({}, 422),
    "no id": ({"text": "Hola"}, 422),
    "blank id": ({"id": "  ", "text": "Hola"}, 422),
    "long id": ({"id": "x" * 101, "text": "Hola"}, 422),
    "id a list": ({"id": [], "text": "Hola"}, 422),
    "id a truth": ({"id": True, "text": "Hola"}, 422),
    "no text": ({"id": "a"}, 422),
    "blank text": ({"id": "a", "text": " \n\t "}, 422),
    "only NUL": ({"id": "a", "text": "\x00\x00"}, 422),
    "long text": ({"id": "a", "text": "x" * 4097}, 422),
    "text an object": ({"id": "a", "text": {"x": 1}}, 422),
    "text not a number": (b'{"id": "a", "text": NaN}', 422),
    "text infinite": (b'{"id": "a", "text": 1e999}', 422),
    "payload a list": ({"id": "a", "text": "x", "payload": []}, 422),
    "files a text": ({"id": "a", "text": "x", "files": "abc"}, 422),
    "files false": ({"id": "a", "text": "x", "files": False}, 422),
    "files a number": ({"id": "a", "text": "x", "files": [5]}, 422),
    "files not ids": ({"id": "a", "text": "x", "files": ["../etc/passwd"]}, 422),
    "files unknown": ({"id": "a", "text": "x", "files": [str(uuid.uuid4())]}, 422),
    "two files": ({"id": "a", "text": "x", "files": [str(uuid.uuid4()), str(uuid.uuid4())]}, 422),
    "too large": ({"id": "a", "text": "x" * guard.MAX_BODY_BYTES}, 413),
}


@pytest.mark.parametrize(("body", "status"), BAD.values(), ids=BAD)
def test_what_makes_no_sense_is_refused_in_words(belen, body, status):
    assert refused(belen.post(body), status)
    assert not Message.objects.exists()
    assert not Contact.objects.exists()


ODD = {
    "the longest": "x" * 4096,
    "emoji family": "👨‍👩‍👧‍👦",
    "right to left": "مرحبا",
    "markup": "<script>alert(1)</script>{{ 7 }}",
    "lines": "uno\ndos",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_texts_are_stored_whole(belen, text):
    assert belen.says(text)["text"] == text
    assert belen.history()["messages"][0]["text"] == text


def test_what_the_database_cannot_keep_is_left_out(belen):
    response = belen.post(b'{"id": "a", "text": "ho\\u0000la \\ud800"}')
    assert response.status_code == 201
    assert response.json()["message"]["text"] == "hola ?"


def test_what_nobody_reads_spoils_nothing(belen):
    response = belen.post(b'{"id": "a", "text": "hola", "n": NaN, "m": 1e999, "id2": ["\\ud800"], "id": "b"}')
    assert response.status_code == 201
    assert response.json()["message"]["client_id"].endswith(":b")


def test_with_the_database_away_the_browser_tries_again(belen, monkeypatch):
    def away(*args):
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(views.raw_bodies, "keep_body", away)
    assert refused(belen.post({"id": "a", "text": "Hola"}), 503)
    monkeypatch.undo()
    assert belen.post({"id": "a", "text": "Hola"}).status_code == 201


def test_a_content_length_that_is_none_is_not_believed(client, origin, belen):
    for length in ("abc", "-1", "9" * 30):
        response = client.generic(
            "POST", belen.path("messages/"), b"{}", "application/json",
            headers={"X-Witty-Visitor": belen.token}, CONTENT_LENGTH=length,
        )  # fmt: skip
        assert response.status_code in (400, 413, 422)


def test_the_same_id_twice_is_one_message(belen):
    first = belen.post({"id": "m-1", "text": "Hola"})
    again = belen.post({"id": "m-1", "text": "Hola"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Message.objects.filter(direction="in").count() == 1
    assert belen.chat.unread == 1


def test_the_same_id_of_two_visitors_is_two_messages(belen, somebody):
    assert belen.post({"id": "m-1", "text": "Hola"}).status_code == 201
    assert somebody.post({"id": "m-1", "text": "Hola"}).status_code == 201
    assert Message.objects.filter(direction="in").count() == 2


def test_the_browser_finds_its_own_id_again(belen):
    assert belen.says("Hola", ref="m-1")["client_id"].partition(":")[2] == "m-1"


def test_the_ledger_keeps_what_came_as_it_came(belen):
    belen.says("Hola", ref="m-1", unknown=[1, {"a": None}])
    body = Body.objects.get()
    kept = json.loads(bytes(body.raw))
    assert kept["message"] == {"id": "m-1", "text": "Hola", "unknown": [1, {"a": None}]}
    assert kept["visitor"] == web.read_visitor(belen.origin, belen.token)
    assert (body.origin, body.state) == (belen.origin, "processed")
    assert belen.token not in bytes(body.raw).decode()


def test_the_ledger_keeps_what_was_refused_too(belen):
    belen.post({"id": "m-1"})
    body = Body.objects.get()
    assert body.state == "broken"
    assert "vacío" in body.reason


def test_sixty_messages_a_minute_and_receipts_beside_them(belen):
    for number in range(60):
        belen.says("Hola", ref=f"m-{number}")
    assert refused(belen.post({"id": "m-60", "text": "Hola"}), 429)
    assert belen.post({"receipts": []}).status_code == 200
    assert belen.history()["messages"]


def test_a_choice_leads_to_its_tray(origin, belen, ventas):
    people.with_bot(origin)
    belen.says("Hola")
    greeting = belen.history()["messages"][-1]
    assert (greeting["author"], greeting["name"]) == ("bot", "")
    ventas_button = greeting["choices"][0]
    mine = belen.says(ventas_button["title"], payload=ventas_button["payload"])
    assert mine["kind"] == "choice"
    assert (belen.chat.state, belen.chat.tray) == ("BANDEJA", ventas)


def test_the_customer_reads_first_names_and_no_inside(origin, belen, ventas, ana, sofia):
    belen.says("Hola")
    moves.take(belen.chat.pk, sofia)
    replies.write_note(belen.chat.pk, sofia, "cliente difícil")
    moves.send(belen.chat.pk, ventas, sofia, note="para Ana")
    moves.take(belen.chat.pk, ana)
    replies.send_reply(belen.chat.pk, ana, "Hola Belén")
    answer = belen.history()
    assert [(m["author"], m["name"], m["text"]) for m in answer["messages"]] == [
        ("me", "", "Hola"),
        ("agent", "Ana", "Hola Belén"),
    ]
    assert answer["agent"] == "Ana"
    for inside in ("Ferreyra", "Ventas", "difícil", "para Ana", "Sofía", "Duarte", "tray", "status"):
        assert inside not in json.dumps(answer, ensure_ascii=False)


def test_history_comes_in_pages_after_a_number(belen, ana):
    belen.says("Hola")
    moves.take(belen.chat.pk, ana)
    for number in range(205):
        replies.send_reply(belen.chat.pk, ana, f"m {number}")
    latest = belen.history()
    assert [len(latest["messages"]), latest["messages"][-1]["text"], latest["more"]] == [100, "m 204", False]
    read, after, more = [], 0, True
    while more:
        answer = belen.history(after)
        read += answer["messages"]
        after, more = read[-1]["number"], answer["more"]
    assert [m["text"] for m in read] == ["Hola", *(f"m {n}" for n in range(205))]
    assert belen.history(after)["messages"] == []


@pytest.mark.parametrize("after", ["abc", "-1", "1.5", "9" * 40, "１", "%00", "null"])
def test_a_number_that_is_none_asks_for_the_latest(belen, after):
    belen.says("Hola")
    assert len(belen.history(after)["messages"]) == 1


def test_no_cache_mixes_two_visitors(belen):
    response = belen.ask("get", "messages/")
    assert response["Cache-Control"] == "no-store"
    assert "X-Witty-Visitor" in response["Vary"]


def test_history_takes_as_many_queries_for_many_as_for_one(belen, ana, django_assert_num_queries):
    belen.says("Hola")
    moves.take(belen.chat.pk, ana)
    for number in range(30):
        replies.send_reply(belen.chat.pk, ana, f"m {number}")
    # origin, revoked?, chat, messages with their agents, files, holder
    with django_assert_num_queries(6):
        belen.history()
