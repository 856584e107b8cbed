"""Whether a database may be restored into: nobody's work is in it, and nobody is at work on it."""

from typing import Any

import psycopg
from django.apps import apps
from psycopg import sql

from wittyagent.backups import BackupError, marker

# where a row of one stands, somebody has begun to work with it
PEOPLE = ("trays_agent", "origins_origin", "contacts_contact")
_TABLES = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT EXISTS (
    SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
"""
_FUNCTIONS = """
SELECT p.oid::regprocedure::text FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace AND NOT EXISTS (
    SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
"""
_OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


def refuse_what_is_not_empty(server: psycopg.Connection[Any]) -> None:
    """Raises BackupError. What a killed restore has left counts as empty, and so does what was only migrated."""
    others = server.execute(_OTHERS).fetchone()
    if others and others[0]:
        raise BackupError(
            f"{others[0]} others are connected to the database: stop web, workers and beat on all machines first"
        )
    if marker.is_unfinished(server):
        return
    tables = _names(server, _TABLES)
    ours = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} | {"django_migrations"}
    if foreign := sorted(tables - ours):
        raise BackupError(f"the database has tables of something else ({', '.join(foreign[:5])}): use an empty one")
    for name in PEOPLE:
        query = sql.SQL("SELECT EXISTS (SELECT FROM public.{})").format(sql.Identifier(name))
        row = server.execute(query).fetchone() if name in tables else None
        if row and row[0]:
            raise BackupError("people work in this installation already: restore into an empty database")


def remove_our_tables(server: psycopg.Connection[Any]) -> None:
    """Of a database that was found empty; those of extensions, and the marker, stay."""
    with server.transaction():
        for name in sorted(_names(server, _TABLES) - {marker.TABLE}):
            server.execute(sql.SQL("DROP TABLE IF EXISTS public.{} CASCADE").format(sql.Identifier(name)))
        for signature in sorted(_names(server, _FUNCTIONS)):
            # as the server writes it, quoted where it has to be
            server.execute(sql.SQL("DROP FUNCTION IF EXISTS {} CASCADE").format(sql.SQL(signature)))


def _names(server: psycopg.Connection[Any], query: str) -> set[str]:
    return {name for (name,) in server.execute(query).fetchall()}
