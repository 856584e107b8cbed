"""Memory of `manage.py up`, at rest and after some work: the proportional share (PSS) of each of its processes."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.figures import print_table
from bench.stage import ROOT, Stage, free_port
from common.signature import sign_bytes
from wittyagent.run import processes

MAX_START_SECONDS = 90
ROLES = {
    **{name: f"wittyagent: {name}" for name in ("web", "worker", "caller", "beat")},
    "PostgreSQL": "postgres",
    "Valkey": "valkey-server",
    "supervisor": "manage.py up",
}


SECRET, SENDERS, SETTLE_SECONDS = "bench-secret", 50, 5
MAKE_LINE = f"""
from origins.models import Origin
Origin.objects.create(kind="http", name="Memory", key="memory", secret="{SECRET}")
"""


def run_bench(here: Stage, options: Any) -> dict[str, Any]:
    data = here.folder / "up"
    data.mkdir(mode=0o755)
    with StartedProduct(data) as product:
        first = product.ready_seconds
        if options.quick:
            rest, worked = product.measure(6, 200)
    later = first
    if not options.quick:
        # the one that people live with: nothing to migrate, nothing to collect
        with StartedProduct(data) as product:
            later = product.ready_seconds
            rest, worked = product.measure(20, 2000)
    totals = [sum(one["pss_mb"] for one in found) for found in (rest, worked)]
    rows = [[one["process"], one["count"], one["pss_mb"], one["rss_mb"], after["count"], after["pss_mb"]]
            for one, after in zip(rest, worked, strict=True)]  # fmt: skip
    head = ("process", "how many", "PSS", "RSS", "then", "PSS")
    print_table("Memory at rest and after some work, MB", head, [*rows, ["all", "", totals[0], "", "", totals[1]]])
    print(f"ready in {first:.1f} s the first time (with migrations and static files), later in {later:.1f} s")
    return {"rows": rest, "pss_mb": totals[0], "rows_after_work": worked, "pss_mb_after_work": totals[1],
            "first_ready_seconds": first, "later_ready_seconds": later}  # fmt: skip


def choose_figures(found: dict[str, Any]) -> dict[str, float]:
    return {"rest": found["pss_mb"], "ready": found["later_ready_seconds"]}


class StartedProduct:
    """`manage.py up`, ready after `ready_seconds`."""

    def __init__(self, data: Path) -> None:
        self.port, self.log = free_port(), data.with_suffix(".log")
        # empty, not absent: what an .env in the checkout names must not be used
        ours = {"WITTY_DATA": str(data), "PORT": str(self.port), "DATABASE_URL": "", "REDIS_URL": ""}
        self.environment = os.environ | ours

    def __enter__(self) -> "StartedProduct":
        with self.log.open("wb") as out:
            began = time.monotonic()
            self.up = processes.spawn_process([sys.executable, "manage.py", "up"], cwd=ROOT, env=self.environment,
                                              stdout=out, stderr=subprocess.STDOUT)  # fmt: skip
        while b"is ready at" not in self.log.read_bytes():
            if self.up.poll() is not None or time.monotonic() - began > MAX_START_SECONDS:
                self.__exit__()
                raise RuntimeError(f"manage.py up was not ready: {self.log.read_text()[-2000:]}")
            time.sleep(0.05)
        self.ready_seconds = time.monotonic() - began
        return self

    def __exit__(self, *_: object) -> None:
        processes.stop_processes({self.up: signal.SIGINT}, 8)

    def measure(self, rest: float, messages: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """What its processes take after so many seconds of rest, and after so many messages and pages."""
        time.sleep(rest)
        at_rest = measure_processes(self.up.pid)
        subprocess.run([sys.executable, "manage.py", "shell", "-v", "0", "-c", MAKE_LINE], cwd=ROOT,
                       env=self.environment, check=True)  # fmt: skip
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(self._work, range(messages)))
        time.sleep(SETTLE_SECONDS)
        return at_rest, measure_processes(self.up.pid)

    def _work(self, number: int) -> None:
        """A message of a customer, for the menu bot to answer, and a page."""
        said = {"id": f"memory-{number}", "from": f"cust-{number % SENDERS}", "type": "text", "text": f"Hola {number}"}
        raw = json.dumps({"messages": [said]}).encode()
        signed = {"X-Witty-Signature": sign_bytes(SECRET, raw), "Content-Type": "application/json"}
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        for method, path, body, headers in (("POST", "/webhooks/memory/", raw, signed), ("GET", "/login/", None, {})):
            client.request(method, path, body, headers)
            answer = client.getresponse()
            answer.read()
            assert answer.status == 200, (path, answer.status)
        client.close()


def measure_processes(root: int) -> list[dict[str, Any]]:
    """PSS and RSS by role of a process and all below it."""
    found = {role: {"process": role, "count": 0, "pss_mb": 0.0, "rss_mb": 0.0} for role in ROLES}
    for pid in [root, *list_descendants(root)]:
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            sizes = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue  # it has ended meanwhile, as whoever served a question to the database does
        role = next((role for role, part in ROLES.items() if part in command), None)
        if role is None:
            raise RuntimeError(f"unknown process: {command}")
        one = found[role]
        one["count"] += 1
        for line in sizes.splitlines():
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
