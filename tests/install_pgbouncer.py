"""PgBouncer for the test of a pooler: the machine's own, else apt's (as root). Without one the product is told of it.

`python tests/install_pgbouncer.py` tries to install it; `find()` says where it is.
"""

import os
import shutil
import subprocess
import sys


def find() -> str | None:
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")


def install() -> None:
    if find() or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    sys.stderr.write("Installing pgbouncer (apt-get)\n")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "pgbouncer"]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.stderr.write(done.stderr)


if __name__ == "__main__":
    install()
