"""A change of rights closes the socket, and it joins anew with what is left."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from django.db import OperationalError

from chats import access
from inbox import consumers
from live.hub import current_hub
from tests import people
from tests.windows import SECRET, asked, logged_in, window


@pytest.fixture(autouse=True)
async def _real_commits(transactional_db, own_valkey):
    yield
    await current_hub().stop_feeding()


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


async def test_who_was_deactivated_and_is_back_signs_in_again_before_hearing_anything(ana, ventas):
    client = await asked(logged_in, ana)
    await asked(access.deactivate_agent, ana)
    await asked(access.activate_agent, ana)
    async with window(client) as page:
        assert await page.closed() == 4401
    async with window(await asked(logged_in, await asked(lambda: type(ana).objects.get(pk=ana.pk)))) as page:
        assert f"tray.{ventas.pk}" in await page.head("marks")


@pytest.mark.parametrize("ended", ["password", "session"])
async def test_a_socket_that_was_never_told_that_its_login_ended_finds_it_out_by_itself(ana, ended, monkeypatch):
    client = await asked(logged_in, ana)
    monkeypatch.setattr(consumers, "BEATS_BETWEEN_RIGHTS_CHECKS", 1)
    async with window(client) as page:
        await page.head("marks")
        # the order to close was lost with Redis
        if ended == "password":
            await asked(type(ana).objects.filter(pk=ana.pk).update, password="otra")
        else:
            await asked(client.session.delete)
        await page.communicator.send_json_to({"ok": 1})
        assert await page.closed() == 4012
    async with window(client) as page:
        assert await page.closed() == 4401


async def test_who_opens_a_page_waits_for_no_crowd_whose_rights_are_looked_at(ana, bruno, monkeypatch):
    client, other = await asked(logged_in, ana), await asked(logged_in, bruno)
    monkeypatch.setattr(consumers, "BEATS_BETWEEN_RIGHTS_CHECKS", 1)
    looks, really = [], consumers.is_signed_in
    async with AsyncExitStack() as open_ones:
        crowd = [await open_ones.enter_async_context(window(client)) for _ in range(60)]
        for page in crowd:
            await page.head("marks")
        monkeypatch.setattr(consumers, "is_signed_in", lambda *given: looks.append(1) or really(*given))
        for page in crowd:
            await page.say({"ok": 1})
        async with window(other) as page:
            await page.head("marks")
            assert len(looks) < len(crowd) / 2
        while len(looks) < len(crowd):
            await asyncio.sleep(0.05)


async def test_a_database_that_is_away_while_rights_are_looked_at_closes_nothing(ana, monkeypatch):
    client, looks, really = await asked(logged_in, ana), [], consumers.is_signed_in
    monkeypatch.setattr(consumers, "BEATS_BETWEEN_RIGHTS_CHECKS", 2)

    def look(*given):
        looks.append(1)
        if len(looks) == 1:
            raise OperationalError("away")
        return really(*given)

    async with window(client) as page:
        await page.head("marks")
        monkeypatch.setattr(consumers, "is_signed_in", look)
        await asked(type(ana).objects.filter(pk=ana.pk).update, password="otra")
        # the second one asks, in vain, and so the third one asks again
        for beat in (1, 2):
            await page.say({"ok": 1})
            while len(looks) < beat - 1:
                await asyncio.sleep(0.05)
            await page.all()
        await page.say({"ok": 1})
        assert await page.closed() == 4012


@pytest.mark.parametrize("how", ["failed", "cut off"])
async def test_of_a_socket_that_ends_in_the_middle_of_something_nothing_stays(ana, how, monkeypatch):
    client = await asked(logged_in, ana)

    async def stuck(_self, _frame):
        if how == "failed":
            raise RuntimeError("a fault")
        page.communicator.future.cancel()
        await asyncio.Event().wait()

    with pytest.raises((RuntimeError, asyncio.CancelledError)):
        async with window(client) as page:
            await page.head("marks")
            monkeypatch.setattr(consumers.AgentConsumer, "note_chats", stuck)
            await page.say({"chats": []})
            await page.communicator.wait(60)
            raise asyncio.CancelledError
    assert (current_hub().of, current_hub().groups) == ({}, {})


async def test_who_has_got_another_cookie_in_another_tab_keeps_the_pages_that_were_open(ana, ventas, monkeypatch):
    client = await asked(logged_in, ana)
    monkeypatch.setattr(consumers, "BEATS_BETWEEN_RIGHTS_CHECKS", 1)
    async with window(client) as page:
        await page.head("marks")
        # as with a new password of one's own: the session gets another key, and the browser another cookie
        session = client.session
        await asked(session.cycle_key)
        client.cookies["sessionid"] = session.session_key
        await page.communicator.send_json_to({"ok": 1})
        assert await page.closed() == 4012
    async with window(client) as page:
        assert f"tray.{ventas.pk}" in await page.head("marks")


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
