"""A second PostgreSQL that follows the embedded one of a data folder."""

from contextlib import contextmanager

from wittyagent.run.embedded.postgres import Postgres
from wittyagent.run.embedded.server import make_private
from wittyagent.run.processes import stop_processes


@contextmanager
def following(data, folder):
    """(The server, its process), with its data in `folder`; the one that is followed has to run."""
    first, second = Postgres(data, durable=False), Postgres(folder, durable=False)
    folder.chmod(0o755)
    make_private(second.sockets, kept=second.folder)
    second.folder.mkdir(mode=0o700)
    first.way.own(second.folder)
    # a copy begins where the last checkpoint did, and there may be another before it has asked for the log since then
    run_sql(first, "ALTER SYSTEM SET wal_keep_size = '256MB'", "SELECT pg_reload_conf()")
    copy = ["pg_basebackup", "-D", ".", "-R", "-X", "stream", "-c", "fast"]
    first._run(*copy, *_at(first), at=second.folder)
    with (folder / "log").open("wb") as log, (folder / "log").open("rb") as said:
        process = second.launch(log)
        second.wait_ready(process, said)
    yield second, process
    stop_processes({process: second.stop_signal}, 10)
    second.sockets.rmdir()


def run_sql(server, *statements):
    """Each by itself; what the last one printed."""
    for statement in statements:
        said = server._run("psql", *_at(server), "-d", "postgres", "-Atv", "ON_ERROR_STOP=1", "-c", statement)
    return said.strip()


def _at(server):
    return ["-h", str(server.sockets), "-p", "5432", "-U", "witty"]
