"""Memory at rest of `manage.py up`: the proportional share (PSS) of each of its processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.figures import print_table
from bench.stage import ROOT, Stage, free_port
from wittyagent.run import processes

MAX_START_SECONDS = 90
ROLES = {
    "web": "daphne",
    "worker": "--queues celery ",
    "caller": "--queues calls ",
    "beat": "--skip-checks beat",
    "PostgreSQL": "postgres",
    "Valkey": "valkey-server",
    "supervisor": "manage.py up",
}


def run_bench(here: Stage, options: Any) -> dict[str, Any]:
    data = here.folder / "up"
    data.mkdir(mode=0o755)
    first, found = start_product(data, 6 if options.quick else 0)
    later = first
    if not options.quick:
        # the one that people live with: nothing to migrate, nothing to collect
        later, found = start_product(data, 20)
    total = sum(one["pss_mb"] for one in found)
    rows = [[one["process"], one["count"], one["pss_mb"], one["rss_mb"]] for one in found]
    print_table("Memory at rest, MB", ("process", "how many", "PSS", "RSS"), [*rows, ["all", "", total, ""]])
    print(f"ready in {first:.1f} s the first time (with migrations and static files), later in {later:.1f} s")
    return {"rows": found, "pss_mb": total, "first_ready_seconds": first, "later_ready_seconds": later}


def start_product(data: Path, rest: float) -> tuple[float, list[dict[str, Any]]]:
    """`manage.py up`: seconds until it is ready, and what its processes take after so many seconds of rest."""
    # empty, not absent: what an .env in the checkout names must not be used
    ours = {"WITTY_DATA": str(data), "PORT": str(free_port()), "DATABASE_URL": "", "REDIS_URL": ""}
    log = data.with_suffix(".log")
    with log.open("wb") as out:
        began = time.monotonic()
        up = processes.spawn_process([sys.executable, "manage.py", "up"], cwd=ROOT, env=os.environ | ours, stdout=out,
                             stderr=subprocess.STDOUT)  # fmt: skip
    try:
        while b"is ready at" not in log.read_bytes():
            if up.poll() is not None or time.monotonic() - began > MAX_START_SECONDS:
                raise RuntimeError(f"manage.py up was not ready: {log.read_text()[-2000:]}")
            time.sleep(0.05)
        ready = time.monotonic() - began
        time.sleep(rest)
        return ready, measure_processes(up.pid) if rest else []
    finally:
        processes.stop_processes({up: signal.SIGINT}, 8)


def measure_processes(root: int) -> list[dict[str, Any]]:
    """PSS and RSS by role of a process and all below it."""
    found = {role: {"process": role, "count": 0, "pss_mb": 0.0, "rss_mb": 0.0} for role in ROLES}
    for pid in [root, *list_descendants(root)]:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        role = next((role for role, part in ROLES.items() if part in command), None)
        if role is None:
            raise RuntimeError(f"unknown process: {command}")
        one = found[role]
        one["count"] += 1
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            name, _, size = line.partition(":")
            if name in ("Pss", "Rss"):
                one[f"{name.lower()}_mb"] += int(size.split()[0]) / 1024
    return list(found.values())


def list_descendants(root: int) -> list[int]:
    """Pids of all descendants."""
    parents = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(process.name)] = int((process / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found, at = [], [root]
    while at:
        children = [pid for pid, parent in parents.items() if parent in at]
        found += children
        at = children
    return found
