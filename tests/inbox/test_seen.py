"""Sockets say who is there: while they are heard from, and not with every word."""

from datetime import timedelta

import pytest
from django.db.models import F

from inbox import seen
from live.hub import current_hub
from tests.live.ears import until
from tests.windows import asked, logged_in, window
from trays import presence
from trays.models import LastSeen


@pytest.fixture(autouse=True)
async def _real_commits(transactional_db, own_valkey):
    yield
    await current_hub().stop_feeding()


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(presence, "NOTED_EVERY_SECONDS", 0)
    monkeypatch.setattr(seen, "GATHERED_SECONDS", 0.01)


async def there():
    return (await asked(presence.count_available)).everyone


async def become(number):
    while await there() != number:
        await until(lambda: True)


def rewind():
    LastSeen.objects.update(at=F("at") - timedelta(seconds=presence.SEEN_SECONDS + 1))


async def test_an_open_page_makes_an_agent_available_and_a_silent_one_does_not(ana, bruno, quick):
    anas, brunos = await asked(logged_in, ana), await asked(logged_in, bruno)
    assert await there() == 0
    async with window(anas) as page, window(brunos) as other:
        await page.head("marks")
        await other.head("marks")
        await become(2)
        await asked(rewind)
        assert await there() == 0, "both have said nothing for a minute"
        await page.say({"ok": 1})
        await become(1)
    await asked(rewind)
    assert await there() == 0


async def test_whoever_is_not_signed_in_is_nobody(ana, quick):
    async with window(None) as page:
        await page.say({"ok": 1})
        assert await page.closed() == 4401
    assert await asked(LastSeen.objects.count) == 0


async def test_words_in_a_row_are_one_write(ana, monkeypatch):
    written = []
    monkeypatch.setattr(seen, "GATHERED_SECONDS", 0.01)
    monkeypatch.setattr(presence, "note_seen", lambda ids: written.append(sorted(ids)))
    async with window(await asked(logged_in, ana)) as page:
        await page.head("marks")
        for _ in range(15):
            await page.say({"ok": 1})
        await page.show("chat.1.1")
        await until(lambda: written)
        assert written == [[ana.pk]]
