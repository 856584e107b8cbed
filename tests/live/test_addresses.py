"""REDIS_URL: a server or a set with Sentinels, and what celery calls it."""

import pytest
from kombu import Connection

from live.addresses import SentinelAddress, read_broker, read_sentinels


@pytest.mark.parametrize(
    ("ours", "kombus"),
    [
        ("unix:///tmp/s/valkey.sock?db=0", "redis+socket:///tmp/s/valkey.sock?virtual_host=0"),
        ("unix://user:secret@/tmp/s?db=3", "redis+socket://user:secret@/tmp/s?virtual_host=3"),
        ("redis://host:6379/1", "redis://host:6379/1"),
        ("rediss://host:6379/1?db=2", "rediss://host:6379/1?db=2"),
    ],
)
def test_what_celery_calls_a_server(ours, kombus):
    assert read_broker(ours)[0] == kombus
    assert read_sentinels(ours) is None


def test_a_set_that_sentinels_watch():
    found = read_sentinels("redis+sentinel://witty:p%40ss:w@one.internal,two:26380,[fd00::3]:26381/mymaster/2")
    assert found == SentinelAddress(
        (("one.internal", 26379), ("two", 26380), ("fd00::3", 26381)), "mymaster", 2,
        {"username": "witty", "password": "p@ss:w"},
    )  # fmt: skip
    assert "p@ss" not in repr(found)
    assert read_sentinels("redis+sentinel://one/cache").database == 0
    assert read_sentinels("redis+sentinel://:s@one/cache?sentinel_password=x%21").sentinel_account == {"password": "x!"}


def test_what_celery_calls_a_set():
    url, told = read_broker("redis+sentinel://:p%40ss@one,two:26380/mymaster/2?sentinel_password=x")
    assert url == "sentinel://:p%40ss@one:26379/2;sentinel://:p%40ss@two:26380/2"
    assert told.items() >= {"master_name": "mymaster", "sentinel_kwargs": {"password": "x"}}.items()
    assert Connection(url, transport_options=told).alt == url.split(";")


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://",
        "redis+sentinel://secret@one",
        "redis+sentinel:///mymaster",
        "redis+sentinel://one,/mymaster",
        "redis+sentinel://one:port/mymaster",
        "redis+sentinel://one/mymaster/first",
    ],
)
def test_what_is_none_is_said_without_what_it_holds(url):
    with pytest.raises(ValueError, match="not like redis") as refused:
        read_sentinels(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["amqp://witty:secret@queue.internal:5672/witty", "amqps://queue.internal/"])
def test_a_rabbitmq_is_waited_for_once(url):
    again, told = read_broker(url)
    assert again == url
    connection = Connection(again, transport_options=told)
    assert connection.transport.driver_name == "py-amqp"
    assert connection.transport_options.items() >= {"max_retries": 0, "connect_timeout": 1}.items()
