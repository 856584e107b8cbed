"""Files that a bot sends: fetched by the worker, while the outbox waits for them and nobody else does."""

import io
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from PIL import Image

from chats import moves
from chats.attachments import bot_files, media, uploads
from chats.bots import release
from chats.messages import replies
from chats.models import Attachment, Chat, Message
from gateway.outbound import claims
from origins.models import Origin
from tests import http_server, people
from tests.api.asking import Asker, problem
from tests.http_server import Callback
from tests.pumping import deliver_chat
from tests.threads import Crowd, run_aside
from wittybots.models import Answered, Event

REPLAYED = "Idempotent-Replayed"


def _png():
    made = io.BytesIO()
    Image.new("RGB", (4, 3)).save(made, "PNG")
    return made.getvalue()


PNG = _png()


@pytest.fixture
def files(listening):
    server = listening(http_server.BotServer())
    server.answers = [(200, PNG, {})]
    return server


def with_file(files, **more):
    return {"type": "image", "attachments": [{"url": f"{files.url}/a.png"}], **more}


def path_of(chat):
    return f"/conversations/{chat.pk}/messages"


def said_by_bot(chat):
    return list(chat.messages.filter(author="bot", direction="out").order_by("id").values_list("text", flat=True))


def last_said(chat):
    return chat.messages.filter(author="bot", direction="out").latest("id")


def in_transactions():
    """How many others are in a transaction now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return cursor.fetchone()[0]


def test_a_file_is_fetched_once_and_the_answer_kept(api, chat, files):
    path = path_of(chat)
    first = api.post(path, with_file(files), Idempotency_Key="k")
    people.fetch_files(chat)
    again = api.post(path, with_file(files), Idempotency_Key="k")
    people.fetch_files(chat)
    assert (first.status_code, again.status_code, REPLAYED in again) == (201, 201, True)
    assert first.json() == again.json()
    assert len(files.got) == 1
    # also where the chat is elsewhere by then
    api.hands_over(chat)
    assert api.post(path, with_file(files), Idempotency_Key="k").json() == first.json()
    problem(api.post(path, with_file(files, content="x"), Idempotency_Key="k"), 422, "idempotency-key-reused")
    people.fetch_files(chat)
    assert (len(files.got), Attachment.objects.count()) == (1, 1)


def test_the_answer_names_the_message_and_what_is_read_later_its_file(api, chat, files):
    said = api.post(path_of(chat), with_file(files, content="Mirá")).json()["messages"][0]
    assert (said["type"], said["content"], said["attachments"], said["status"]) == ("image", "Mirá", [], "queued")
    assert said["payload"] == {}
    people.fetch_files(chat)
    now = api.get(path_of(chat)).json()["items"][-1]
    assert (now["id"], now["status"], [one["filename"] for one in now["attachments"]]) == (
        said["id"],
        "sent",
        ["a.png"],
    )


def test_what_breaks_leaves_no_file(api, chat, files, monkeypatch):
    path = path_of(chat)
    monkeypatch.setattr("chats.serializers.serialize_message", lambda *_: 1 / 0)
    problem(api.post(path, with_file(files), Idempotency_Key="k"), 500, "error")
    people.fetch_files(chat)
    assert said_by_bot(chat) == []
    assert (Attachment.objects.count(), Answered.objects.count(), files.got) == (0, 0, [])
    monkeypatch.undo()
    assert api.post(path, with_file(files), Idempotency_Key="k").status_code == 201


@pytest.mark.parametrize("key", ["k", None])
def test_a_chat_that_is_handed_over_while_its_file_comes_gets_what_was_said_before_and_no_more(key, committed, files):
    _bot, line, api = committed
    chat = people.says(line, "marta", "Hola").message.chat

    def act(_told):
        Asker(api.raw).hands_over(chat)
        connection.close()
        return (200, PNG, {})

    files.act = act
    assert api.post(path_of(chat), with_file(files), Idempotency_Key=key).status_code == 201
    people.fetch_files(chat)
    assert people.fresh(chat).state == "BANDEJA"
    assert (said_by_bot(chat), last_said(chat).status, Attachment.objects.count()) == ([""], "sent", 1)
    late = api.post(path_of(chat), with_file(files, content="tarde"), Idempotency_Key=key and "k-2")
    problem(late, 409, "conversation-elsewhere")
    people.fetch_files(chat)
    assert (said_by_bot(chat), Attachment.objects.count(), len(files.got)) == ([""], 1, 1)
    assert Answered.objects.count() == (2 if key else 0)


def test_a_refusal_by_place_stands_also_with_files(api, chat, files, ana):
    api.hands_over(chat)
    path = path_of(chat)
    first = problem(api.post(path, with_file(files), Idempotency_Key="k"), 409, "conversation-elsewhere")
    moves.take(chat.pk, ana)
    moves.close(chat.pk, ana)
    people.says(chat.origin, "marta", "Otra cosa")
    again = api.post(path, with_file(files), Idempotency_Key="k")
    people.fetch_files(chat)
    assert problem(again, 409, "conversation-elsewhere") == first
    assert (again[REPLAYED], files.got) == ("true", [])


def test_a_file_that_cannot_be_had_is_a_failed_message_that_the_bot_hears_of(api, chat, files):
    path = path_of(chat)
    files.answers = [(404, b"", {}), (200, PNG, {})]
    assert api.post(path, with_file(files), Idempotency_Key="k").status_code == 201
    people.fetch_files(chat)
    said = last_said(chat)
    assert (said.status, said.reason) == ("failed", "No se pudo traer el archivo: ya no está disponible")
    assert (said.media_due_at, Attachment.objects.count(), len(files.got)) == (None, 0, 1)
    assert Event.objects.filter(kind="message_updated", message_id=said.pk).exists() is False
    # the same key is the same request, whatever became of it
    assert api.post(path, with_file(files), Idempotency_Key="k")[REPLAYED] == "true"
    assert api.post(path, with_file(files), Idempotency_Key="k-2").status_code == 201
    people.fetch_files(chat)
    assert (last_said(chat).status, Attachment.objects.count()) == ("sent", 1)


def test_the_bot_is_told_that_its_message_failed(api, chat, bot, files):
    bot.endpoint.events = ["message_created", "message_updated"]
    bot.endpoint.save()
    files.answers = [(410, b"", {})]
    api.post(path_of(chat), with_file(files))
    people.fetch_files(chat)
    assert Event.objects.filter(kind="message_updated", message_id=last_said(chat).pk).count() == 1
    shown = api.get(path_of(chat)).json()["items"][-1]
    assert (shown["status"], shown["attachments"]) == ("failed", [])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((200, b"", {}), "está vacío"),
        ((403, b"", {}), "no está permitido verlo"),
        ((200, bytes(10 * 1024 * 1024 + 1), {}), "pesa más de 10 MB"),
    ],
)
def test_why_a_file_cannot_be_had_is_said_in_words(answer, reason, api, chat, files):
    files.answers = [answer]
    api.post(path_of(chat), with_file(files))
    people.fetch_files(chat)
    assert last_said(chat).reason == f"No se pudo traer el archivo: {reason}"
    assert (last_said(chat).status, Attachment.objects.count()) == ("failed", 0)


def test_a_name_that_leads_inside_is_found_out_by_the_fetch(api, chat, settings):
    settings.ALLOWED_INTERNAL_HOSTS = []
    body = {"type": "image", "attachments": [{"url": "http://localhost/a.png"}]}
    assert api.post(path_of(chat), body).status_code == 201
    people.fetch_files(chat)
    assert (last_said(chat).status, last_said(chat).reason) == (
        "failed", "No se pudo traer el archivo: localhost queda adentro de la red",
    )  # fmt: skip


def test_a_server_that_stumbles_is_asked_again_and_not_for_ever(api, chat, files):
    files.answers = [(503, b"", {}), (200, PNG, {})]
    api.post(path_of(chat), with_file(files))
    people.fetch_files(chat)
    assert (last_said(chat).status, last_said(chat).media_due_at > timezone.now()) == ("queued", True)
    # not before its time
    people.fetch_files(chat)
    assert len(files.got) == 1
    Message.objects.update(media_due_at=timezone.now())
    people.fetch_files(chat)
    assert (last_said(chat).status, Attachment.objects.count()) == ("sent", 1)

    files.answers = [(503, b"", {})]
    api.post(path_of(chat), with_file(files))
    for _try in range(4):
        people.fetch_files(chat)
        Message.objects.filter(media_due_at__isnull=False).update(media_due_at=timezone.now())
    assert (last_said(chat).status, last_said(chat).media_due_at, len(files.got)) == ("failed", None, 5)
    assert last_said(chat).reason == "No se pudo traer el archivo: el servidor no lo da (HTTP 503)"


def test_files_are_fetched_outside_of_any_transaction(committed, files):
    _bot, line, api = committed
    chat = people.says(line, "marta", "Hola").message.chat
    asked, may_go = threading.Event(), threading.Event()

    def act(_told):
        asked.set()
        may_go.wait(10)
        return (200, PNG, {})

    files.act = act
    assert api.post(path_of(chat), with_file(files), Idempotency_Key="k").status_code == 201
    fetch = run_aside(lambda: people.fetch_files(chat))
    assert asked.wait(10)
    assert in_transactions() == 0
    may_go.set()
    fetch.result()
    assert last_said(chat).status == "sent"


def test_nobody_who_asks_waits_for_files(committed, files):
    _bot, line, api = committed
    chat = people.says(line, "marta", "Hola").message.chat
    asked, may_go = threading.Event(), threading.Event()

    def act(_told):
        asked.set()
        may_go.wait(30)
        return (200, PNG, {})

    files.act = act
    path = path_of(chat)
    first = api.post(path, with_file(files), Idempotency_Key="k")
    assert first.status_code == 201
    fetch = run_aside(lambda: people.fetch_files(chat))
    assert asked.wait(10)
    # the file's server answers only after all of these
    with Crowd(4) as crowd:
        answers = crowd.at_once(lambda _number: Asker(api.raw).post(path, with_file(files), Idempotency_Key="k"))
    for answer in answers:
        assert (answer.status_code, answer.json(), answer[REPLAYED]) == (201, first.json(), "true")
    # another key is another request
    assert api.post(path, {"content": "Hola"}, Idempotency_Key="k-2").status_code == 201
    assert fetch.is_alive()
    may_go.set()
    fetch.result()
    again = api.post(path, with_file(files), Idempotency_Key="k")
    assert (again.json(), again[REPLAYED]) == (first.json(), "true")
    assert (len(files.got), Attachment.objects.count()) == (1, 1)


# --- the outbox -----------------------------------------------------------------------------------


@pytest.fixture
def network(listening):
    return listening(Callback())


@pytest.fixture
def sending(network, bot):
    """A chat of an HTTP origin that is told what we say."""
    line = people.received_by(bot, people.http_origin(callback_url=network.url))
    return people.fresh(people.says(line, "marta", "Hola").message.chat)


def test_what_stands_behind_a_file_goes_out_after_it(api, sending, files):
    api.post(path_of(sending), with_file(files))
    api.says(sending, "¿Te sirve?")
    assert (deliver_chat(sending.pk), claims.find_due_chats(timezone.now())) == (0, [])
    people.fetch_files(sending)
    assert claims.find_due_chats(timezone.now()) == [sending.pk]
    assert deliver_chat(sending.pk) == 2
    sent = sending.messages.filter(author="bot").order_by("sent_at").values_list("kind", "text", "status")
    assert list(sent) == [("image", "", "sent"), ("text", "¿Te sirve?", "sent")]


def test_what_stands_behind_a_file_that_cannot_be_had_goes_out_without_it(api, sending, files):
    files.answers = [(404, b"", {})]
    api.post(path_of(sending), with_file(files))
    api.says(sending, "¿Te sirve?")
    assert deliver_chat(sending.pk) == 0
    people.fetch_files(sending)
    assert deliver_chat(sending.pk) == 1
    said = sending.messages.filter(author="bot").order_by("id").values_list("kind", "status")
    assert list(said) == [("image", "failed"), ("text", "sent")]


def test_an_agent_who_has_the_chat_by_then_may_try_again(api, sending, files, ana):
    files.answers = [(404, b"", {}), (200, PNG, {})]
    api.post(path_of(sending), with_file(files))
    people.fetch_files(sending)
    api.hands_over(sending)
    moves.take(sending.pk, ana)
    failed = last_said(sending)
    assert replies.retry_message(failed.pk, ana).status == "queued"
    assert deliver_chat(sending.pk) == 0
    people.fetch_files(sending)
    assert deliver_chat(sending.pk) == 1
    assert (last_said(sending).status, last_said(sending).reason, Attachment.objects.count()) == ("sent", "", 1)


def test_whoever_died_while_fetching_delays_the_chat_a_little(api, sending, files):
    api.post(path_of(sending), with_file(files))
    message = last_said(sending)
    assert media.claim_fetch(message.pk, timezone.now()) is not None
    assert media.claim_fetch(message.pk, timezone.now()) is None
    later = timezone.now() + timedelta(seconds=41)
    assert media.due_fetches(later) == [message.pk]
    assert media.claim_fetch(message.pk, later) is not None


def test_a_late_worker_gives_nothing_to_a_message_that_was_given_up(api, sending, files):
    api.post(path_of(sending), with_file(files))
    message = last_said(sending)
    assert media.claim_fetch(message.pk, timezone.now()) is not None
    kept = uploads.keep_bytes(PNG, "a.png")
    Message.objects.filter(pk=message.pk).update(status="failed", media_due_at=None)
    assert media.attach_fetched(message.pk, kept) is False
    # nor does a wake-up that comes late begin anew
    assert media.claim_fetch(message.pk, timezone.now()) is None
    assert (last_said(sending).status, message.attachments.count()) == ("failed", 0)


def test_nobody_waits_for_ever_for_a_file_that_no_worker_came_for(api, sending, files):
    api.post(path_of(sending), with_file(files))
    api.says(sending, "¿Te sirve?")
    message = last_said(sending)
    due = sending.messages.get(kind="image").media_due_at
    assert media.give_up_unclaimed(due + bot_files.MAX_UNCLAIMED) == 0
    assert deliver_chat(sending.pk) == 0
    assert media.give_up_unclaimed(due + bot_files.MAX_UNCLAIMED + timedelta(seconds=1)) == 1
    assert media.give_up_unclaimed(due + bot_files.MAX_UNCLAIMED + timedelta(seconds=1)) == 0
    assert deliver_chat(sending.pk) == 1
    said = sending.messages.filter(author="bot").order_by("id").values_list("kind", "status", "reason")
    reason = "No se pudo traer el archivo: no se lo pudo traer a tiempo"
    assert list(said) == [("image", "failed", reason), ("text", "sent", "")]
    assert last_said(sending).pk == message.pk


# --- the customer who waits for it ----------------------------------------------------------------


def was_told(chat):
    """Its bot has taken all that the customer said: it owes nothing but its answer."""
    Event.objects.filter(chat_id=chat.pk).update(state="done", status_code=200)


def test_a_file_that_was_the_whole_answer_and_cannot_be_had_brings_people(api, chat, files):
    was_told(chat)
    files.answers = [(404, b"", {})]
    api.post(path_of(chat), with_file(files))
    assert people.fresh(chat).bot_due_at is None
    people.fetch_files(chat)
    due = people.fresh(chat).bot_due_at
    assert due is not None
    assert due <= timezone.now() + timedelta(seconds=45)
    assert release.release_overdue(due) == 1
    assert people.fresh(chat).state == "BANDEJA"


def test_a_file_that_cannot_be_had_beside_words_leaves_the_bot_its_chat(api, chat, files):
    was_told(chat)
    files.answers = [(404, b"", {})]
    api.says(chat, "Te mando la lista")
    api.post(path_of(chat), with_file(files))
    people.fetch_files(chat)
    assert last_said(chat).status == "failed"
    assert (people.fresh(chat).state, people.fresh(chat).bot_due_at) == ("BOT", None)


# --- the web chat ---------------------------------------------------------------------------------


def test_a_visitor_sees_a_file_when_it_is_there_and_never_an_empty_message(bot, api, files, client):
    line = people.received_by(bot, people.web_origin())
    token = client.post(f"/w/{line.key}/visitor/").json()["token"]
    visitor = {"X-Witty-Visitor": token}
    client.post(
        f"/w/{line.key}/messages/", {"id": "1", "text": "Hola"}, content_type="application/json", headers=visitor
    )

    def sees(after=""):
        return client.get(f"/w/{line.key}/messages/?after={after}", headers=visitor).json()["messages"]

    chat = Chat.objects.get(origin=line)
    files.answers = [(200, PNG, {}), (404, b"", {})]
    api.post(path_of(chat), with_file(files))
    api.says(chat, "¿Te sirve?")
    shown = sees()
    assert [one["text"] for one in shown] == ["Hola", "¿Te sirve?"]
    people.fetch_files(chat)
    after = shown[-1]["number"]
    assert [(one["kind"], len(one["files"])) for one in sees(after)] == [("image", 1)]
    assert [(one["kind"], len(one["files"])) for one in sees()] == [("text", 0), ("image", 1), ("text", 0)]
    api.post(path_of(chat), with_file(files))
    people.fetch_files(chat)
    assert (last_said(chat).status, len(sees())) == ("failed", 3)


def test_a_bots_file_that_the_line_does_not_take_fails_in_words_and_holds_nothing_up(bot, api, files):
    line = people.received_by(bot, Origin.objects.create(kind="whatsapp", name="WA", key="wa", line_id="1000001"))
    told = people.says(line, "5491155550101", "Hola", address_kind="wa_id")
    chat = people.fresh(told.message.chat)
    files.answers = [(200, b"PK\x03\x04" + bytes(60), {})]
    api.post(path_of(chat), with_file(files))
    api.says(chat, "Ahí va")
    people.fetch_files(chat)
    refused, behind = chat.messages.filter(author="bot").order_by("id")
    assert (refused.status, behind.status) == ("failed", "queued")
    assert refused.reason.startswith("WhatsApp no toma archivos comprimidos")
