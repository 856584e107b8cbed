"""Install the client libraries of the networks that one test runs against the sandbox: from PyPI and, with the npm
that comes from there too, from npm. All of it in var/clients, where it does not touch our own packages."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.own_environment import install_lock  # noqa: E402 - run as a script, too

PYTHON = ROOT / "var" / "clients" / "bin" / "python"
NODE = ROOT / "var" / "clients" / "bin" / "node"
MODULES = ROOT / "var" / "clients" / "js" / "node_modules"
NAMED = ROOT / "tests" / "clients"
FILES = ("package.json", "package-lock.json", ".npmrc")


def install_modules(folder: Path) -> None:
    """What tests/clients/package-lock.json names, checked against its digests."""
    here = folder / "js"
    lock, done = NAMED / "package-lock.json", here / "installed.json"
    if done.exists() and done.read_text() == lock.read_text():
        return
    shutil.rmtree(here, ignore_errors=True)
    here.mkdir()
    for name in FILES:
        shutil.copy(NAMED / name, here)
    # its own node before any other of this machine
    path = f"{folder / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    npm = [folder / "bin" / "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
    subprocess.run(npm, cwd=here, env={**os.environ, "PATH": path}, check=True, stdin=subprocess.DEVNULL)
    shutil.copy(lock, done)


if __name__ == "__main__":
    install_modules(install_lock("clients"))
