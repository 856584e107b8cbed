"""What leaves to the networks: in order, once, and whatever they answer has its consequence. Against a real server."""

import itertools
import json
import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from chats import jobs, moves, publish, window
from chats.attachments import uploads
from chats.errors import Rejected, Rejection
from chats.messages import acceptance, corrections, replies, reverts, templates
from chats.models import Chat, Message, Template
from gateway import tasks
from gateway.outbound import outbox, payload
from live import throttle
from origins import health, pace
from origins.capabilities import CAPABILITIES
from origins.models import Origin
from tests import people
from tests.callback import cut, say
from tests.origins.api import Api
from tests.threads import Crowd

MARTA = "5491155550101"


@pytest.fixture
def api(settings):
    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]
    api = Api()
    takes(api)
    yield api
    api.close()


def takes(api, prefix="wamid.OUT"):
    """It takes everything, and gives each an id."""
    numbers = itertools.count(1)

    def whatsapp_or_page(handler):
        given = f"{prefix}{next(numbers)}"
        say(handler, 200, json.dumps({"messages": [{"id": given}], "message_id": given}).encode())

    def telegram(handler):
        say(handler, 200, json.dumps({"ok": True, "result": {"message_id": next(numbers)}}).encode())

    api.answers = {"messages": whatsapp_or_page, "": telegram}


def refuses(api, code, status=400, **more):
    api.answers["messages"] = (status, {"error": {"code": code, "message": "x", **more}})


@pytest.fixture
def origin(db, api):
    return people.whatsapp_origin(api_url=api.url)


@pytest.fixture
def chat(origin, ana):
    return held(origin, ana)


def held(origin, ana, sender=None, **fields):
    kind, value = {
        "whatsapp": ("wa_id", MARTA), "telegram": ("telegram", "5001"), "messenger": ("psid", "24001"),
        "instagram": ("igsid", "90001"),
    }[origin.kind]  # fmt: skip
    return people.held(origin, ana, sender=sender or value, address_kind=kind, **fields)


def fresh(message):
    return Message.objects.get(pk=message.pk)


def texts(api):
    return [call.json["text"]["body"] for call in api.calls if "text" in call.json]


def passed(chat):
    """The waiting times in this chat, and what the network asked for, are over."""
    from live.feed import current_feed

    Message.objects.filter(chat=chat, next_try_at__isnull=False).update(
        next_try_at=timezone.now() - timedelta(seconds=1)
    )
    Origin.objects.update(held_until=None)
    current_feed().redis.delete(f"rate:held:{chat.origin_id}")


@pytest.fixture
def asked(monkeypatch):
    asked = []
    monkeypatch.setattr(
        jobs,
        "_send_task",
        lambda task, *args, countdown=None: asked.append((task.rsplit(".", 1)[-1], *args, countdown)),
    )
    return asked


# --- it leaves ------------------------------------------------------------------------------------


def test_several_leave_in_order_with_their_ids(api, chat, ana):
    said = [replies.send_reply(chat.pk, ana, f"n{n}") for n in range(5)]
    assert outbox.deliver_chat(chat.pk) == 5
    assert texts(api) == [f"n{n}" for n in range(5)]
    assert [call.json["biz_opaque_callback_data"] for call in api.calls] == [str(one.uuid) for one in said]
    assert [fresh(one).external_id for one in said] == [f"wamid.OUT{n}" for n in range(1, 6)]
    assert {fresh(one).status for one in said} == {"sent"}


@pytest.mark.parametrize("kind", ["telegram", "messenger", "instagram"])
def test_each_network_sends_and_keeps_its_id(api, db, ana, kind):
    origin = getattr(people, f"{kind}_origin")(api_url=api.url)
    message = replies.send_reply(held(origin, ana).pk, ana, "Va")
    assert outbox.deliver_chat(message.chat_id) == 1
    assert (fresh(message).status, bool(fresh(message).external_id)) == ("sent", True)


def test_a_long_text_leaves_in_parts_in_order(api, chat, ana):
    text = "\n\n".join(f"{n} " + "palabra " * 200 + "👨‍👩‍👧" for n in range(6))
    replies.send_reply(chat.pk, ana, text)
    outbox.deliver_chat(chat.pk)
    parts = texts(api)
    assert len(parts) > 1
    assert all(len(part) <= 4096 for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_instagram_counts_bytes(api, db, ana):
    origin = people.instagram_origin(api_url=api.url)
    chat, text = held(origin, ana), "ñandú 👨‍👩‍👧 " * 120
    replies.send_reply(chat.pk, ana, text)
    outbox.deliver_chat(chat.pk)
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
    assert outbox.deliver_chat(chat.pk) == 3
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
    assert outbox.deliver_chat(chat.pk) == 1


# --- each kind of refusal -------------------------------------------------------------------------


@pytest.mark.parametrize("code", [131026, 131030, 131049, 100, 987654])
def test_a_final_refusal_fails_in_words_and_the_next_one_goes(api, chat, ana, code):
    refuses(api, code)
    first, second = (replies.send_reply(chat.pk, ana, text) for text in ("uno", "dos"))
    assert outbox.deliver_chat(chat.pk) == 0
    assert (fresh(first).status, fresh(second).status) == ("failed", "failed")
    assert len(api.calls) == 2
    assert fresh(first).reason
    assert fresh(first).reason != "x"


@pytest.mark.parametrize(("status", "body"), [(500, {}), (503, b"busy"), (400, {"error": {"code": 131016}})])
def test_trouble_of_a_moment_is_tried_again_later_each_time_and_then_failed(api, chat, ana, status, body):
    api.answers["messages"] = (status, body)
    message = replies.send_reply(chat.pk, ana, "Va")
    for number, pause in enumerate(outbox.BACKOFF, 1):
        before = timezone.now()
        assert outbox.deliver_chat(chat.pk) == 0
        message = fresh(message)
        assert (message.status, message.attempts) == ("queued", number)
        assert before + pause <= message.next_try_at <= timezone.now() + pause
        assert outbox.deliver_chat(chat.pk) == 0
        assert len(api.calls) == number
        passed(chat)
    outbox.deliver_chat(chat.pk)
    assert (fresh(message).status, bool(fresh(message).reason)) == ("failed", True)
    assert len(api.calls) == len(outbox.BACKOFF) + 1


def test_after_trouble_of_a_moment_it_goes_before_those_that_wait_behind_it(api, chat, ana):
    api.answers["messages"] = (500, {})
    for text in ("uno", "dos"):
        replies.send_reply(chat.pk, ana, text)
    outbox.deliver_chat(chat.pk)
    takes(api)
    passed(chat)
    assert outbox.deliver_chat(chat.pk) == 2
    assert texts(api) == ["uno", "uno", "dos"]


def test_the_pair_limit_holds_its_chat_only_and_burns_no_attempt(api, origin, chat, ana):
    other = held(origin, ana, sender="5491155550202")
    refuses(api, 131056)
    message = replies.send_reply(chat.pk, ana, "Va")
    for _ in range(len(outbox.BACKOFF) + 3):
        outbox.deliver_chat(chat.pk)
        assert fresh(message).status == "queued"
        passed(chat)
    assert fresh(message).attempts == 0
    takes(api)
    theirs = replies.send_reply(other.pk, ana, "Otro")
    assert outbox.deliver_chat(other.pk) == 1
    assert fresh(theirs).status == "sent"
    # and one real trouble after all that is not the end of it
    api.answers["messages"] = (500, {})
    outbox.deliver_chat(chat.pk)
    assert fresh(message).status == "queued"


def test_a_time_that_the_network_names_is_kept(api, db, ana):
    telegram = people.telegram_origin(api_url=api.url)
    api.answers[""] = (429, {"ok": False, "error_code": 429, "description": "x", "parameters": {"retry_after": 37}})
    chat = held(telegram, ana)
    message = replies.send_reply(chat.pk, ana, "Va")
    before = timezone.now()
    outbox.deliver_chat(chat.pk)
    assert before + timedelta(seconds=36) < fresh(message).next_try_at < timezone.now() + timedelta(seconds=38)
    assert chat.pk not in outbox.find_due_chats(timezone.now())


@pytest.mark.parametrize("code", [130429, 80007, 4])
def test_the_lines_limit_holds_the_whole_line(api, origin, chat, ana, code):
    other = held(origin, ana, sender="5491155550202")
    refuses(api, code)
    first, second = replies.send_reply(chat.pk, ana, "uno"), replies.send_reply(other.pk, ana, "dos")
    outbox.deliver_chat(chat.pk)
    assert (fresh(first).status, fresh(first).attempts) == ("queued", 0)
    outbox.deliver_chat(other.pk)
    assert len(api.calls) == 1
    assert pace.reserve_send(origin, other.pk) > 0
    assert fresh(second).attempts == 0
    takes(api)
    # what is longer than a moment supervisors see, too
    Origin.objects.update(held_until=None)
    for one in (chat, other):
        passed(one)
        assert outbox.deliver_chat(one.pk) == 1


@pytest.mark.parametrize("code", [190, 131042, 131031, 10])
def test_an_account_in_trouble_waits_and_nothing_is_burned(api, origin, chat, ana, code):
    other = held(origin, ana, sender="5491155550202")
    elsewhere = held(people.whatsapp_origin(line_id="2", account_id="2000009", api_url=api.url), ana)
    refuses(api, code)
    first, second = replies.send_reply(chat.pk, ana, "uno"), replies.send_reply(other.pk, ana, "dos")
    third = replies.send_reply(elsewhere.pk, ana, "tres")
    for _ in range(len(outbox.BACKOFF) + 3):
        outbox.deliver_chat(chat.pk)
        assert (fresh(first).status, fresh(first).attempts) == ("queued", 0)
        assert chat.pk not in outbox.find_due_chats(timezone.now())
        Origin.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    outbox.deliver_chat(chat.pk)
    origin.refresh_from_db()
    assert origin.trouble
    assert origin.trouble_at
    assert origin.held_until > timezone.now()
    # nobody of this line tries meanwhile, others do
    calls = len(api.calls)
    outbox.deliver_chat(other.pk)
    assert len(api.calls) == calls
    assert outbox.find_due_chats(timezone.now()) == [elsewhere.pk]
    assert outbox.find_due_chats(timezone.now() + health.PROBE_PAUSE + timedelta(seconds=1)) == [
        chat.pk,
        other.pk,
        elsewhere.pk,
    ]
    takes(api)
    assert outbox.deliver_chat(elsewhere.pk) == 1
    origin.refresh_from_db()
    assert origin.trouble  # of the other line's account it says nothing
    Origin.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert outbox.deliver_chat(chat.pk) == 1
    origin.refresh_from_db()
    assert (origin.trouble, origin.trouble_at, origin.held_until) == ("", None, None)
    assert set(outbox.find_due_chats(timezone.now())) == {other.pk}
    assert outbox.deliver_chat(other.pk) == 1
    assert {fresh(one).status for one in (first, second, third)} == {"sent"}


def test_a_failed_receipt_for_the_account_stops_the_line_too(api, origin, chat, ana):
    first, second = (replies.send_reply(chat.pk, ana, text) for text in ("uno", "dos"))
    Message.objects.filter(pk=second.pk).update(next_try_at=timezone.now() + timedelta(hours=1))
    outbox.deliver_chat(chat.pk)
    failed = people.wa_status(fresh(first).external_id, "failed", ours=first.uuid, code=131042)
    people.post_meta(Client(), origin, people.wa_statuses(failed))
    origin.refresh_from_db()
    assert origin.trouble
    assert fresh(first).status == "failed"
    passed(chat)
    Origin.objects.filter(pk=origin.pk).update(held_until=timezone.now() + health.PROBE_PAUSE)
    assert outbox.deliver_chat(chat.pk) == 0
    assert fresh(second).status == "queued"


@pytest.mark.parametrize("afterwards", [False, True])
def test_a_window_that_the_network_says_is_closed_is_closed_until_the_customer_writes(
    api, origin, chat, ana, django_capture_on_commit_callbacks, afterwards
):
    message = replies.send_reply(chat.pk, ana, "Va")
    with django_capture_on_commit_callbacks(execute=True):
        if afterwards:
            outbox.deliver_chat(chat.pk)
            failed = people.wa_status(fresh(message).external_id, "failed", ours=message.uuid, code=131047)
            people.post_meta(Client(), origin, people.wa_statuses(failed))
        else:
            refuses(api, 131047)
            outbox.deliver_chat(chat.pk)
    takes(api)
    assert (fresh(message).status, "plantilla" in fresh(message).reason) == ("failed", True)
    standing = people.fresh(chat)
    assert (standing.window_shut_at is not None, window.window_state(standing, timezone.now())) == (True, "shut")
    with pytest.raises(Rejected, match="plantilla"):
        replies.send_reply(chat.pk, ana, "¿Y?")
    with pytest.raises(Rejected, match="plantilla"):
        replies.retry_message(message.pk, ana)
    Chat.objects.update(window_shut_at=timezone.now() - timedelta(seconds=2))
    people.post_meta(Client(), origin, people.wa_text(MARTA, "Acá estoy"))
    replies.retry_message(message.pk, ana)
    assert outbox.deliver_chat(chat.pk) == 1
    assert fresh(message).status == "sent"


def test_a_text_that_waited_past_its_window_does_not_leave(api, chat, ana):
    message = replies.send_reply(chat.pk, ana, "Va")
    long_ago = timezone.now() - timedelta(hours=24, seconds=1)
    Chat.objects.filter(pk=chat.pk).update(last_customer_at=long_ago)
    outbox.deliver_chat(chat.pk)
    assert (fresh(message).status, api.calls) == ("failed", [])
    assert "plantilla" in fresh(message).reason


def test_24_hours_to_the_second(api, chat, ana):
    now = timezone.now()
    for ago, may in ((timedelta(hours=24), False), (timedelta(hours=24) - timedelta(seconds=1), True)):
        Chat.objects.filter(pk=chat.pk).update(last_customer_at=now - ago, session_expires_at=now + timedelta(hours=9))
        assert window.free_text_allowed(people.fresh(chat), now) is may


# --- nobody knows whether it went out -------------------------------------------------------------


@pytest.mark.parametrize("kind", ["whatsapp", "messenger", "instagram", "telegram"])
def test_a_line_cut_after_the_body_is_unsure_and_is_never_sent_again_by_itself(api, db, ana, kind):
    origin = getattr(people, f"{kind}_origin")(api_url=api.url)
    chat = held(origin, ana)
    first, second = (replies.send_reply(chat.pk, ana, text) for text in ("uno", "dos"))
    answers = iter([cut])
    after = api.answers["messages" if kind != "telegram" else ""]
    api.answers["messages" if kind != "telegram" else "sendMessage"] = lambda handler: next(answers, after)(handler)
    assert outbox.deliver_chat(chat.pk) == 1
    assert (fresh(first).status, fresh(second).status) == ("unconfirmed", "sent")
    assert len(api.calls) == 2
    assert outbox.find_due_chats(timezone.now() + timedelta(days=1)) == []
    tasks.sweep_outbox()
    outbox.deliver_chat(chat.pk)
    assert len(api.calls) == 2


def test_an_unsure_one_is_told_by_its_receipt_or_its_echo(api, db, ana):
    whatsapp, messenger = people.whatsapp_origin(api_url=api.url), people.messenger_origin(api_url=api.url)
    ones = []
    api.answers["messages"] = cut
    for origin in (whatsapp, messenger):
        ones.append(replies.send_reply(held(origin, ana).pk, ana, "Va"))
        outbox.deliver_chat(ones[-1].chat_id)
        assert fresh(ones[-1]).status == "unconfirmed"
    people.post_meta(Client(), whatsapp, people.wa_statuses(people.wa_status("wamid.R", "sent", ours=ones[0].uuid)))
    people.post_meta(Client(), messenger, people.meta_echo("messenger", "24001", "Va", id="m_R", ours=ones[1].uuid))
    assert [(fresh(one).status, fresh(one).external_id) for one in ones] == [("sent", "wamid.R"), ("sent", "m_R")]


def test_an_unsure_one_goes_again_when_the_agent_says_so_and_only_once(api, chat, ana):
    api.answers["messages"] = cut
    message = replies.send_reply(chat.pk, ana, "Va")
    outbox.deliver_chat(chat.pk)
    takes(api)
    for _ in range(2):
        replies.retry_message(message.pk, ana)
    assert outbox.deliver_chat(chat.pk) == 1
    assert outbox.deliver_chat(chat.pk) == 0
    assert texts(api) == ["Va", "Va"]
    assert fresh(message).status == "sent"


def test_a_retry_that_turns_out_to_be_needless_does_not_leave(api, origin, chat, ana):
    api.answers["messages"] = cut
    message = replies.send_reply(chat.pk, ana, "Va")
    outbox.deliver_chat(chat.pk)
    takes(api)
    replies.retry_message(message.pk, ana)
    people.post_meta(Client(), origin, people.wa_statuses(people.wa_status("wamid.R", "delivered", ours=message.uuid)))
    assert outbox.deliver_chat(chat.pk) == 0
    assert (len(api.calls), fresh(message).status) == (1, "delivered")


def test_a_worker_that_died_with_it_leaves_it_unsure_and_the_next_one_goes(api, chat, ana):
    first, second = (replies.send_reply(chat.pk, ana, text) for text in ("uno", "dos"))
    assert outbox._claim_first(chat.pk, timezone.now()).pk == first.pk
    assert outbox.deliver_chat(chat.pk) == 0
    assert outbox.find_due_chats(timezone.now()) == []
    assert outbox.find_due_chats(timezone.now() + outbox.CLAIM + timedelta(seconds=1)) == [chat.pk]
    passed(chat)
    assert outbox.deliver_chat(chat.pk) == 1
    assert (fresh(first).status, fresh(second).status, texts(api)) == ("unconfirmed", "sent", ["dos"])
    # the worker was only slow, after all
    acceptance.record_accepted(first, "wamid.LATE", timezone.now())
    assert (fresh(first).status, fresh(first).external_id) == ("sent", "wamid.LATE")


def test_an_error_of_our_own_is_tried_again_and_seen(api, chat, ana, monkeypatch):
    message = replies.send_reply(chat.pk, ana, "Va")
    monkeypatch.setattr(payload, "build_outgoing", lambda *_: 1 / 0)
    outbox.deliver_chat(chat.pk)
    assert (fresh(message).status, api.calls) == ("queued", [])


# --- receipts before our request has returned -----------------------------------------------------


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
    assert outbox.deliver_chat(chat.pk) == 1
    tasks.sweep_early()
    assert codes == [200, 200]
    assert (fresh(message).status, fresh(message).external_id) == (last, "wamid.Q")


# --- several workers ------------------------------------------------------------------------------


def test_one_chats_messages_keep_their_order_across_workers(api, transactional_db, ana):
    origin = people.whatsapp_origin(api_url=api.url)
    chat = held(origin, ana)
    for number in range(8):
        replies.send_reply(chat.pk, ana, f"n{number}")
    with Crowd(4) as crowd:
        crowd.at_once(lambda _n: outbox.deliver_chat(chat.pk))
    while outbox.deliver_chat(chat.pk):
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
        assert crowd.at_once(lambda number: outbox.deliver_chat(chats[number].pk)) == [1, 1, 1]


# --- rates ----------------------------------------------------------------------------------------


@pytest.fixture
def frozen(monkeypatch):
    """The clock of the rates stands; called with seconds, it goes on by them. What is drawn is the least there is."""
    now, script = int(time.time()), throttle._RESERVE
    assert "redis.call('TIME')" in script

    def go_on(seconds):
        nonlocal now
        now += seconds
        monkeypatch.setattr(throttle, "_RESERVE", script.replace("redis.call('TIME')", f"{{{now}, 0}}"))

    go_on(0)
    monkeypatch.setattr(outbox.random, "uniform", lambda least, _most: least)
    return go_on


def test_a_chat_of_telegram_may_send_five_at_once_and_then_one_a_second(api, db, ana, asked, frozen):
    telegram = people.telegram_origin(api_url=api.url)
    chat = held(telegram, ana)
    for number in range(8):
        replies.send_reply(chat.pk, ana, f"n{number}")
    began = timezone.now()
    assert outbox.deliver_chat(chat.pk) == 5
    waiting = Message.objects.filter(chat=chat, status="queued").order_by("id").first()
    assert began < waiting.next_try_at <= timezone.now() + timedelta(seconds=1.1)
    assert waiting.attempts == 0
    frozen(1)
    passed(chat)
    assert outbox.deliver_chat(chat.pk) == 1
    assert [call.json["text"] for call in api.calls] == [f"n{n}" for n in range(6)]


def test_a_pair_of_whatsapp_may_borrow_45_and_others_are_not_held(origin, chat, ana):
    assert [pace.reserve_send(origin, chat.pk) for _ in range(45)] == [0] * 45
    assert 5 < pace.reserve_send(origin, chat.pk) <= 6
    assert pace.reserve_send(origin, chat.pk + 1) == 0


def test_a_line_has_its_own_limit(origin, monkeypatch):
    # slow enough for any machine
    monkeypatch.setitem(CAPABILITIES, "whatsapp", replace(CAPABILITIES["whatsapp"], line_rate=1 / 60, line_burst=8))
    waits = [pace.reserve_send(origin, 10_000_000 + number) for number in range(10)]
    assert waits[:8] == [0] * 8
    assert all(0 < wait <= 60 for wait in waits[8:])


# --- a person may write longer --------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["messenger", "instagram"])
def test_what_a_person_writes_goes_out_for_seven_days_where_meta_allows_it(api, db, ana, kind):
    origin = getattr(people, f"{kind}_origin")(api_url=api.url, human_agent=True, session_hours=24 * 8)
    chat = held(origin, ana)
    Chat.objects.update(last_customer_at=timezone.now() - timedelta(days=3))
    assert window.window_state(people.fresh(chat), timezone.now()) == "human_agent"
    message = replies.send_reply(chat.pk, ana, "¿Seguís ahí?")
    assert outbox.deliver_chat(chat.pk) == 1
    sent = api.last.json
    assert (sent["messaging_type"], sent["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")
    # not the bot
    bot = Message.objects.create(
        chat=chat, origin=origin, direction="out", author="bot", text="Soy un bot", status="queued"
    )
    assert outbox.deliver_chat(chat.pk) == 0
    assert (fresh(bot).status, len(api.calls)) == ("failed", 1)
    # and not after seven days
    late = replies.send_reply(chat.pk, ana, "¿Y ahora?")
    Chat.objects.update(last_customer_at=timezone.now() - timedelta(days=7, seconds=1))
    assert outbox.deliver_chat(chat.pk) == 0
    assert (fresh(late).status, len(api.calls)) == ("failed", 1)
    with pytest.raises(Rejected):
        replies.send_reply(chat.pk, ana, "tarde")
    assert fresh(message).status == "sent"


def test_without_that_right_nobody_writes_after_a_day(api, db, ana):
    origin = people.messenger_origin(api_url=api.url, session_hours=24 * 8)
    chat = held(origin, ana)
    Chat.objects.update(last_customer_at=timezone.now() - timedelta(days=3))
    with pytest.raises(Rejected):
        replies.send_reply(chat.pk, ana, "¿Seguís ahí?")
    ours = Template.objects.create(name="Retomar", body="Hola")
    with pytest.raises(Rejected, match="no tiene plantillas"):
        templates.send_template(chat.pk, ana, ours, {})


def test_telegram_has_no_window(api, db, ana):
    origin = people.telegram_origin(api_url=api.url, session_hours=24 * 8)
    chat = held(origin, ana)
    Chat.objects.update(last_customer_at=timezone.now() - timedelta(days=3))
    replies.send_reply(chat.pk, ana, "¿Seguís ahí?")
    assert outbox.deliver_chat(chat.pk) == 1


# --- Telegram's own -------------------------------------------------------------------------------


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
    outbox.deliver_chat(chat.pk)
    corrections.react_to(chat.pk, ana, theirs.pk, "👍")
    corrections.edit_message(chat.pk, ana, ours.pk, "Hola")
    corrections.withdraw_message(chat.pk, ana, ours.pk)
    assert outbox.deliver_chat(chat.pk) == 3
    did = [(call.path.rsplit("/", 1)[-1], call.json.get("message_id")) for call in api.calls[1:]]
    number = int(fresh(ours).external_id.split(":")[1])
    assert did == [("setMessageReaction", 11), ("editMessageText", number), ("deleteMessage", number)]
    assert (fresh(theirs).own_reaction, fresh(ours).text, bool(fresh(ours).withdrawn_at)) == ("👍", "Hola", True)


def test_who_blocked_the_bot_fails_in_words(api, db, ana):
    telegram = people.telegram_origin(api_url=api.url)
    api.answers[""] = (403, {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"})
    message = replies.send_reply(held(telegram, ana).pk, ana, "Va")
    outbox.deliver_chat(message.chat_id)
    assert (fresh(message).status, "bloqueó" in fresh(message).reason) == ("failed", True)


def test_a_reaction_by_whatsapp_names_the_message_and_nothing_is_doubled(api, origin, ana):
    people.post_meta(Client(), origin, people.wa_text(MARTA, id="wamid.IN"))
    chat = Chat.objects.get()
    moves.take(chat.pk, ana)
    corrections.react_to(chat.pk, ana, Message.objects.get(external_id="wamid.IN").pk, "❤️")
    assert outbox.deliver_chat(chat.pk) == 1
    assert api.last.json["reaction"] == {"message_id": "wamid.IN", "emoji": "❤️"}
    with pytest.raises(Rejected, match="no permite"):
        corrections.edit_message(chat.pk, ana, Message.objects.get(kind="reaction").pk, "x")


# --- a line without what it needs -----------------------------------------------------------------


@pytest.mark.parametrize("kind", ["whatsapp", "messenger", "instagram", "telegram"])
def test_a_line_without_a_token_waits_and_says_so(api, db, ana, kind):
    origin = getattr(people, f"{kind}_origin")(api_url=api.url, access_token="")
    message = replies.send_reply(held(origin, ana).pk, ana, "Va")
    outbox.deliver_chat(message.chat_id)
    origin.refresh_from_db()
    assert (fresh(message).status, bool(origin.trouble), api.calls) == ("queued", True, [])


def test_nothing_secret_is_said_of_a_refusal(api, origin, chat, ana, caplog):
    api.answers["messages"] = (401, {"error": {"code": 190, "message": f"Malformed token {origin.access_token}"}})
    message = replies.send_reply(chat.pk, ana, "Va")
    outbox.deliver_chat(chat.pk)
    origin.refresh_from_db()
    said = f"{fresh(message).reason} {origin.trouble} {origin.notice} {caplog.text}"
    assert origin.access_token not in said


def test_a_server_that_is_not_there_is_trouble_of_a_moment(db, ana, settings):
    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]
    origin = people.whatsapp_origin(api_url="http://127.0.0.1:9")
    message = replies.send_reply(held(origin, ana).pk, ana, "Va")
    outbox.deliver_chat(message.chat_id)
    assert (fresh(message).status, fresh(message).attempts) == ("queued", 1)


# --- the same failure, told again -----------------------------------------------------------------


@pytest.mark.parametrize("when", ["queued", "sending", "unconfirmed", "sent"])
def test_a_failure_that_is_told_again_says_nothing_of_the_new_attempt(api, origin, chat, ana, when):
    message = replies.send_reply(chat.pk, ana, "Va")
    outbox.deliver_chat(chat.pk)
    at = timezone.now()
    failed = people.wa_status(fresh(message).external_id, "failed", ours=message.uuid, code=131026, at=at)
    people.post_meta(Client(), origin, people.wa_statuses(failed))
    assert fresh(message).status == "failed"
    assert fresh(message).status_at
    replies.retry_message(message.pk, ana)
    if when == "sent":
        outbox.deliver_chat(chat.pk)
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


# --- a change of ours that the network refuses ------------------------------------------------------


def is_refused(api, row, description):
    """Telegram refuses this change: delivered, failed, and undone."""
    api.answers[""] = (400, {"ok": False, "error_code": 400, "description": f"Bad Request: {description}"})
    outbox.deliver_chat(row.chat_id)
    assert fresh(row).status == "failed"
    reverts.revert_refused(fresh(row), fresh(row).reason)
    takes(api)


def undone_lines(chat):
    lines = Message.objects.filter(chat=chat, direction="note", author="system").exclude(kind="move")
    return list(lines.order_by("id").values_list("text", flat=True))


@pytest.fixture
def by_telegram(api, db, ana):
    """Ana's chat by Telegram, what the customer wrote, and what Ana has answered."""
    telegram = people.telegram_origin(api_url=api.url)
    people.post_telegram(Client(), telegram, people.tg_text(id=11))
    chat = Chat.objects.get()
    moves.take(chat.pk, ana)
    ours = replies.send_reply(chat.pk, ana, "Hloa")
    outbox.deliver_chat(chat.pk)
    return chat, Message.objects.get(direction="in"), ours


def test_a_refused_withdrawal_stands_in_the_thread_again_and_is_said(api, by_telegram, ana):
    chat, _theirs, ours = by_telegram
    row = corrections.withdraw_message(chat.pk, ana, ours.pk)
    assert fresh(ours).withdrawn_at
    is_refused(api, row, "message can't be deleted")
    assert fresh(ours).withdrawn_at is None
    (words,) = undone_lines(chat)
    assert words.startswith("No se pudo retirar el mensaje: Telegram ya no deja")
    # told again, it has been done
    reverts.revert_refused(fresh(row), "otra vez")
    assert undone_lines(chat) == [words]


def test_a_refused_edit_gives_back_the_text_and_when_it_was_edited(api, by_telegram, ana):
    chat, _theirs, ours = by_telegram
    corrections.edit_message(chat.pk, ana, ours.pk, "Hola")
    outbox.deliver_chat(chat.pk)
    edited_at = fresh(ours).edited_at
    is_refused(api, corrections.edit_message(chat.pk, ana, ours.pk, "Chau"), "message can't be edited")
    assert (fresh(ours).text, fresh(ours).edited_at) == ("Hola", edited_at)
    assert len(undone_lines(chat)) == 1
    assert "corregir" in undone_lines(chat)[0]


def test_a_first_edit_that_is_refused_leaves_no_trace_of_an_edit(api, by_telegram, ana):
    chat, _theirs, ours = by_telegram
    is_refused(api, corrections.edit_message(chat.pk, ana, ours.pk, "Chau"), "message can't be edited")
    assert (fresh(ours).text, fresh(ours).edited_at) == ("Hloa", None)


def test_a_refused_reaction_gives_back_the_one_before(api, by_telegram, ana):
    chat, theirs, _ours = by_telegram
    corrections.react_to(chat.pk, ana, theirs.pk, "👍")
    outbox.deliver_chat(chat.pk)
    is_refused(api, corrections.react_to(chat.pk, ana, theirs.pk, "🎉"), "REACTION_INVALID")
    is_refused(api, corrections.react_to(chat.pk, ana, theirs.pk, ""), "message to react not found")
    assert fresh(theirs).own_reaction == "👍"
    assert [words.split(":")[0] for words in undone_lines(chat)] == [
        "No se pudo reaccionar con 🎉", "No se pudo quitar la reacción",
    ]  # fmt: skip


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_was_changed_again_stands_and_falls_by_itself(by_telegram, ana, order):
    chat, theirs, _ours = by_telegram
    rows = [corrections.react_to(chat.pk, ana, theirs.pk, emoji) for emoji in ("👍", "🎉")]
    for number, stands in zip(order, {(0, 1): ("🎉", ""), (1, 0): ("👍", "")}[order], strict=True):
        Message.objects.filter(pk=rows[number].pk).update(status="failed")
        reverts.revert_refused(rows[number], "no")
        assert fresh(theirs).own_reaction == stands


@pytest.mark.parametrize("status", ["queued", "sending", "sent"])
def test_only_what_has_failed_is_undone(by_telegram, ana, status):
    chat, _theirs, ours = by_telegram
    row = corrections.withdraw_message(chat.pk, ana, ours.pk)
    Message.objects.filter(pk=row.pk).update(status=status)
    reverts.revert_refused(row, "no")
    assert fresh(ours).withdrawn_at
    assert undone_lines(chat) == []


def test_an_undone_change_is_told_to_the_screens(by_telegram, ana, monkeypatch, django_capture_on_commit_callbacks):
    chat, _theirs, ours = by_telegram
    row = corrections.withdraw_message(chat.pk, ana, ours.pk)
    Message.objects.filter(pk=row.pk).update(status="failed")
    told = []
    monkeypatch.setattr(publish, "publish_events", lambda events: told.extend(event.render()[1] for event in events))
    with django_capture_on_commit_callbacks(execute=True):
        reverts.revert_refused(row, "no se puede")
    assert any(f'id="m-{ours.pk}"' in html and "Este mensaje se retiró" not in html for html in told)
    assert any("No se pudo retirar el mensaje: no se puede" in html for html in told)


# --- what is refused at once ------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "good", "bad"), [("instagram", "❤️", "👍"), ("telegram", "🎉", "🦖")])
def test_a_reaction_that_the_network_does_not_know_is_refused_at_once(api, db, ana, kind, good, bad):
    chat = held(getattr(people, f"{kind}_origin")(api_url=api.url), ana)
    theirs = chat.messages.get(direction="in")
    Message.objects.filter(pk=theirs.pk).update(external_id="in-1")
    with pytest.raises(Rejected, match="no toma esa reacción") as refusal:
        corrections.react_to(chat.pk, ana, theirs.pk, bad)
    assert refusal.value.code == Rejection.INVALID
    assert fresh(theirs).own_reaction == ""
    corrections.react_to(chat.pk, ana, theirs.pk, good)
    corrections.react_to(chat.pk, ana, theirs.pk, "")
    assert chat.messages.filter(kind="reaction").count() == 2


def test_what_was_taken_back_is_not_sent_again(chat, ana):
    sent = replies.send_reply(chat.pk, ana, "Va")
    Message.objects.filter(pk=sent.pk).update(status="unconfirmed", withdrawn_at=timezone.now())
    with pytest.raises(Rejected, match="se retiró") as refusal:
        replies.retry_message(sent.pk, ana)
    assert (refusal.value.code, fresh(sent).status) == (Rejection.INVALID, "unconfirmed")


def test_a_change_that_was_undone_is_not_tried_again_by_itself(by_telegram, ana):
    chat, _theirs, ours = by_telegram
    row = corrections.withdraw_message(chat.pk, ana, ours.pk)
    Message.objects.filter(pk=row.pk).update(status="failed")
    with pytest.raises(Rejected, match="se deshizo"):
        replies.retry_message(row.pk, ana)
    assert fresh(row).status == "failed"


@pytest.mark.parametrize("status", ["failed", "queued", "unconfirmed"])
def test_what_is_not_out_there_is_neither_taken_back_nor_corrected(by_telegram, ana, status):
    chat, _theirs, ours = by_telegram
    # it got its id and failed by its receipt, or is tried again
    Message.objects.filter(pk=ours.pk).update(status=status)
    for change in (
        lambda: corrections.withdraw_message(chat.pk, ana, ours.pk),
        lambda: corrections.edit_message(chat.pk, ana, ours.pk, "x"),
    ):
        with pytest.raises(Rejected) as refusal:
            change()
        assert refusal.value.code == Rejection.INVALID
    assert (fresh(ours).withdrawn_at, fresh(ours).text) == (None, "Hloa")
