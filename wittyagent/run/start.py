"""The order in which `manage.py up` starts things: servers, migrations, the web process, then the rest."""

import http.client
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.exceptions import InconsistentMigrationHistory

from wittyagent import assets
from wittyagent.run import heartbeat, preflight, servers
from wittyagent.run.children import public_url, reachable_address, sandbox_child, web_child, worker_children
from wittyagent.run.embedded.postgres import Postgres
from wittyagent.run.embedded.server import Server
from wittyagent.run.embedded.valkey import Valkey
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
        _prepare_data(supervisor, demo)
        supervisor.add(web_child(data, host, port))
        hints = _next_steps(host, port, demo)
        connections.close_all()
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
    # read by the children; this process calls no network
    os.environ |= {"ALLOWED_INTERNAL_HOSTS": ",".join(dict.fromkeys(hosts)), "SANDBOX_PORT": str(settings.SANDBOX_PORT)}


def _stop_children(supervisor: Supervisor) -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    supervisor.stop()


def _add_servers(supervisor: Supervisor, data: Path) -> None:
    """The embedded servers, where the environment names no others; those are only asked."""
    own_database, own_redis = not os.environ.get("DATABASE_URL"), not os.environ.get("REDIS_URL")
    if not own_database:
        preflight.database_answers(settings.DATABASES[DEFAULT_DB_ALIAS])
    if not own_redis:
        preflight.redis_answers(settings.REDIS_URL)
    announce_line(b"Starting WittyAgent (Ctrl-C ends it)")
    if own_database:
        supervisor.add_server(_embedded_child(Postgres(data)))
    if own_redis:
        supervisor.add_server(_embedded_child(Valkey(data)))


def _embedded_child(server: Server) -> Child:
    is_postgres = isinstance(server, Postgres)

    def start() -> subprocess.Popen[bytes] | None:
        started = servers.start_servers(server.data, postgres=is_postgres, redis=not is_postgres, piped=True)
        return started.processes.get(server)

    return Child(
        server.name, start, answers=server.answers, stop_signal=server.stop_signal,
        sign=heartbeat.Asked(server.lives), patience=heartbeat.SILENT_SERVER_SECONDS,
    )  # fmt: skip


def _prepare_data(supervisor: Supervisor, demo: bool) -> None:
    """Migrations, demo data, static files: what must be there before anything serves."""
    # read late: it needs the models
    from wittyagent import version_check

    try:
        with _alone_on_database():
            if refusal := version_check.newer_database():
                raise StartError(refusal)
            call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
            if demo:
                call_command("demo")
    except (DatabaseError, InconsistentMigrationHistory, CommandError) as error:
        raise StartError(f"the database could not be prepared: {' '.join(str(error).split())}") from None
    supervisor.print_output()
    assets.collect_static()


@contextmanager
def _alone_on_database() -> Iterator[None]:
    """Of several that start on one database only one prepares it at a time."""
    lock = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        # of a transaction: behind a pooler a lock of the session would stay with a connection that others get
        lock.set_autocommit(False)
        with lock.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('wittyagent.migrate'))")
        yield
    finally:
        lock.close()


def _next_steps(host: str, port: int, demo: bool) -> list[str]:
    """What a person may want to do next."""
    # read late: it needs the models, which must not be loaded before the servers stand
    from wittyagent.first_run import setup_url

    if demo:
        return [
            "Sign in as ana, bruno, caio or dora (agents) or sofia (supervisor), password demo.",
            f"The customers of its WhatsApp, Telegram, Messenger and Instagram: http://127.0.0.1:{settings.SANDBOX_PORT}/",
        ]
    if path := setup_url():
        return [
            f"Nobody works here yet. Make the administrator: {urljoin(public_url(host, port), path)}",
            "Only looking? `make demo` starts one with people and chats in it.",
        ]
    return []


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
            # not before: on two cores three imports at once take nearly twice as long
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
