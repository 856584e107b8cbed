"""That a restore has begun and not ended: a table that stands in the database meanwhile, and nothing starts on it."""

from typing import Any

import psycopg
from django.db import connection

from wittyagent.backups import BackupError

TABLE = "unfinished_restore"
_IS_THERE = "SELECT to_regclass('public.unfinished_restore') IS NOT NULL"
WORDS = "a restore into this database was not finished: run `manage.py restore` again"


def is_unfinished(server: psycopg.Connection[Any]) -> bool:
    row = server.execute(_IS_THERE).fetchone()
    return bool(row and row[0])


def unfinished_restore() -> str:
    """Why nothing may start on Django's database; '' where it may."""
    with connection.cursor() as cursor:
        cursor.execute(_IS_THERE)
        return WORDS if cursor.fetchone()[0] else ""


def refuse_unfinished(server: psycopg.Connection[Any]) -> None:
    if is_unfinished(server):
        raise BackupError(WORDS)


def begin(server: psycopg.Connection[Any]) -> None:
    server.execute("CREATE TABLE IF NOT EXISTS public.unfinished_restore (began_at timestamptz DEFAULT now())")


def end(server: psycopg.Connection[Any]) -> None:
    server.execute("DROP TABLE public.unfinished_restore")
