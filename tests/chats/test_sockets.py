"""The sockets: each agent hears of what he may see, where it is now, and of nothing else; a visitor of his own chat."""

import asyncio
import itertools
import json
import time
from contextlib import asynccontextmanager

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import Client

from chats import access, moves
from chats import publish as publishing
from chats.messages import replies
from chats.models import Chat
from contacts.models import Address
from inbox import consumers
from live.feed import GroupEvent, publish_events
from live.hub import current_hub
from origins import web
from tests import people
from trays.models import Agent, Tray

SECRET = "palabra-secreta"
_asked = itertools.count(1)


@pytest.fixture(autouse=True)
async def _real_commits(transactional_db, own_valkey):
    yield
    await current_hub().stop_feeding()


def logged_in(agent):
    client = Client()
    client.force_login(agent, backend="django.contrib.auth.backends.ModelBackend")
    return client


class Window:
    """One open page: what came over its socket, and what it says."""

    def __init__(self, communicator):
        self.communicator = communicator
        self.frames = []
        self.code = None

    async def next(self, seconds=60):
        event = await self.communicator.receive_output(seconds)
        if event["type"] == "websocket.close":
            self.code = event["code"]
            return None
        self.frames.append(event["text"])
        return event["text"]

    async def head(self, name, seconds=60):
        """The next frame whose head has this name."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and (frame := await self.next(seconds)) is not None:
            head = json.loads(frame.partition("\n")[0])
            if name in head:
                return head[name]
        raise AssertionError(f"no {name}: {self.frames}, {self.code}")

    async def say(self, frame):
        text = frame if isinstance(frame, str) else json.dumps(frame)
        await self.communicator.send_input({"type": "websocket.receive", "text": text})

    async def show(self, *chats):
        """Say which chats the page shows. Returns the groups that it may listen to, with their marks."""
        await self.say({"chats": [group_of(chat) if isinstance(chat, Chat) else chat for chat in chats]})
        return await self.head("marks")

    async def all(self):
        """Everything that had been told to it by now, as one text."""
        mine, since = next(_asked), len(self.frames)
        await sync_to_async(publish_events)([GroupEvent("everyone", head={"last": mine})])
        while await self.head("last") != mine:
            pass
        return "\n".join(frame for frame in self.frames[since:] if '"last"' not in frame)

    async def closed(self, seconds=60):
        while self.code is None:
            await self.next(seconds)
        return self.code


def group_of(chat):
    return publishing.chat_group(chat.pk, chat.change_id)


@asynccontextmanager
async def window(client, path="/ws/", **headers):
    from wittyagent.asgi import application

    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items()) if client else ""
    given = {"host": "testserver", "origin": "http://testserver", "cookie": cookie, **headers}
    communicator = WebsocketCommunicator(
        application, path, headers=[(name.encode(), value.encode("latin-1")) for name, value in given.items()]
    )
    connected, _ = await communicator.connect(60)
    assert connected
    one = Window(communicator)
    yield one
    await communicator.disconnect()


async def until(true, seconds=60.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.01)


@pytest.fixture
def origin(db):
    return people.http_origin()


async def asked(function, *args, **fields):
    return await sync_to_async(function)(*args, **fields)


# --- who may connect ------------------------------------------------------------------------------


async def test_who_is_not_logged_in_is_told_so(ana):
    client = await asked(logged_in, ana)
    key = client.cookies["sessionid"].value
    for cookie in ("", "sessionid=nonsense", f"sessionid={key}x", "sessionid=; csrftoken=x"):
        async with window(None, cookie=cookie) as nobody:
            assert await nobody.closed() == 4401
            assert nobody.frames == []
            await nobody.say({"chats": ["chat.1.1"]})
            assert nobody.frames == []


async def test_a_page_of_another_site_is_refused(ana):
    from wittyagent.asgi import application

    client = await asked(logged_in, ana)
    cookie = f"sessionid={client.cookies['sessionid'].value}".encode()
    communicator = WebsocketCommunicator(
        application,
        "/ws/",
        headers=[(b"host", b"testserver"), (b"origin", b"http://evil.example"), (b"cookie", cookie)],
    )
    connected, _code = await communicator.connect(60)
    assert not connected


async def test_who_has_been_deactivated_or_logged_out_does_not_come_back(ana, bruno):
    clients = [await asked(logged_in, agent) for agent in (ana, bruno)]
    await asked(access.deactivate_agent, ana)
    stale = await asked(lambda: {"sessionid": clients[1].cookies["sessionid"].value})
    await asked(clients[1].post, "/logout/")
    async with window(clients[0]) as ana_window:
        assert await ana_window.closed() == 4401
    async with window(None, cookie=f"sessionid={stale['sessionid']}") as bruno_window:
        assert await bruno_window.closed() == 4401


async def test_the_marks_name_exactly_the_groups_of_ones_rights(ana, sofia, ventas, soporte):
    general, closed = await asked(lambda: (Tray.objects.general(), Tray.objects.closed()))
    own = {agent: await asked(lambda agent=agent: agent.personal_tray) for agent in (ana, sofia)}
    caio_own = await asked(lambda: Tray.objects.get(owner__username="caio"))
    bruno_own = await asked(lambda: Tray.objects.get(owner__username="bruno"))
    for agent, trays, more in (
        (ana, {general, closed, own[ana], ventas}, set()),
        (sofia, {general, closed, own[ana], own[sofia], caio_own, bruno_own}, {"supervisors"}),
    ):
        async with window(await asked(logged_in, agent)) as page:
            marks = await page.head("marks")
            assert set(marks) == {"everyone", f"agent.{agent.pk}", *(f"tray.{tray.pk}" for tray in trays)} | more


# --- trays ----------------------------------------------------------------------------------------


async def test_only_who_may_see_a_tray_hears_of_it(origin, ana, caio, sofia, ventas):
    clients = [await asked(logged_in, agent) for agent in (ana, caio, sofia)]
    async with window(clients[0]) as of_ana, window(clients[1]) as of_caio, window(clients[2]) as of_sofia:
        for page in (of_ana, of_caio, of_sofia):
            await page.head("marks")
        chat = await asked(people.waiting, origin, ventas, sender="cust", text=SECRET)
        await asked(people.says, origin, "cust", f"{SECRET} otra vez")
        heard = await of_ana.all()
        assert f'"g": "tray.{ventas.pk}"'.replace(" ", "") in heard.replace(" ", "")
        assert f'id="chat-{chat.pk}"' in heard
        assert SECRET in heard
        for page in (of_caio, of_sofia):
            heard = await page.all()
            # it passed through General, which everyone sees, on its way
            in_ventas = heard.partition(f'"tray": {ventas.pk}')[2]
            assert in_ventas, heard
            assert SECRET not in in_ventas
            assert f"tray.{ventas.pk}" not in heard


async def test_supervisors_hear_of_personal_trays_and_others_do_not(origin, ana, bruno, sofia):
    tray = await asked(lambda: ana.personal_tray)
    clients = [await asked(logged_in, agent) for agent in (ana, bruno, sofia)]
    chat = await asked(people.waiting, origin, tray, sender="cust")
    async with window(clients[0]) as of_ana, window(clients[1]) as of_bruno, window(clients[2]) as of_sofia:
        for page in (of_ana, of_bruno, of_sofia):
            await page.head("marks")
        await asked(people.says, origin, "cust", SECRET)
        assert SECRET in await of_ana.all()
        assert SECRET in await of_sofia.all()
        assert await of_bruno.all() == ""
    assert chat


async def test_what_an_agent_holds_is_told_to_him_alone(origin, ana, bruno, ventas):
    chat = await asked(people.waiting, origin, ventas, sender="cust")
    clients = [await asked(logged_in, agent) for agent in (ana, bruno)]
    async with window(clients[0]) as of_ana, window(clients[1]) as of_bruno:
        for page in (of_ana, of_bruno):
            await page.head("marks")
        await asked(moves.take, chat.pk, ana)
        assert f'id="tab-{chat.pk}"' in await of_ana.all()
        gone = await of_bruno.all()
        assert f"#chat-{chat.pk}" in gone  # the row leaves the tray
        assert f"tab-{chat.pk}" not in gone
        assert "AGENTE" in gone  # and where it is now everyone may know
        await asked(people.says, origin, "cust", SECRET)
        assert '"unread": 2' in await of_ana.all()
        assert await of_bruno.all() == ""


# --- one chat -------------------------------------------------------------------------------------


async def test_who_has_a_chat_open_hears_what_is_said(origin, ana, sofia, ventas):
    chat = await asked(people.held, origin, ana, ventas, sender="cust")
    clients = [await asked(logged_in, agent) for agent in (ana, sofia)]
    async with window(clients[0]) as of_ana, window(clients[1]) as of_sofia:
        for page in (of_ana, of_sofia):
            await page.head("marks")
            assert set(await page.show(chat)) == {group_of(chat)}
        await asked(people.says, origin, "cust", SECRET)
        await asked(replies.write_note, chat.pk, ana, "una nota")
        for page in (of_ana, of_sofia):
            heard = await page.all()
            assert SECRET in heard
            assert "una nota" in heard


async def test_who_may_not_see_a_chat_cannot_listen_to_it(origin, ana, caio, ventas):
    chat = await asked(people.held, origin, ana, ventas, sender="cust")
    async with window(await asked(logged_in, caio)) as page:
        await page.head("marks")
        assert await page.show(chat) == {}
        assert await page.head("refused") == [group_of(chat)]
        await asked(people.says, origin, "cust", SECRET)
        await asked(replies.send_reply, chat.pk, ana, SECRET)
        assert await page.all() == ""


NO_CHATS = [
    "tray.1", "agent.1", "supervisors", "everyone", "visitor.1", "visitors.1", "login.x", "chat.*", "chat.1", "chat..",
    "chat.x.y", "chat.1.1.1", "chat.-1.1", "chat.1.1 ", " chat.1.1", "chat.٣.٣", "chat.99999999999999999999.1", "",
    "chat.None.None", "chat.1.1\n", "\ud800", "x" * 30_000,
]  # fmt: skip


async def test_no_other_group_can_be_listened_to(ana):
    async with window(await asked(logged_in, ana)) as page:
        joined = set(await page.head("marks")) | {name for name in current_hub().groups if name.startswith("login.")}
        for name in NO_CHATS:
            assert await page.show(name) == {}
            assert await page.head("refused") == [name]
            assert set(current_hub().groups) == joined


async def test_of_a_chat_only_the_present_place_can_be_listened_to(origin, ana, ventas):
    chat = await asked(people.waiting, origin, ventas)
    before = group_of(chat)
    await asked(moves.take, chat.pk, ana)
    chat = await asked(people.fresh, chat)
    async with window(await asked(logged_in, ana)) as page:
        await page.head("marks")
        assert set(await page.show(before, f"chat.{chat.pk}.{chat.change_id + 1}", chat)) == {group_of(chat)}
        assert before in await page.head("refused")


async def test_what_is_said_after_a_chat_moved_on_does_not_come(origin, ana, bruno, ventas):
    chat = await asked(people.waiting, origin, ventas, sender="cust")
    async with window(await asked(logged_in, bruno)) as page:
        await page.head("marks")
        await page.show(chat)
        await asked(moves.take, chat.pk, ana)
        await asked(people.says, origin, "cust", SECRET)
        await asked(replies.send_reply, chat.pk, ana, SECRET)
        await asked(replies.write_note, chat.pk, ana, SECRET)
        heard = await page.all()
        assert f'"moved": {chat.pk}' in heard
        assert SECRET not in heard
        # nor when it comes back: the page has to ask again first
        await asked(moves.give_back, chat.pk, ana)
        await page.all()
        await asked(people.says, origin, "cust", "de vuelta")
        assert f'"g":"chat.{chat.pk}.' not in (await page.all()).replace(" ", "")
        assert set(await page.show(await asked(people.fresh, chat))) == {group_of(await asked(people.fresh, chat))}
        await asked(people.says, origin, "cust", "ahora sí")
        assert f'"g":"chat.{chat.pk}.' in (await page.all()).replace(" ", "")


async def test_a_chat_that_moves_on_while_one_joins_is_not_listened_to(origin, ana, bruno, ventas, monkeypatch):
    chat = await asked(people.waiting, origin, ventas, sender="cust")
    really = vars(consumers.AgentConsumer)["may_join"].func
    moved = []

    async def slow(self, names):
        allowed = await asked(really, self, names)
        if not moved:
            moved.append(await asked(moves.take, chat.pk, ana))
        return allowed

    monkeypatch.setattr(consumers.AgentConsumer, "may_join", slow)
    async with window(await asked(logged_in, bruno)) as page:
        await page.head("marks")
        assert await page.show(chat) == {}
        assert await page.head("refused") == [group_of(chat)]
        assert group_of(chat) not in current_hub().groups


async def test_a_page_that_shows_it_no_longer_is_told_no_more(origin, ana):
    chats = [await asked(people.held, origin, ana, sender=f"c{n}") for n in range(2)]
    async with window(await asked(logged_in, ana)) as page:
        await page.head("marks")
        assert set(await page.show(*chats)) == {group_of(chat) for chat in chats}
        await page.say({"chats": [group_of(chats[1])]})
        await until(lambda: group_of(chats[0]) not in current_hub().groups)
        assert group_of(chats[1]) in current_hub().groups
        await page.say({"chats": []})
        await until(lambda: group_of(chats[1]) not in current_hub().groups)


# --- rights that change ---------------------------------------------------------------------------


async def test_who_loses_a_tray_is_closed_at_once_and_hears_nothing_more(origin, ana, ventas):
    chat = await asked(people.waiting, origin, ventas, sender="cust")
    client = await asked(logged_in, ana)
    async with window(client) as page:
        await page.head("marks")
        await page.show(chat)
        await asked(access.take_access, ventas, [ana])
        # by the order that goes out with the change, before anything else is heard
        heard = len(page.frames)
        assert await page.closed() == 4012
        assert len(page.frames) == heard
        await asked(people.says, origin, "cust", SECRET)
        await asyncio.sleep(0.1)
        assert await page.communicator.receive_nothing()
    async with window(client) as page:
        assert f"tray.{ventas.pk}" not in await page.head("marks")
        assert await page.show(chat) == {}
        await asked(people.says, origin, "cust", SECRET)
        assert SECRET not in await page.all()


async def test_who_is_given_a_tray_comes_back_and_hears_of_it(origin, caio, ventas):
    client = await asked(logged_in, caio)
    async with window(client) as page:
        await page.head("marks")
        await asked(access.give_access, ventas, [caio])
        assert await page.closed() == 4012
    async with window(client) as page:
        assert f"tray.{ventas.pk}" in await page.head("marks")


async def test_who_is_deactivated_is_closed_and_kept_out(ana, ventas):
    client = await asked(logged_in, ana)
    async with window(client) as page:
        await page.head("marks")
        await asked(access.deactivate_agent, ana)
        assert await page.closed() == 4012
    async with window(client) as page:
        assert await page.closed() == 4401


async def test_an_agent_deactivated_while_he_connects_is_kept_out(ana, monkeypatch):
    client = await asked(logged_in, ana)
    really = vars(consumers.AgentConsumer)["allowed"].func

    async def slow(self):
        await asked(access.deactivate_agent, ana)
        return await asked(really, self)

    monkeypatch.setattr(consumers.AgentConsumer, "allowed", slow)
    async with window(client) as page:
        assert await page.closed() in (4012, 4401)
        assert page.frames == []


async def test_logging_out_closes_the_sockets_of_that_login_only(ana):
    here, elsewhere = await asked(logged_in, ana), await asked(logged_in, ana)
    async with window(here) as one, window(here) as two, window(elsewhere) as other:
        for page in (one, two, other):
            await page.head("marks")
        await asked(here.post, "/logout/")
        assert await one.closed() == await two.closed() == 4401
        assert await other.all() == ""


async def test_archiving_tells_every_page_to_ask_again(ana, caio, ventas):
    clients = [await asked(logged_in, agent) for agent in (ana, caio)]
    async with window(clients[0]) as of_ana, window(clients[1]) as of_caio:
        for page in (of_ana, of_caio):
            await page.head("marks")
        await asked(access.archive_tray, ventas)
        for page in (of_ana, of_caio):
            assert await page.head("resync") == 1


# --- what is missed -------------------------------------------------------------------------------


async def test_what_happened_before_the_socket_stood_shows_in_the_marks(origin, ana, ventas):
    from chats.publish import agent_groups
    from live.feed import read_marks

    agent = await asked(Agent.objects.get, pk=ana.pk)
    await asked(people.waiting, origin, ventas)
    shown = await asked(lambda: read_marks(agent_groups(agent)))
    async with window(await asked(logged_in, ana)) as page:
        assert await page.head("marks") == shown
    await asked(people.waiting, origin, ventas)
    async with window(await asked(logged_in, ana)) as page:
        read_marks = await page.head("marks")
    assert read_marks[f"tray.{ventas.pk}"] > shown[f"tray.{ventas.pk}"]
    assert read_marks["everyone"] > shown["everyone"]
    assert read_marks[f"agent.{ana.pk}"] == shown[f"agent.{ana.pk}"]


async def test_each_event_is_the_next_of_its_group(origin, ana, ventas):
    async with window(await asked(logged_in, ana)) as page:
        marks = await page.head("marks")
        for _ in range(3):
            await asked(people.waiting, origin, ventas)
        await page.all()
        for group in (f"tray.{ventas.pk}", "everyone"):
            heads = [json.loads(frame.partition("\n")[0]) for frame in page.frames]
            numbers = [head["n"] for head in heads if head.get("g") == group]
            first = marks[group] or numbers[0] - 1
            assert numbers == list(range(first + 1, first + 1 + len(numbers)))
            assert len(numbers) >= 3


async def test_the_mark_of_a_chat_is_where_its_events_go_on(origin, ana):
    chat = await asked(people.held, origin, ana, sender="cust")
    await asked(people.says, origin, "cust", "antes")
    async with window(await asked(logged_in, ana)) as page:
        await page.head("marks")
        mark = (await page.show(chat))[group_of(chat)]
        await asked(people.says, origin, "cust", "después")
        await page.all()
        heads = [json.loads(frame.partition("\n")[0]) for frame in page.frames]
        assert [head["n"] for head in heads if head.get("g") == group_of(chat)] == [mark + 1]


# --- frames that are none -------------------------------------------------------------------------

NOT_FRAMES = [
    "", " ", "{", "null", "17", "[]", '["chat.1.1"]', '"chats"', "true", "NaN", "9" * 5000, "[" * 5000, "\x00",
    "x" * 40_000,
    json.dumps({"chats": ["x" * 40_000]}), "<html>",
]  # fmt: skip


async def test_what_is_no_frame_is_said_and_nothing_breaks(origin, ana):
    chat = await asked(people.held, origin, ana, sender="cust")
    async with window(await asked(logged_in, ana)) as page:
        await page.head("marks")
        for frame in NOT_FRAMES:
            await page.say(frame)
            assert "JSON" in await page.head("error"), frame[:40]
        for data in (b"", b"\xff\x00", b"{}"):
            await page.communicator.send_input({"type": "websocket.receive", "bytes": data})
            assert await page.head("error")
        assert set(await page.show(chat)) == {group_of(chat)}


WRONG = [None, 1, "chat.1.1", {"a": 1}, [1], [None], [[]], [{}], [True, 1.5]]


async def test_chats_of_a_wrong_type_change_nothing(origin, ana):
    chat = await asked(people.held, origin, ana, sender="cust")
    async with window(await asked(logged_in, ana)) as page:
        await page.head("marks")
        for chats in WRONG:
            for frame in ({"chats": chats}, {"chats": chats, "x": 1}, {}, {"token": "x"}, {"Chats": ["chat.1.1"]}):
                await page.say(frame)
        await page.all()
        assert set(await page.show(chat)) == {group_of(chat)}


async def test_a_page_shows_no_more_than_so_many_chats(origin, ana):
    chats = [await asked(people.waiting, origin) for _ in range(3)]
    wanted = [f"chat.{n}.1" for n in range(10**6, 10**6 + consumers.MAX_CHATS - 1)] + [group_of(chat) for chat in chats]
    async with window(await asked(logged_in, ana)) as page:
        await page.head("marks")
        assert set(await page.show(*wanted)) == {group_of(chats[0])}


# --- visitors -------------------------------------------------------------------------------------


@pytest.fixture
def web_chat(db):
    return people.web_origin()


def visitor_of(origin, text="Hola"):
    token = web.new_token(origin)
    visitor = web.read_visitor(origin, token)
    chat = people.says(origin, visitor, text, address_kind="visitor").message.chat
    return token, visitor, people.fresh(chat)


def visitors(origin, **headers):
    return window(None, f"/w/{origin.key}/ws/", **headers)


async def test_a_visitor_hears_what_is_said_to_him_and_no_note(web_chat, ana):
    token, _visitor, chat = await asked(visitor_of, web_chat)
    other_token, other, _chat = await asked(visitor_of, web_chat)
    await asked(moves.take, chat.pk, ana)
    async with visitors(web_chat) as page, visitors(web_chat) as others:
        await page.say({"token": token})
        await others.say({"token": other_token})
        assert set(await page.head("marks")) == {f"visitor.{chat.contact_id}"}
        await others.head("marks")
        await asked(replies.write_note, chat.pk, ana, SECRET)
        await asked(replies.send_reply, chat.pk, ana, "Hola, soy Ana")
        message = await page.head("message")
        assert (message["text"], message["author"], message["name"]) == ("Hola, soy Ana", "agent", "Ana")
        assert SECRET not in "".join(page.frames)
        assert "Ferreyra" not in "".join(page.frames)
        await asked(people.says, web_chat, other, "Yo también", address_kind="visitor")
        assert (await others.head("message"))["text"] == "Yo también"
        assert "soy Ana" not in "".join(others.frames)
        assert await page.communicator.receive_nothing()


async def test_a_token_that_is_not_ours_closes(web_chat):
    token, _visitor, _chat = await asked(visitor_of, web_chat)
    elsewhere = await asked(people.web_origin)
    foreign, _, _ = await asked(visitor_of, elsewhere)
    stranger = web.new_token(web_chat)  # signed by us, of nobody who ever wrote
    for wrong in ("", "x", token + "x", token.upper(), foreign, stranger, 17, None, [token], {"t": 1}, "x" * 20_000):
        async with visitors(web_chat) as page:
            await page.say({"token": wrong})
            assert await page.closed() == 4401, wrong
            assert page.frames == []


async def test_a_token_that_was_revoked_closes(web_chat):
    token, visitor, _chat = await asked(visitor_of, web_chat)
    await asked(Address.objects.filter(value=visitor).update, revoked_at="2026-11-22T12:00Z")
    async with visitors(web_chat) as page:
        await page.say({"token": token})
        assert await page.closed() == 4401


async def test_a_window_of_another_host_or_of_no_chat_closes(web_chat, origin):
    await asked(type(web_chat).objects.filter(pk=web_chat.pk).update, is_active=True)
    token, _visitor, _chat = await asked(visitor_of, web_chat)
    for path in (f"/w/{origin.key}/ws/", "/w/nobody/ws/"):
        async with window(None, path) as page:
            assert await page.closed() == 4401
    await asked(type(web_chat).objects.filter(pk=web_chat.pk).update, is_active=False)
    async with visitors(web_chat) as page:
        assert await page.closed() == 4401
        await page.say({"token": token})
        assert page.frames == []


async def test_a_visitors_frames_that_are_none_are_said(web_chat):
    token, _visitor, chat = await asked(visitor_of, web_chat)
    async with visitors(web_chat) as page:
        for frame in NOT_FRAMES:
            await page.say(frame)
            assert await page.head("error"), frame[:40]
        await page.say({"token": token})
        assert set(await page.head("marks")) == {f"visitor.{chat.contact_id}"}
        # a second token changes nothing
        await page.say({"token": "x"})
        await page.say({"chats": ["chat.1.1"]})
        assert await page.communicator.receive_nothing()
