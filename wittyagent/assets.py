"""Static files: named by content, made smaller, compressed, collected only when one of them has changed.

The repository and DEBUG have them as they were written. What is served lacks comments, and of Tabler what no page
needs; the modules that a page runs at once are one script.
"""

import hashlib
import os
import re
from pathlib import Path
from typing import Any

import brotli
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.files.base import ContentFile
from django.core.management import call_command
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

from common.joined_modules import STARTS, join_modules
from wittyagent import unused_styles

LIBRARY = "vendor/tabler.min.css"
# how a sheet of ours names its parts, and others
PART = re.compile(r'^@import url\("([\w-]+\.css)"\);\n', re.M)
IMPORT = re.compile(r"^@import .*;\n", re.M)


class QuickerBrotli(Compressor):
    """Quality 10 takes half the time of 11 for 2 % more bytes, and the first start waits for it."""

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        return brotli.compress(data, quality=10)


class HashedFiles(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, which keeps (and compresses) the hashed files only."""

    keep_only_hashed_files = True
    joins_modules = True

    def create_compressor(self, **options: Any) -> Compressor:
        return QuickerBrotli(**options)

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Any:
        if not dry_run:
            for name in [name for name in paths if _is_ours(name, *paths[name])]:
                # what is hashed next is read from here, no more from where it was found
                paths[name] = self._save_thin(name, *paths[name]), name
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def _save_thin(self, name: str, found_in: Any, path: str) -> "HashedFiles":
        # not from here, where one that was broken off may have left what is thin already
        with found_in.open(path) as file:
            text = thin_file(name, file.read().decode())
        self.delete(name)
        self._save(name, ContentFile(text.encode()))
        return self


def _is_ours(name: str, storage: Any, path: str) -> bool:
    """A script or sheet of static/, of the libraries there only the one that is cut down."""
    if not name.endswith((".js", ".css")) or (name.startswith("vendor/") and name != LIBRARY):
        return False
    return Path(storage.path(path)).is_relative_to(Path(settings.BASE_DIR) / "static")


def thin_file(name: str, text: str) -> str:
    """A script or sheet as it is served."""
    if name == LIBRARY:
        return unused_styles.drop_unused(text, Path(settings.BASE_DIR))
    if name.endswith(".js"):
        return drop_remarks(join_modules(name) if name in STARTS else text)
    return unused_styles.drop_remarks(join_parts(text, Path(settings.BASE_DIR) / "static" / Path(name).parent))


def join_parts(sheet: str, folder: Path) -> str:
    """With the text of the sheets of its own folder that it names: one request, and compressed as one."""
    whole = PART.sub(lambda found: (folder / found[1]).read_text(), sheet)
    # a browser passes over an @import that stands behind a rule
    return "".join([*IMPORT.findall(whole), IMPORT.sub("", whole)])


def drop_remarks(script: str) -> str:
    """Without the lines that are comments. No text of ours goes over several lines, which could begin so, too."""
    return "".join(line for line in script.splitlines(keepends=True) if not line.lstrip().startswith("//"))


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
    """A digest of the names, sizes and times of all static files, and of what decides how they are served."""
    digest = hashlib.sha256()
    files = [(path, storage.path(path)) for finder in get_finders() for path, storage in finder.list([])]
    files += [(str(path), str(path)) for path in unused_styles.list_sources(Path(settings.BASE_DIR))]
    for name, path in files:
        found = os.stat(path)
        digest.update(f"{name} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()
