"""The visitors' socket: each hears of their own chat, and of no note."""

import pytest

from chats import moves, publish
from chats.messages import blocks, replies
from contacts.models import Address
from live.closings import CLOSINGS, Then
from live.hub import current_hub
from origins import web
from tests import people
from tests.windows import NOT_FRAMES, SECRET, asked, logged_in, window
from webchat import consumers


@pytest.fixture(autouse=True)
async def _real_commits(transactional_db, own_valkey):
    yield
    await current_hub().stop_feeding()


@pytest.fixture
def origin(db):
    return people.http_origin()


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


async def test_a_slow_network_is_no_reason_to_send_a_visitor_away_for_good(web_chat, monkeypatch):
    monkeypatch.setattr(consumers, "MAX_SECONDS_WITHOUT_TOKEN", 0.05)
    async with visitors(web_chat) as page:
        code = await page.closed()
        assert CLOSINGS[code] is Then.AGAIN


async def test_who_may_see_the_chat_sees_its_visitor_type_and_others_do_not(web_chat, ana, caio, ventas, soporte):
    token, _visitor, chat = await asked(visitor_of, web_chat)
    await asked(moves.take, chat.pk, ana)
    chat = await asked(people.fresh, chat)
    async with (
        visitors(web_chat) as page,
        window(await asked(logged_in, ana)) as of_ana,
        window(await asked(logged_in, caio)) as of_caio,
    ):
        for agents in (of_ana, of_caio):
            await agents.head("marks")
            await agents.show(chat)
        # nobody's before its token, and whatever else it says
        await page.say({"typing": 1})
        assert await page.closed() == 4401
        async with visitors(web_chat) as known:
            await known.say({"token": token})
            await known.head("marks")
            for frame in ({"typing": 0}, {"typing": "1"}, {"typing": {}}, {"types": f"chat.{chat.pk}.1"}):
                await known.say(frame)
            assert "passing" not in await of_ana.all()
            for _ in range(5):
                await known.say({"typing": 1})
            (one,) = await of_ana.head("passing")
            assert (one["does"], one["chat"], one["agent"], one["ms"]) == ("types", chat.pk, 0, 6000)
            # once for whoever holds the chat, once for whoever has it open
            assert (await of_ana.all()).count('"passing"') == 1
            assert "passing" not in await of_caio.all()
            assert "passing" not in "".join(known.frames)


async def test_nobody_sees_a_blocked_visitor_type_nor_is_the_visitor_told_that_ana_does(web_chat, ana, ventas):
    token, _visitor, chat = await asked(visitor_of, web_chat)
    await asked(moves.take, chat.pk, ana)
    await asked(blocks.block_contact, chat.contact_id, ana, "Insulta")
    chat = await asked(people.fresh, chat)
    async with visitors(web_chat) as page, window(await asked(logged_in, ana)) as of_ana:
        await of_ana.head("marks")
        await of_ana.show(chat)
        await page.say({"token": token})
        await page.head("marks")
        await page.say({"typing": 1})
        await of_ana.say({"types": publish.chat_group(chat.pk, chat.change_id)})
        # frames of a page are taken one after the other
        await of_ana.show(chat, "chat.1000000000.1")
        await page.say("no frame")
        await page.head("error")
        await of_ana.all()
        assert '"agent": 0' not in "".join(of_ana.frames)
        assert "typing" not in "".join(page.frames)
        await asked(blocks.unblock_contact, chat.contact_id, ana)
    async with visitors(web_chat) as page, window(await asked(logged_in, ana)) as of_ana:
        await of_ana.head("marks")
        await of_ana.show(chat)
        await page.say({"token": token})
        await page.head("marks")
        await page.say({"typing": 1})
        (one,) = await of_ana.head("passing")
        assert (one["does"], one["agent"]) == ("types", 0)
