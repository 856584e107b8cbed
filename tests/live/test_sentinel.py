"""Redis as a set that a Sentinel watches: when the one that leads dies, pages and queues go on with the other."""

import contextlib
import subprocess
from pathlib import Path

import pytest
import redis
from kombu import Connection

from live.addresses import read_broker
from live.feed import Feed, GroupEvent
from live.hub import Hub
from tests.live.ears import until
from tests.live.test_hub import Ear
from tests.ports import free_port
from tests.wittyagent.run.running import wait_for
from wittyagent.run.embedded.valkey import Valkey

SERVICE = "mymaster"


class WatchedSet:
    """Two Valkeys, the second of which follows the first, and a Sentinel."""

    def __init__(self, folder: Path):
        self.folder, self.binary = folder, str(Valkey(folder).binary)
        self.ports = [free_port() for _ in range(3)]
        self.processes = []

    def __enter__(self):
        first, second, sentinel = self.ports
        self.launch("--port", str(first))
        self.launch("--port", str(second), "--replicaof", f"127.0.0.1 {first}")
        config = self.folder / "sentinel.conf"
        config.write_text(
            f"port {sentinel}\nbind 127.0.0.1\nsentinel monitor {SERVICE} 127.0.0.1 {first} 1\n"
            f"sentinel down-after-milliseconds {SERVICE} 500\nsentinel failover-timeout {SERVICE} 2000\n"
        )
        self.launch(str(config), "--sentinel")
        wait_for(lambda: self.asked(sentinel, "SENTINEL", "REPLICAS", SERVICE))
        wait_for(lambda: b"master_link_status:up" in self.asked(second, "INFO", "replication"))
        return self

    def launch(self, *options):
        kept = [] if "--sentinel" in options else ["--save", "", "--repl-diskless-sync-delay", "0"]
        command = [self.binary, *options, *kept, "--dir", str(self.folder), "--loglevel", "warning"]
        self.processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))

    def asked(self, port, *command):
        with contextlib.suppress(redis.RedisError), redis.Redis(port=port, socket_timeout=5) as client:
            client.set_response_callback("INFO", bytes)
            return client.execute_command(*command)
        return b""

    @property
    def url(self):
        # at the first nobody listens: a Sentinel that is gone
        return f"redis+sentinel://127.0.0.1:{free_port()},127.0.0.1:{self.ports[2]}/{SERVICE}/3"

    def kill_leader(self):
        self.processes[0].kill()
        self.processes[0].wait()

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def watched(tmp_path):
    with WatchedSet(tmp_path) as watched:
        yield watched


@pytest.mark.django_db(transaction=True)
async def test_pages_hear_the_new_leader_and_ask_again_for_what_they_missed(watched):
    url = watched.url
    feed, hub, ana = Feed(url), Hub(url), Ear()
    try:
        await hub.join_groups(ana, ["tray.1"])
        feed.publish_events([GroupEvent("tray.1", "uno")])
        await until(lambda: ana.texts == ["uno"])
        watched.kill_leader()

        def said():
            feed.publish_events([GroupEvent("tray.1", "dos")])
            return "dos" in ana.texts

        # a Sentinel on a machine that is too busy for it trusts nobody for half a minute
        await until(said, 300)
        # of what was said meanwhile it is told that there may be something
        await until(lambda: ana.reopened or "resync" in ana.orders)
    finally:
        await hub.stop_feeding()


def test_the_queue_goes_on_with_the_new_leader(watched):
    broker, options = read_broker(watched.url)

    def put(errand):
        with Connection(broker, transport_options=options | {"socket_timeout": 1, "max_retries": 0}) as connection:
            queue = connection.SimpleQueue("errands")
            queue.put(errand)
            got = queue.get(timeout=5)
            got.ack()
            return got.payload

    def goes_on():
        try:
            return put("two") == "two"
        except (connection_errors, redis.RedisError):
            return False

    connection_errors = Connection(broker, transport_options=options).connection_errors
    assert put("one") == "one"
    watched.kill_leader()
    wait_for(goes_on, 300)
