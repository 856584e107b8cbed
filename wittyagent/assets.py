"""Static files: named by content, compressed, collected only when one of them has changed."""

import hashlib
import os
from pathlib import Path
from typing import Any

import brotli
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class QuickerBrotli(Compressor):
    """Quality 10 takes half the time of 11 for 2 % more bytes, and the first start waits for it."""

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        return brotli.compress(data, quality=10)


class HashedFiles(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, which keeps (and compresses) the hashed files only."""

    keep_only_hashed_files = True

    def create_compressor(self, **options: Any) -> Compressor:
        return QuickerBrotli(**options)


def collect_static() -> None:
    """Runs collectstatic if STATIC_ROOT does not hold the present files. Nothing to do with DEBUG."""
    if settings.DEBUG:
        return
    stamp, present = Path(settings.STATIC_ROOT) / ".collected", _static_fingerprint()
    if stamp.exists() and stamp.read_text() == present:
        return
    call_command("collectstatic", interactive=False, verbosity=0, skip_checks=True)
    stamp.write_text(present)


def _static_fingerprint() -> str:
    """A digest of the names, sizes and times of all static files."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            found = os.stat(storage.path(path))
            digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()
