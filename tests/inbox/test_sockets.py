"""The agents' socket: each hears of what they may see, where it is now, and of nothing else."""

import asyncio
import json
import time

import pytest
from channels.testing import WebsocketCommunicator

from chats import access, moves
from chats.messages import replies
from inbox import consumers
from inbox.models import PushSubscription
from live.hub import current_hub
from tests import people
from tests.windows import NOT_FRAMES, SECRET, asked, group_of, logged_in, window
from trays.models import Agent, Tray


@pytest.fixture(autouse=True)
async def _real_commits(transactional_db, own_valkey):
    yield
    await current_hub().stop_feeding()


async def until(true, seconds=60.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.01)


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
    for agent, trays in (
        (ana, {general, closed, own[ana], ventas}),
        (sofia, {general, closed, own[ana], own[sofia], caio_own, bruno_own}),
    ):
        async with window(await asked(logged_in, agent)) as page:
            marks = await page.head("marks")
            assert set(marks) == {"everyone", f"agent.{agent.pk}", *(f"tray.{tray.pk}" for tray in trays)}


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


async def test_what_a_page_says_it_has_told_is_pushed_to_no_browser(ana, bruno, ventas):
    origin = await asked(people.http_origin)
    chats = [await asked(people.held, origin, ana, ventas, sender=f"c-{number}") for number in range(2)]
    for number in range(2):
        await asked(people.says, origin, f"c-{number}", "hola")
    told = [
        {"answer": [chats[0].pk, chats[1].pk + 100]}, {"answer": "x", "trays": {}, "otra": [1]}, {"answer": [None, "1", 1.5, True]},
        [], "x", None,
    ]  # fmt: skip
    make = {"point": "", "secret": "s", "session_key": "k"}
    for agent in (ana, bruno):
        await asked(PushSubscription.objects.create, agent=agent, endpoint=f"https://push/{agent.pk}", **make)
    async with window(await asked(logged_in, ana)) as page:
        for one in told:
            await page.say({"told": one})
        kept = lambda agent: PushSubscription.objects.get(agent=agent).told.get("answer", [])  # noqa: E731
        last = await asked(lambda: chats[0].messages.filter(direction="in").latest("pk").pk)
        await page.say({"chats": [group_of(chats[0])]})
        end = time.monotonic() + 60
        while await asked(kept, ana) != [last]:
            assert time.monotonic() < end, "it did not happen"
            await asyncio.sleep(0.01)
        assert await asked(kept, bruno) == []


async def test_of_two_devices_of_ana_the_first_tells_it_and_bruno_s_news_are_his_own(ana, bruno):
    async with (
        window(await asked(logged_in, ana)) as one,
        window(await asked(logged_in, ana)) as other,
        window(await asked(logged_in, bruno)) as his,
    ):
        for page, mine in ((one, True), (other, False), (his, True), (one, False)):
            await page.head("marks") if page.frames == [] else None
            await page.say({"claim": "agent.1:7"})
            assert await page.head("mine") is mine
        for nonsense in (7, None, ["x"], {"a": 1}):
            await one.say({"claim": nonsense})
        await one.say({"claim": "é" * 5000})
        assert await one.head("claimed") == "é" * consumers.MAX_CLAIM_CHARS
