"""The networks: bodies of WhatsApp against those of the HTTP origin and against keeping them only; what one worker
sends against a bare sender; and bodies of a thousand messages. All against the sandbox, which answers at once.
"""

import http.client
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.figures import format_share, median, print_table
from bench.ingest import start_bare
from bench.network_lines import (
    ALLOWED,
    SECRET,
    OriginLine,
    make_http_line,
    make_phones,
    make_whatsapp_line,
    start_worker,
)
from bench.outgoing import measure_outgoing
from bench.poster import build_whatsapp_body
from bench.stage import Child, Stage, Web

CONNECTIONS = 8
SENDERS = 400


# --- what comes in --------------------------------------------------------------------------------


@dataclass
class IncomingSide:
    """A way in: to which process, with how many messages a body."""

    name: str
    web: Web
    line: OriginLine
    batch: int = 1
    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    slow: list[float] = field(default_factory=list)

    def run_round(self, poster: Child, mark: str, seconds: float) -> None:
        got, used = self._post_bodies(poster, mark, seconds, CONNECTIONS)
        messages = got["posted"] * self.batch
        self.rates.append(messages / got["seconds"])
        self.cpu.append(used / messages * 1e6)

    def quiet_round(self, poster: Child, mark: str, seconds: float) -> None:
        """One body after the other: how long an answer takes where nobody else asks."""
        got, _used = self._post_bodies(poster, f"{mark}q", seconds, 1)
        self.slow.append(got["p95"] * 1e3)

    def _post_bodies(self, poster: Child, mark: str, seconds: float, connections: int) -> tuple[dict[str, Any], float]:
        order = {"port": self.web.port, **self.line.posting_order(self.batch), "connections": connections}
        poster.ask_order(**order, mark=f"{mark}w", seconds=0.2)
        used = self.web.read_cpu()
        got = poster.ask_order(**order, mark=mark, seconds=seconds)
        if got["bad"]:
            raise RuntimeError(f"{self.name}: {got['bad'][0]}")
        return got, self.web.read_cpu() - used


def measure_incoming(here: Stage, options: Any) -> dict[str, Any]:
    count = options.choose_count(SENDERS * 2, SENDERS)
    plain, network = make_http_line("plain", count), make_whatsapp_line(1, make_phones(1, count))
    kept, bulk = make_whatsapp_line(2, make_phones(2, 8)), make_whatsapp_line(4, make_phones(4, count))
    kept.mode, bulk.mode = "keep", "bulk"
    web, limit = here.start_web("daphne", **ALLOWED), start_bare(here, "daphne", {"kept": kept, "bulk": bulk})
    poster = here.start_child("poster")
    sides = [
        IncomingSide("HTTP, 1 a body", web, plain), IncomingSide("WhatsApp, 1 a body", web, network),
        IncomingSide("HTTP, 100 a body", web, plain, 100), IncomingSide("WhatsApp, 100 a body", web, network, 100),
        IncomingSide("only kept", limit, kept), IncomingSide("bare bulk insert, 100 a body", limit, bulk, 100),
    ]  # fmt: skip
    for number in range(options.choose_count(6, 3)):
        for place, side in enumerate(sides):
            side.run_round(poster, f"{place}-{number}", options.choose_count(16, 10) / 10)
    for number in range(options.choose_count(6, 3)):
        for place in (1, 4):
            sides[place].quiet_round(poster, f"{place}-{number}", options.choose_count(16, 10) / 10)
    return _show_incoming(sides)


def _show_incoming(sides: list[IncomingSide]) -> dict[str, Any]:
    http1, whatsapp1, _http100, whatsapp100, kept, bulk = sides
    of_http = {side.name: median(side.rates) / median(http1.rates) for side in sides}
    of_bulk = median(whatsapp100.rates) / median(bulk.rates)
    slower = median(whatsapp1.slow) / median(kept.slow)
    rows = [
        [side.name, median(side.rates), format_share(of_http[side.name]), median(side.cpu),
         median(side.slow) if side.slow else ""]
        for side in sides
    ]  # fmt: skip
    head = ("body", "messages/s", "of HTTP, 1", "CPU µs", "p95 ms, alone")
    print_table(f"Origins, in: one web process (daphne), {CONNECTIONS} connections", head, rows)
    print(f"100 a body: {format_share(of_bulk)} of the bare bulk insert; answer p95 {slower:.1f} times the bare insert")
    return {
        "rows": [
            {"body": side.name, "rate": median(side.rates), "of_http": of_http[side.name], "cpu_us": median(side.cpu),
             "p95_ms": median(side.slow) if side.slow else None, "rates": side.rates}
            for side in sides
        ],
        "p95_of_bare": slower, "hundred_of_bulk": of_bulk,
    }  # fmt: skip


# --- a worker ---------------------------------------------------------------------------------------


# --- a thousand a body ------------------------------------------------------------------------------


def measure_thousands(here: Stage, options: Any) -> dict[str, Any]:
    line = make_whatsapp_line(3, make_phones(3, 1000))
    web, working = here.start_web("daphne", **ALLOWED), start_worker(here)
    rows: list[dict[str, float]] = []
    for number in range(options.choose_count(20, 6)):
        raw = build_whatsapp_body(line.posting_order(1000), line.senders, [f"k-{number}-{one}" for one in range(1000)])
        rows.append(_time_thousand(line, web.port, raw, number))
        rows[-1] |= {"web_mb": _peak_memory(web), "worker_mb": _peak_memory(working), "kb": len(raw) / 1024}
    # the first ones fill caches and pools
    settled = len(rows) // 4
    growth = {name: rows[-1][name] - rows[settled][name] for name in ("web_mb", "worker_mb")}
    answers, stored = [row["answered_ms"] for row in rows], [row["stored_s"] for row in rows]
    head = ("", "median", "slowest")
    print_table(
        f"Origins, {len(rows)} bodies of 1,000 messages ({rows[0]['kb']:.0f} KB each)", head,
        [["answered, ms", median(answers), max(answers)], ["all stored, s", median(stored), max(stored)]],
    )  # fmt: skip
    print(
        f"{1000 / median(stored):,.0f} messages/s; peak memory after body {settled + 1} and after the last: "
        + ", ".join(
            f"{name.removesuffix('_mb')} {rows[settled][name]:.1f} → {rows[-1][name]:.1f} MB" for name in growth
        )
    )
    return {"bodies": rows, "growth_mb": growth, "answered_ms": median(answers), "stored_s": median(stored)}


def _time_thousand(line: OriginLine, port: int, raw: bytes, number: int) -> dict[str, float]:
    from chats.models import Message
    from common.signature import sign_bytes

    refs = Message.objects.filter(origin=line.origin, external_id__startswith=f"wamid.k-{number}-")
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"X-Hub-Signature-256": sign_bytes(SECRET, raw), "Content-Type": "application/json"}
    began = time.perf_counter()
    client.request("POST", line.webhook_path, raw, headers)
    answer = client.getresponse()
    said = answer.read()
    answered = time.perf_counter() - began
    client.close()
    if answer.status != 200:
        raise RuntimeError(f"{answer.status}: {said[:300]!r}")
    while refs.count() < 1000:
        if time.perf_counter() - began > 60:
            raise RuntimeError(f"{refs.count()} of 1000 stored: {said[:300]!r}")
        time.sleep(0.02)
    return {"answered_ms": answered * 1e3, "stored_s": time.perf_counter() - began}


def _peak_memory(of: Web) -> float:
    """The most memory (MB) that a process has ever had resident."""
    status = Path(f"/proc/{of.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


# --- what goes out ----------------------------------------------------------------------------------


def run_bench(here: Stage, options: Any) -> dict[str, Any]:
    results = {}
    for name, measure in (
        ("incoming", measure_incoming),
        ("thousands", measure_thousands),
        ("outgoing", measure_outgoing),
    ):
        results[name] = measure(here, options)
        here.end_processes()
    return results


def choose_figures(found: dict[str, Any]) -> dict[str, float]:
    of_http = {one["body"]: one["of_http"] for one in found["incoming"]["rows"]}
    of_bare = {one["outbox"]: one["of_bare"] for one in found["outgoing"]["rows"]}
    # what was measured before there was a bulk insert has none
    bulk = found["incoming"].get("hundred_of_bulk")
    return {
        "of_http": of_http["WhatsApp, 1 a body"],
        **({} if bulk is None else {"hundred": bulk}),
        "answer": found["incoming"]["p95_of_bare"],
        "outbox": of_bare["receipts off"],
        "outbox_receipts": of_bare["receipts on"],
    }
