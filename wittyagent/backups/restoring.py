"""Makes an empty installation what a backup holds. The database comes last and in one transaction.

A marker stands in the database from the first change to the last: nothing starts meanwhile, and a restore that was
killed is begun anew, whatever it has left.
"""

import io
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from wittyagent.backups import BackupError, emptiness, marker, snapshot
from wittyagent.backups.parts import (
    DUMP,
    KEY,
    LIST,
    Hashing,
    KeptFile,
    Manifest,
    digest_of,
    list_backups,
    read_list,
    read_manifest,
)
from wittyagent.backups.places import Place
from wittyagent.backups.server import address_for_programs, connect, find_program, major_version
from wittyagent.run import processes

Say = Callable[[str], None]
MAX_NAMED = 5


def restore_backup(place: Place, asked: str, say: Say, *, skip_damaged: bool = False) -> None:
    """`asked`: a backup's name, '' for the latest. Raises BackupError, OSError, CommandError where a check fails."""
    name = _choose(place, asked)
    manifest = read_manifest(place, name)
    with closing(connect()) as server:
        _refuse_unfit(server, name, manifest)
        keys = _read_keys(place, name, manifest)
        emptiness.refuse_what_is_not_empty(server)
        program, _version = find_program("pg_restore", server, least=manifest.pg_dump)
        say(f"{name}: of {manifest.taken_at}, {manifest.files} files. Checking every part …")
        with _at_hand(place, f"{name}/{DUMP}", manifest.parts[DUMP].sha256) as dump:
            damaged = _find_damaged(place, name, manifest, skip_damaged)
            marker.begin(server)
            say("Files …")
            _put_back_files(place, name, damaged)
            say("Database …")
            emptiness.remove_our_tables(server)
            _run_restore(program, dump)
        _compare(manifest.counts, snapshot.count_rows(server))
        _put_back_key(keys, say)
        say("Migrations, and what the figures say …")
        _migrate_and_check()
        marker.end(server)
    kept = f"{len(damaged)} damaged files were left out. " if damaged else ""
    say(f"Restored: {sum(manifest.counts.values())} rows in {len(manifest.counts)} tables as counted then. {kept}")


def _choose(place: Place, asked: str) -> str:
    found = list_backups(place)
    if not found:
        raise BackupError(f"there is no complete backup at {place.target}")
    if asked and asked not in found:
        raise BackupError(f"there is no complete backup {asked} at {place.target}; there are {', '.join(found)}")
    return asked or found[-1]


def _refuse_unfit(server: psycopg.Connection[Any], name: str, manifest: Manifest) -> None:
    known = _known_migrations()
    if newer := sorted(set(manifest.migrations) - known):
        raise BackupError(
            f"{name} was made by a newer version of WittyAgent ({', '.join(newer[:MAX_NAMED])}): restore it there"
        )
    if major_version(server) < manifest.server:
        raise BackupError(
            f"{name} is of PostgreSQL {manifest.server} and this server is {major_version(server)}: "
            f"restore into {manifest.server} or newer"
        )


def _known_migrations() -> set[str]:
    found = MigrationLoader(None).disk_migrations
    names = {*found, *(old for migration in found.values() for old in migration.replaces)}
    return {f"{app}.{name}" for app, name in names}


def _read_keys(place: Place, name: str, manifest: Manifest) -> list[str]:
    """The key that it was sealed with, and earlier ones. A key that the environment names has to be among them."""
    with place.open(f"{name}/{KEY}") as file:
        content = file.read()
    if digest_of(io.BytesIO(content)) != manifest.parts[KEY]:
        raise BackupError(f"{name}/{KEY} is damaged: use another backup")
    keys = content.decode().split("\n")
    ours = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if os.environ.get("SECRET_KEY") and keys[0] not in ours:
        raise BackupError(
            "SECRET_KEY is another than the backup's, whose secrets nobody could read: set it to the first line of "
            f"{place.target}/{name}/{KEY}, or add that to SECRET_KEY_FALLBACKS"
        )
    return keys


@contextmanager
def _at_hand(place: Place, name: str, sha256: str) -> Iterator[Path]:
    """The dump as a file of this machine, checked."""
    with place.open(name) as source, tempfile.NamedTemporaryFile(prefix="witty-restore-") as copy:
        path = Path(str(getattr(source, "name", "")))
        is_here = path.is_absolute() and path.is_file()
        hashing = Hashing(source)
        while data := hashing.read():
            if not is_here:
                copy.write(data)
        copy.flush()
        if hashing.part.sha256 != sha256:
            raise BackupError(f"{name} is damaged: use another backup")
        yield path if is_here else Path(copy.name)


def _find_damaged(place: Place, name: str, manifest: Manifest, skip: bool) -> set[str]:
    """The names of files that are gone from the backup or have another content. BackupError unless they may be."""
    with place.open(f"{name}/{LIST}") as file:
        if digest_of(file) != manifest.parts[LIST]:
            raise BackupError(f"{name}/{LIST} is damaged: use another backup")
    damaged = {file.name for file in read_list(place, name) if not _is_whole(place, file)}
    if damaged and not skip:
        first = ", ".join(sorted(damaged)[:MAX_NAMED])
        raise BackupError(
            f"{len(damaged)} files of {name} are damaged ({first}): use another backup, or leave them out with "
            "--skip-damaged"
        )
    return damaged


def _is_whole(place: Place, file: KeptFile) -> bool:
    try:
        with place.open(file.stands_at) as source:
            return digest_of(source).sha256 == file.sha256
    except FileNotFoundError:
        return False


def _put_back_files(place: Place, name: str, damaged: set[str]) -> None:
    for file in read_list(place, name):
        if file.name in damaged:
            continue
        # also what a killed restore has written half of
        default_storage.delete(file.name)
        with place.open(file.stands_at) as source:
            stands_at = default_storage.save(file.name, File(source, name=file.name))
        if stands_at != file.name:
            raise BackupError(f"the file {file.name} could only be written as {stands_at}")


def _run_restore(program: str, dump: Path) -> None:
    address, environment = address_for_programs()
    command = [
        program, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-comments",
        "--no-password", f"--dbname={address}", str(dump),
    ]  # fmt: skip
    process = processes.spawn_process(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, said = process.communicate()
    if process.returncode:
        words = " ".join(said.decode(errors="replace").split())[-1000:]
        raise BackupError(f"pg_restore: {words or processes.how_it_ended(process.returncode)}")


def _compare(expected: dict[str, int], found: dict[str, int]) -> None:
    tables = sorted(expected.keys() | found.keys())
    if odd := [name for name in tables if expected.get(name) != found.get(name)]:
        words = ", ".join(f"{name} {found.get(name)} for {expected.get(name)}" for name in odd[:MAX_NAMED])
        raise BackupError(f"not all rows have come back ({words}): restore again")


def _put_back_key(keys: list[str], say: Say) -> None:
    """Where the environment names one, it is that one; else the backup's takes the place of the new installation's."""
    if not os.environ.get("SECRET_KEY"):
        path = settings.WITTY_DATA / "secret_key"
        part = path.with_name("secret_key.new")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(keys[0])
        part.rename(path)
        settings.SECRET_KEY = keys[0]
    if set(keys[1:]) - set(settings.SECRET_KEY_FALLBACKS):
        say(f"Put its earlier keys into SECRET_KEY_FALLBACKS: they are in its {KEY}, from the second line on.")


def _migrate_and_check() -> None:
    # this thread's own connection may have been there before the tables
    connections.close_all()
    call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    call_command("check_history")
    call_command("check_reports")
