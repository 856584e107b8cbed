"""Where backups are kept: a folder, or a bucket of any service that speaks S3.

What is put at a name stands there whole or not at all. What a place refuses is an OSError.
"""

import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import urlsplit

from django.conf import settings

from wittyagent.backups import BackupError
from wittyagent.s3_storage import S3Files

UNFINISHED = ".unfinished"


class Place(Protocol):
    """Names are paths with slashes, below the target."""

    target: str

    def begin(self, backup: str) -> str:
        """The folder in which the parts of this backup are put until it is complete. Raises BackupError."""

    def complete(self, backup: str) -> None:
        """All its parts are there, the manifest as well."""

    def put(self, name: str, content: IO[bytes]) -> None: ...
    def open(self, name: str) -> IO[bytes]: ...
    def exists(self, name: str) -> bool: ...
    def names(self, beginning: str) -> Iterator[str]:
        """Of all files whose name begins so, in no order."""

    def remove(self, name: str) -> None:
        """A file, or a folder with all that is in it."""


class Folder:
    """For its owner alone: the key is in it."""

    def __init__(self, target: str) -> None:
        self.root = Path(target).absolute()
        self.target = str(self.root)
        self.begun = self.root

    def begin(self, backup: str) -> str:
        # what is above may be a disk that is not mounted: nothing of it is made
        if not self.root.parent.is_dir():
            raise BackupError(f"{self.root.parent} is not there: mount its disk, or make that folder, and try again")
        self.begun = self.root / f"{backup}{UNFINISHED}"
        for folder in (self.root, self.begun):
            folder.mkdir(mode=0o700, exist_ok=True)
        return self.begun.name

    def complete(self, backup: str) -> None:
        with self._still_there():
            self.begun.rename(self.root / backup)
        _sync(self.root)

    def put(self, name: str, content: IO[bytes]) -> None:
        path = self.root / name
        part = path.with_name(f"{path.name}{UNFINISHED}")
        with self._still_there():
            for folder in reversed(path.relative_to(self.root).parents):
                (self.root / folder).mkdir(mode=0o700, exist_ok=True)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                shutil.copyfileobj(content, file, 1024 * 1024)
                file.flush()
                os.fsync(file.fileno())
            part.rename(path)
            _sync(path.parent)

    @contextmanager
    def _still_there(self) -> Iterator[None]:
        """What was begun went away with its disk: a part that is put where that was would be of no backup."""
        try:
            self.begun.stat()
            yield
        except OSError as error:
            if self.begun.is_dir():
                raise
            raise OSError(f"{self.root} went away meanwhile ({error.strerror}): is its disk mounted?") from error

    def open(self, name: str) -> IO[bytes]:
        return (self.root / name).open("rb")

    def exists(self, name: str) -> bool:
        return (self.root / name).exists()

    def names(self, beginning: str) -> Iterator[str]:
        for found in self.root.glob(f"{beginning}*"):
            if found.is_file():
                yield str(found.relative_to(self.root))
            for path, _folders, files in os.walk(found):
                below = Path(path).relative_to(self.root)
                yield from (str(below / file) for file in files)

    def remove(self, name: str) -> None:
        path = self.root / name
        if path.is_dir():
            # first what makes it a backup
            (path / "manifest.json").unlink(missing_ok=True)
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """What was renamed in it is so after a power cut as well."""
    handle = os.open(folder, os.O_RDONLY)
    with suppress(OSError):  # some file systems cannot
        os.fsync(handle)
    os.close(handle)


class Bucket:
    """Nothing is renamed in a bucket: a backup is one because of its manifest, which comes last."""

    def __init__(self, target: str) -> None:
        asked = urlsplit(target)
        self.target = f"s3://{asked.netloc}/{asked.path.strip('/')}"
        self.files = S3Files(bucket=asked.netloc, prefix=asked.path, **settings.BACKUP_S3)

    def begin(self, backup: str) -> str:
        return backup

    def complete(self, backup: str) -> None:
        pass

    def put(self, name: str, content: IO[bytes]) -> None:
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self.files.client.upload_fileobj(content, self.files.bucket, self.files.key(name))
        except (Boto3Error, BotoCoreError, ClientError) as error:
            raise OSError(f"S3: {error}") from error

    def open(self, name: str) -> IO[bytes]:
        file: Any = self.files.open(name).file
        return io.BufferedReader(file) if isinstance(file, io.RawIOBase) else file

    def exists(self, name: str) -> bool:
        return self.files.exists(name)

    def names(self, beginning: str) -> Iterator[str]:
        from botocore.exceptions import BotoCoreError, ClientError

        start = len(self.files.key(""))
        pages = self.files.client.get_paginator("list_objects_v2")
        try:
            for page in pages.paginate(Bucket=self.files.bucket, Prefix=self.files.key(beginning)):
                yield from (found["Key"][start:] for found in page.get("Contents", []))
        except (BotoCoreError, ClientError) as error:
            raise OSError(f"S3: {error}") from error

    def remove(self, name: str) -> None:
        found = [name, *self.names(f"{name}/")]
        for one in sorted(found, key=lambda one: not one.endswith("/manifest.json")):
            self.files.delete(one)


def open_place(target: str) -> Place:
    """Of a folder's path or `s3://bucket/prefix`. Raises BackupError."""
    if not target.startswith("s3://"):
        if "://" in target:
            raise BackupError(f"{target}: a folder, or s3://bucket/prefix")
        return Folder(target)
    asked = urlsplit(target)
    if not asked.netloc or asked.username or asked.query:
        raise BackupError("a bucket is named s3://bucket/prefix; who asks there is in BACKUP_S3_ACCESS_KEY_ID")
    return Bucket(target)
