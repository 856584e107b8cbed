"""What leaves for an HTTP origin: signed, in order, tried again, once; against a server that really listens."""

import threading
from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.utils import timezone
from PIL import Image

from chats import expiry, moves
from chats.attachments import uploads
from chats.messages import receipts, replies, templates
from chats.models import Chat, Message, Template
from common import guarded_http
from common.signature import is_signed
from gateway import tasks
from gateway.outbound import claims, outbox, payload
from origins import http
from origins.facts import Receipt
from origins.models import Origin
from tests import people
from tests.http_server import Callback, cut, cut_in_the_answer, delayed, say, trickle
from tests.pumping import deliver_chat
from tests.threads import Crowd


@pytest.fixture
def callback(listening):
    return listening(Callback())


@pytest.fixture
def origin(db, callback):
    return people.http_origin(callback_url=callback.url)


@pytest.fixture
def chat(origin, ana):
    return people.held(origin, ana, sender="cust-17")


def answers(chat, ana, *texts):
    return [replies.send_reply(chat.pk, ana, text) for text in texts]


def fresh(message):
    return Message.objects.get(pk=message.pk)


def later(chat, **ago):
    """The waiting times of what is queued in this chat have passed."""
    Message.objects.filter(chat=chat, next_try_at__isnull=False).update(
        next_try_at=timezone.now() - timedelta(**ago or {"seconds": 1})
    )


# --- what is sent ---------------------------------------------------------------------------------


def test_a_message_leaves_signed_as_the_contract_says(callback, chat, ana, origin):
    people.says(origin, "cust-17", "¿Cuánto sale?", external_id="m-9")
    message = replies.send_reply(chat.pk, ana, "Hola 👋 «Marta»")
    assert deliver_chat(chat.pk) == 1
    [(body, headers, raw)] = callback.got
    assert body == {
        "id": str(message.uuid), "to": "cust-17", "type": "text", "text": "Hola 👋 «Marta»", "author": "agent"
    }  # fmt: skip
    assert is_signed(origin.secret, raw, headers["X-Witty-Signature"])
    assert headers["Content-Type"] == "application/json"
    message = fresh(message)
    assert (message.status, message.reason, message.external_id, message.next_try_at) == ("sent", "", None, None)
    assert message.sent_at


def test_what_the_bot_says_leaves_with_its_choices(callback, ventas):
    origin = people.http_origin(callback_url=callback.url)
    people.with_bot(origin, greeting="¡Hola!")
    chat = people.says(origin, "cust-17", "Hola").message.chat
    assert deliver_chat(chat.pk) == 1
    body = callback.got[0][0]
    assert (body["author"], body["text"]) == ("bot", "¡Hola!")
    assert [choice["title"] for choice in body["choices"]] == ["Ventas", "Otra consulta"]
    assert all(choice["payload"] for choice in body["choices"])


def test_a_template_leaves_with_its_name_and_variables(callback, chat, ana):
    template = Template.objects.create(name="Retomar", body="Hola {{nombre}}")
    templates.send_template(chat.pk, ana, template, {"nombre": "Marta"})
    deliver_chat(chat.pk)
    body = callback.got[0][0]
    assert (body["type"], body["text"]) == ("template", "Hola Marta")
    assert body["template"] == {"name": "Retomar", "language": "es", "variables": {"nombre": "Marta"}}


def test_a_file_leaves_as_a_signed_address_that_answers(callback, chat, ana, client):
    data = BytesIO()
    Image.new("RGB", (3, 2)).save(data, "PNG")
    replies.send_reply(chat.pk, ana, "Mirá", files=[uploads.keep_bytes(data.getvalue(), "mapa.png")])
    deliver_chat(chat.pk)
    media = callback.got[0][0]["media"]
    assert (media["mime_type"], media["filename"], media["size"]) == ("image/png", "mapa.png", len(data.getvalue()))
    assert media["url"].startswith("http")
    path = "/webhooks/" + media["url"].split("/webhooks/")[1]
    assert b"".join(client.get(path).streaming_content) == data.getvalue()
    assert client.get(path[:-2] + "x/").status_code == 404


def test_a_quoted_message_is_named_by_the_origins_id(callback, chat, ana, origin):
    said = people.says(origin, "cust-17", "¿Cuánto?", external_id="m-9").message
    message = replies.send_reply(chat.pk, ana, "Mil")
    Message.objects.filter(pk=message.pk).update(reply_to=said)
    deliver_chat(chat.pk)
    assert callback.got[0][0]["reply_to"] == "m-9"


def test_notes_and_moves_never_leave(callback, chat, ana):
    replies.write_note(chat.pk, ana, "Cliente difícil")
    moves.close(chat.pk, ana)
    assert deliver_chat(chat.pk) == 0
    assert callback.got == []


# --- what is answered -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ({"id": "theirs-1"}, "theirs-1"), ({"id": 17}, "17"), ({"id": None}, None), ({"id": ""}, None),
        ({"id": True}, None), ({"id": ["x"]}, None), ({"id": "x" * 500}, "x" * 200), ({"id": "a\x00b"}, "ab"),
        ([], None), (None, None), (b"", None), (b"ok", None), (b"\xff", None), (b"[" * 50_000, None), ({"x": 1}, None),
    ],
)  # fmt: skip
def test_2xx_is_sent_whatever_it_says(callback, chat, ana, body, kept):
    callback.answers = [(200, body, {})]
    [message] = answers(chat, ana, "Hola")
    assert deliver_chat(chat.pk) == 1
    message = fresh(message)
    assert (message.status, message.external_id) == ("sent", kept)
    assert deliver_chat(chat.pk) == 0
    assert len(callback.got) == 1


@pytest.mark.parametrize("status", [201, 202, 204])
def test_other_2xx_are_sent_too(callback, chat, ana, status):
    callback.answers = [(status, b"", {})]
    [message] = answers(chat, ana, "Hola")
    deliver_chat(chat.pk)
    assert fresh(message).status == "sent"


def test_an_id_that_the_origin_gives_twice_does_not_send_twice(callback, chat, ana, origin):
    people.says(origin, "cust-17", "x", external_id="m-1")
    callback.answers = [(200, {"id": "same"}, {}), (200, {"id": "same"}, {}), (200, {"id": "m-1"}, {})]
    messages = answers(chat, ana, "a", "b", "c")
    assert deliver_chat(chat.pk) == 3
    assert [fresh(m).status for m in messages] == ["sent"] * 3
    assert [fresh(m).external_id for m in messages] == ["same", None, None]
    later(chat)
    assert deliver_chat(chat.pk) == 0
    assert callback.texts == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, {"reason": "Número inexistente"}, "Número inexistente"),
        (404, b"<html>", "HTTP 404"),
        (401, {"reason": ""}, "HTTP 401"),
        (403, {"reason": ["x"]}, "HTTP 403"),
        (410, {"reason": "x" * 1000}, "x" * 300),
        (422, {"reason": "a\x00b\ud800"}, "ab?"),
        (302, b"", "HTTP 302"),
        (304, b"", "HTTP 304"),
    ],
)
def test_another_4xx_is_final_and_says_why(callback, chat, ana, status, body, reason):
    callback.answers = [(status, body, {"Location": callback.url}), (200, {}, {})]
    first, second = answers(chat, ana, "a", "b")
    deliver_chat(chat.pk)
    assert (fresh(first).status, fresh(first).reason, fresh(first).next_try_at) == ("failed", reason, None)
    # what was refused does not hold up what comes after it
    assert fresh(second).status == "sent"
    assert callback.texts == ["a", "b"]


@pytest.mark.parametrize(
    "answer", [(500, {}, {}), (503, b"busy", {}), (429, {}, {}), cut], ids=["500", "503", "429", "cut"]
)
def test_what_may_pass_is_tried_again_and_holds_up_what_comes_after_it(callback, chat, ana, answer):
    callback.answers = [answer, (200, {}, {})]
    first, second = answers(chat, ana, "a", "b")
    assert deliver_chat(chat.pk) == 0
    assert (fresh(first).status, fresh(first).attempts) == ("queued", 1)
    assert fresh(first).next_try_at > timezone.now()
    assert deliver_chat(chat.pk) == 0  # not yet
    assert callback.texts == ["a"]
    later(chat)
    assert deliver_chat(chat.pk) == 2
    assert [fresh(m).status for m in (first, second)] == ["sent", "sent"]
    assert callback.texts == ["a", "a", "b"]


def test_a_429_with_a_time_waits_that_long(callback, chat, ana):
    callback.answers = [(429, {}, {"Retry-After": "90"}), (200, {}, {})]
    [message] = answers(chat, ana, "a")
    deliver_chat(chat.pk)
    assert timedelta(seconds=80) < fresh(message).next_try_at - timezone.now() <= timedelta(seconds=90)


@pytest.mark.parametrize("after", ["-5", "soon", "1e9", "Wed, 21 Oct 2115 07:28:00 GMT", ""])
def test_a_time_that_makes_no_sense_waits_no_longer_than_an_hour(callback, chat, ana, after):
    callback.answers = [(503, {}, {"Retry-After": after})]
    [message] = answers(chat, ana, "a")
    deliver_chat(chat.pk)
    assert timedelta(0) < fresh(message).next_try_at - timezone.now() <= timedelta(hours=1)


def test_it_waits_longer_each_time_and_gives_up_in_the_end(callback, chat, ana):
    callback.answers = [(500, {}, {})]
    [message] = answers(chat, ana, "a")
    waits = []
    while fresh(message).status == "queued":
        before = timezone.now()
        deliver_chat(chat.pk)
        if fresh(message).next_try_at:
            waits.append(fresh(message).next_try_at - before)
        later(chat)
    assert waits == sorted(waits)
    assert len(callback.got) == len(waits) + 1 == 7
    assert (fresh(message).status, fresh(message).reason) == ("failed", "HTTP 500")


def test_who_hangs_is_tried_again(callback, chat, ana, monkeypatch):
    monkeypatch.setattr(http, "TIMEOUT", 0.2)
    # who waited for it would be answered, and the message sent
    callback.answers = [delayed(120, {}), (200, {}, {})]
    [message] = answers(chat, ana, "a")
    assert deliver_chat(chat.pk) == 0
    assert fresh(message).status == "queued"
    later(chat)
    assert deliver_chat(chat.pk) == 1


def test_who_is_not_there_is_tried_again(callback, chat, ana, origin):
    callback.close()
    [message] = answers(chat, ana, "a")
    assert deliver_chat(chat.pk) == 0
    assert fresh(message).status == "queued"


def test_2xx_with_its_answer_cut_is_sent(callback, chat, ana):
    callback.answers = [cut_in_the_answer]
    [message] = answers(chat, ana, "a")
    assert deliver_chat(chat.pk) == 1
    assert fresh(message).status == "sent"


def test_2xx_that_never_ends_is_sent_and_holds_nobody(callback, chat, ana, monkeypatch):
    monkeypatch.setattr(guarded_http, "MAX_ANSWER_SECONDS", 0.3)
    callback.answers = [trickle]
    [message] = answers(chat, ana, "a")
    assert deliver_chat(chat.pk) == 1
    assert callback.left.wait(120), "it is not listened to any more"
    assert fresh(message).status == "sent"


def test_an_answer_of_a_hundred_megabytes_is_not_read(callback, chat, ana):
    def pour(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(100_000_000))
        handler.end_headers()
        try:
            for _ in range(1000):
                handler.wfile.write(b" " * 100_000)
                poured.append(1)
        except OSError:
            pass

    poured = []
    callback.answers = [pour]
    [message] = answers(chat, ana, "a")
    assert deliver_chat(chat.pk) == 1
    assert fresh(message).status == "sent"
    assert len(poured) < 500


def test_a_crash_inside_ends_as_a_failure_that_is_seen(callback, chat, ana, monkeypatch, caplog):
    monkeypatch.setattr(payload, "build_outgoing", lambda *_: 1 / 0)
    [message] = answers(chat, ana, "a")
    for _attempt in range(10):
        deliver_chat(chat.pk)
        later(chat)
    assert fresh(message).status == "failed"
    assert "ZeroDivisionError" in caplog.text


# --- receipts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["sent", "failed", "delivered", "read"])
def test_a_receipt_before_our_answer_and_after_it_comes_to_the_same(transactional_db, callback, status):
    origin = people.http_origin(callback_url=callback.url)
    ana = people.hire("ana")
    chat = people.held(origin, ana)

    def receipt(message):
        return receipts.apply_receipt(origin, Receipt(str(message.uuid), status, "No llegó"))

    def quicker(handler):
        settled.append(receipt(early))
        connection.close()  # this thread's
        say(handler, 200, b'{"id": "theirs-1"}')

    settled = []
    [late] = answers(chat, ana, "after")
    deliver_chat(chat.pk)
    receipt(late)
    [early] = answers(chat, ana, "before")
    callback.answers = [quicker]
    deliver_chat(chat.pk)
    assert settled == [True]
    assert (fresh(early).status, fresh(early).reason) == (fresh(late).status, fresh(late).reason)
    assert (fresh(early).status, fresh(early).external_id) == (status, "theirs-1")


# --- several at once ------------------------------------------------------------------------------


def test_two_workers_at_once_send_each_message_once_and_in_order(transactional_db, callback):
    origin = people.http_origin(callback_url=callback.url)
    ana = people.hire("ana")
    chats = [people.held(origin, ana) for _ in range(4)]
    callback.answers = [delayed(0.02, {})]
    wanted = {}
    for chat in chats:
        wanted[chat.pk] = [f"{chat.pk}-{n}" for n in range(6)]
        answers(chat, ana, *wanted[chat.pk])
    with Crowd(4) as workers:

        def work(number):
            done = 0
            while Message.objects.filter(status__in=("queued", "sending")).exists():
                for chat in chats[number:] + chats[:number]:
                    done += deliver_chat(chat.pk)
            return done

        sent = workers.at_once(work)
    assert sum(sent) == 24, sent
    assert len(callback.texts) == 24
    for chat in chats:
        assert [text for text in callback.texts if text.startswith(f"{chat.pk}-")] == wanted[chat.pk]
    assert callback.most_busy > 1  # chats go in parallel
    assert set(Message.objects.filter(direction="out").values_list("status", flat=True)) == {"sent"}


def test_a_message_that_is_being_sent_is_nobody_elses(transactional_db, callback):
    origin = people.http_origin(callback_url=callback.url)
    ana = people.hire("ana")
    chat = people.held(origin, ana)
    arrived, go_on = threading.Event(), threading.Event()
    callback.answers = [lambda handler: (arrived.set(), go_on.wait(10), say(handler, 200, b"{}"))]
    answers(chat, ana, "a", "b")
    with Crowd(1) as worker:
        asked = threading.Thread(target=lambda: worker.at_once(lambda _n: deliver_chat(chat.pk)))
        asked.start()
        assert arrived.wait(10)
        assert deliver_chat(chat.pk) == 0
        assert claims.find_due_chats(timezone.now()) == []
        go_on.set()
        asked.join(20)
    assert callback.texts == ["a", "b"]


def test_a_claim_that_ran_out_is_taken_up(callback, chat, ana):
    [message] = answers(chat, ana, "a")
    assert claims.claim_first([chat.pk], timezone.now()).sending[0].pk == message.pk  # and here its worker is killed
    assert deliver_chat(chat.pk) == 0
    assert claims.find_due_chats(timezone.now()) == []
    assert claims.find_due_chats(timezone.now() + claims.CLAIM) == [chat.pk]
    later(chat)
    assert deliver_chat(chat.pk) == 1
    assert (fresh(message).status, fresh(message).attempts) == ("sent", 2)


def test_who_comes_back_after_his_claim_ran_out_changes_nothing(callback, chat, ana):
    [message] = answers(chat, ana, "a")
    slow = claims.claim_first([chat.pk], timezone.now()).sending[0]
    later(chat)
    again = claims.claim_first([chat.pk], timezone.now()).sending[0]
    outbox._record_failed(slow, http.OriginError("too late"))
    assert fresh(message).status == "sending"
    outbox._record_failed(again, http.OriginError("busy", permanent=False))
    assert (fresh(message).status, fresh(message).reason) == ("queued", "")


def test_the_sweep_finds_what_nobody_was_woken_for_oldest_first(callback, origin, ana):
    chats = [people.held(origin, ana) for _ in range(3)]
    for number, chat in enumerate(reversed(chats)):
        answers(chat, ana, str(number))
    assert claims.find_due_chats(timezone.now()) == [chat.pk for chat in reversed(chats)]
    assert claims.find_due_chats(timezone.now(), most=1) == [chats[2].pk]
    tasks.sweep_outbox()
    assert sorted(callback.texts) == ["0", "1", "2"]
    assert claims.find_due_chats(timezone.now()) == []


def test_chats_that_wait_for_their_next_try_hide_nobody_from_the_sweep(callback, origin, ana):
    callback.answers = [(500, {}, {}), (500, {}, {}), (200, {}, {})]
    stuck = [people.held(origin, ana) for _ in range(2)]
    for chat in stuck:
        answers(chat, ana, "stuck", "behind it")
        deliver_chat(chat.pk)
    other = people.held(origin, ana)
    answers(other, ana, "free")
    assert claims.find_due_chats(timezone.now(), most=1) == [other.pk]
    assert claims.find_due_chats(timezone.now() + timedelta(hours=1), most=5) == [
        *(chat.pk for chat in stuck),
        other.pk,
    ]


# --- when it may no longer leave ------------------------------------------------------------------


def test_a_text_whose_window_closed_while_it_waited_fails_in_words(callback, ana):
    origin = Origin.objects.create(
        kind="whatsapp", name="WA", key="wa", line_id="1000001", access_token="t", api_url=callback.url[:-3]
    )
    callback.answers = [(200, {"messages": [{"id": "wamid.1"}]}, {})]
    chat = people.held(origin, ana, sender="5491155550001", address_kind="wa_id")
    text = replies.send_reply(chat.pk, ana, "Hola")
    volver = Template.objects.create(name="volver", body="Volvé", origin=origin, remote_id="1", language="es")
    template = templates.send_template(chat.pk, ana, volver, {})
    Chat.objects.update(last_customer_at=timezone.now() - timedelta(hours=24))
    deliver_chat(chat.pk)
    assert fresh(text).status == "failed"
    assert "24 h" in fresh(text).reason
    assert (fresh(template).status, fresh(template).external_id) == ("sent", "wamid.1")
    assert [body["template"]["name"] for body, _headers, _raw in callback.got] == ["volver"]


def test_where_there_is_no_window_what_was_written_leaves(callback, chat, ana):
    [message] = answers(chat, ana, "a")
    expiry.expire(now=timezone.now() + timedelta(days=2))
    assert deliver_chat(chat.pk) == 1
    assert fresh(message).status == "sent"


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:1/",
        "http://[::1",
        "http://example.com:99999/",
        "ftp://127.0.0.1/",
        "http://169.254.169.254/",
        "http:///x",
    ],
)
def test_an_address_that_points_inward_or_nowhere_is_never_asked(callback, chat, ana, origin, url):
    [message] = answers(chat, ana, "a")
    Origin.objects.update(callback_url=url)
    deliver_chat(chat.pk)
    assert (fresh(message).status, bool(fresh(message).reason)) == ("failed", True)
    assert callback.got == []
