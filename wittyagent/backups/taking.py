"""Makes a backup while the product runs: the database at one moment, then the files that it names, then the key."""

import io
import json
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import IO, Any, cast

import psycopg
from django.conf import settings
from django.core.files.storage import default_storage

from wittyagent.backups import BackupError, marker, snapshot
from wittyagent.backups.parts import (
    BEGINNING,
    DUMP,
    KEY,
    LIST,
    MANIFEST,
    POOL,
    Hashing,
    KeptFile,
    Manifest,
    Part,
    list_backups,
    pool_name,
    read_list,
)
from wittyagent.backups.places import Place
from wittyagent.backups.server import connect, major_version

# of a file on its way that is held in memory; of a larger one the rest is on the disk
SPOOL_BYTES = 8 * 1024 * 1024
_NOTED = "SELECT taken_at FROM public.gateway_backup WHERE target = left(%s, 500)"


def take_backup(place: Place, *, is_new_target: bool = False) -> tuple[str, Manifest]:
    """Its name and what it says of itself. Raises BackupError; OSError where the target, a file or pg_dump refuses.

    `is_new_target`: that nothing stands at a target of before is meant so.
    """
    with closing(connect()) as server:
        marker.refuse_unfinished(server)
        # to the end of the connection: of two at once one would tidy away what the other has just put there
        row = server.execute("SELECT pg_try_advisory_lock(hashtext('wittyagent.backup'))").fetchone()
        if not (row and row[0]):
            raise BackupError("a backup of this database is being made already")
        earlier = list_backups(place)
        if not earlier and not is_new_target:
            _refuse_lost(server, place.target)
        taken_at = datetime.now(UTC).replace(microsecond=0)
        name = f"{BEGINNING}{taken_at:%Y%m%dT%H%M%SZ}"
        if name in earlier:
            raise BackupError(f"{name} is there already: at most one a second")
        _remove_unfinished(place, earlier)
        folder = place.begin(name)
        with tempfile.TemporaryFile() as names:
            manifest = _put_database(server, place, folder, taken_at, names)
            names.seek(0)
            _put_files(place, folder, manifest, names, earlier[-1] if earlier else None)
    key = "\n".join([settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]).encode()
    manifest.parts[KEY] = _put(place, f"{folder}/{KEY}", io.BytesIO(key))
    _put(place, f"{folder}/{MANIFEST}", io.BytesIO(manifest.content))
    place.complete(name)
    return name, manifest


def _refuse_lost(server: psycopg.Connection[Any], target: str) -> None:
    """A disk that is not mounted leaves an empty folder, or none: what is put there fills another disk."""
    if row := server.execute(_NOTED, [target]).fetchone():
        raise BackupError(
            f"{target}: the backup of {row[0].astimezone(UTC):%Y-%m-%d %H:%M} UTC was put there, and none is there now."
            " Is its disk mounted, is it the same bucket? Nothing was written. To begin anew there: --new-target"
        )


def _remove_unfinished(place: Place, complete: list[str]) -> None:
    """What was begun and killed: nothing of it is needed but its files, which the next one finds."""
    found = {name.partition("/")[0] for name in place.names(BEGINNING)}
    for name in found - set(complete):
        place.remove(name)


def _put(place: Place, name: str, source: Any) -> Part:
    hashing = Hashing(source)
    place.put(name, cast(IO[bytes], hashing))
    return hashing.part


def _put_database(
    server: psycopg.Connection[Any], place: Place, folder: str, taken_at: datetime, names: IO[bytes]
) -> Manifest:
    with snapshot.frozen(server) as frozen, closing(snapshot.Dump(server, frozen)) as dump:
        part = _put(place, f"{folder}/{DUMP}", dump)
        snapshot.write_names(server, names)
        return Manifest(
            taken_at=taken_at.isoformat(),
            version=_version(),
            server=major_version(server),
            pg_dump=dump.version,
            migrations=snapshot.list_migrations(server),
            counts=snapshot.count_rows(server),
            parts={DUMP: part},
        )


def _version() -> str:
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def _put_files(place: Place, folder: str, manifest: Manifest, names: IO[bytes], earlier: str | None) -> None:
    present = {bytes.fromhex(digest) for digest in _pool_digests(place)}
    known = _known_files(place, earlier)
    with tempfile.TemporaryFile() as kept:
        for file in _copy_files(place, names, known, present):
            if file is None:
                manifest.missing_files += 1
                continue
            kept.write(file.line)
            manifest.files += 1
            manifest.file_bytes += file.size
        kept.seek(0)
        manifest.parts[LIST] = _put(place, f"{folder}/{LIST}", kept)


def _pool_digests(place: Place) -> Iterator[str]:
    for name in place.names(f"{POOL}/"):
        digest = name.rpartition("/")[2]
        if name == pool_name(digest) and len(digest) == 64:
            yield digest


def _known_files(place: Place, earlier: str | None) -> Iterator[KeptFile]:
    """Of the backup before: a name never gets another content, so what it lists need not be read again."""
    try:
        yield from read_list(place, earlier) if earlier else ()
    except (OSError, ValueError, TypeError):  # that one is damaged; this one reads them anew
        return


def _copy_files(
    place: Place, names: IO[bytes], known: Iterator[KeptFile], present: set[bytes]
) -> Iterator[KeptFile | None]:
    """Each file that is named, once it stands in the pool; None for one that is gone. Both lists are sorted alike."""
    candidate = next(known, None)
    for line in names:
        name = json.loads(line)
        while candidate and candidate.name < name:
            candidate = next(known, None)
        if candidate and candidate.name == name and bytes.fromhex(candidate.sha256) in present:
            yield candidate
        else:
            yield _copy_file(place, name, present)


def _copy_file(place: Place, name: str, present: set[bytes]) -> KeptFile | None:
    with tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES) as spool:
        try:
            with default_storage.open(name) as source:
                hashing = Hashing(source)
                while data := hashing.read():
                    spool.write(data)
        except FileNotFoundError:
            return None
        file = KeptFile(name, hashing.size, hashing.part.sha256)
        if bytes.fromhex(file.sha256) not in present:
            spool.seek(0)
            place.put(file.stands_at, cast(IO[bytes], spool))
            present.add(bytes.fromhex(file.sha256))
        return file


def prune(place: Place, keep: int) -> list[str]:
    """Removes all but the newest `keep` backups, and the files that none of those names; the names of what went."""
    complete = list_backups(place)
    old = complete[:-keep]
    for name in old:
        place.remove(name)
    named = {bytes.fromhex(file.sha256) for name in complete[-keep:] for file in read_list(place, name)}
    for name in list(place.names(f"{POOL}/")):
        digest = name.rpartition("/")[2]
        if name != pool_name(digest) or bytes.fromhex(digest) not in named:
            place.remove(name)
    return old
