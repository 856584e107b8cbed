"""What leaves to the networks: in order, once, in parts, and tried again."""

import json
import threading
import time
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from chats import moves
from chats.attachments import uploads
from chats.errors import Rejected
from chats.messages import corrections, replies
from chats.models import Chat, Message
from gateway import tasks
from gateway.outbound import claims, payload
from tests import people
from tests.gateway.outbound.outbox_runs import MARTA, fresh, held, passed, refuses, takes, texts
from tests.http_server import say
from tests.pumping import deliver_chat
from tests.threads import Crowd


def test_several_leave_in_order_with_their_ids(api, chat, ana):
    said = [replies.send_reply(chat.pk, ana, f"n{n}") for n in range(5)]
    assert deliver_chat(chat.pk) == 5
    assert texts(api) == [f"n{n}" for n in range(5)]
    assert [call.json["biz_opaque_callback_data"] for call in api.calls] == [str(one.uuid) for one in said]
    assert [fresh(one).external_id for one in said] == [f"wamid.OUT{n}" for n in range(1, 6)]
    assert {fresh(one).status for one in said} == {"sent"}


@pytest.mark.parametrize("kind", ["telegram", "messenger", "instagram"])
def test_each_network_sends_and_keeps_its_id(api, db, ana, kind):
    origin = getattr(people, f"{kind}_origin")(api_url=api.url)
    message = replies.send_reply(held(origin, ana).pk, ana, "Va")
    assert deliver_chat(message.chat_id) == 1
    assert (fresh(message).status, bool(fresh(message).external_id)) == ("sent", True)


def test_a_long_text_leaves_in_parts_in_order(api, chat, ana):
    text = "\n\n".join(f"{n} " + "palabra " * 200 + "👨‍👩‍👧" for n in range(6))
    replies.send_reply(chat.pk, ana, text)
    deliver_chat(chat.pk)
    parts = texts(api)
    assert len(parts) > 1
    assert all(len(part) <= 4096 for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_instagram_counts_bytes(api, db, ana):
    origin = people.instagram_origin(api_url=api.url)
    chat, text = held(origin, ana), "ñandú 👨‍👩‍👧 " * 120
    replies.send_reply(chat.pk, ana, text)
    deliver_chat(chat.pk)
    parts = [call.json["message"]["text"] for call in api.calls]
    assert len(parts) > 2
    assert all(len(part.encode()) <= 1000 for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_a_caption_that_is_too_long_follows_its_file(api, chat, ana):
    from io import BytesIO

    from PIL import Image

    data = BytesIO()
    Image.new("RGB", (3, 2)).save(data, "PNG")
    api.answers["media"] = (200, {"id": "7001"})
    short = replies.send_reply(chat.pk, ana, "Mirá", files=[uploads.keep_bytes(data.getvalue(), "a.png")])
    long = replies.send_reply(chat.pk, ana, "x" * 1025, files=[uploads.keep_bytes(data.getvalue(), "b.png")])
    assert deliver_chat(chat.pk) == 3
    sent = [call.json for call in api.calls if call.path.endswith("/messages")]
    assert [body["type"] for body in sent] == ["image", "image", "text"]
    assert (sent[0]["image"]["caption"], "caption" in sent[1]["image"], sent[2]["text"]["body"]) == (
        "Mirá", False, "x" * 1025,
    )  # fmt: skip
    assert (short.text, long.text) == ("Mirá", "")


def test_two_clicks_are_one_message(api, chat, ana):
    import uuid

    form = uuid.uuid4()
    one, two = (replies.send_reply(chat.pk, ana, "Va", client_id=form) for _ in range(2))
    assert one.pk == two.pk
    assert deliver_chat(chat.pk) == 1


@pytest.mark.parametrize("code", [131026, 131030, 131049, 100, 987654])
def test_a_final_refusal_fails_in_words_and_the_next_one_goes(api, chat, ana, code):
    refuses(api, code)
    first, second = (replies.send_reply(chat.pk, ana, text) for text in ("uno", "dos"))
    assert deliver_chat(chat.pk) == 0
    assert (fresh(first).status, fresh(second).status) == ("failed", "failed")
    assert len(api.calls) == 2
    assert fresh(first).reason
    assert fresh(first).reason != "x"


@pytest.mark.parametrize(("status", "body"), [(500, {}), (503, b"busy"), (400, {"error": {"code": 131016}})])
def test_trouble_of_a_moment_is_tried_again_later_each_time_and_then_failed(api, chat, ana, status, body):
    api.answers["messages"] = (status, body)
    message = replies.send_reply(chat.pk, ana, "Va")
    for number, pause in enumerate(claims.BACKOFF, 1):
        before = timezone.now()
        assert deliver_chat(chat.pk) == 0
        message = fresh(message)
        assert (message.status, message.attempts) == ("queued", number)
        assert before + pause <= message.next_try_at <= timezone.now() + pause
        assert deliver_chat(chat.pk) == 0
        assert len(api.calls) == number
        passed(chat)
    deliver_chat(chat.pk)
    assert (fresh(message).status, bool(fresh(message).reason)) == ("failed", True)
    assert len(api.calls) == len(claims.BACKOFF) + 1


def test_after_trouble_of_a_moment_it_goes_before_those_that_wait_behind_it(api, chat, ana):
    api.answers["messages"] = (500, {})
    for text in ("uno", "dos"):
        replies.send_reply(chat.pk, ana, text)
    deliver_chat(chat.pk)
    takes(api)
    passed(chat)
    assert deliver_chat(chat.pk) == 2
    assert texts(api) == ["uno", "uno", "dos"]


def test_an_error_of_our_own_is_tried_again_and_seen(api, chat, ana, monkeypatch):
    message = replies.send_reply(chat.pk, ana, "Va")
    monkeypatch.setattr(payload, "build_outgoing", lambda *_: 1 / 0)
    deliver_chat(chat.pk)
    assert (fresh(message).status, api.calls) == ("queued", [])


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("last", ["read", "failed"])
def test_receipts_while_our_request_is_on_its_way(api, transactional_db, ana, named, last):
    origin = people.whatsapp_origin(api_url=api.url)
    chat = held(origin, ana)
    message = replies.send_reply(chat.pk, ana, "Va")
    codes = []

    def answer(handler):
        ours = message.uuid if named else None
        code = 131026 if last == "failed" else None
        for status in ("sent", last):
            body = people.wa_statuses(
                people.wa_status("wamid.Q", status, ours=ours, code=code if status == last else None)
            )
            codes.append(people.post_meta(Client(), origin, body).status_code)
        say(handler, 200, b'{"messages": [{"id": "wamid.Q"}]}')

    api.answers["messages"] = answer
    assert deliver_chat(chat.pk) == 1
    tasks.sweep_parked()
    assert codes == [200, 200]
    assert (fresh(message).status, fresh(message).external_id) == (last, "wamid.Q")


def test_one_chats_messages_keep_their_order_across_workers(api, transactional_db, ana):
    origin = people.whatsapp_origin(api_url=api.url)
    chat = held(origin, ana)
    for number in range(8):
        replies.send_reply(chat.pk, ana, f"n{number}")
    with Crowd(4) as crowd:
        crowd.at_once(lambda _n: deliver_chat(chat.pk))
    while deliver_chat(chat.pk):
        pass
    assert texts(api) == [f"n{number}" for number in range(8)]


def test_chats_go_in_parallel(api, transactional_db, ana):
    origin = people.whatsapp_origin(api_url=api.url)
    chats = [held(origin, ana, sender=f"549115555020{n}") for n in range(3)]
    for chat in chats:
        replies.send_reply(chat.pk, ana, "Va")
    meet = threading.Barrier(3, timeout=120)

    def answer(handler):
        meet.wait()  # nobody is answered before all three are there
        say(handler, 200, json.dumps({"messages": [{"id": f"wamid.{time.monotonic_ns()}"}]}).encode())

    api.answers["messages"] = answer
    with Crowd(3) as crowd:
        assert crowd.at_once(lambda number: deliver_chat(chats[number].pk)) == [1, 1, 1]


def test_a_tapped_button_is_stored_and_acknowledged_by_the_worker(
    api, db, ana, asked, django_capture_on_commit_callbacks
):
    telegram = people.telegram_origin(api_url=api.url)
    with django_capture_on_commit_callbacks(execute=True):
        people.post_telegram(Client(), telegram, people.tg_tap(data="ventas", id="t-1"))
    choice = Message.objects.get(direction="in")
    assert (choice.kind, choice.payload["payload"]) == ("choice", "ventas")
    [task] = [one for one in asked if one[0] == "acknowledge"]
    tasks.acknowledge(*task[1:3])
    assert (api.last.path.rsplit("/", 1)[-1], api.last.json) == ("answerCallbackQuery", {"callback_query_id": "t-1"})


def test_an_agents_reaction_edit_and_withdrawal_leave(api, db, ana):
    telegram = people.telegram_origin(api_url=api.url)
    people.post_telegram(Client(), telegram, people.tg_text(id=11))
    chat = Chat.objects.get()
    moves.take(chat.pk, ana)
    theirs = Message.objects.get(direction="in")
    ours = replies.send_reply(chat.pk, ana, "Hloa")
    deliver_chat(chat.pk)
    corrections.react_to(chat.pk, ana, theirs.pk, "👍")
    corrections.edit_message(chat.pk, ana, ours.pk, "Hola")
    corrections.withdraw_message(chat.pk, ana, ours.pk)
    assert deliver_chat(chat.pk) == 3
    did = [(call.path.rsplit("/", 1)[-1], call.json.get("message_id")) for call in api.calls[1:]]
    number = int(fresh(ours).external_id.split(":")[1])
    assert did == [("setMessageReaction", 11), ("editMessageText", number), ("deleteMessage", number)]
    assert (fresh(theirs).own_reaction, fresh(ours).text, bool(fresh(ours).withdrawn_at)) == ("👍", "Hola", True)


def test_who_blocked_the_bot_fails_in_words(api, db, ana):
    telegram = people.telegram_origin(api_url=api.url)
    api.answers[""] = (403, {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"})
    message = replies.send_reply(held(telegram, ana).pk, ana, "Va")
    deliver_chat(message.chat_id)
    assert (fresh(message).status, "bloqueó" in fresh(message).reason) == ("failed", True)


def test_a_reaction_by_whatsapp_names_the_message_and_nothing_is_doubled(api, origin, ana):
    people.post_meta(Client(), origin, people.wa_text(MARTA, id="wamid.IN"))
    chat = Chat.objects.get()
    moves.take(chat.pk, ana)
    corrections.react_to(chat.pk, ana, Message.objects.get(external_id="wamid.IN").pk, "❤️")
    assert deliver_chat(chat.pk) == 1
    assert api.last.json["reaction"] == {"message_id": "wamid.IN", "emoji": "❤️"}
    with pytest.raises(Rejected, match="no permite"):
        corrections.edit_message(chat.pk, ana, Message.objects.get(kind="reaction").pk, "x")


@pytest.mark.parametrize("kind", ["whatsapp", "messenger", "instagram", "telegram"])
def test_a_line_without_a_token_waits_and_says_so(api, db, ana, kind):
    origin = getattr(people, f"{kind}_origin")(api_url=api.url, access_token="")
    message = replies.send_reply(held(origin, ana).pk, ana, "Va")
    deliver_chat(message.chat_id)
    origin.refresh_from_db()
    assert (fresh(message).status, bool(origin.trouble), api.calls) == ("queued", True, [])


def test_nothing_secret_is_said_of_a_refusal(api, origin, chat, ana, caplog):
    api.answers["messages"] = (401, {"error": {"code": 190, "message": f"Malformed token {origin.access_token}"}})
    message = replies.send_reply(chat.pk, ana, "Va")
    deliver_chat(chat.pk)
    origin.refresh_from_db()
    said = f"{fresh(message).reason} {origin.trouble} {origin.notice} {caplog.text}"
    assert origin.access_token not in said


def test_a_server_that_is_not_there_is_trouble_of_a_moment(db, ana, settings):
    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]
    origin = people.whatsapp_origin(api_url="http://127.0.0.1:9")
    message = replies.send_reply(held(origin, ana).pk, ana, "Va")
    deliver_chat(message.chat_id)
    assert (fresh(message).status, fresh(message).attempts) == ("queued", 1)


@pytest.mark.parametrize("when", ["queued", "sending", "unconfirmed", "sent"])
def test_a_failure_that_is_told_again_says_nothing_of_the_new_attempt(api, origin, chat, ana, when):
    message = replies.send_reply(chat.pk, ana, "Va")
    deliver_chat(chat.pk)
    at = timezone.now()
    failed = people.wa_status(fresh(message).external_id, "failed", ours=message.uuid, code=131026, at=at)
    people.post_meta(Client(), origin, people.wa_statuses(failed))
    assert fresh(message).status == "failed"
    assert fresh(message).status_at
    replies.retry_message(message.pk, ana)
    if when == "sent":
        deliver_chat(chat.pk)
    else:
        Message.objects.filter(pk=message.pk).update(status=when)
    sent = people.wa_status(failed["id"], "sent", ours=message.uuid, at=at)
    people.post_meta(Client(), origin, people.wa_statuses(failed | {"conversation": {}}, sent))
    assert fresh(message).status == when
    # what is said of the new attempt counts
    again = fresh(message).external_id if when == "sent" else "wamid.TWO"
    later = timezone.now() + timedelta(seconds=1)
    first = fresh(message).external_id
    news_of_it = people.wa_status(again, "failed", ours=message.uuid, code=131026, at=later)
    people.post_meta(Client(), origin, people.wa_statuses(news_of_it))
    assert fresh(message).status == "failed"
    if when != "sent":
        assert first != fresh(message).external_id == "wamid.TWO"
