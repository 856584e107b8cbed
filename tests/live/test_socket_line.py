"""A socket's line to its browser: in order, and closed when the browser is too slow."""

import asyncio

import pytest

from live.closings import TOO_SLOW
from live.feed import GroupEvent
from live.socket import MAX_UNCONFIRMED_CHARS, MAX_WAITING_FRAMES, SocketLine
from tests.live.ears import until


class Browser:
    """One ASGI connection: what was sent, and a switch that makes sending wait as a full line does."""

    def __init__(self, stuck=False):
        self.sent = []
        self.free = asyncio.Event()
        if not stuck:
            self.free.set()

    async def send(self, event):
        if not self.free.is_set():
            await self.free.wait()
        self.sent.append(event)

    @property
    def texts(self):
        return [event["text"] for event in self.sent if event["type"] == "websocket.send"]

    @property
    def codes(self):
        return [event["code"] for event in self.sent if event["type"] == "websocket.close"]


async def test_a_free_line_sends_at_once():
    browser = Browser()
    line = SocketLine(browser.send)
    line.offer_frame("a")
    assert browser.texts == ["a"]
    assert line.task is None


async def test_a_send_that_waits_is_resumed_in_order():
    browser = Browser(stuck=True)
    line = SocketLine(browser.send)
    for text in "abc":
        line.offer_frame(text)
    assert browser.texts == []
    browser.free.set()
    await until(lambda: len(browser.texts) == 3)
    line.offer_frame("d")
    browser.free.clear()
    line.offer_frame("e")
    line.offer_frame("f")
    browser.free.set()
    await until(lambda: len(browser.texts) == 6)
    assert browser.texts == list("abcdef")


async def test_a_client_that_answers_nothing_is_closed_as_too_slow():
    browser = Browser()
    line = SocketLine(browser.send)
    piece = "x" * (MAX_UNCONFIRMED_CHARS // 4)
    for _ in range(4):
        line.offer_frame(piece)
    assert browser.codes == []
    line.offer_frame("one more")
    line.offer_frame("and another")
    assert browser.codes == [TOO_SLOW]
    assert len(browser.texts) == 4


async def test_a_client_that_answers_is_never_too_slow():
    browser = Browser()
    line = SocketLine(browser.send)
    for _ in range(20):
        line.offer_frame("x" * (MAX_UNCONFIRMED_CHARS // 2))
        line.note_answer()
    assert (len(browser.texts), browser.codes) == (20, [])


async def test_a_stuck_client_is_closed_and_the_others_are_unharmed(feed, hub):
    class Socket:
        def __init__(self, browser):
            self.browser, self.line = browser, SocketLine(browser.send)
            self.offer = self.line.offer_frame

        def control(self, order):
            self.line.close_with(int(order.split()[1]))

    stuck, free = Socket(Browser(stuck=True)), Socket(Browser())
    for socket in (stuck, free):
        await hub.join_groups(socket, ["all"])
    total = MAX_WAITING_FRAMES + 20
    for start in range(0, total, 100):
        feed.publish_events([GroupEvent("all", f"{n}") for n in range(start, min(start + 100, total))])
    await until(lambda: len(free.browser.texts) == total)
    assert [text.partition("\n")[2] for text in free.browser.texts] == [str(n) for n in range(total)]
    assert stuck.line.closed
    assert len(stuck.line.waiting) <= 1
    stuck.browser.free.set()
    await until(lambda: stuck.browser.codes == [TOO_SLOW])
    assert len(stuck.browser.texts) <= 1  # what waited is not worth sending any more
    assert free.browser.codes == []


async def test_an_order_to_close_comes_after_what_was_said_before_it():
    browser = Browser(stuck=True)
    line = SocketLine(browser.send)
    line.offer_frame("a")
    line.offer_frame("b")
    line.close_with(4012)
    line.close_with(4401)
    line.offer_frame("c")
    browser.free.set()
    await until(lambda: browser.codes)
    assert [event.get("text", event.get("code")) for event in browser.sent] == ["a", "b", 4012]


@pytest.mark.parametrize("waits", [True, False])
async def test_a_connection_that_breaks_ends_its_line_quietly(waits):
    async def breaks(_event):
        if waits:
            await asyncio.sleep(0.01)
        raise ConnectionResetError

    line = SocketLine(breaks)
    line.offer_frame("a")
    line.offer_frame("b")
    await until(lambda: line.closed)
    line.offer_frame("c")
    await until(lambda: line.task is None)


async def test_a_line_that_is_stopped_sends_nothing_more():
    browser = Browser(stuck=True)
    line = SocketLine(browser.send)
    line.offer_frame("a")
    line.offer_frame("b")
    await asyncio.sleep(0)
    line.stop_sending()
    browser.free.set()
    await until(lambda: line.task is None)
    assert browser.sent == []
    assert not line.waiting


async def test_an_await_that_raises_inside_is_the_senders_to_handle():
    async def careful(event):
        try:
            await asyncio.wait_for(asyncio.Event().wait(), 0.01)
        except TimeoutError:
            sent.append(event["text"])

    sent = []
    line = SocketLine(careful)
    line.offer_frame("a")
    line.offer_frame("b")
    await until(lambda: sent == ["a", "b"])
