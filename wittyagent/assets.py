"""Static files: named by content, compressed, collected only when one of them has changed; the modules' import map."""

import hashlib
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import brotli
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
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


def collect() -> None:
    """Runs collectstatic if STATIC_ROOT does not hold the present files. Nothing to do with DEBUG."""
    if settings.DEBUG:
        return
    stamp, present = Path(settings.STATIC_ROOT) / ".collected", _fingerprint()
    if stamp.exists() and stamp.read_text() == present:
        return
    call_command("collectstatic", interactive=False, verbosity=0, skip_checks=True)
    stamp.write_text(present)


def _fingerprint() -> str:
    """A digest of the names, sizes and times of all static files."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            found = os.stat(storage.path(path))
            digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


# A module names another by its file below static/ ("inbox/live.js"); the map leads from there to the file's hashed
# address. The map stands inline, as browsers take no other, so the CSP lets it in by the page's nonce.


def render_import_map(nonce: str, *rooms: str) -> SafeString:
    """The map of these rooms' modules (or single files), and the order to fetch them all at once."""
    found, preloads = _render_modules(rooms)
    return format_html('<script type="importmap" nonce="{}">{}</script>\n{}', nonce, found, preloads)


@cache
def _render_modules(rooms: tuple[str, ...]) -> tuple[SafeString, SafeString]:
    addresses = {name: static(name) for room in rooms for name in list_modules(room)}
    # without preloads the browser would learn of each module only from those that import it, one round after another
    preloads = format_html_join("\n", '<link rel="modulepreload" href="{}">', ((one,) for one in addresses.values()))
    # names and addresses of our own files: nothing in them needs to be escaped
    return SafeString(json.dumps({"imports": addresses})), preloads


def list_modules(room: str) -> list[str]:
    """The files of a folder of static/, or the one file that is named."""
    root = Path(settings.BASE_DIR) / "static"
    if room.endswith(".js"):
        return [room]
    return sorted(path.relative_to(root).as_posix() for path in root.glob(f"{room}/**/*.js"))
