"""What must be there before anything serves: migrations, demo data, static files. Runs in a process of its own."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urljoin

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.exceptions import InconsistentMigrationHistory

from wittyagent import assets
from wittyagent.run.processes import StartError

LOCKED_AGAIN_SECONDS = 0.2


def prepare_data(demo: bool, url: str) -> list[str]:
    """Returns what a person may want to do next, at the address `url`."""
    # read late: it needs the models
    from wittyagent import version_check

    try:
        with _alone_on_database():
            if refusal := version_check.unfit_database():
                raise StartError(refusal)
            call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
            if demo:
                call_command("demo")
    except (DatabaseError, InconsistentMigrationHistory, CommandError) as error:
        raise StartError(f"the database could not be prepared: {' '.join(str(error).split())}") from None
    assets.collect_static()
    return _next_steps(demo, url)


@contextmanager
def _alone_on_database() -> Iterator[None]:
    """Of several that start on one database only one prepares it at a time."""
    lock = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        # of a transaction: behind a pooler a lock of the session would stay with a connection that others get
        lock.set_autocommit(False)
        # asked again and again: an index that is made CONCURRENTLY waits for every statement that runs, also for one
        # that itself waits for this lock
        while not _locks(lock):
            time.sleep(LOCKED_AGAIN_SECONDS)
        yield
    finally:
        lock.close()


def _locks(connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('wittyagent.migrate'))")
        return bool(cursor.fetchone()[0])


def _next_steps(demo: bool, url: str) -> list[str]:
    from wittyagent.first_run import setup_url

    if demo:
        return [
            "Sign in as ana, bruno, caio or dora (agents) or sofia (supervisor), password demo.",
            f"The customers of its WhatsApp, Telegram, Messenger and Instagram: http://127.0.0.1:{settings.SANDBOX_PORT}/",
        ]
    if path := setup_url():
        return [
            f"Nobody works here yet. Make the administrator: {urljoin(url, path)}",
            "Only looking? `make demo` starts one with people and chats in it.",
        ]
    return []
