"""Checks of `manage.py up` before it starts anything. Every refusal is a StartError of one line."""

import contextlib
import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wittyagent.run.processes import StartError

CONNECT_WITHIN = 5  # seconds


def listen_address() -> tuple[str, int]:
    """HOST and PORT of the environment: where to listen."""
    port = os.environ.get("PORT") or "8000"
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise StartError(f"PORT is {port!r}, which is not a port (1 to 65535)")
    return os.environ.get("HOST") or "127.0.0.1", int(port)


def port_is_free(host: str, port: int) -> None:
    """Binds the port for a moment."""
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            # as the web server does: connections that a former one left closing do not count
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
            probe.listen(1)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StartError(f"port {port} is taken by another program: stop it, or set PORT") from None
        raise StartError(f"cannot listen at {host}:{port} ({error.strerror or error})") from None


@contextlib.contextmanager
def only_one(data: Path) -> Iterator[None]:
    """Holds the data folder for this `up`; StartError if another one does."""
    with (data / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            pid = lock.read().strip() or "unknown"
            raise StartError(f"it already runs on the data folder {data} (process {pid})") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def database_answers(settings: dict[str, Any]) -> None:
    """Connects once to the database of a Django DATABASES entry."""
    import psycopg
    from django.db import DEFAULT_DB_ALIAS, connections

    parameters = connections[DEFAULT_DB_ALIAS].get_connection_params()
    try:
        psycopg.connect(**{**parameters, "connect_timeout": CONNECT_WITHIN}).close()
    except psycopg.Error as error:
        raise StartError(f"DATABASE_URL: {_one_line(error, settings.get('PASSWORD'))}") from None


def redis_answers(url: str) -> None:
    """Asks the Redis of REDIS_URL once."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    from live.client import connect

    try:
        client = connect(
            url,
            socket_connect_timeout=CONNECT_WITHIN,
            socket_timeout=CONNECT_WITHIN,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError:
        raise StartError(
            "REDIS_URL is not the address of a Redis (redis://host:6379/0, or redis+sentinel://host:26379/service/0)"
        ) from None
    try:
        client.ping()
    except redis.RedisError as error:
        secret = client.connection_pool.connection_kwargs.get("password")
        raise StartError(f"REDIS_URL: {_one_line(error, secret)}") from None
    finally:
        client.close()


def _one_line(error: Exception, secret: str | None) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text.replace(secret, "…") if secret else text
