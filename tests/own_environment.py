"""Programs that tests run against and that must not touch our own packages: each in an environment of its own."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def install_lock(name: str) -> Path:
    """Make var/<name> an environment that holds what requirements/<name>.txt names; its folder."""
    lock, folder = ROOT / "requirements" / f"{name}.txt", ROOT / "var" / name
    installed, python = folder / "installed.txt", folder / "bin" / "python"
    if python.exists() and installed.exists() and installed.read_text() == lock.read_text():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    # without its own pip, which Debian leaves out: ours installs
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    by_uv = [sys.executable, "-m", "uv", "pip", "sync", "--quiet", "--python", python, "--require-hashes", lock]
    by_pip = [sys.executable, "-m", "pip", "--quiet", "--python", python, "install", "--require-hashes", "-r", lock]
    if subprocess.run(by_uv, check=False).returncode:
        subprocess.run(by_pip, check=True)
    shutil.copy(lock, installed)
    return folder
