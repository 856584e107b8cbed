"""The database, Redis and the clocks of all three."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from kombu.exceptions import OperationalError
from redis import RedisError, ResponseError

from chats.jobs import reach_broker
from live.feed import current_feed
from wittyagent.doctor import GOOD, ODD, WRONG, Finding

OLDEST_POSTGRES, OLDEST_REDIS = 15, (6, 2)
# of the web process, two workers with their threads, beat, and who looks
CONNECTIONS_BESIDE = 60
MB = 1024 * 1024
LARGE_DATABASE_BYTES, SMALL_BUFFERS_BYTES = 4 * 1024 * MB, 256 * MB
MAX_OFF_SECONDS, MAX_APART_SECONDS = 2.0, 60.0
_SETTINGS = """
SELECT name, CASE WHEN unit = '8kB' THEN (setting::bigint * 8192)::text ELSE setting END FROM pg_settings
WHERE name IN ('fsync', 'full_page_writes', 'autovacuum', 'max_connections', 'shared_buffers')
"""
_LARGEST = """
SELECT coalesce(whole.relname, c.relname), sum(pg_total_relation_size(c.oid))::bigint FROM pg_class c
LEFT JOIN pg_class whole ON c.relispartition AND whole.oid = pg_partition_root(c.oid)
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY 1 ORDER BY 2 DESC LIMIT 3
"""


def check_postgres() -> Iterator[Finding]:
    about = "PostgreSQL"
    with connection.cursor() as cursor:
        cursor.execute(_SETTINGS)
        given = dict(cursor.fetchall())
        cursor.execute("SELECT current_setting('server_version_num')::int, pg_database_size(current_database())")
        version, size = cursor.fetchone()
        cursor.execute(_LARGEST)
        largest = ", ".join(f"{name} {_in_mb(bytes)}" for name, bytes in cursor.fetchall())
    if version // 10_000 < OLDEST_POSTGRES:
        yield Finding(WRONG, about, f"version {version // 10_000} is older than {OLDEST_POSTGRES}")
    for name, what in (("fsync", "a power cut"), ("full_page_writes", "a power cut"), ("autovacuum", "its growth")):
        if given.get(name) == "off":
            yield Finding(WRONG, about, f"{name} is off: {what} ruins the database", f"ALTER SYSTEM SET {name} = on;")
    needed = settings.HTTP_THREADS + CONNECTIONS_BESIDE
    if int(given["max_connections"]) < needed:
        words = f"max_connections is {given['max_connections']}: one web process and two workers may need {needed}"
        yield Finding(ODD, about, words, f"ALTER SYSTEM SET max_connections = {needed};")
    if size > LARGE_DATABASE_BYTES and int(given["shared_buffers"]) < SMALL_BUFFERS_BYTES:
        words = f"shared_buffers is {_in_mb(int(given['shared_buffers']))} for {_in_mb(size)}"
        yield Finding(ODD, about, words, "ALTER SYSTEM SET shared_buffers = '1GB';  -- a quarter of its memory")
    yield Finding(GOOD, about, f"version {version // 10_000}, {_in_mb(size)}; the largest tables: {largest}")


def _in_mb(size: int) -> str:
    return f"{size / MB:,.0f} MB"


def check_redis() -> Iterator[Finding]:
    about, client = "Redis", current_feed().redis
    try:
        found: dict[str, Any] = client.info()
    except RedisError as error:
        yield Finding(WRONG, about, f"it does not answer ({type(error).__name__}): nothing is lost, all is late")
        return
    version = tuple(int(part) for part in str(found["redis_version"]).split(".")[:2])
    if version < OLDEST_REDIS and "valkey_version" not in found:
        yield Finding(WRONG, about, f"version {found['redis_version']} is older than 6.2")
    policy = str(found.get("maxmemory_policy", "noeviction"))
    if int(found.get("maxmemory", 0)) and policy != "noeviction":
        words = f"full, it forgets whatever it likes ({policy}): wake-ups, numbers of groups, limits"
        yield Finding(WRONG, about, words, "redis-cli CONFIG SET maxmemory-policy noeviction")
    if not int(found.get("aof_enabled", 0)) and _saves_nothing(client):
        words = "it keeps nothing over a restart: open pages read anew, and what was to be woken waits for the sweep"
        yield Finding(ODD, about, words, "redis-cli CONFIG SET appendonly yes")
    yield Finding(GOOD, about, f"version {found.get('valkey_version', found['redis_version'])}, {policy}")


def check_broker() -> Iterator[Finding]:
    """A broker of its own."""
    if not settings.BROKER_URL:
        return
    about = "broker"
    try:
        transport = reach_broker()
    except (OperationalError, OSError) as error:
        yield Finding(WRONG, about, f"it does not answer ({type(error).__name__}): nothing is lost, all is late")
        return
    yield Finding(GOOD, about, f"it answers by {transport}")


def _saves_nothing(client: Any) -> bool:
    try:
        return not client.config_get("save").get("save")
    except ResponseError:  # hosted ones do not let us ask
        return False


def check_clocks() -> Iterator[Finding]:
    """A server's clock lies between the moments before and after it was asked, or it is off by what is missing."""
    for name, ask in (("PostgreSQL", _postgres_time), ("Redis", _redis_time)):
        before = time.time()
        there = ask()
        off = there - before if there < before else max(0.0, there - time.time())
        if abs(off) > MAX_OFF_SECONDS:
            level = WRONG if abs(off) > MAX_APART_SECONDS else ODD
            words = f"that of {name} is {off:+.0f} s from this machine's: sessions and retries go by the wrong time"
            yield Finding(level, "clock", words, "timedatectl set-ntp true")
        else:
            yield Finding(GOOD, "clock", f"that of {name} agrees")


def _postgres_time() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
    return found.timestamp()


def _redis_time() -> float:
    seconds, microseconds = current_feed().redis.time()
    return float(seconds) + microseconds / 1e6
