"""What external bots are told, in which order, how often, and what becomes of their answers. The bots really listen."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from standardwebhooks import Webhook

from chats import errors, moves
from chats.bots import external, release
from chats.models import Chat, Message
from gateway.endpoints import calls, circuit_breaker, concurrency, event_queue, turns
from gateway.inbound import media as inbound_media
from tests import botserver, contracts, people
from tests.threads import start
from wittybots.connectors import botpress, http_call
from wittybots.models import Endpoint, Event


@pytest.fixture(autouse=True)
def _allowed(settings):
    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]


@pytest.fixture
def server():
    server = botserver.BotServer()
    yield server
    server.close()


@pytest.fixture
def bot(db, server):
    return people.external_bot(url=server.url, events=["message_created"])


@pytest.fixture
def origin(bot):
    return people.received_by(bot)


@pytest.fixture
def in_a_hurry(monkeypatch):
    """The waits between tries, a hundred times as short."""
    backoff = tuple(timedelta(seconds=seconds) for seconds in (0.01, 0.05, 0.3))
    for module in (calls, event_queue):
        monkeypatch.setattr(module, "LEASE", replace(event_queue.LEASE, backoff=backoff))


def alone(act):
    """On a connection of its own."""
    try:
        return act()
    finally:
        connection.close()


def asks(origin, text="Hola", sender="cust-1"):
    return people.fresh(people.says(origin, sender, text, name="Marta").message.chat)


def tell(chat):
    return calls.call_endpoint(chat.bot.endpoint.pk, chat.pk)


def tell_all(chat, most=120.0):
    """Until nothing waits any more, as the worker and the clock would."""
    ends = time.monotonic() + most
    while Event.objects.filter(chat_id=chat.pk, state__in=event_queue.WAITING).exists() and time.monotonic() < ends:
        tell(chat)
        time.sleep(0.01)


def events(chat):
    return list(Event.objects.filter(chat_id=chat.pk).order_by("id"))


def event(chat):
    return events(chat)[-1]


def bot_said(chat):
    return list(
        Message.objects.filter(chat=chat.pk, author="bot", direction="out")
        .order_by("id")
        .values_list("text", flat=True)
    )


def notes(chat):
    return " | ".join(
        message.text or (message.change.note if message.change else "")
        for message in Message.objects.filter(chat=chat.pk, direction="note").select_related("change").order_by("id")
    )


# --- told and answered ---------------------------------------------------------------------------


def test_the_bot_hears_what_the_customer_says_and_answers_at_once(origin, server):
    server.answers = [{"messages": ["¡Hola Marta!"], "attributes": {"pedido": "77"}}]
    chat = asks(origin)
    assert chat.bot_due_at
    assert tell(chat) == 1
    told = server.got[0]
    assert Webhook(people.SIGNING).verify(told.raw, told.headers)
    body = told.body
    assert body["event"] == "message_created"
    assert body["message"]["content"] == "Hola"
    assert body["contact"]["name"] == "Marta"
    assert body["conversation"]["status"] == "pending"
    assert body["conversation"]["control_version"] == chat.change_id
    assert body["attempt"] == 1
    done = event(chat)
    assert (done.state, done.status_code, done.attempts, done.reason) == ("done", 200, 1, "")
    assert str(done.uuid) == body["id"]
    assert done.took_ms is not None
    chat = people.fresh(chat)
    assert bot_said(chat) == ["¡Hola Marta!"]
    assert chat.attributes == {"pedido": "77"}
    assert chat.bot_due_at is None
    assert tell(chat) == 0
    assert len(server.got) == 1


def test_a_bot_that_answers_by_the_api_has_a_while_left(origin):
    chat, began = asks(origin), timezone.now()
    tell(chat)
    chat = people.fresh(chat)
    assert timedelta(seconds=40) < chat.bot_due_at - began
    assert chat.bot_due_at - timezone.now() <= timedelta(seconds=45)
    external.say_messages(chat.pk, chat.bot, [turns.Saying(text="Hola")])
    assert people.fresh(chat).bot_due_at is None


def test_an_empty_answer_is_one(origin, server):
    server.answers = [{"messages": []}]
    chat = asks(origin)
    tell(chat)
    assert people.fresh(chat).bot_due_at is None


def test_an_answer_of_which_nothing_could_be_said_is_none(origin, server):
    server.answers = [{"messages": [None, {"x": 1}]}]
    chat = asks(origin)
    tell(chat)
    assert people.fresh(chat).bot_due_at is not None
    assert event(chat).state == "done"
    assert "mensaje 1" in event(chat).reason.lower()


def test_the_bot_hands_over_with_a_summary(origin, server, ventas):
    server.answers = [
        {"messages": ["Te paso."], "handoff": {"tray": "ventas", "summary": "Quiere 3", "attributes": {"n": 3}}}
    ]
    chat = asks(origin)
    tell(chat)
    chat = people.fresh(chat)
    assert (chat.state, chat.tray) == ("BANDEJA", ventas)
    assert (chat.bot_summary, chat.attributes) == ("Quiere 3", {"n": 3})
    assert bot_said(chat) == ["Te paso."]
    assert people.all_consistent()


@pytest.mark.parametrize(
    "handoff",
    [
        {"tray": "No existe", "summary": "s"},
        {"tray": 999999},
        {"attributes": {"a": "x"}, "tray": "???", "message": "y" * 3_900},
    ],
)
def test_a_hand_over_that_does_not_fit_leads_to_general_all_the_same(origin, server, handoff):
    server.answers = [{"handoff": handoff}]
    chat = asks(origin)
    tell(chat)
    assert people.fresh(chat).tray.kind == "general"
    assert "bandeja" in event(chat).reason


def test_odd_parts_are_left_out_and_the_others_said(origin, server):
    long = "x" * 100_000
    inside = {"type": "image", "attachments": ["http://10.0.0.1/a.png"]}
    server.answers = [{"messages": ["uno", long, inside, "dos"]}]
    chat = asks(origin)
    tell(chat)
    assert bot_said(chat) == ["uno", "dos"]
    assert event(chat).state == "done"
    assert event(chat).reason


def test_a_picture_that_cannot_be_had_has_failed_and_the_others_are_said(origin, server):
    server.answers = [
        {"messages": ["uno", {"type": "image", "attachments": [server.url + "/a.png"]}, "dos"]},
        (404, b"", {}),
    ]
    chat = asks(origin)
    tell(chat)
    people.fetch_files(chat)
    said = chat.messages.filter(author="bot", direction="out").order_by("id")
    assert [(one.text, one.status) for one in said] == [("uno", "sent"), ("", "failed"), ("dos", "sent")]
    assert said[1].reason == "No se pudo traer el archivo: ya no está disponible"
    assert event(chat).state == "done"


def test_pictures_of_the_bot_are_fetched(origin, server):
    png = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc33"
        "0000000049454e44ae426082"
    )
    server.answers = [{"messages": [{"type": "image", "attachments": [server.url + "/a.png"]}]}, (200, png, {})]
    chat = asks(origin)
    tell(chat)
    people.fetch_files(chat)
    said = Message.objects.get(chat=chat.pk, author="bot", direction="out")
    assert [file.size for file in said.attachments.all()] == [len(png)]


def test_the_payload_of_a_choice_goes_along(origin, server):
    people.says(origin, "cust-1", "Ventas", kind="choice", payload={"payload": "opt-1"})
    chat = Chat.objects.get()
    tell(people.fresh(chat))
    assert server.bodies[0]["message"]["payload"]["payload"] == "opt-1"


def test_an_integration_hears_what_becomes_of_chats_and_no_messages(db, server, ana):
    Endpoint.objects.create(name="CRM", url=server.url, secret=people.SIGNING)
    origin = people.http_origin()
    server.answers = [{"messages": ["no me corresponde"], "handoff": True}]
    chat = people.held(origin, ana)
    moves.close(chat.pk, ana)
    endpoint = Endpoint.objects.get()
    calls.call_endpoint(endpoint.pk, chat.pk)
    assert [body["event"] for body in server.bodies] == ["conversation_created", "conversation_closed"]
    assert [body["conversation"]["status"] for body in server.bodies] == ["open", "closed"]
    assert all(set(body["conversation"]) == {"id", "status", "control_version"} for body in server.bodies)
    assert all(body["contact"] == {"id": chat.contact_id} and body["message"] is None for body in server.bodies)
    assert not bot_said(chat)


def test_a_bot_is_told_where_its_chat_went_and_nothing_else(db, server, ana):
    bot = people.external_bot(url=server.url)
    origin = people.received_by(bot)
    server.answers = [None]
    chat = asks(origin)
    release.release_chat(chat.pk, bot, "x")
    moves.take(chat.pk, ana)
    tell_all(chat)
    by_event = {body["event"]: body for body in server.bodies}
    assert set(by_event) == {"conversation_created", "conversation_opened"}
    opened = by_event["conversation_opened"]
    assert set(opened["conversation"]) == {"id", "status", "control_version"}
    assert opened["conversation"]["status"] == "open"
    assert opened["contact"] is None


def test_a_bot_may_greet_as_soon_as_it_has_the_chat(db, server):
    bot = people.external_bot(url=server.url, events=["conversation_created"])
    server.answers = [{"messages": ["Bienvenida"]}]
    chat = asks(people.received_by(bot))
    tell(chat)
    assert server.bodies[0]["contact"]["name"] == "Marta"
    assert bot_said(chat) == ["Bienvenida"]


# --- in order, one at a time ---------------------------------------------------------------------


def test_messages_are_told_in_the_order_in_which_they_came(origin, server):
    chats = [asks(origin, f"{sender} 1", f"cust-{sender}") for sender in "abc"]
    for number in range(2, 8):
        for sender in "abc":
            asks(origin, f"{sender} {number}", f"cust-{sender}")
    for chat in chats:
        tell(chat)
    for sender in "abc":
        assert [words for words in server.texts if words[0] == sender] == [f"{sender} {n}" for n in range(1, 8)]


@pytest.mark.usefixtures("transactional_db")
def test_several_workers_at_once_tell_each_chat_in_order_and_once(origin, server):
    server.answers = [botserver.delayed(0.005, {"messages": []})]
    for number in range(15):
        for sender in "abc":
            asks(origin, f"{sender} {number}", f"cust-{sender}")
    chats = list(Chat.objects.select_related("bot__endpoint"))
    busy, most = {}, {}
    lock = threading.Lock()

    def act(told):
        chat_pk = told.body["conversation"]["id"]
        with lock:
            busy[chat_pk] = busy.get(chat_pk, 0) + 1
            most[chat_pk] = max(most.get(chat_pk, 0), busy[chat_pk])
        time.sleep(0.005)
        with lock:
            busy[chat_pk] -= 1
        return {"messages": []}

    server.act = act

    def work(number):
        try:
            for _round in range(20):
                tell(chats[number % 3])
        finally:
            connection.close()

    with ThreadPoolExecutor(9) as pool:
        list(pool.map(work, range(9)))
    for chat in chats:
        tell_all(chat)
    for sender in "abc":
        assert [words for words in server.texts if words[0] == sender] == [f"{sender} {n}" for n in range(15)]
    assert set(most.values()) == {1}
    assert server.most_busy > 1, "chats did not wait for one another"


def test_what_comes_next_waits_for_what_is_tried_again(origin, server):
    server.answers = [(500, None, {}), {"messages": []}]
    chat = asks(origin, "uno")
    asks(origin, "dos")
    tell(chat)
    tell(chat)
    assert server.texts == ["uno"]
    Event.objects.filter(state="queued", attempts=1).update(next_try_at=timezone.now())
    tell(chat)
    assert server.texts == ["uno", "uno", "dos"]


# --- failures ------------------------------------------------------------------------------------

FAILURES = {
    "500": (500, None, {}),
    "400": (400, None, {}),
    "cut": botserver.cut,
    "cut in the answer": botserver.cut_in_the_answer,
    "page": botserver.text("<html>Hola</html>", "text/html"),
    "not JSON": botserver.text("{no"),
    "2 MB": botserver.text('"' + "x" * 2_000_000 + '"'),
    "redirect inside": (302, None, {"Location": "http://169.254.169.254/"}),
}


@pytest.mark.parametrize("how", FAILURES)
@pytest.mark.usefixtures("in_a_hurry")
def test_after_four_tries_the_chat_goes_to_people_and_the_customer_is_told_once(how, origin, server):
    server.answers = [FAILURES[how]]
    chat = asks(origin)
    tell_all(chat)
    assert len(server.got) == 4
    assert len({told.headers["webhook-id"] for told in server.got}) == 1
    assert [body["attempt"] for body in server.bodies] == [1, 2, 3, 4]
    failed = event(chat)
    assert (failed.state, failed.attempts) == ("failed", 4)
    assert failed.reason
    chat = people.fresh(chat)
    assert (chat.state, chat.tray.kind) == ("BANDEJA", "general")
    assert "bot no pudo responder" in notes(chat)
    assert bot_said(chat) == [chat.bot.farewell]
    endpoint = chat.bot.endpoint
    assert endpoint.failing_since
    assert endpoint.trouble == failed.reason


def test_it_is_tried_again_after_one_five_and_thirty_seconds(origin, server):
    server.answers = [(503, None, {})]
    chat = asks(origin)
    for pause in (1, 5, 30):
        tell(chat)
        waits = event(chat)
        assert waits.state == "queued"
        assert waits.status_code == 503
        assert abs((waits.next_try_at - timezone.now()).total_seconds() - pause) < 0.5
        assert tell(chat) == 0
        Event.objects.filter(pk=waits.pk).update(next_try_at=timezone.now())
    tell(chat)
    assert event(chat).state == "failed"
    assert len(server.got) == 4


def test_too_many_requests_may_ask_for_more_time_than_that(origin, server):
    server.answers = [(429, None, {"Retry-After": "20"})]
    chat = asks(origin)
    tell(chat)
    assert 19 < (event(chat).next_try_at - timezone.now()).total_seconds() <= 20


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_where_no_try_can_help_nobody_waits(status, origin, server):
    server.answers = [(status, None, {})]
    chat = asks(origin)
    tell(chat)
    assert len(server.got) == 1
    assert event(chat).state == "failed"
    assert people.fresh(chat).state == "BANDEJA"


def test_an_address_inside_is_refused_when_used(origin, server, settings):
    settings.ALLOWED_INTERNAL_HOSTS = []
    chat = asks(origin)
    tell(chat)
    assert not server.got
    assert event(chat).state == "failed"
    assert "adentro de la red" in event(chat).reason
    assert people.fresh(chat).state == "BANDEJA"


@pytest.mark.parametrize("how", [botserver.hang, botserver.trickle])
def test_a_hang_and_a_trickle_are_cut_when_their_time_is_over(how, origin, server, monkeypatch):
    """Neither ends by itself. That the time is five seconds: test_connectors."""
    monkeypatch.setattr(http_call, "WITHIN", 0.8)
    server.answers = [how]
    chat = asks(origin)
    began = time.monotonic()
    tell(chat)
    took = time.monotonic() - began
    assert event(chat).state == "queued"
    # at the least the time that it had, and no more than passed here
    assert 0.8 * 960 < event(chat).took_ms <= took * 1000 + 1


def test_one_success_ends_the_trouble(origin, server):
    server.answers = [(500, None, {}), {"messages": []}]
    chat = asks(origin)
    tell(chat)
    endpoint = Endpoint.objects.get()
    assert endpoint.failing_since
    since = endpoint.failing_since
    Event.objects.update(next_try_at=timezone.now())
    tell(chat)
    endpoint.refresh_from_db()
    assert (endpoint.failing_since, endpoint.trouble) == (None, "")
    assert endpoint.heard_at > since


def test_a_second_failure_does_not_move_the_first(origin, server):
    server.answers = [(500, None, {})]
    chat = asks(origin)
    tell(chat)
    since = Endpoint.objects.get().failing_since
    Event.objects.update(next_try_at=timezone.now())
    tell(chat)
    assert Endpoint.objects.get().failing_since == since


@pytest.mark.usefixtures("in_a_hurry")
def test_a_step_that_could_not_be_told_moves_nobody(db, server):
    bot = people.external_bot(url=server.url, events=["conversation_created"])
    server.answers = [(500, None, {})]
    chat = asks(people.received_by(bot))
    tell_all(chat)
    assert event(chat).state == "failed"
    assert people.fresh(chat).state == "BOT"


def test_a_surprise_of_ours_is_tried_again(origin, server, monkeypatch):
    chat = asks(origin)
    monkeypatch.setattr(turns.serializers, "serialize_contact", lambda _contact: 1 / 0)
    tell(chat)
    assert event(chat).state == "queued"
    monkeypatch.undo()
    Event.objects.update(next_try_at=timezone.now())
    tell(chat)
    assert event(chat).state == "done"


# --- what is not (any more) the bot's ------------------------------------------------------------


def test_what_waits_for_a_bot_that_lost_the_chat_is_dropped(origin, server):
    chat = asks(origin)
    bot = chat.bot
    release.release_chat(chat.pk, bot, "x")
    tell(chat)
    assert not server.got
    assert event(chat).state == "dropped"
    assert event(chat).reason


def test_what_waits_from_an_older_round_is_dropped(origin, server, ana):
    chat = asks(origin, "de antes")
    release.release_chat(chat.pk, chat.bot, "x")
    moves.take(chat.pk, ana)
    moves.close(chat.pk, ana)
    chat = asks(origin, "de ahora")
    assert chat.state == "BOT"
    tell(chat)
    assert server.texts == ["de ahora"]
    assert [one.state for one in events(chat)] == ["dropped", "done"]


def test_an_answer_that_comes_too_late_talks_over_nobody(origin, server, ana):
    chat = asks(origin)

    def act(_told):
        release.release_chat(chat.pk, chat.bot, "x")
        moves.take(chat.pk, ana)
        return {"messages": ["tarde"], "handoff": {"summary": "tarde"}, "attributes": {"a": 1}}

    answer = act(None)
    server.answers = [answer]
    Event.objects.filter(chat_id=chat.pk).update(state="queued")
    # the event is told as if the bot still had it, and the answer finds that it has not
    sent = event(chat)
    sent.is_resent = True
    turn = turns.build_turn(chat.bot.endpoint, sent, timezone.now())
    reply = asking_reply(answer)
    words = turns.carry_out(chat.bot.endpoint, event(chat), turn, reply)
    assert words.startswith("Llegó tarde")
    chat = people.fresh(chat)
    assert (chat.state, chat.agent, chat.attributes) == ("AGENTE", ana, {})
    assert "tarde" not in bot_said(chat)


def asking_reply(answer):
    from wittybots.connectors import webhook

    return webhook.read_answer(answer)


@pytest.mark.usefixtures("transactional_db")
def test_a_take_while_the_bot_thinks_wins(origin, server, ana):
    chat = asks(origin)

    def take(told):
        try:
            release.release_chat(chat.pk, chat.bot, "x")
            moves.take(chat.pk, ana)
        finally:
            connection.close()
        return {"messages": ["tarde"], "handoff": True}

    server.act = take
    tell(chat)
    assert not server.trouble
    done = Event.objects.filter(chat_id=chat.pk, kind="message_created").get()
    assert done.state == "done"
    assert done.reason.startswith("Llegó tarde")
    assert people.fresh(chat).agent == ana
    assert bot_said(chat) == [chat.bot.farewell]


def test_a_bot_that_says_too_much_loses_the_chat(origin, server):
    server.answers = [{"messages": [f"m{number}" for number in range(11)]}]
    chat = asks(origin)
    tell(chat)
    chat = people.fresh(chat)
    assert chat.state == "BANDEJA"
    assert event(chat).state == "done"
    assert event(chat).reason.startswith("Llegó tarde")


def test_a_bot_that_is_switched_off_attends_nobody(origin, server):
    chat = asks(origin)
    type(chat.bot).objects.update(is_active=False)
    tell(chat)
    assert not server.got
    assert event(chat).state == "dropped"
    assert people.fresh(chat).state == "BANDEJA"


def test_what_is_of_no_use_to_a_connector_is_not_told(db, server):
    bot = people.external_bot("rasa", server.url, events=["conversation_created", "message_created"])
    server.answers = [[{"text": "Hola"}]]
    chat = asks(people.received_by(bot))
    tell(chat)
    assert [one.state for one in events(chat)] == ["dropped", "done"]
    assert bot_said(chat) == ["Hola"]


def test_an_endpoint_without_an_address_is_not_called(origin):
    Endpoint.objects.update(url="")
    chat = asks(origin)
    tell(chat)
    assert event(chat).state == "dropped"
    assert people.fresh(chat).state == "BOT"


# --- what its answer comes to where not all of it can be done --------------------------------------


def test_where_the_window_is_shut_nothing_is_said_and_the_chat_goes_where_the_bot_wants_it(origin, server, ventas):
    server.answers = [{"messages": ["Hola", "¿Seguís ahí?"], "handoff": {"tray": "Ventas", "summary": "Quiere 3"}}]
    chat = asks(origin)
    Chat.objects.update(session_expires_at=timezone.now())
    tell(chat)
    chat = people.fresh(chat)
    assert (chat.state, chat.tray, chat.bot_summary) == ("BANDEJA", ventas, "Quiere 3")
    assert bot_said(chat) == []
    assert "sesión con el cliente está cerrada" in event(chat).reason
    assert "Llegó tarde" not in event(chat).reason


def test_where_the_window_is_shut_and_the_bot_only_talks_it_has_not_answered(origin, server):
    server.answers = [{"messages": ["Hola"]}]
    chat = asks(origin)
    Chat.objects.update(session_expires_at=timezone.now())
    tell(chat)
    chat = people.fresh(chat)
    assert chat.state == "BOT"
    assert chat.bot_due_at is not None, "and so it goes to people in time"


def test_no_file_is_fetched_twice_because_something_else_is_odd(origin, server):
    pictures = [{"type": "document", "attachments": [f"{server.url}/{name}.txt"]} for name in "ab"]
    server.answers = [
        {"messages": ["uno", pictures[0], "x" * 100_000, pictures[1], "dos"]}, (200, b"a", {}), (200, b"b", {}),
    ]  # fmt: skip
    chat = asks(origin)
    tell(chat)
    people.fetch_files(chat)
    assert [told.path for told in server.got] == ["/", "/a.txt", "/b.txt"]
    said = Message.objects.filter(chat=chat.pk, author="bot", direction="out").order_by("id")
    assert [(one.text, one.attachments.count()) for one in said] == [("uno", 0), ("", 1), ("", 1), ("dos", 0)]


# --- what changes afterwards ----------------------------------------------------------------------


@pytest.fixture
def hears_all(bot):
    Endpoint.objects.update(events=["message_created", "message_updated"])
    return bot


def updates(chat):
    return list(
        Event.objects.filter(chat_id=chat.pk, kind="message_updated").order_by("id").values_list("message_id", "state")
    )


def said_by_the_bot(origin, text="Hola"):
    chat = asks(origin)
    return chat, external.say_messages(chat.pk, chat.bot, [turns.Saying(text=text)])[0]


def test_a_bot_hears_that_what_it_said_finally_failed(origin, hears_all):
    from common.errors import OriginError
    from gateway.outbound import outbox

    chat, message = said_by_the_bot(origin)
    for attempts in (1, 2):
        Message.objects.filter(pk=message.pk).update(status="sending", attempts=attempts)
        message.refresh_from_db()
        outbox._record_failed(message, OriginError("HTTP 500", permanent=False))
        assert updates(chat) == [], "it is tried again"
    Message.objects.filter(pk=message.pk).update(status="sending", attempts=3)
    message.refresh_from_db()
    outbox._record_failed(message, OriginError("HTTP 400"))
    assert updates(chat) == [(message.pk, "queued")]


def test_a_bot_hears_that_nobody_knows_whether_what_it_said_arrived(hears_all):
    from gateway.outbound import outbox

    origin = people.received_by(hears_all, people.whatsapp_origin())
    people.says(origin, "5491155550101", "Hola")
    chat = people.fresh(Chat.objects.get())
    message = external.say_messages(chat.pk, chat.bot, [turns.Saying(text="Hola")])[0]
    Message.objects.filter(pk=message.pk).update(status="sending", attempts=1, next_try_at=timezone.now())
    assert outbox._claim_first(chat.pk, timezone.now()).status == "unconfirmed"
    assert updates(chat) == [(message.pk, "queued")]


def of_file(origin, server):
    media = {"media": {"url": server.url + "/a.txt", "mime_type": "text/plain", "filename": "a.txt"}}
    people.says(origin, "cust-1", "", kind="document", payload=media)
    return people.fresh(Chat.objects.get()), Message.objects.get(direction="in")


def test_a_picture_that_was_told_without_its_file_is_told_again_when_it_comes(origin, hears_all, server):

    server.answers = [{"messages": []}, (200, b"hola", {}), {"messages": []}]
    chat, message = of_file(origin, server)
    Event.objects.update(created_at=timezone.now() - turns.MAX_MEDIA_WAIT)
    tell(chat)
    assert server.got[0].body["message"]["attachments"] == []
    inbound_media.fetch_media(message.pk)
    tell(chat)
    told = server.got[-1].body
    assert (told["event"], [one["filename"] for one in told["message"]["attachments"]]) == (
        "message_updated",
        ["a.txt"],
    )


def test_a_picture_that_comes_before_it_is_told_is_told_once(origin, hears_all, server):

    server.answers = [(200, b"hola", {}), {"messages": []}]
    chat, message = of_file(origin, server)
    inbound_media.fetch_media(message.pk)
    tell(chat)
    assert updates(chat) == []
    assert [one["filename"] for one in server.got[-1].body["message"]["attachments"]] == ["a.txt"]


@pytest.mark.parametrize("many", [3, 30, 120])
def test_a_watermark_is_told_of_each_message_up_to_a_hundred(many, hears_all):
    from chats.messages.receipts import apply_watermark
    from origins.facts import Watermark

    origin = people.received_by(hears_all, people.messenger_origin())
    people.says(origin, "24001", "Hola", kind="text")
    chat = people.fresh(Chat.objects.get())
    now = timezone.now()
    said = Message.objects.bulk_create(
        Message(
            chat=chat, origin=origin, direction="out", author="bot", bot=chat.bot, text=str(number), status="sent",
            sent_at=now, external_id=f"m-{number}",
        )
        for number in range(many)
    )  # fmt: skip
    address = chat.contact.addresses.first()
    assert apply_watermark(origin, Watermark(address.value, "read", now, address_kind=address.kind)) == many
    assert [message for message, _state in updates(chat)] == [one.pk for one in said][-100:]


# --- workers that die, and too many of them ------------------------------------------------------


def test_a_claim_of_a_dead_worker_runs_out_and_the_event_is_told_again(origin, server):
    chat = asks(origin)
    claimed = event_queue.claim_first(chat.bot.endpoint, chat.pk, timezone.now())
    assert claimed.state == "sending"
    assert tell(chat) == 0
    assert (chat.bot.endpoint.pk, chat.pk) not in event_queue.find_due(timezone.now())
    later = timezone.now() + event_queue.CLAIM
    assert (chat.bot.endpoint.pk, chat.pk) in event_queue.find_due(later)
    Event.objects.update(next_try_at=timezone.now())
    assert tell(chat) == 1
    assert server.bodies[0]["attempt"] == 2
    assert not event_queue.finish_event(claimed, "done", reason=""), "the dead one came back, and has nothing to say"


def test_an_answer_is_never_carried_out_twice(origin, server, monkeypatch):
    server.answers = [{"messages": ["una vez"]}]
    chat = asks(origin)
    real = calls.carry_out

    def dies(*given):
        real(*given)
        raise SystemExit

    monkeypatch.setattr(calls, "carry_out", dies)
    with pytest.raises(SystemExit):
        tell(chat)
    monkeypatch.setattr(calls, "carry_out", real)
    assert event(chat).state == "sending"
    Event.objects.update(next_try_at=timezone.now())
    asks(origin, "otra cosa")
    server.answers = [{"messages": ["dos"]}]
    tell(chat)
    assert bot_said(chat) == ["una vez", "dos"]
    assert server.texts == ["Hola", "otra cosa"]
    assert [one.state for one in events(chat)] == ["done", "done"]


@pytest.mark.usefixtures("transactional_db")
def test_one_that_hangs_does_not_take_all_threads(origin, server, monkeypatch):
    monkeypatch.setattr(concurrency, "MAX_CALLS", 2)
    monkeypatch.setattr(http_call, "WITHIN", 300.0)
    may_end = threading.Event()
    server.act = lambda _told: may_end.wait(300) and {"messages": []}
    chats = [asks(origin, "Hola", f"cust-{number}") for number in range(6)]
    ended, started = threading.Semaphore(0), timezone.now()

    def work(chat):
        try:
            tell(chat)
        finally:
            ended.release()
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        try:
            told = [pool.submit(work, chat) for chat in chats]
            assert all(ended.acquire(timeout=120) for _number in range(4)), "the others did not wait for it"
            over = timezone.now()
            assert sum(not one.done() for one in told) >= server.most_busy == 2
        finally:
            may_end.set()
    assert server.most_busy == 2
    waiting = Event.objects.filter(state="queued", attempts=0)
    assert waiting.count() == 4
    for one in waiting:
        assert one.next_try_at - started > timedelta(seconds=0.5)
        assert one.next_try_at - over < timedelta(seconds=2)
    assert not concurrency._calls


@pytest.mark.usefixtures("transactional_db")
def test_one_that_fails_gets_few_threads_from_the_first_moment(origin, server, monkeypatch):
    monkeypatch.setattr(http_call, "WITHIN", 0.6)
    Endpoint.objects.update(failing_since=timezone.now())
    server.answers = [botserver.hang]
    chats = [asks(origin, "Hola", f"cust-{number}") for number in range(6)]

    def work(chat):
        try:
            tell(chat)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, chats))
    assert server.most_busy == concurrency.MAX_CALLS_WHILE_FAILING == 2


@pytest.mark.parametrize("many", [0, 100, 900])
def test_the_more_find_it_busy_the_less_often_they_ask(many, origin, server, monkeypatch):
    monkeypatch.setattr(concurrency, "MAX_CALLS", 0)
    chat = asks(origin)
    endpoint = chat.bot.endpoint
    Event.objects.bulk_create(Event(endpoint=endpoint, kind="message_created", chat_id=-n) for n in range(1, many + 1))
    began = timezone.now()
    tell(chat)
    pause = (event(chat).next_try_at - began).total_seconds()
    least = {0: 0.5, 100: 1.5, 900: 5.0}[many]
    # drawn between once and one and a half times that, from some moment while it was told
    assert least <= pause < 1.5 * least + (timezone.now() - began).total_seconds()


def test_a_worker_that_dies_in_the_last_try_makes_nobody_wait_for_ever(origin, server):
    server.answers = [(500, None, {})]
    chat = asks(origin)
    Event.objects.update(state="sending", attempts=event_queue.LAST_ATTEMPT, next_try_at=timezone.now())
    tell(chat)
    assert len(server.got) == 1
    assert (event(chat).state, event(chat).attempts) == ("failed", event_queue.LAST_ATTEMPT + 1)
    assert people.fresh(chat).state == "BANDEJA"
    assert "bot no pudo responder" in notes(chat)


def test_what_kills_every_worker_is_given_up_and_what_comes_next_has_its_turn(origin, server):
    server.answers = [{"messages": []}]
    chat = asks(origin)
    made = 0
    while event_queue.claim_first(chat.bot.endpoint, chat.pk, timezone.now()).state == "sending":
        made += 1
        assert made <= event_queue.MAX_CLAIMS
        Event.objects.update(next_try_at=timezone.now())
    assert made == event_queue.MAX_CLAIMS
    assert (event(chat).state, event(chat).reason) == ("failed", "Se cortó la llamada")
    Event.objects.update(state="sending", next_try_at=timezone.now())
    tell(chat)
    assert not server.got
    assert people.fresh(chat).state == "BANDEJA"


def test_what_is_sent_again_is_tried_once_even_if_its_worker_dies(origin, server):
    chat = asks(origin)
    tell(chat)
    event_queue.resend_event(event(chat).pk)
    assert event_queue.claim_first(chat.bot.endpoint, chat.pk, timezone.now()).state == "sending"
    Event.objects.update(next_try_at=timezone.now())
    tell(chat)
    assert len(server.got) == 1
    assert event(chat).state == "failed"
    assert people.fresh(chat).state == "BOT"


def test_sent_again_any_number_of_times_its_tries_are_counted(origin, server):
    chat = asks(origin)
    tell(chat)
    for number in range(2, 5):
        event_queue.resend_event(event(chat).pk)
        tell(chat)
        assert server.bodies[-1]["attempt"] == event(chat).attempts == number
    Event.objects.update(attempts=32_767)
    assert event_queue.resend_event(event(chat).pk)
    tell(chat)
    assert event(chat).state == "done"


def test_what_is_sent_again_waits_for_what_is_under_way(origin, server):
    chat = asks(origin, "uno")
    tell(chat)
    first = event(chat)
    asks(origin, "dos")
    under_way = event_queue.claim_first(chat.bot.endpoint, chat.pk, timezone.now())
    event_queue.resend_event(first.pk)
    assert tell(chat) == 0
    assert server.texts == ["uno"]
    # it was carrying out the answer
    Event.objects.filter(pk=under_way.pk).update(status_code=200)
    assert tell(chat) == 0
    Event.objects.filter(pk=under_way.pk).update(state="done", next_try_at=None)
    tell(chat)
    assert server.texts == ["uno", "uno"]


@pytest.mark.usefixtures("transactional_db")
def test_who_claims_what_was_sent_again_waits_for_who_is_claiming_what_comes_next(origin, server):
    chat = asks(origin, "uno")
    tell(chat)
    first = event(chat)
    asks(origin, "dos")
    with transaction.atomic():
        assert event_queue.claim_first(chat.bot.endpoint, chat.pk, timezone.now()).pk == event(chat).pk
        resent = ThreadPoolExecutor(1).submit(alone, lambda: event_queue.resend_event(first.pk))
        assert resent.result(5)
        other = start(lambda: event_queue.claim_first(chat.bot.endpoint, chat.pk, timezone.now()))
    assert other.result() is None


@pytest.mark.usefixtures("transactional_db")
def test_what_is_sent_again_meanwhile_is_never_told_beside_another(origin, server):
    chat = asks(origin, "0")
    for number in range(1, 12):
        asks(origin, str(number))
    busy, most = [], []

    def act(_told):
        busy.append(1)
        most.append(len(busy))
        time.sleep(0.01)
        busy.pop()
        return {"messages": []}

    server.act = act
    endpoint = chat.bot.endpoint

    def work(number):
        try:
            for _round in range(25):
                if number == 0:
                    over = Event.objects.filter(chat_id=chat.pk, state="done").order_by("?").first()
                    if over is not None:
                        event_queue.resend_event(over.pk)
                else:
                    calls.call_endpoint(endpoint.pk, chat.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    tell_all(chat)
    assert max(most) == 1
    assert {str(number) for number in range(12)} == set(server.texts)


# --- the clock and the hand ----------------------------------------------------------------------


def test_due_names_what_waits_and_is_nobodys(origin, server):
    first, second = asks(origin, "a", "cust-a"), asks(origin, "b", "cust-b")
    endpoint = first.bot.endpoint
    now = timezone.now()
    assert event_queue.find_due(now) == [(endpoint.pk, first.pk), (endpoint.pk, second.pk)]
    assert event_queue.find_due(now, most=1) == [(endpoint.pk, first.pk)]
    Event.objects.filter(chat_id=first.pk).update(next_try_at=now + timedelta(seconds=5))
    assert event_queue.find_due(now) == [(endpoint.pk, second.pk)]
    assert event_queue.find_due(now + timedelta(seconds=5)) == [(endpoint.pk, first.pk), (endpoint.pk, second.pk)]
    Endpoint.objects.update(is_active=False)
    assert event_queue.find_due(now) == []
    assert tell(first) == 0
    assert not server.got


def test_sent_again_it_is_the_same_event_and_its_answer_counts_in_its_round(origin, server):
    server.answers = [{"messages": ["a"]}, {"messages": ["b"]}]
    chat = asks(origin)
    tell(chat)
    again = event(chat)
    assert event_queue.resend_event(again.pk)
    assert not event_queue.resend_event(again.pk), "it waits already"
    tell(chat)
    assert [told.headers["webhook-id"] for told in server.got] == [str(again.uuid)] * 2
    assert bot_said(chat) == ["a", "b"]
    assert event(chat).state == "done"


def test_sent_again_after_the_chat_has_moved_it_is_told_and_its_answer_refused(origin, server):
    server.answers = [(404, None, {}), {"messages": ["tarde"]}]
    chat = asks(origin)
    tell(chat)
    assert people.fresh(chat).state == "BANDEJA"
    event_queue.resend_event(event(chat).pk)
    tell(chat)
    told = server.bodies[1]
    assert told["message"]["content"] == "Hola"
    assert set(told["conversation"]) == {"id", "status", "control_version"}
    assert event(chat).state == "done"
    assert event(chat).reason.startswith("Llegó tarde")
    assert "tarde" not in bot_said(chat)


def test_sent_again_and_failed_again_it_moves_nobody(origin, server):
    server.answers = [{"messages": []}, (500, None, {})]
    chat = asks(origin)
    tell(chat)
    event_queue.resend_event(event(chat).pk)
    tell(chat)
    assert event(chat).state == "failed"
    assert len(server.got) == 2
    assert people.fresh(chat).state == "BOT"


def test_nothing_is_sent_again_to_who_is_switched_off(origin, server):
    chat = asks(origin)
    tell(chat)
    Endpoint.objects.update(is_active=False)
    with pytest.raises(errors.Rejected):
        event_queue.resend_event(event(chat).pk)
    assert event(chat).state == "done"


def test_what_is_sent_again_does_not_wait_for_what_is_new(origin, server):
    chat = asks(origin, "uno")
    tell(chat)
    first = event(chat)
    asks(origin, "dos")
    event_queue.resend_event(first.pk)
    tell(chat)
    assert server.texts == ["uno", "uno", "dos"]


@pytest.mark.parametrize(("answer", "state"), [(None, "done"), ((500, None, {}), "failed"), (botserver.cut, "failed")])
def test_a_ping_is_one_call_and_says_what_came_of_it(answer, state, bot, server):
    server.answers = [answer]
    ping = event_queue.send_ping(bot.endpoint)
    assert (ping.kind, ping.chat_id, ping.state) == ("ping", None, "queued")
    calls.call_endpoint(bot.endpoint.pk, None)
    ping.refresh_from_db()
    assert ping.state == state
    assert len(server.got) == 1
    assert server.bodies[0]["event"] == "ping"
    assert Endpoint.objects.get().failing_since is None


def test_an_endpoint_that_is_switched_off_can_be_tried_by_hand(bot, server):
    Endpoint.objects.update(is_active=False)
    ping = event_queue.send_ping(bot.endpoint)
    calls.call_endpoint(bot.endpoint.pk, None)
    ping.refresh_from_db()
    assert ping.state == "done"


def test_after_a_day_of_failures_it_is_switched_off_and_its_chats_go_to_people(origin, server, sofia):
    server.answers = [(500, None, {})]
    chat = asks(origin)
    tell(chat)
    now = timezone.now()
    assert circuit_breaker.switch_off_failing(now) == 0
    assert circuit_breaker.switch_off_failing(now + timedelta(hours=23)) == 0
    Event.objects.update(created_at=now + timedelta(hours=23))
    assert circuit_breaker.switch_off_failing(now + timedelta(hours=24, minutes=1)) == 1
    assert circuit_breaker.switch_off_failing(now + timedelta(hours=25)) == 0
    endpoint = Endpoint.objects.get()
    assert not endpoint.is_active
    assert endpoint.switched_off_at
    assert endpoint.trouble
    assert event(chat).state == "failed"
    chat = people.fresh(chat)
    assert (chat.state, chat.tray.kind) == ("BANDEJA", "general")
    assert "se apagó" in notes(chat)


def test_one_failure_long_ago_switches_nothing_off(origin, server):
    server.answers = [(404, None, {})]
    tell(asks(origin))
    assert circuit_breaker.switch_off_failing(timezone.now() + timedelta(hours=30)) == 0
    assert Endpoint.objects.get().is_active


def test_the_log_is_forgotten(origin, server):
    chat = asks(origin)
    tell(chat)
    old = event(chat)
    Event.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=31))
    asks(origin, "nuevo")
    assert event_queue.prune_events(timezone.now() - timedelta(days=30), batch=1) == 1
    assert not Event.objects.filter(pk=old.pk).exists()
    assert Event.objects.count() == 1


def test_a_picture_is_told_when_it_has_come(origin, server):
    from chats.attachments.uploads import keep_bytes as keep_bytes

    media = {"media": {"url": server.url + "/a.txt", "mime_type": "text/plain", "filename": "a.txt"}}
    people.says(origin, "cust-1", "", kind="document", payload=media)
    chat = people.fresh(Chat.objects.get())
    tell(chat)
    assert not server.got
    assert (event(chat).state, event(chat).attempts) == ("queued", 0)
    message = Message.objects.get(chat=chat.pk, direction="in")
    file = keep_bytes(b"hola", "a.txt")
    type(file).objects.filter(pk=file.pk).update(message=message, chat=chat)
    Event.objects.update(next_try_at=timezone.now())
    tell(chat)
    assert [one["filename"] for one in server.bodies[0]["message"]["attachments"]] == ["a.txt"]


def test_a_picture_that_does_not_come_is_told_without_it(origin, server):
    people.says(origin, "cust-1", "", kind="document", payload={"media": {"url": server.url + "/a.txt"}})
    chat = people.fresh(Chat.objects.get())
    Event.objects.update(created_at=timezone.now() - turns.MAX_MEDIA_WAIT)
    tell(chat)
    assert server.bodies[0]["message"]["attachments"] == []


# --- whole rounds with the others' contracts -----------------------------------------------------


def test_a_round_with_rasa(db, ventas):
    rasa = contracts.Rasa("tok")
    rasa.replies = {
        "Hola": [{"text": "¿Qué querés?", "buttons": [{"title": "Ventas", "payload": "/ventas"}]}],
        "/ventas": [{"text": "Te paso."}, {"custom": {"handoff": {"tray": "Ventas", "summary": "ventas"}}}],
    }
    bot = people.external_bot("rasa", rasa.server.url, access_token="tok")
    origin = people.received_by(bot)
    try:
        chat = asks(origin)
        tell_all(chat)
        people.says(origin, "cust-1", "Ventas", kind="choice", payload={"payload": "/ventas"})
        tell_all(chat)
    finally:
        rasa.server.close()
    chat = people.fresh(chat)
    assert (chat.tray, chat.bot_summary) == (ventas, "ventas")
    assert bot_said(chat) == ["¿Qué querés?", "Te paso."]


def test_a_round_with_typebot_and_another_one_begins_anew(db, ana):
    flow = contracts.Typebot()
    flow.steps = [
        ([contracts.bubble("¿Qué?")], contracts.buttons("Ventas", "Soporte")),
        ([contracts.bubble("/bandeja General: quiere ventas")], None),
    ]
    bot = people.external_bot("typebot", flow.server.url, remote_id="mi-bot")
    origin = people.received_by(bot)
    try:
        chat = asks(origin)
        tell_all(chat)
        asks(origin, "Ventas")
        tell_all(chat)
        chat = people.fresh(chat)
        assert (chat.state, chat.bot_summary) == ("BANDEJA", "quiere ventas")
        moves.take(chat.pk, ana)
        moves.close(chat.pk, ana)
        chat = asks(origin, "Hola de nuevo")
        tell_all(chat)
    finally:
        flow.server.close()
    assert [told.path.rsplit("/", 1)[1] for told in flow.server.got] == ["startChat", "continueChat", "startChat"]
    assert bot_said(chat) == ["¿Qué?", "¿Qué?"]


def test_a_round_with_botpress_that_takes_its_time(db, monkeypatch):
    monkeypatch.setattr(http_call, "WITHIN", 0.7)
    monkeypatch.setattr(botpress, "EVERY", 0.05)
    monkeypatch.setattr(botpress, "QUIET", 0.2)
    monkeypatch.setattr(botpress, "AGAIN", 0.05)
    studio = contracts.Botpress()
    studio.says = lambda _conversation, words: [(1.2, {"type": "text", "text": f"pensé en {words}"})]
    bot = people.external_bot("botpress", studio.server.url, remote_id="hook-1")
    origin = people.received_by(bot)
    try:
        chat = asks(origin)
        tell_all(chat)
    finally:
        studio.server.close()
    assert bot_said(chat) == ["pensé en Hola"]
    assert len(studio.posted()) == 1
    done = Event.objects.get(kind="message_created")
    assert (done.state, done.attempts) == ("done", 1)
    assert Endpoint.objects.get().failing_since is None


def test_a_silent_botpress_is_not_listened_to_for_ever(db, monkeypatch):
    monkeypatch.setattr(http_call, "WITHIN", 0.7)
    monkeypatch.setattr(botpress, "EVERY", 0.05)
    studio = contracts.Botpress()
    bot = people.external_bot("botpress", studio.server.url, remote_id="hook-1")
    try:
        chat = asks(people.received_by(bot))
        tell(chat)
        assert event(chat).state == "queued"
        Event.objects.update(created_at=timezone.now() - calls.MAX_LISTEN, next_try_at=timezone.now())
        tell(chat)
    finally:
        studio.server.close()
    assert event(chat).state == "done"
    assert people.fresh(chat).bot_due_at is not None, "and so it goes to people in time"


# --- who still owes an answer ----------------------------------------------------------------------


def test_a_bot_that_greets_and_only_takes_the_question_still_owes_an_answer(db, server):
    bot = people.external_bot(url=server.url)
    server.act = lambda told: {"messages": ["Hola"]} if told.body["event"] == "conversation_created" else None
    chat = asks(people.received_by(bot))
    tell_all(chat)
    assert chat.messages.filter(author="bot").count() == 1
    due = people.fresh(chat).bot_due_at - timezone.now()
    assert timedelta(seconds=40) < due < timedelta(seconds=46)


def test_a_bot_that_answers_through_the_api_while_it_is_told_owes_nothing(transactional_db, server):
    bot = people.external_bot(url=server.url, events=["message_created"])

    def act(told):
        alone(lambda: external.say_messages(told.body["conversation"]["id"], bot, [external.Saying(text="Sí, hay")]))

    server.act = act
    chat = asks(people.received_by(bot))
    tell_all(chat)
    assert chat.messages.filter(author="bot").count() == 1
    assert people.fresh(chat).bot_due_at is None
