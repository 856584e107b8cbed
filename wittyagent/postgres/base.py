"""The database backend (ENGINE "wittyagent.postgres"): Django's, whose waits have an end where somebody waits for them.

A statement_timeout would be a setting of the session, which a pooler by transaction does not keep, and a server that
hangs heeds none. So the client counts: what takes too long is cancelled, as Ctrl-C would, and where not even that is
answered the connection is given up and a breaker spares all others the wait.
"""

import select
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, ClassVar, Self

import psycopg
from django.db.backends.postgresql import base, schema
from psycopg import errors
from psycopg.pq import TransactionStatus

from common.table_locks import SET_LIMIT
from live.breaker import Breaker
from wittyagent.postgres.limits import REQUEST_SECONDS, statement_seconds

# for the cancellation, and again for its answer
CANCEL_SECONDS = 0.3
SILENT = "the database does not answer"


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that heeds the limit of the context in which it waits."""

    breaker: Breaker

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        seconds = statement_seconds()
        if timeout is not None or seconds is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, seconds)
        except errors._WaitTimeout:  # no public name: psycopg means its callers to say what it was
            return self._cancel_and_wait(gen)

    def _cancel_and_wait(self, gen: Any) -> Any:
        """The end of a statement that took too long, by now QueryCanceled for most; or nobody answers at all."""
        with suppress(psycopg.Error):  # it may end by itself
            self.cancel_safe(timeout=CANCEL_SECONDS)
        try:
            return super().wait(gen, timeout=CANCEL_SECONDS)
        except errors._WaitTimeout:
            self.pgconn.finish()
            self.breaker.trip("no end of a statement, nor of its cancellation")
            raise psycopg.OperationalError(SILENT) from None


class SchemaEditor(schema.DatabaseSchemaEditor):
    """Django's, which gives up a lock that somebody holds before all others wait behind it (the command `migrate` tries
    again). Not outside of a transaction: what is made CONCURRENTLY waits for everybody, and nobody for it."""

    def __enter__(self) -> Self:
        super().__enter__()
        if self.atomic_migration and not self.collect_sql:
            self.execute(SET_LIMIT)
        return self


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with bounded connections, which finds out whether a pooler stands between it and the server."""

    SchemaEditorClass = SchemaEditor

    Database = SimpleNamespace(**vars(psycopg) | {"connect": BoundedConnection.connect})  # type: ignore[assignment]
    # by alias, for all threads of this process
    breakers: ClassVar[dict[str, Breaker]] = {}

    @property
    def breaker(self) -> Breaker:
        return self.breakers.setdefault(self.alias, Breaker("PostgreSQL", self._is_there))

    def _is_there(self) -> bool:
        """Whether somebody answers, be it to say no."""
        try:
            psycopg.connect(**self.get_connection_params() | {"connect_timeout": REQUEST_SECONDS}).close()
        except errors.ConnectionTimeout:
            return False
        except psycopg.Error:
            return True
        return True

    def is_usable(self) -> bool:
        """Asked before the first statement of each request: a question less where nothing has come down the line, as a
        farewell of the server would have."""
        ours = self.connection
        if ours is not None and ours.pgconn.transaction_status == TransactionStatus.IDLE:
            line = select.poll()
            line.register(ours.pgconn.socket, select.POLLIN)
            if not line.poll(0):
                return True
        return super().is_usable()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if statement_seconds() is not None:
            if self.breaker.spare():
                raise psycopg.OperationalError(SILENT)
            conn_params = conn_params | {"connect_timeout": REQUEST_SECONDS}
        try:
            connection = super().get_new_connection(conn_params)
        except errors.ConnectionTimeout:
            self.breaker.trip("no answer to a connection")
            raise
        connection.breaker = self.breaker
        return connection

    def init_connection_state(self) -> None:
        super().init_connection_state()
        if not self.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
            # a pooler tells its clients a number of its own; behind one nothing may last longer than a transaction:
            # no cursor by name, no prepared statement (common/prepared.py)
            row = self.connection.execute("SELECT pg_backend_pid()").fetchone()
            self.settings_dict["DISABLE_SERVER_SIDE_CURSORS"] = row[0] != self.connection.info.backend_pid
