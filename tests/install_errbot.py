"""Install Errbot, the bot framework that one test runs against, where it does not touch our own packages.

It names exact versions of what it needs, which are older than ours: hence an environment of its own.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "errbot.txt"
FOLDER = ROOT / "var" / "errbot"
ERRBOT = FOLDER / "bin" / "errbot"
INSTALLED = FOLDER / "installed.txt"


def main() -> None:
    if ERRBOT.exists() and INSTALLED.exists() and INSTALLED.read_text() == LOCK.read_text():
        return
    shutil.rmtree(FOLDER, ignore_errors=True)
    # without its own pip, which Debian leaves out: ours installs
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", FOLDER], check=True)
    python = FOLDER / "bin" / "python"
    by_uv = [sys.executable, "-m", "uv", "pip", "sync", "--quiet", "--python", python, "--require-hashes", LOCK]
    by_pip = [sys.executable, "-m", "pip", "--quiet", "--python", python, "install", "--require-hashes", "-r", LOCK]
    if subprocess.run(by_uv, check=False).returncode:
        subprocess.run(by_pip, check=True)
    shutil.copy(LOCK, INSTALLED)


if __name__ == "__main__":
    main()
