"""Files in a bucket of any service that speaks S3 (S3_… in the settings).

Nothing in it has an address of its own: inbox/views/files.py gives files to those who may see their chat, so
what is needed is to open one anywhere without fetching all of it. Hence not django-storages, which downloads a
file whole before its first byte is read, and has had no release since April 2025.
boto3 is imported when the first file is asked for: it takes its time, and most processes never need it.
"""

import io
from functools import cached_property
from typing import Any

from django.core.files.base import File
from django.core.files.storage import Storage
from django.utils.deconstruct import deconstructible

# bytes that are read from the service at a time
PIECE = 256 * 1024


@deconstructible
class S3Files(Storage):
    """Names are keys below `prefix`. What the service refuses or cannot do is an OSError, as on a disk."""

    def __init__(
        self, bucket: str, endpoint_url: str = "", access_key: str = "", secret_key: str = "", region: str = "",
        prefix: str = "",
    ) -> None:  # fmt: skip
        self.bucket, self.prefix = bucket, prefix.strip("/")
        self._given = {
            "endpoint_url": endpoint_url or None,
            "aws_access_key_id": access_key or None,
            "aws_secret_access_key": secret_key or None,
            "region_name": region or None,
        }

    @cached_property
    def client(self) -> Any:
        """One for all threads."""
        import boto3
        from botocore.config import Config

        config = Config(
            connect_timeout=5,
            read_timeout=30,
            retries={"mode": "standard", "max_attempts": 3},
            max_pool_connections=32,
            # a bucket as a host name needs DNS and certificates that own servers seldom have
            s3={"addressing_style": "path" if self._given["endpoint_url"] else "auto"},
            # the checksums that boto3 adds by itself are not understood by all who speak S3
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        # not boto3.client: its session is one for all threads, and not made for that
        return boto3.session.Session().client("s3", config=config, **self._given)

    def key(self, name: str) -> str:
        name = str(name).replace("\\", "/")
        return f"{self.prefix}/{name}" if self.prefix else name

    def ask(self, what: str, name: str, **given: Any) -> dict[str, Any]:
        """One call about one object. Raises FileNotFoundError, OSError."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer: dict[str, Any] = getattr(self.client, what)(Bucket=self.bucket, Key=self.key(name), **given)
            return answer
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in ("404", "NoSuchKey", "NotFound"):
                raise FileNotFoundError(name) from error
            raise OSError(f"S3 {what}: {code}") from error
        except BotoCoreError as error:
            raise OSError(f"S3 {what}: {type(error).__name__}") from error

    def _open(self, name: str, mode: str = "rb") -> File:
        if mode != "rb":
            raise ValueError("files in a bucket are read as bytes, and written by save()")
        return S3File(self, name)

    def _save(self, name: str, content: File) -> str:
        content.seek(0)
        # read piece by piece as it is sent; one call is enough up to 5 GB
        self.ask("put_object", name, Body=content, ContentType="application/octet-stream")
        return name

    def delete(self, name: str) -> None:
        self.ask("delete_object", name)

    def exists(self, name: str) -> bool:
        try:
            self.ask("head_object", name)
        except FileNotFoundError:
            return False
        return True

    def size(self, name: str) -> int:
        return int(self.ask("head_object", name)["ContentLength"])

    def url(self, name: str | None) -> str:
        raise ValueError("a file is shown by its chat's visibility, not by an address of its own")


class S3File(File):
    """A file in a bucket, open for reading: known to be there, and how long; nothing of it is fetched yet."""

    def __init__(self, storage: S3Files, name: str) -> None:
        head = storage.ask("head_object", name)
        self.size = int(head["ContentLength"])
        self._make = lambda: io.BufferedReader(_Reader(storage, name, self.size, head.get("ETag")), PIECE)
        super().__init__(self._make(), name)

    def open(self, mode: str | None = None, *_args: Any, **_kwargs: Any) -> "S3File":
        if self.closed:
            self.file = self._make()
        else:
            self.seek(0)
        return self


class _Reader(io.RawIOBase):
    """The object's bytes from wherever one seeks to, over one connection as long as one reads on."""

    def __init__(self, storage: S3Files, name: str, size: int, tag: str | None) -> None:
        self.storage, self.name, self.size, self.tag = storage, name, size, tag
        self.at = 0
        self.stream: Any = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        if start + offset != self.at:
            self._hang_up()
        self.at = max(0, start + offset)
        return self.at

    def readinto(self, buffer: Any) -> int:
        most = min(len(buffer), self.size - self.at)
        if most <= 0:
            return 0
        try:
            data = self._read(most)
        except _cut():
            # once more from here; whoever plays a film has more patience than the connection
            self._hang_up()
            try:
                data = self._read(most)
            except _cut() as error:
                raise OSError(f"S3: {type(error).__name__}") from error
        buffer[: len(data)] = data
        self.at += len(data)
        return len(data)

    def _read(self, most: int) -> bytes:
        if self.stream is None:
            same = {"IfMatch": self.tag} if self.tag else {}
            self.stream = self.storage.ask("get_object", self.name, Range=f"bytes={self.at}-", **same)["Body"]
        data: bytes = self.stream.read(most)
        if not data:
            raise EOFError
        return data

    def _hang_up(self) -> None:
        if self.stream is not None:
            self.stream.close()
            self.stream = None

    def close(self) -> None:
        self._hang_up()
        super().close()


def _cut() -> tuple[type[Exception], ...]:
    """What a connection that was cut is called, by those who call it something of their own."""
    from botocore.exceptions import BotoCoreError
    from urllib3.exceptions import HTTPError

    return BotoCoreError, HTTPError, EOFError
