"""What is published reaches whom it is for, numbered, in order, and nobody holds the others. A real Valkey."""

import asyncio
import json
import threading
import time

import pytest
import redis

from live import breaker
from live import hub as hubs
from live.feed import Feed, GroupEvent
from live.hub import Hub
from live.turns import PAGES_PER_SECOND
from tests.live.ears import until


class Ear:
    """A socket that keeps what it gets."""

    def __init__(self):
        self.frames, self.orders, self.reopened = [], [], []

    def offer(self, frame):
        if frame.startswith('{"reopened"'):
            self.reopened.append(json.loads(frame))
        else:
            self.frames.append(frame)

    def control(self, order):
        self.orders.append(order)

    @property
    def heads(self):
        return [json.loads(frame.partition("\n")[0]) for frame in self.frames]

    @property
    def texts(self):
        return [frame.partition("\n")[2] for frame in self.frames]


async def heard(feed, ear, group="all"):
    """Say something last and wait until it is heard: what has not come by then does not come."""
    feed.publish_events([GroupEvent(group, "last")])
    await until(lambda: "last" in ear.texts)
    ear.frames = [frame for frame in ear.frames if not frame.endswith("\nlast")]


async def test_events_reach_the_sockets_of_their_group_only(feed, hub):
    ana, bruno = Ear(), Ear()
    await hub.join_groups(ana, ["tray.1", "all"])
    await hub.join_groups(bruno, ["tray.2", "all"])
    feed.publish_events(
        [
            GroupEvent("tray.1", "<b>uno</b>\ndos", {"chat": 7}),
            GroupEvent("tray.2", "dos"),
            GroupEvent("tray.3", "tres"),
        ]
    )
    await heard(feed, ana)
    await heard(feed, bruno)
    assert ana.texts == ["<b>uno</b>\ndos"]
    assert (ana.heads[0]["g"], ana.heads[0]["chat"]) == ("tray.1", 7)
    assert bruno.texts == ["dos"]


async def test_numbers_rise_by_one_in_each_group(feed, hub):
    ear = Ear()
    await hub.join_groups(ear, ["a", "b"])
    for _ in range(3):
        feed.publish_events([GroupEvent("a", "x"), GroupEvent("b", "y"), GroupEvent("a", "z")])
    await until(lambda: len(ear.frames) == 9)
    for group, count in (("a", 6), ("b", 3)):
        numbers = [head["n"] for head in ear.heads if head["g"] == group]
        assert numbers == list(range(numbers[0], numbers[0] + count))
        assert feed.read_marks([group]) == {group: numbers[-1]}
        assert await hub.read_marks([group]) == {group: numbers[-1]}


async def test_a_new_group_starts_at_the_clock(feed, hub, own_valkey):
    ear = Ear()
    await hub.join_groups(ear, ["a"])
    before = int(time.time() * 1000)
    feed.publish_events([GroupEvent("a", "x")])
    await until(lambda: ear.frames)
    first = ear.heads[0]["n"]
    assert before <= first <= int(time.time() * 1000)
    # what was lost with Redis can never look like no gap
    feed.redis.flushall()
    await asyncio.sleep(0.01)
    feed.publish_events([GroupEvent("a", "y")])
    await until(lambda: len(ear.frames) == 2)
    assert ear.heads[1]["n"] > first + 1


async def test_a_group_that_was_never_spoken_to_has_the_mark_0(feed, hub):
    assert feed.read_marks(["nobody"]) == await hub.read_marks(["nobody"]) == {"nobody": 0}
    assert feed.read_marks([]) == await hub.read_marks([]) == {}


def test_marks_of_many_writers_are_all_different(feed):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _n: feed.publish_events([GroupEvent("a", "x")]), range(200)))
    first = feed.read_marks(["a"])["a"] - 199
    feed.publish_events([GroupEvent("a", "x")])
    assert feed.read_marks(["a"])["a"] == first + 200


async def test_nothing_is_rendered_where_nobody_listens(feed, hub):
    def render(group):
        rendered.append(group)
        return {"made": 1}, f"<p>{group}</p>"

    rendered = []
    ear, other = Ear(), Ear()
    await hub.join_groups(ear, ["a"])
    await hub.join_groups(other, ["a"])
    feed.publish_events([GroupEvent(group, render=lambda group=group: render(group)) for group in ("a", "b")])
    await until(lambda: ear.frames and other.frames)
    assert rendered == ["a"]  # once for both
    assert ear.texts == other.texts == ["<p>a</p>"]
    assert ear.heads[0]["made"] == 1
    # and yet it has its number: who comes back sees the gap
    assert feed.read_marks(["b"])["b"] > 0


async def test_who_joins_between_the_question_who_listens_and_the_event_asks_again(feed, hub, monkeypatch):
    ear, ask = Ear(), feed._listened_groups
    await hub.join_groups(ear, ["a"])
    monkeypatch.setattr(feed, "_listened_groups", lambda groups: ask(groups) - {"a"})
    feed.publish_events([GroupEvent("a", render=lambda: ({}, "made"))])
    await heard(feed, ear, "a")
    assert (ear.orders, ear.frames) == (["resync"], [])


async def test_a_fragment_that_fails_makes_its_pages_ask_again(feed, hub, caplog):
    ear = Ear()
    await hub.join_groups(ear, ["a"])
    feed.publish_events([GroupEvent("a", render=lambda: 1 / 0), GroupEvent("a", "after")])
    await until(lambda: ear.frames)
    assert (ear.orders, ear.texts) == (["resync"], ["after"])
    assert "ZeroDivisionError" in caplog.text


async def test_odd_text_arrives_as_it_is(feed, hub):
    ear = Ear()
    await hub.join_groups(ear, ["a"])
    odd = '"\\\u2028\x00‮😀' + "x" * 200_000
    feed.publish_events([GroupEvent("a", odd, {"name": odd})])
    await until(lambda: ear.frames)
    assert ear.texts == [odd]
    assert ear.heads[0]["name"] == odd


def test_without_redis_publishing_costs_nothing_and_raises_nothing(monkeypatch):
    feed = Feed("redis://127.0.0.1:1/0")
    tries, connect = [], redis.Connection._connect

    def noted(connection):
        tries.append(threading.current_thread())
        return connect(connection)

    monkeypatch.setattr(redis.Connection, "_connect", noted)
    for _ in range(100):
        feed.publish_events([GroupEvent("a", "x")])
    assert feed.read_marks(["a", "b"]) == {"a": 0, "b": 0}
    assert tries.count(threading.current_thread()) == 1, "one waits for it, the others do not"


@pytest.mark.django_db(transaction=True)
async def test_publishing_goes_on_when_redis_is_back(feed, own_valkey, monkeypatch):
    monkeypatch.setattr(breaker, "PROBE_EVERY_SECONDS", 0.05)
    feed.publish_events([GroupEvent("a", "x")])
    own_valkey.stop()
    feed.publish_events([GroupEvent("a", "x")])
    assert feed.breaker.is_open
    own_valkey.start()
    await until(lambda: not feed.breaker.is_open)
    feed.publish_events([GroupEvent("a", "x")])
    assert feed.read_marks(["a"])["a"] > 0


@pytest.mark.django_db(transaction=True)
async def test_what_a_stalled_redis_lost_is_asked_for_again(feed, hub, own_valkey):
    """The line to the hub holds, no number is missing: without an order nobody would know."""
    ear, other = Ear(), Ear()
    await hub.join_groups(ear, ["a"])
    await hub.join_groups(other, ["b"])
    with redis.Redis.from_url(own_valkey.url) as admin:
        admin.client_pause(1500)
    await asyncio.to_thread(feed.publish_events, [GroupEvent("a", "lost")])
    assert feed.breaker.is_open
    await asyncio.to_thread(feed.publish_events, [GroupEvent("a", "lost too")])
    assert feed.breaker.spared, "one waits for it, the others do not"
    await asyncio.to_thread(feed.publish_events, [GroupEvent("b", "!close 4012"), GroupEvent("b", "x")])
    await until(lambda: (ear.orders, other.orders) == (["resync"], ["close 4012"]))
    assert ear.texts == other.texts == []
    feed.publish_events([GroupEvent("a", "x")])
    await until(lambda: ear.texts == ["x"])


async def test_an_order_is_for_the_socket_and_never_shown(feed, hub):
    ear, other = Ear(), Ear()
    await hub.join_groups(ear, ["agent.1", "all"])
    await hub.join_groups(other, ["agent.2", "all"])
    feed.publish_events(
        [
            GroupEvent("agent.1", "!close 4012"),
            GroupEvent("agent.1", "!resync"),
            GroupEvent("agent.1", "<!doctype html>"),
        ]
    )
    await heard(feed, ear)
    await heard(feed, other)
    assert (ear.orders, ear.texts) == (["close 4012", "resync"], ["<!doctype html>"])
    assert (other.orders, other.texts) == ([], [])


async def test_what_is_said_right_after_joining_is_heard(feed, hub):
    for number in range(50):
        ear = Ear()
        await hub.join_groups(ear, [f"g.{number}"])
        feed.publish_events([GroupEvent(f"g.{number}", "x")])
        await until(lambda ear=ear: ear.frames)


async def test_who_joins_while_another_is_just_joining_misses_nothing(feed, hub):
    for number in range(20):
        first, second = Ear(), Ear()
        group = f"g.{number}"
        asking = asyncio.create_task(hub.join_groups(first, [group]))
        await asyncio.sleep(0)
        await hub.join_groups(second, [group])
        mark = (await hub.read_marks([group]))[group]
        feed.publish_events([GroupEvent(group, "x")])
        await until(lambda second=second: second.frames)
        assert mark == 0
        await asking


async def test_who_has_left_hears_nothing_more_and_the_others_do(feed, hub):
    ear, other = Ear(), Ear()
    await hub.join_groups(ear, ["a", "b", "all"])
    await hub.join_groups(other, ["a", "all"])
    await hub.leave_groups(ear, ["a", "never joined"])
    feed.publish_events([GroupEvent("a", "1"), GroupEvent("b", "2")])
    await heard(feed, ear)
    await heard(feed, other)
    assert (ear.texts, other.texts) == (["2"], ["1"])
    await hub.leave_groups(ear)
    await hub.leave_groups(ear)
    feed.publish_events([GroupEvent("b", "3")])
    await heard(feed, other)
    assert ear.texts == ["2"]
    assert (set(hub.groups), set(hub.stands)) == ({"a", "all"}, {"a", "all"})
    assert hub.of == {other: {"a", "all"}}


async def test_a_group_that_all_left_can_be_joined_again(feed, hub):
    ear = Ear()
    for _ in range(20):
        await hub.join_groups(ear, ["a"])
        await hub.leave_groups(ear)
    await hub.join_groups(ear, ["a"])
    feed.publish_events([GroupEvent("a", "x")])
    await until(lambda: ear.frames)
    assert ear.texts == ["x"]


async def test_a_hundred_sockets_have_one_subscription(feed, hub, own_valkey):
    ears = [Ear() for _ in range(100)]
    await asyncio.gather(*(hub.join_groups(ear, ["all", f"agent.{n}"]) for n, ear in enumerate(ears)))
    feed.publish_events([GroupEvent("all", "x"), *(GroupEvent(f"agent.{n}", str(n)) for n in range(100))])
    await until(lambda: all(len(ear.frames) == 2 for ear in ears))
    assert [ear.texts for ear in ears] == [["x", str(n)] for n in range(100)]
    assert sum(int(client["sub"]) > 0 for client in feed.redis.client_list()) == 1


async def test_the_heartbeat_says_the_numbers_of_ones_own_groups(feed, own_valkey, monkeypatch):
    monkeypatch.setattr(hubs, "HEARTBEAT_SECONDS", 0.05)
    hub = Hub(own_valkey.url)
    ear, other = Ear(), Ear()
    await hub.join_groups(ear, ["a", "b"])
    await hub.join_groups(other, ["c"])
    feed.publish_events([GroupEvent("a", "x")])
    await until(lambda: {"beat": {"a": feed.read_marks(["a"])["a"], "b": 0}} in ear.heads)
    assert {"beat": {"c": 0}} in other.heads
    await hub.stop_feeding()


def kill_subscription(feed):
    for client in feed.redis.client_list():
        if int(client["sub"]) > 0:
            feed.redis.client_kill_filter(_id=client["id"])


async def test_a_killed_subscription_is_opened_anew_and_tells_the_numbers_of_now(feed, hub):
    ear, other = Ear(), Ear()
    await hub.join_groups(ear, ["a"])
    await hub.join_groups(other, ["b"])
    for number in (1, 2):
        kill_subscription(feed)
        await until(lambda number=number: len(ear.reopened) == len(other.reopened) == number)
        feed.publish_events([GroupEvent("a", f"a{number}"), GroupEvent("b", f"b{number}")])
        await until(lambda number=number: len(ear.frames) == len(other.frames) == number)
    assert (ear.texts, other.texts) == (["a1", "a2"], ["b1", "b2"])
    # nobody has to ask: each is told the numbers of its own groups, and they are those that it knows
    assert ear.orders == other.orders == []
    assert [told["reopened"] for told in ear.reopened] == [{"a": 0}, {"a": ear.heads[0]["n"]}]
    assert [told["reopened"] for told in other.reopened] == [{"b": 0}, {"b": other.heads[0]["n"]}]


async def test_what_was_said_while_it_was_broken_shows_as_a_gap(feed, hub, own_valkey):
    ear = Ear()
    await hub.join_groups(ear, ["a"])
    feed.publish_events([GroupEvent("a", "1")])
    await until(lambda: ear.frames)
    kill_subscription(feed)
    feed.publish_events([GroupEvent("a", "lost")])
    await until(lambda: ear.reopened)
    assert ear.reopened[0]["reopened"] == {"a": ear.heads[0]["n"] + 1}
    feed.publish_events([GroupEvent("a", "3")])
    await until(lambda: len(ear.frames) == 2)
    assert ear.heads[1]["n"] == ear.heads[0]["n"] + 2


async def test_a_herd_is_told_to_ask_one_after_the_other(feed, hub):
    ears = [Ear() for _ in range(200)]
    await asyncio.gather(*(hub.join_groups(ear, ["all"]) for ear in ears))
    kill_subscription(feed)
    await until(lambda: all(ear.reopened for ear in ears))
    waits = sorted(ear.reopened[0]["wait"] for ear in ears)
    assert waits[0] < 1
    # ten seconds for two hundred pages, and twice as long for twice as many
    assert 9 < waits[-1] - waits[0] <= 200 / PAGES_PER_SECOND
    assert waits[100] - waits[0] == pytest.approx(100 / PAGES_PER_SECOND, abs=1)


@pytest.mark.django_db(transaction=True)
async def test_what_a_process_that_ended_could_not_tell_is_told_by_another(hub, own_valkey, monkeypatch):
    monkeypatch.setattr("live.feed._feed", Feed(own_valkey.url))
    ear, other = Ear(), Ear()
    await hub.join_groups(ear, ["a"])
    await hub.join_groups(other, ["b"])
    own_valkey.stop()
    ended = Feed(own_valkey.url)
    await asyncio.to_thread(ended.publish_events, [GroupEvent("a", "lost")])
    await asyncio.to_thread(ended.publish_events, [GroupEvent("a", "!close 4012"), GroupEvent("a", "lost too")])
    ended.breaker.waiting.clear()  # as if it had ended: it tells nothing itself
    own_valkey.start()
    await until(lambda: ear.orders == ["close 4012"] and other.reopened)
    assert (other.orders, other.reopened[0]["reopened"]) == ([], {"b": 0})


async def test_who_joined_while_redis_was_away_is_fed_when_it_is_back(feed, hub, own_valkey, monkeypatch):
    monkeypatch.setattr(hubs, "CHANGE_TIMEOUT_SECONDS", 0.2)
    early, late = Ear(), Ear()
    await hub.join_groups(early, ["a"])
    own_valkey.stop()
    # it is away until they are through: they do not wait for it
    await hub.join_groups(late, ["a", "b"])
    await hub.leave_groups(early, ["nothing"])
    assert await hub.read_marks(["a"]) == {}
    own_valkey.start()
    await until(lambda: early.reopened and late.reopened)
    fresh = Feed(own_valkey.url)
    fresh.publish_events([GroupEvent("a", "x"), GroupEvent("b", "y")])
    await until(lambda: len(late.frames) == 2)
    assert (early.texts, late.texts) == (["x"], ["x", "y"])


async def test_while_redis_hangs_beats_go_on_and_after_it_everyone_is_told_the_numbers(feed, own_valkey, monkeypatch):
    """A page whose line is silent takes it for dead."""
    monkeypatch.setattr(hubs, "HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr(hubs, "SILENT_SECONDS", 0.5)
    monkeypatch.setattr(hubs, "ANSWER_SECONDS", 0.3)
    hub, ear = Hub(own_valkey.url), Ear()
    await hub.join_groups(ear, ["a"])
    own_valkey.hang()
    try:
        ear.frames.clear()
        await until(lambda: ear.heads.count({"beat": {}}) >= 3)
        await until(lambda: hub.pubsub is None)
        late = Ear()
        await hub.join_groups(late, ["b"])
    finally:
        own_valkey.go_on()
    await until(lambda: ear.reopened and late.reopened)
    Feed(own_valkey.url).publish_events([GroupEvent("a", "x"), GroupEvent("b", "y")])
    await until(lambda: "x" in ear.texts and "y" in late.texts)
    await hub.stop_feeding()


async def test_a_hub_that_starts_without_redis_is_fed_when_it_is_there(own_valkey, monkeypatch):
    monkeypatch.setattr(hubs, "CHANGE_TIMEOUT_SECONDS", 0.1)
    own_valkey.stop()
    hub, ear = Hub(own_valkey.url), Ear()
    await hub.join_groups(ear, ["a"])
    own_valkey.start()
    await until(lambda: hub.stands["a"].done())
    Feed(own_valkey.url).publish_events([GroupEvent("a", "x")])
    await until(lambda: ear.frames)
    await hub.stop_feeding()


async def test_a_socket_that_leaves_in_the_middle_holds_nobody(feed, hub):
    class Leaver(Ear):
        def offer(self, frame):
            super().offer(frame)
            leaving.append(asyncio.ensure_future(hub.leave_groups(self)))

    leaving = []
    leaver, other = Leaver(), Ear()
    await hub.join_groups(leaver, ["a"])
    await hub.join_groups(other, ["a"])
    feed.publish_events([GroupEvent("a", "1"), GroupEvent("a", "2")])
    await until(lambda: len(other.frames) == 2)
    await asyncio.gather(*leaving)
    assert set(hub.of) == {other}


def test_redis_itself_is_real(own_valkey):
    assert redis.Redis.from_url(own_valkey.url).ping()
