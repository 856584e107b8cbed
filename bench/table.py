"""The table of measurements: each with a line of what it is, the figures that it gives, and what they have to reach.

A measurement is the module of its name: `run_bench(stage, options)` returns what it found, a dict, and
`choose_figures(found)` what of it is judged here, {key of a Floor: value}. `results.json` holds both for each, with the
`machine` and the `options` of its own run.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.figures import format_number

MISSED = "MISSED"


@dataclass(frozen=True)
class Floor:
    """A figure, and what it has to reach: under `must` the run fails, at `aim` nothing is left to do.

    `unit`: "%" of the bare thing (the value is a part of 1), "×" the bare thing, or "ms", "s", "MB", "kB", "".
    """

    key: str
    what: str
    unit: str
    must: float
    aim: float | None = None
    at_least: bool = False

    def reaches(self, value: float, goal: float) -> bool:
        """Whether the value is as good as the goal; what is no number never is."""
        return value >= goal if self.at_least else value <= goal

    def judge(self, value: float) -> str:
        if not self.reaches(value, self.must):
            return MISSED
        return "aim met" if self.aim is not None and self.reaches(value, self.aim) else "met"

    def show(self, value: float) -> str:
        """50 %, 1.7 ×, 260 MB."""
        if math.isnan(value):
            return "–"
        number = f"{value * 100:.0f}" if self.unit == "%" else format_number(float(value))
        return f"{number} {self.unit}".strip()


def at_least(key: str, what: str, must: float, aim: float | None = None) -> Floor:
    return Floor(key, what, "%", must, aim, at_least=True)


def at_most(key: str, what: str, unit: str, must: float, aim: float | None = None) -> Floor:
    return Floor(key, what, unit, must, aim)


@dataclass(frozen=True)
class Bench:
    about: str
    floors: tuple[Floor, ...]


BENCHES = {
    "ingest": Bench("a customer's text, posted → stored and published, against a bare endpoint", (
        at_least("daphne", "one text in, daphne: the least of three cases", 0.50, 0.65),
        at_least("uvicorn", "one text in, uvicorn: the least of three cases", 0.40, 0.60),
    )),
    "origins": Bench("bodies of the networks in, messages out, against bare ones", (
        at_least("of_http", "WhatsApp, one a body, against HTTP", 0.80),
        at_least("hundred", "WhatsApp, 100 a body, against a bare bulk insert", 0.50, 0.70),
        at_most("answer", "answer to one body, p95", "×", 3.0, 2.0),
        at_least("outbox", "outbox, one worker", 0.50, 0.70),
        at_least("outbox_receipts", "outbox, one worker, with receipts", 0.50, 0.70),
    )),
    "bots": Bench("a customer's message → external bot → its answer, against the bot's own time", (
        at_most("added", "bot: added to its own time, p50", "ms", 12, 8),
    )),
    "live": Bench("from the post to an agent's socket, and one event to 500 sockets, against bare sockets", (
        at_most("idle", "post → agent's socket, p50, idle: the most of all cases", "×", 1.7, 1.3),
        at_most("busy", "post → agent's socket, p50, at 50 messages a second: the most of all cases", "×", 1.7, 1.3),
        at_most("cpu_daphne", "500 sockets, CPU a delivery, daphne", "×", 2.0, 1.7),
        at_most("cpu_uvicorn", "500 sockets, CPU a delivery, uvicorn", "×", 1.3, 1.2),
    )),
    "expire": Bench("the sweep of chats that expire, against a bare UPDATE of as many rows", (
        at_least("one", "sweep of due chats, one sweeper", 0.25, 0.40),
    )),
    "lists": Bench("trays, threads and Contactos with few chats and with many", (
        at_most("time", "lists with many chats against few: the most time of all pages", "×", 1.5),
        at_most("queries", "lists with many chats against few: pages with more queries", "", 0),
    )),
    "search": Bench("a search of messages that one may see, against the bare index of words", (
        at_most("time", "search of messages, p50: the most of two cases", "×", 1.5),
    )),
    "reports": Bench("a year of Informes, against counting the steps of that year once", (
        at_most("time", "a year of Informes by tray, p50", "ms", 1000, 500),
    )),
    "scale": Bench("a message with 1, 2 and 4 web processes, thousands of sockets, and how much goes all the way", (
        at_most("cost", "one text in with 1, 2, 4 web processes behind nginx: the dearest, against one", "×", 1.15),
        at_most("lost", "one event to thousands of sockets on 1 and 4 processes: numbers lost", "", 0),
        Floor("day", "customers, agents and a worker at once: messages in that nothing falls behind of", "/s", 35, 100,
              at_least=True),
        at_most("lost_on_the_way", "of these: messages lost", "", 0),
    )),
    "memory": Bench("memory of `manage.py up`, at rest and after work, and how soon it is ready", (
        at_most("rest", "memory at rest, all processes (PSS)", "MB", 260, 200),
        at_most("ready", "second start to ready", "s", 3, 2),
    )),
    "transfer": Bench("bytes that come to a real browser", (
        at_most("first load, empty cache", "first load with an empty cache, transferred", "kB", 160, 130),
        at_most("take", "a take, transferred", "kB", 8),
        at_most("message sent", "one message sent, transferred", "kB", 3),
        at_most("preview", "a preview, transferred", "kB", 10),
    )),
    "browser": Bench("from the key to the paint in a real browser, at CPU × 4 and slow 4G", (
        at_most("send", "CPU × 4, slow 4G: a message sent → on the screen, p50", "ms", 50),
        at_most("pane", "CPU × 4, slow 4G: another pane, p50", "ms", 100, 50),
        at_most("replies", "CPU × 4, slow 4G: a letter of the search of quick replies, p50", "ms", 100, 50),
        at_most("preview", "CPU × 4, slow 4G: a preview opened, p50", "ms", 1000, 500),
        at_most("take", "CPU × 4, slow 4G: a chat taken → one writes in it, p50", "ms", 1500, 1000),
    )),
}  # fmt: skip


def list_figures(results: dict[str, Any]) -> Iterator[tuple[Floor, float | None, dict[str, Any]]]:
    """Each floor with what was measured last, None where nothing was, and the result that it is of."""
    for name, bench in BENCHES.items():
        result = results.get(name, {})
        for floor in bench.floors:
            yield floor, result.get("figures", {}).get(floor.key), result


def list_missed(results: dict[str, Any]) -> list[str]:
    """What was measured and does not reach what it must."""
    return [
        floor.what
        for floor, value, _result in list_figures(results)
        if value is not None and floor.judge(value) == MISSED
    ]


HEAD = ("what", "measured", "must", "aim", "", "when, how")


def build_rows(results: dict[str, Any]) -> list[tuple[str, ...]]:
    """The rows of the table under HEAD; "–" for what was not measured."""
    return [
        (
            floor.what,
            "–" if value is None else floor.show(value),
            _show_goal(floor, floor.must),
            "" if floor.aim is None else floor.show(floor.aim),
            "" if value is None else floor.judge(value),
            "" if value is None else describe_run(result),
        )
        for floor, value, result in list_figures(results)
    ]


def _show_goal(floor: Floor, goal: float) -> str:
    return f"{'≥' if floor.at_least else '≤'} {floor.show(goal)}"


def describe_run(result: dict[str, Any]) -> str:
    """2026-11-25, full."""
    return f"{result['machine']['at'][:10]}, {'quick' if result['options']['quick'] else 'full'}"


def render_markdown(results: dict[str, Any]) -> str:
    """The README's tables."""
    lines = [HEAD, ("---",) * len(HEAD), *build_rows(results)]
    memory = results["memory"]
    rows = zip(memory["rows"], memory["rows_after_work"], strict=True)
    lines += [
        (),
        (f"process, MB (PSS; {describe_run(memory)})", "at rest", "after messages and pages"),
        ("---",) * 3,
        *((one["process"], f"{one['pss_mb']:.0f}", f"{later['pss_mb']:.0f}") for one, later in rows),
        ("all", f"{memory['pss_mb']:.0f}", f"{memory['pss_mb_after_work']:.0f}"),
    ]
    return "\n".join(f"| {' | '.join(line)} |" if line else "" for line in lines)
