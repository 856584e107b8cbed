"""JSON logs: one id from the webhook to what leaves, and never a word of people, at DEBUG either."""

import io
import json
import logging

import httpx
import pytest
from celery import Celery
from celery.app.trace import build_tracer
from django.conf import settings as configured
from django.db import DataError, IntegrityError, connection, transaction
from django.test import Client

from chats import moves
from chats.bots import release
from chats.messages import replies
from chats.models import Chat, Message
from common import log_ids
from common.signature import sign_bytes
from gateway.endpoints import calls
from tests import people
from tests.http_server import BotServer, Callback
from tests.pumping import deliver_chat
from wittyagent import log_tasks
from wittyagent.log_format import JsonFormatter

# words, names, numbers and secrets that go through; none of them may show
TEXT, NAME, PHONE, ANSWER, REPLY = (
    "perdí la tarjeta 4507",
    "Marta Gómez",
    "59899123456",
    "¿Cuál es el PIN?",
    "Te llamo ya",
)
SECRET, TOKEN = "el-secreto-de-la-linea-77", "el-token-del-bot-88"
NEVER = (TEXT, NAME, "Marta", PHONE, ANSWER, REPLY, SECRET, TOKEN, "4507")
ASKED_AS = "proxy-0123456789abcdef"


@pytest.fixture
def lines():
    """`lines()`: what was logged as JSON, as with LOG_LEVEL=DEBUG."""
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    levels = {room: logging.getLogger(room).level for room in configured.OWN_ROOMS}
    for room in levels:
        logging.getLogger(room).setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    for room, level in levels.items():
        logging.getLogger(room).setLevel(level)


def body_of(number="1"):
    return {"messages": [{"id": number, "from": PHONE, "name": NAME, "type": "text", "text": TEXT}]}


def refuse_nothing(said):
    text = json.dumps(said, ensure_ascii=False)
    assert not [word for word in NEVER if word in text], text


def test_from_the_webhook_to_the_reply_there_are_ids_and_no_words(lines, db, ana, listening):
    bot_server, callback = listening(BotServer()), listening(Callback())
    bot_server.answers = [{"messages": [ANSWER]}]
    bot = people.external_bot(url=bot_server.url, events=["message_created"], access_token=TOKEN)
    origin = people.received_by(bot, people.http_origin(secret=SECRET, callback_url=callback.url))
    with log_ids.bound(request=ASKED_AS):
        answer = people.post_signed(Client(), origin, body_of())
    assert answer.json()["accepted"] == 1
    chat = Chat.objects.get()
    assert calls.call_endpoint(bot.endpoint.pk, chat.pk) == 1
    deliver_chat(chat.pk)
    release.release_chat(chat.pk, bot, "listo")
    moves.take(chat.pk, ana)
    replies.send_reply(chat.pk, ana, REPLY)
    callback.answers = [(500, {"reason": f"no pude con {TEXT}"}, {})]
    deliver_chat(chat.pk)
    found = lines()
    refuse_nothing(found)
    (stored,) = [line for line in found if line["message"] == "stored"]
    assert (stored["request_id"], stored["chat_id"]) == (ASKED_AS, str(chat.pk))
    assert stored["message_id"] == str(Message.objects.filter(chat=chat).earliest("pk").pk)
    assert [line["chat_id"] for line in found if line["message"] == "called"] == [str(chat.pk)]
    assert {line["chat_id"] for line in found if line["message"] in ("sent", "not sent")} == {str(chat.pk)}


@pytest.mark.parametrize(
    ("said", "is_taken"),
    [(ASKED_AS, True), ("", False), ("corto", False), ("a" * 65, False), ("con espacio y más", False)],
)
def test_an_answer_says_the_id_of_its_request(db, said, is_taken):
    answer = log_ids.request_id(said)
    assert (answer == said) is is_taken
    assert 8 <= len(answer) <= 64


def test_what_a_database_says_of_an_error_goes_without_its_values(lines, db, ana):
    with transaction.atomic():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("CREATE TEMP TABLE said (words text UNIQUE)")
                for _ in range(2):
                    cursor.execute("INSERT INTO said VALUES (%s)", [TEXT])
        except IntegrityError:
            logging.getLogger("gateway").exception("it failed", extra={"text": TEXT, "contact": NAME})
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT %s::int", [TEXT])
    except DataError:
        logging.getLogger("gateway").exception("it failed")
    first, second = lines()
    refuse_nothing([first, second])
    assert "duplicate key value violates unique constraint" in first["trace"]
    assert "invalid input syntax" in second["trace"]
    assert set(first) == {"time", "level", "logger", "message", "error", "trace"}


def test_a_task_knows_the_request_that_left_it():
    app, heard, sent = Celery(broker="memory://", set_as_current=False), [], {}
    with log_ids.bound(request=ASKED_AS, message=7):
        log_tasks._send_ids(headers=sent)

    @app.task
    def look():
        heard.append(dict(log_ids.current()))

    trace = build_tracer(look.name, look, app=app)
    trace("1", (), {}, request={"is_eager": False, **sent})
    trace("2", (), {}, request={"is_eager": False, log_tasks.HEADER: {"request": "con espacio", "words": TEXT}})
    assert heard == [{"request": ASKED_AS, "message": "7"}, {}]
    assert dict(log_ids.current()) == {}


def test_a_real_process_logs_json_and_answers_with_the_id(serve, db):
    origin = people.http_origin(secret=SECRET)
    site = serve(LOG_FORMAT="json", LOG_LEVEL="DEBUG")
    raw = json.dumps(body_of()).encode()
    headers = {"X-Witty-Signature": sign_bytes(SECRET, raw), "Content-Type": "application/json"}
    with httpx.Client(base_url=site.url, timeout=60) as network:
        known = network.post(f"/webhooks/{origin.key}/", content=raw, headers={**headers, "X-Request-ID": ASKED_AS})
        unknown = network.get("/healthz")
    assert known.json()["accepted"] == 1
    assert known.headers["X-Request-ID"] == ASKED_AS
    assert len(unknown.headers["X-Request-ID"]) == 16
    found = [json.loads(line) for line in site.said(1_000_000).splitlines() if line.startswith("{")]
    refuse_nothing(found)
    assert [line["request_id"] for line in found if line["message"] == "stored"] == [ASKED_AS]
