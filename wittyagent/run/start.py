"""The order in which `manage.py up` starts things: servers, migrations, the web process, then the rest.

This process is what all the others are forked from: it opens no connection that outlives a line, and no thread.
"""

import http.client
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS

from wittyagent.run import heartbeat, image, preflight, preparing, servers
from wittyagent.run.children import public_url, reachable_address, sandbox_child, web_child, worker_children
from wittyagent.run.embedded.postgres import Postgres
from wittyagent.run.embedded.server import Server
from wittyagent.run.embedded.valkey import Valkey
from wittyagent.run.forks import Apart
from wittyagent.run.processes import StartError
from wittyagent.run.supervisor import Child, Supervisor, announce_line

READY_WITHIN = 60.0  # seconds from the start of the web process
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def start_everything(demo: bool) -> None:
    host, port = preflight.listen_address()
    preflight.port_is_free(host, port)
    if demo:
        _reserve_sandbox_port()
    data = servers.data_folder(settings.WITTY_DATA)
    supervisor = Supervisor()
    with ExitStack() as held:
        held.enter_context(preflight.only_one(data))
        held.callback(servers.remove_sockets, data)
        held.callback(_stop_children, supervisor)
        _add_servers(supervisor, data)
        with Apart("prepare", lambda: preparing.prepare_data(demo, public_url(host, port))) as begun:
            # meanwhile, on another core
            image.load_program()
            hints = begun.finish(supervisor.print_output)
        supervisor.add(web_child(data, host, port))
        rest = worker_children(data) + ([sandbox_child(data, host, port)] if demo else [])
        supervisor.run(on_tick=_announce_when_ready(supervisor, rest, host, port, hints))


def _reserve_sandbox_port() -> None:
    """The demo's lines speak to the sandbox on this machine, which their settings may point to only then."""
    try:
        preflight.port_is_free("127.0.0.1", settings.SANDBOX_PORT)
    except StartError:
        raise StartError(
            f"port {settings.SANDBOX_PORT} of the sandbox is taken: stop what is there, or set SANDBOX_PORT"
        ) from None
    hosts = [*settings.ALLOWED_INTERNAL_HOSTS, "127.0.0.1"]
    settings.ALLOWED_INTERNAL_HOSTS = list(dict.fromkeys(hosts))


def _stop_children(supervisor: Supervisor) -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    supervisor.stop()


def _add_servers(supervisor: Supervisor, data: Path) -> None:
    """The embedded servers, where the environment names no others; those are only asked."""
    own_database, own_redis = not os.environ.get("DATABASE_URL"), not os.environ.get("REDIS_URL")
    if not (own_database and own_redis):
        with Apart("ask", lambda: _ask_servers(not own_database, not own_redis)) as asked:
            asked.finish()
    announce_line(b"Starting WittyAgent (Ctrl-C ends it)")
    if own_database:
        supervisor.add_server(_embedded_child(Postgres(data)))
    if own_redis:
        supervisor.add_server(_embedded_child(Valkey(data)))


def _ask_servers(database: bool, redis: bool) -> None:
    if database:
        preflight.database_answers(settings.DATABASES[DEFAULT_DB_ALIAS])
    if redis:
        preflight.redis_answers(settings.REDIS_URL)


def _embedded_child(server: Server) -> Child:
    is_postgres = isinstance(server, Postgres)

    def start() -> subprocess.Popen[bytes] | None:
        started = servers.start_servers(server.data, postgres=is_postgres, redis=not is_postgres, piped=True)
        return started.processes.get(server)

    return Child(
        server.name, start, answers=server.answers, stop_signal=server.stop_signal,
        sign=heartbeat.Asked(server.address, server.question), patience=heartbeat.SILENT_SERVER_SECONDS,
    )  # fmt: skip


def _announce_when_ready(
    supervisor: Supervisor, rest: list[Child], host: str, port: int, hints: list[str]
) -> Callable[[], None]:
    """What to do between two looks: once the web process answers, say so and start the rest."""
    web, latest = supervisor.applications[0], time.monotonic() + READY_WITHIN
    ready = False

    def tick() -> None:
        nonlocal ready
        if ready:
            return
        if web.process is None:
            raise StartError("the web process ended before it was ready; what it said stands above")
        if time.monotonic() > latest:
            raise StartError(f"the web process does not answer after {READY_WITHIN:.0f} s")
        if _web_answers(host, port):
            ready = True
            # not before: on two cores they would take the time from it
            for child in rest:
                supervisor.add(child)
            for line in (f"WittyAgent is ready at {public_url(host, port)}", *hints):
                announce_line(line.encode())

    return tick


def _web_answers(host: str, port: int) -> bool:
    """Whether the web process serves; what it thinks of our Host header does not matter."""
    client = http.client.HTTPConnection(reachable_address(host), port, timeout=2)
    try:
        client.request("GET", "/healthz", headers={"Host": urlsplit(public_url(host, port)).netloc})
        return client.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        client.close()
