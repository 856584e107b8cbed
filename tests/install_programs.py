"""Programs that single tests are run against: the machine's own, else apt's (as root).

`python tests/install_programs.py nginx promtool …` installs what is missing of these; `need("nginx")` says where it is, and
fails the test that asks where it is nowhere.
"""

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable

# by what each is called: the package that has it
PACKAGES = {
    "nginx": "nginx-light",
    "pgbouncer": "pgbouncer",
    "promtool": "prometheus",
    "rabbitmq-server": "rabbitmq-server",
    "systemd-analyze": "systemd",
}
# also where only root looks; first RabbitMQ's own, as Debian's in /usr/sbin becomes another user
PLACES = os.pathsep.join(["/usr/lib/rabbitmq/bin", os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


def find(name: str) -> str | None:
    return shutil.which(name, path=PLACES)


def need(name: str) -> str:
    found = find(name)
    assert found, f"{name} is not installed: python tests/install_programs.py {name}"
    return found


def install(names: Iterable[str]) -> None:
    if missing := [PACKAGES[name] for name in names if not find(name)]:
        install_packages(*missing)


def install_packages(*packages: str) -> None:
    """By apt, where there is one and we may; what goes wrong is said."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    sys.stderr.write(f"Installing {', '.join(packages)} (apt-get)\n")
    _apt("update")
    _apt("install", "-y", "--no-install-recommends", *packages)


@functools.cache
def _apt(*arguments: str) -> None:
    # no server of theirs is started, and who else installs is waited for
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    command = ["apt-get", "-o", "DPkg::Lock::Timeout=120", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stderr)


if __name__ == "__main__":
    install(sys.argv[1:])
