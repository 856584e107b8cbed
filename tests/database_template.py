"""The migrated database that each worker's is a copy of: migrating is most of what a short run of tests takes.

Made once a server, and kept as a dump beside the checkout's other data for as long as no migration and no package
changes. Each copy is migrated all the same, so that what is missing in it is made.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import psycopg

from wittyagent.run.embedded.postgres import Postgres
from wittyagent.run.processes import StartError

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "var" / "test-database"


def key_of_migrations() -> str:
    """What the database depends on, as a name."""
    digest = hashlib.sha256()
    # what migrations call stands beside them
    patterns = ("*/migrations/*.py", "common/partition*.py", "requirements/*.txt")
    for file in sorted(file for pattern in patterns for file in ROOT.glob(pattern)):
        digest.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def make_template(database: dict[str, str]) -> str:
    """The name of the template on this server (`settings.DATABASES["default"]`), made if it is missing.

    One worker makes it, and the others wait for it.
    """
    name = f"witty_template_{key_of_migrations()}"
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock, _connect(database) as server:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            server.execute(f'CREATE DATABASE "{name}_new"')
            _fill(name, f"{name}_new", database)
            server.execute(f'ALTER DATABASE "{name}_new" RENAME TO "{name}"')
    return name


def _connect(database: dict[str, str]) -> psycopg.Connection:
    return psycopg.connect(
        dbname=database["NAME"], user=database["USER"], password=database["PASSWORD"] or None,
        host=database["HOST"] or None, port=database["PORT"] or None, autocommit=True,
    )  # fmt: skip


def _fill(name: str, new: str, database: dict[str, str]) -> None:
    dump = KEPT / f"{name}.sql"
    address = ["-h", database["HOST"], "-p", str(database["PORT"]), "-U", database["USER"], "-d", new]
    if dump.exists() and _run([_program("psql"), "-qXv", "ON_ERROR_STOP=1", "-1", *address, "-f", str(dump)], database):
        return
    with _connect({**database, "NAME": new}) as half:
        half.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    migrate = [sys.executable, str(ROOT / "manage.py"), "migrate", "-v0"]
    subprocess.run(migrate, check=True, cwd=ROOT, env={**os.environ, "DATABASE_URL": _url(new)})
    part = dump.with_suffix(f".{os.getpid()}")
    if _run([_program("pg_dump"), "--no-owner", "-f", str(part), *address], database):
        for old in KEPT.glob("*.sql"):
            old.unlink()
        part.replace(dump)


def _url(name: str) -> str:
    return os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"


def _program(name: str) -> str:
    """Beside the server's own, whatever version the machine has."""
    try:
        found = Postgres(Path(os.environ["WITTY_DATA"])).binary.with_name(name)
    except StartError:
        return name
    return str(found) if found.exists() else name


def _run(command: list[str], database: dict[str, str]) -> bool:
    """Whether it was done; what keeps no dump still has migrations."""
    env = {**os.environ, "PGPASSWORD": database["PASSWORD"] or ""}
    try:
        return subprocess.run(command, env=env, capture_output=True, timeout=120, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
