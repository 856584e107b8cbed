"""`manage.py up`: everything that WittyAgent needs, until Ctrl-C."""

import functools
import http.client
import os
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections
from django.db.migrations.exceptions import InconsistentMigrationHistory

from wittyagent import assets, preflight, servers
from wittyagent.celery import OUTSIDE
from wittyagent.demo_lines import SANDBOX_PORT
from wittyagent.embedded.postgres import Postgres
from wittyagent.embedded.server import Server
from wittyagent.embedded.valkey import Valkey
from wittyagent.processes import StartError, spawn
from wittyagent.supervisor import Child, Supervisor, announce

READY_WITHIN = 60.0  # seconds from the start of the web process
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
DAPHNE = (
    # an agent's page stays open all day
    *("--websocket_timeout", "-1"),
    *("--ping-interval", "20", "--ping-timeout", "20"),
    # pages send a token or a few words by socket, never more
    *("--websocket-max-message-size", "65536", "--websocket-max-frame-size", "65536"),
    *("--application-close-timeout", "5"),
    *("--verbosity", "0", "--no-server-name"),
)
# its warning fills a screen, and nothing that could run code (pickle) is accepted
ROOT_IS_FINE = "ignore:You're running the worker with superuser privileges"
THREADS = ("--pool", "threads", "--without-gossip", "--without-mingle", "--concurrency")
# one for all work, as small installations and tests start it; here it has a caller beside it
WORKER = (*THREADS, "8")
# bots may take seconds to answer, and cost nothing while they do
CALLER = (*THREADS, "24", "--queues", OUTSIDE, "--hostname", "caller@%h")


class Command(BaseCommand):
    help = "Starts WittyAgent: the embedded servers where no URLs are set, web, worker and clock."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="load the demo data first")

    def handle(self, *args: Any, demo: bool, **options: Any) -> None:
        # set, not left as they are: a shell's background job inherits an ignored SIGINT
        for number in SIGNALS:
            signal.signal(number, signal.default_int_handler)
        with suppress(KeyboardInterrupt):
            _up(demo)


def _up(demo: bool) -> None:
    host, port = preflight.address()
    preflight.port_is_free(host, port)
    if demo:
        _with_sandbox()
    data = servers.data_folder(settings.WITTY_DATA)
    supervisor = Supervisor()
    with ExitStack() as held:
        held.enter_context(preflight.only_one(data))
        held.callback(servers.remove_sockets, data)
        held.callback(_stop, supervisor)
        _add_servers(supervisor, data)
        _prepare(supervisor, demo)
        supervisor.add(_web(data, host, port))
        hints = _hints(host, port, demo)
        connections.close_all()
        rest = _workers(data) + ([_sandbox(data, host, port)] if demo else [])
        supervisor.run(on_tick=_go_on(supervisor, rest, host, port, hints))


def _with_sandbox() -> None:
    """The demo's lines speak to the sandbox on this machine, which their settings may point to only then."""
    try:
        preflight.port_is_free("127.0.0.1", SANDBOX_PORT)
    except StartError:
        raise StartError(
            f"port {SANDBOX_PORT} of the sandbox is taken: stop what is there, or set SANDBOX_PORT"
        ) from None
    hosts = [*settings.ALLOWED_INTERNAL_HOSTS, "127.0.0.1"]
    # read by the children; this process calls no network
    os.environ |= {"ALLOWED_INTERNAL_HOSTS": ",".join(dict.fromkeys(hosts)), "SANDBOX_PORT": str(SANDBOX_PORT)}


def _stop(supervisor: Supervisor) -> None:
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
    announce(b"Starting WittyAgent (Ctrl-C ends it)")
    if own_database:
        supervisor.add_server(_embedded(Postgres(data)))
    if own_redis:
        supervisor.add_server(_embedded(Valkey(data)))


def _embedded(server: Server) -> Child:
    is_postgres = isinstance(server, Postgres)

    def start() -> subprocess.Popen[bytes] | None:
        started = servers.start(server.data, postgres=is_postgres, redis=not is_postgres, piped=True)
        return started.processes.get(server)

    return Child(server.name, start, answers=server.answers, stop_signal=server.stop_signal)


def _prepare(supervisor: Supervisor, demo: bool) -> None:
    """Migrations, demo data, static files: what must be there before anything serves."""
    try:
        with connection.cursor() as cursor:
            # of two that start on one database only one migrates at a time; freed when we disconnect
            cursor.execute("SELECT pg_advisory_lock(hashtext('wittyagent.migrate'))")
        call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
        if demo:
            call_command("demo")
    except (DatabaseError, InconsistentMigrationHistory, CommandError) as error:
        raise StartError(f"the database could not be prepared: {' '.join(str(error).split())}") from None
    supervisor.print_output()
    assets.collect()


def _hints(host: str, port: int, demo: bool) -> list[str]:
    """What a person may want to do next."""
    from wittyagent.setup import setup_url

    if demo:
        return [
            "Sign in as ana, bruno, caio or dora (agents) or sofia (supervisor), password demo.",
            f"The customers of its WhatsApp, Telegram, Messenger and Instagram: http://127.0.0.1:{SANDBOX_PORT}/",
        ]
    if path := setup_url():
        return [
            f"Nobody works here yet. Make the administrator: {urljoin(_public_url(host, port), path)}",
            "Only looking? `make demo` starts one with people and chats in it.",
        ]
    return []


def _application(name: str, data: Path, *command: str) -> Child:
    start = functools.partial(
        spawn,
        [sys.executable, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=settings.BASE_DIR,
        env=os.environ | {"WITTY_DATA": str(data), "PYTHONUNBUFFERED": "1"},
    )
    return Child(name, start)


def _web(data: Path, host: str, port: int) -> Child:
    return _application(
        "web", data, "-m", "daphne", *DAPHNE, "-b", host, "-p", str(port), "wittyagent.asgi:application"
    )


def _workers(data: Path) -> list[Child]:
    # Django's checks would read the whole API and its schemas into each of them
    celery = ("-W", ROOT_IS_FINE, "-m", "celery", "-A", "wittyagent", "--quiet", "--skip-checks")
    level = ("--loglevel", "INFO" if settings.DEBUG else "WARNING")
    schedule = ("--schedule", str(data / "beat-schedule"), "--pidfile=")
    return [
        _application("worker", data, *celery, "worker", *WORKER, "--queues", "celery", *level),
        _application("caller", data, *celery, "worker", *CALLER, *level),
        _application("beat", data, *celery, "beat", *schedule, *level),
    ]


def _sandbox(data: Path, host: str, port: int) -> Child:
    web = f"http://{_reachable(host)}:{port}"
    return _application("sandbox", data, "manage.py", "demo_sandbox", "--port", str(SANDBOX_PORT), "--webhooks", web)


def _go_on(supervisor: Supervisor, rest: list[Child], host: str, port: int, hints: list[str]) -> Callable[[], None]:
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
        if _answers(host, port):
            ready = True
            # not before: on two cores three imports at once take nearly twice as long
            for child in rest:
                supervisor.add(child)
            for line in (f"WittyAgent is ready at {_public_url(host, port)}", *hints):
                announce(line.encode())

    return tick


def _answers(host: str, port: int) -> bool:
    """Whether the web process serves; what it thinks of our Host header does not matter."""
    client = http.client.HTTPConnection(_reachable(host), port, timeout=2)
    try:
        client.request("GET", "/healthz", headers={"Host": urlsplit(_public_url(host, port)).netloc})
        return client.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        client.close()


def _public_url(host: str, port: int) -> str:
    shown = _reachable(host)
    local = f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
    return f"{settings.PUBLIC_URL or local}/"


def _reachable(host: str) -> str:
    """An address at which this machine reaches what listens at `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (compared, not bound)
