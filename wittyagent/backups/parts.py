"""The parts of a backup: their names, their digests, and the list of the files, sorted by name."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import IO, Any

from wittyagent.backups import BackupError
from wittyagent.backups.places import Place

FORMAT = 1
MANIFEST, DUMP, LIST, KEY = "manifest.json", "database.dump", "files.jsonl", "secret_key"
POOL = "files"
BEGINNING = "wittyagent-"
BACKUP = re.compile(r"wittyagent-\d{8}T\d{6}Z")
PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Part:
    """How long a part is, and its SHA-256."""

    size: int
    sha256: str


@dataclass(frozen=True)
class KeptFile:
    """One file of the list: `name` is what the database calls it."""

    name: str
    size: int
    sha256: str

    @property
    def stands_at(self) -> str:
        return pool_name(self.sha256)

    @property
    def line(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False).encode() + b"\n"


def pool_name(sha256: str) -> str:
    return f"{POOL}/{sha256[:2]}/{sha256}"


@dataclass
class Manifest:
    """What a backup says of itself. Times in ISO 8601; `server` and `pg_dump` are major versions."""

    taken_at: str
    version: str
    server: int
    pg_dump: int
    # applied, as "app.name"
    migrations: list[str]
    # rows by table
    counts: dict[str, int]
    parts: dict[str, Part] = field(default_factory=dict)
    files: int = 0
    file_bytes: int = 0
    # named in the database, and not to be found when they were copied
    missing_files: int = 0
    format: int = FORMAT

    @property
    def content(self) -> bytes:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False).encode()

    @property
    def size(self) -> int:
        return self.file_bytes + sum(part.size for part in self.parts.values())


def read_manifest(place: Place, backup: str) -> Manifest:
    """Raises BackupError, OSError."""
    with place.open(f"{backup}/{MANIFEST}") as file:
        content = file.read()
    try:
        found: dict[str, Any] = json.loads(content)
        if found["format"] > FORMAT:
            raise BackupError(f"{backup} was made by a newer WittyAgent ({found['version']}): restore it there")
        found["parts"] = {name: Part(**part) for name, part in found["parts"].items()}
        return Manifest(**found)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BackupError(f"{backup}/{MANIFEST} cannot be read: the backup is damaged, use another one") from None


def list_backups(place: Place) -> list[str]:
    """The complete ones, the oldest first."""
    ends = f"/{MANIFEST}"
    found = {name.removesuffix(ends) for name in place.names(BEGINNING) if name.endswith(ends)}
    return sorted(name for name in found if BACKUP.fullmatch(name))


def read_list(place: Place, backup: str) -> Iterator[KeptFile]:
    with place.open(f"{backup}/{LIST}") as file:
        for line in file:
            yield KeptFile(**json.loads(line))


class Hashing:
    """Reads on from `source`, and knows the digest of what it has read."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source, self.digest, self.size = source, hashlib.sha256(), 0

    def read(self, most: int = -1) -> bytes:
        data = self.source.read(PIECE_BYTES if most is None or most < 0 else most)
        self.digest.update(data)
        self.size += len(data)
        return data

    @property
    def part(self) -> Part:
        return Part(self.size, self.digest.hexdigest())


def digest_of(source: IO[bytes]) -> Part:
    hashing = Hashing(source)
    while hashing.read():
        pass
    return hashing.part
