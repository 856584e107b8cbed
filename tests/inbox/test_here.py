"""Who looks at a chat and who types in it: heard by those who may see it, for seconds, and by nobody else."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from chats import access, expiry, moves, passing
from contacts.place import Place, Viewer, may_see
from inbox import here
from live.hub import current_hub
from tests import people
from tests.windows import asked, group_of, logged_in, window


@pytest.fixture(autouse=True)
async def _real_commits(transactional_db, own_valkey):
    yield
    await current_hub().stop_feeding()


@pytest.fixture
def told(monkeypatch):
    """The networks that were asked to show that somebody types, by chat."""
    asked_for = []
    monkeypatch.setattr("chats.jobs.show_typing", asked_for.append)
    return asked_for


async def at_desk(stack, agent, *chats):
    page = await stack.enter_async_context(window(await asked(logged_in, agent)))
    await page.head("marks")
    if chats:
        await page.show(*chats)
    return page


async def all_is_taken(page, *chats):
    """What the page has said was taken: its frames are taken one after the other, and this one is answered."""
    await page.show(*chats, f"chat.{10**9}.1")


async def first(page):
    (one,) = await page.head("passing")
    return one["does"], one["chat"], one["name"], one["ms"]


async def heard_of(page, agent, does):
    while not any(one["agent"] == agent.pk and one["does"] in does for one in await page.head("passing")):
        pass


def expired(chat):
    expiry.expire(now=chat.session_expires_at + timedelta(hours=1))
    return people.fresh(chat)


PLACES = {
    "bot": lambda origin, ana, ventas: (people.with_bot(origin), people.says(origin, "cust", "Hola")),
    "general": lambda origin, ana, ventas: people.waiting(origin, sender="cust"),
    "given": lambda origin, ana, ventas: people.waiting(origin, ventas, sender="cust"),
    "personal": lambda origin, ana, ventas: people.waiting(origin, ana.personal_tray, sender="cust"),
    "closed": lambda origin, ana, ventas: moves.close(people.held(origin, ana, ventas, sender="cust").pk, ana),
    "held": lambda origin, ana, ventas: people.held(origin, ana, ventas, sender="cust"),
    "expired": lambda origin, ana, ventas: expired(people.held(origin, ana, ventas, sender="cust")),
}


@pytest.mark.parametrize("place", PLACES)
async def test_who_may_not_see_a_chat_hears_nothing_of_who_looks_or_types(
    place, origin, ventas, soporte, ana, bruno, caio, dora, sofia, told
):
    await asked(PLACES[place], origin, ana, ventas)
    chat = await asked(lambda: passing.Chat.objects.with_people().get(contact__origin=origin))
    may = await asked(lambda: {one: may_see(Viewer.of(one), Place.of(chat)) for one in (ana, bruno, caio, dora, sofia)})
    async with AsyncExitStack() as stack:
        pages = {agent: await at_desk(stack, agent, chat) for agent in may}
        for said, does in (("views", ["views"]), ("types", ["types", "notes"])):
            for agent, page in pages.items():
                wanted = [group_of(chat)] if said == "views" else group_of(chat)
                await page.say({said: wanted, "who": [group_of(chat), f"tray.{chat.tray_id}"]})
                if may[agent]:
                    # told before anybody else says something
                    await heard_of(page, agent, does)
        for agent, page in pages.items():
            heard = "\n".join(page.frames) + await page.all()
            assert ('"passing"' in heard) == may[agent], agent
            for other in pages:
                assert (f'"agent": {other.pk},' in heard) == (may[agent] and may[other]), (agent, other)


async def test_bruno_sees_that_ana_looks_and_that_she_has_left(origin, ventas, ana, bruno):
    chat = await asked(people.waiting, origin, ventas, sender="cust")
    async with AsyncExitStack() as stack:
        of_bruno = await at_desk(stack, bruno)
        async with AsyncExitStack() as hers:
            of_ana = await at_desk(hers, ana, chat)
            await of_ana.say({"views": [group_of(chat)]})
            assert await first(of_bruno) == ("views", chat.pk, "Ana", 30_000)
            # once, however often it is said
            await of_ana.say({"views": [group_of(chat)]})
            assert await of_bruno.all() == ""
            await of_ana.say({"views": []})
            assert await first(of_bruno) == ("views", chat.pk, "Ana", 0)
            await of_ana.say({"views": [group_of(chat)]})
            assert (await first(of_bruno))[3] == 30_000
        # the page is closed
        assert (await first(of_bruno))[3] == 0


async def test_ana_looks_as_long_as_one_of_her_two_tabs_does(origin, ventas, ana, bruno):
    chat = await asked(people.waiting, origin, ventas, sender="cust")
    async with AsyncExitStack() as stack:
        of_bruno = await at_desk(stack, bruno)
        async with AsyncExitStack() as second:
            async with AsyncExitStack() as first_one:
                for tab in (first_one, second):
                    page = await at_desk(tab, ana, chat)
                    await page.say({"views": [group_of(chat)]})
                    await all_is_taken(page, chat)
                assert (await of_bruno.all()).count('"passing"') == 1
            # or the page was opened anew, and its end before comes late
            assert await of_bruno.all() == ""
            await of_bruno.say({"who": [f"tray.{ventas.pk}"]})
            assert (await first(of_bruno))[2] == "Ana"
        assert (await first(of_bruno))[3] == 0


async def test_a_page_that_is_gone_hears_nothing_while_it_is_said_that_it_is(origin, ventas, ana, monkeypatch):
    chat = await asked(people.waiting, origin, ventas, sender="cust")
    listening = []

    async def end(one, *_by):
        listening.extend(current_hub().of)

    monkeypatch.setattr(here, "end", end)
    async with AsyncExitStack() as stack:
        of_ana = await at_desk(stack, ana, chat)
        await of_ana.say({"views": [group_of(chat)]})
        await all_is_taken(of_ana, chat)
        assert current_hub().of
    assert listening == []


async def test_one_answer_about_many_chats_is_bounded(origin, ventas, ana, bruno, monkeypatch):
    monkeypatch.setattr("live.passing.MAX_STANDING", 3)
    chats = [await asked(people.waiting, origin, tray, sender=f"c-{n}") for n, tray in enumerate([ventas, None] * 2)]
    chats = [await asked(people.fresh, chat) for chat in chats]
    async with AsyncExitStack() as stack:
        of_ana = await at_desk(stack, ana, *chats)
        await of_ana.say({"views": [group_of(chat) for chat in chats]})
        await all_is_taken(of_ana, *chats)
        of_bruno = await at_desk(stack, bruno)
        await of_bruno.say({"who": [f"tray.{pk}" for pk in {chat.tray_id for chat in chats}]})
        assert len(await of_bruno.head("passing")) == 3


async def test_a_page_that_comes_later_is_told_who_looks_by_asking(origin, ventas, ana, bruno, caio):
    chat = await asked(people.waiting, origin, ventas, sender="cust")
    async with AsyncExitStack() as stack:
        of_ana = await at_desk(stack, ana, chat)
        await of_ana.say({"views": [group_of(chat)]})
        await of_ana.head("passing")
        of_bruno, of_caio = await at_desk(stack, bruno), await at_desk(stack, caio)
        for page in (of_bruno, of_caio, of_ana):
            await page.say({"who": [f"tray.{ventas.pk}", group_of(chat), "tray.x", 7, None]})
        (one,) = await of_bruno.head("passing")
        assert (one["chat"], one["name"], 0 < one["ms"] <= 30_000) == (chat.pk, "Ana", True)
        assert "passing" not in await of_caio.all()
        # nobody is told of themselves
        assert "passing" not in await of_ana.all()


async def test_what_stood_is_gone_by_itself(origin, ventas, ana, bruno, monkeypatch):
    monkeypatch.setattr(passing, "VIEWED_SECONDS", 0.05)
    chat = await asked(people.waiting, origin, ventas, sender="cust")
    async with AsyncExitStack() as stack:
        of_ana = await at_desk(stack, ana, chat)
        await of_ana.say({"views": [group_of(chat)]})
        await of_ana.head("passing")
        of_bruno = await at_desk(stack, bruno)
        redis = current_hub().redis
        while await redis.keys("passing:*"):
            await asyncio.sleep(0.01)
        await of_bruno.say({"who": [f"tray.{ventas.pk}"]})
        assert await of_bruno.all() == ""


async def test_ana_types_an_answer_and_a_note_and_her_supervisor_sees_which(origin, ventas, ana, sofia, told):
    chat = await asked(people.held, origin, ana, ventas, sender="cust")
    async with AsyncExitStack() as stack:
        of_ana, of_sofia = await at_desk(stack, ana, chat), await at_desk(stack, sofia, chat)
        await of_ana.say({"types": group_of(chat)})
        assert await first(of_sofia) == ("types", chat.pk, "Ana", 6000)
        await of_ana.say({"types": group_of(chat), "note": True})
        assert await first(of_sofia) == ("notes", chat.pk, "Ana", 6000)
        # what the supervisor types can only be a note
        await of_sofia.say({"types": group_of(chat)})
        while (seen := await first(of_ana))[2] != "Sofía":
            pass
        assert seen == ("notes", chat.pk, "Sofía", 6000)
    # its line cannot show it
    assert told == []


async def test_the_customers_of_lines_that_can_are_shown_it_once_in_a_while_and_never_a_note(ventas, ana, told):
    line = await asked(people.telegram_origin)
    chat = await asked(people.held, line, ana, ventas, sender="77", address_kind="telegram")
    async with AsyncExitStack() as stack:
        pages = [await at_desk(stack, ana, chat) for _ in range(3)]
        await pages[0].say({"types": group_of(chat), "note": True})
        await pages[0].head("passing")
        assert told == []
        for page in pages:
            await page.say({"types": group_of(chat)})
            await page.say({"views": [group_of(chat)], "types": "x"})
        while not told:
            await asyncio.sleep(0.01)
        for page in pages:
            await page.all()
        assert told == [chat.pk]


async def test_a_visitor_sees_ana_type_and_not_her_note(ventas, ana):
    line = await asked(people.web_origin)
    chat = await asked(people.held, line, ana, ventas, sender="v", address_kind="visitor")
    heard = []
    hub = current_hub()

    class Ear:
        offer = staticmethod(heard.append)

    ear = Ear()
    await hub.join_groups(ear, [f"visitor.{chat.contact_id}"])
    async with AsyncExitStack() as stack:
        of_ana = await at_desk(stack, ana, chat)
        await of_ana.say({"types": group_of(chat), "note": True})
        await of_ana.head("passing")
        await of_ana.say({"types": group_of(chat)})
        await of_ana.head("passing")
        await of_ana.all()
    await hub.leave_groups(ear)
    assert ['"typing": "agent"' in frame for frame in heard] == [True]


async def test_what_was_said_of_a_chat_that_has_moved_on_is_told_nobody(origin, ventas, ana, bruno, told):
    chat = await asked(people.waiting, origin, sender="cust")
    async with AsyncExitStack() as stack:
        of_ana, of_bruno = await at_desk(stack, ana, chat), await at_desk(stack, bruno)
        old = group_of(chat)
        await asked(moves.take, chat.pk, ana)
        await of_bruno.all()
        await of_ana.say({"views": [old], "types": old})
        await of_ana.say({"types": old, "note": True})
        await all_is_taken(of_ana, old)
        assert await of_bruno.all() == ""


@pytest.mark.parametrize(
    "frame",
    [
        {"views": None}, {"views": "chat.1.1"}, {"views": {}}, {"views": [None, 7, [], {}, "chat.1.1", "tray.1"]},
        {"types": None}, {"types": 7}, {"types": ["chat.1.1"]}, {"types": "chat.1.1"}, {"types": "tray.1", "note": "x"},
        {"who": None}, {"who": "tray.1"}, {"who": {"tray.1": 1}}, {"who": [None, "tray.0", "everyone", "agent.1"] * 99},
    ],
)  # fmt: skip
async def test_frames_that_are_wrong_do_nothing_and_the_page_goes_on(frame, origin, ventas, ana, bruno):
    chat = await asked(people.waiting, origin, ventas, sender="cust")
    async with AsyncExitStack() as stack:
        of_ana, of_bruno = await at_desk(stack, ana, chat), await at_desk(stack, bruno)
        await of_ana.say(frame)
        await of_ana.say({"views": [group_of(chat)]})
        assert await first(of_bruno) == ("views", chat.pk, "Ana", 30_000)
        assert "passing" not in await of_bruno.all()


async def test_who_says_it_too_often_is_not_heard(origin, ventas, ana, bruno, monkeypatch):
    monkeypatch.setattr(here, "FRAMES_PER_SECOND", 0)
    chats = [await asked(people.waiting, origin, ventas, sender=f"c-{number}") for number in range(2)]
    async with AsyncExitStack() as stack:
        of_ana, of_bruno = await at_desk(stack, ana, *chats), await at_desk(stack, bruno)
        for _ in range(int(here.FRAMES_AT_ONCE)):
            await of_ana.say({"views": [group_of(chats[0])]})
        await of_ana.say({"views": [group_of(one) for one in chats]})
        await all_is_taken(of_ana, *chats)
        heard = await of_bruno.all()
        assert f'"chat": {chats[0].pk}' in heard
        assert f'"chat": {chats[1].pk}' not in heard


async def test_who_loses_a_tray_is_heard_there_no_more(origin, ventas, ana, bruno):
    chat = await asked(people.waiting, origin, ventas, sender="cust")
    async with AsyncExitStack() as stack:
        of_ana, of_bruno = await at_desk(stack, ana, chat), await at_desk(stack, bruno)
        await asked(access.take_access, ventas, [ana])
        assert await of_ana.closed() == 4012
        await of_ana.say({"views": [group_of(chat)]})
        assert await of_bruno.all() == ""
