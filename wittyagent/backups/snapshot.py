"""The database as it is at one moment: its dump, how many rows each table has, and which files it names."""

import json
import subprocess
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import psycopg
from django.apps import apps
from django.db import models
from psycopg import sql

from wittyagent.backups.server import MAX_LOCK_WAIT_MS, address_for_programs, find_program
from wittyagent.run import processes

# rows of names that are fetched at a time
ROWS = 5000
LAST_WORDS = 5


@contextmanager
def frozen(connection: psycopg.Connection[Any]) -> Iterator[str]:
    """All that this connection reads in here is of one moment; its name, by which pg_dump sees the same."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield str(_value(connection, "SELECT pg_export_snapshot()"))


def _value(connection: psycopg.Connection[Any], query: Any) -> Any:
    row = connection.execute(query).fetchone()
    return row[0] if row else None


def count_rows(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """Rows of each of our tables, counted."""
    rows = connection.execute(
        # partitions are counted with the table that they are of
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
        " AND NOT relispartition AND relname <> 'unfinished_restore' ORDER BY 1"
    ).fetchall()
    return {
        name: _value(connection, sql.SQL("SELECT count(*) FROM public.{}").format(sql.Identifier(name)))
        for (name,) in rows
    }


def list_migrations(connection: psycopg.Connection[Any]) -> list[str]:
    rows = connection.execute("SELECT app || '.' || name FROM public.django_migrations ORDER BY 1").fetchall()
    return [name for (name,) in rows]


def write_names(connection: psycopg.Connection[Any], into: IO[bytes]) -> None:
    """The names of all files that are named in the database, sorted by their letters' numbers, each a line of JSON."""
    columns = [
        sql.SQL("SELECT {column} AS name FROM public.{table} WHERE {column} <> ''").format(
            column=sql.Identifier(str(field.column)), table=sql.Identifier(model._meta.db_table)
        )
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, models.FileField)
    ]
    query = sql.SQL('SELECT name COLLATE "C" FROM ({}) AS named ORDER BY 1').format(sql.SQL(" UNION ").join(columns))
    with connection.cursor(name="names") as cursor:
        cursor.itersize = ROWS
        for (name,) in cursor.execute(query):
            into.write(json.dumps(name).encode() + b"\n")


class Dump:
    """What pg_dump writes of a snapshot, to be read once. Its end is an OSError where pg_dump failed."""

    def __init__(self, connection: psycopg.Connection[Any], snapshot: str) -> None:
        program, self.version = find_program("pg_dump", connection)
        address, environment = address_for_programs()
        command = [
            program, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}",
            f"--lock-wait-timeout={MAX_LOCK_WAIT_MS}", "--no-password", f"--dbname={address}",
        ]  # fmt: skip
        self.process = processes.spawn_process(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.said: deque[str] = deque(maxlen=LAST_WORDS)
        # read beside it, so that it never waits for somebody to hear what it says
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stderr  # noqa: S101
        self.said.extend(line.decode(errors="replace").strip() for line in self.process.stderr)

    def read(self, most: int = -1) -> bytes:
        assert self.process.stdout  # noqa: S101
        data = self.process.stdout.read(most)
        if not data and self.process.wait():
            self._listener.join()
            raise OSError(f"pg_dump: {' '.join(self.said) or processes.how_it_ended(self.process.returncode)}")
        return data

    def close(self) -> None:
        """Also where nobody read it to its end."""
        self.process.kill()
        self.process.wait()
