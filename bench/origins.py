"""The networks: bodies of WhatsApp against those of the HTTP origin and against keeping them only; what one worker
sends against a bare sender; and bodies of a thousand messages. All against the sandbox, which answers at once.
"""

import http.client
import json
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.figures import median, share, show
from bench.ingest import bare, database
from bench.poster import whatsapp_body
from bench.stage import ROOT, Child, Stage, Web, wait_for
from wittyagent.run import processes

# messages/s of a body of one and of a hundred, of the HTTP origin's with one; p95 of an answer, of the bare insert's
ONE, HUNDRED, SLOWEST = 0.80, 2.0, 5.0
CONNECTIONS = 8
SENDERS = 400
TEXT = "¿Tienen turno para mañana a la tarde?"
SECRET = "s" * 43
ALLOWED = {"ALLOWED_INTERNAL_HOSTS": "127.0.0.1"}
# lines of the outbox: one may send 80 a second, and they must not be what limits
LINES, CHATS = 12, 20


@dataclass
class Line:
    """An origin whose customers wait in a tray at which nobody looks."""

    origin: Any
    senders: list[str]
    shape: str
    keep: bool = False

    @property
    def path(self) -> str:
        return f"/webhooks/{self.origin.key}/"

    def order(self, batch: int) -> dict[str, Any]:
        return {"path": self.path, "secret": self.origin.secret, "senders": self.senders, "text": TEXT, "batch": batch,
                "shape": self.shape, "line": self.origin.line_id}  # fmt: skip

    def bare(self) -> dict[str, Any]:
        return {"id": self.origin.pk, "secret": self.origin.secret, "reply": "", "choices": "{}", "keep": self.keep}


def http_line(name: str, senders: int) -> Line:
    from origins.models import Origin
    from tests.people import says, tray
    from wittybots.models import Reception

    origin = Origin.objects.create(kind="http", name=name, key=f"origins-{name}", secret=SECRET)
    Reception.objects.create(origin=origin, tray=tray(name))
    line = Line(origin, [f"{name}-{number}" for number in range(senders)], "http")
    for sender in line.senders:
        says(origin, sender, "Hola", name="Marta Gómez")
    return line


def whatsapp_line(number: int, senders: list[str], **fields: Any) -> Line:
    """A WhatsApp line that knows these phone numbers, by a first message of each."""
    from chats.receive import message as receiving
    from origins.models import Origin
    from origins.networks import network_of
    from tests.people import tray
    from wittybots.models import Reception

    given = {"key": f"origins-wa-{number}", "line_id": f"{7000000 + number}", "account_id": "2000001"} | fields
    origin = Origin.objects.create(kind="whatsapp", name=f"WhatsApp {number}", secret=SECRET, **given)
    Reception.objects.create(origin=origin, tray=tray(f"WhatsApp {number}"))
    line = Line(origin, senders, "whatsapp")
    first = whatsapp_body(line.order(1), senders, [f"first-{number}-{sender}" for sender in senders])
    for item in network_of("whatsapp").parse(first):
        receiving.receive(origin, item.fact)
    return line


def phones(number: int, count: int) -> list[str]:
    return [f"5989{number:03d}{one:05d}" for one in range(count)]


# --- what comes in --------------------------------------------------------------------------------


@dataclass
class Side:
    """A way in: to which process, with how many messages a body."""

    name: str
    web: Web
    line: Line
    batch: int = 1
    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    slow: list[float] = field(default_factory=list)

    def round(self, poster: Child, mark: str, seconds: float) -> None:
        got, used = self._posted(poster, mark, seconds, CONNECTIONS)
        messages = got["posted"] * self.batch
        self.rates.append(messages / got["seconds"])
        self.cpu.append(used / messages * 1e6)

    def quiet_round(self, poster: Child, mark: str, seconds: float) -> None:
        """One body after the other: how long an answer takes where nobody else asks."""
        got, _used = self._posted(poster, f"{mark}q", seconds, 1)
        self.slow.append(got["p95"] * 1e3)

    def _posted(self, poster: Child, mark: str, seconds: float, connections: int) -> tuple[dict[str, Any], float]:
        order = {"port": self.web.port, **self.line.order(self.batch), "connections": connections}
        poster.ask(**order, mark=f"{mark}w", seconds=0.2)
        used = self.web.cpu()
        got = poster.ask(**order, mark=mark, seconds=seconds)
        if got["bad"]:
            raise RuntimeError(f"{self.name}: {got['bad'][0]}")
        return got, self.web.cpu() - used


def incoming(here: Stage, options: Any) -> dict[str, Any]:
    count = options.of(SENDERS * 2, SENDERS)
    plain, network = http_line("plain", count), whatsapp_line(1, phones(1, count))
    kept = whatsapp_line(2, phones(2, 8))
    kept.keep = True
    web, limit = here.web("daphne", **ALLOWED), bare(here, "daphne", {"kept": kept})
    poster = here.child("poster")
    sides = [
        Side("HTTP, 1 a body", web, plain), Side("WhatsApp, 1 a body", web, network),
        Side("HTTP, 100 a body", web, plain, 100), Side("WhatsApp, 100 a body", web, network, 100),
        Side("only kept", limit, kept),
    ]  # fmt: skip
    for number in range(options.of(6, 3)):
        for place, side in enumerate(sides):
            side.round(poster, f"{place}-{number}", options.of(16, 10) / 10)
    for number in range(options.of(6, 3)):
        for place in (1, 4):
            sides[place].quiet_round(poster, f"{place}-{number}", options.of(16, 10) / 10)
    return _told(sides)


def _told(sides: list[Side]) -> dict[str, Any]:
    http1, whatsapp1, _http100, whatsapp100, kept = sides
    of_http = {side.name: median(side.rates) / median(http1.rates) for side in sides}
    slower = median(whatsapp1.slow) / median(kept.slow)
    verdicts = {
        whatsapp1.name: _verdict(of_http[whatsapp1.name] >= ONE, f"at least {share(ONE)}"),
        whatsapp100.name: _verdict(of_http[whatsapp100.name] >= HUNDRED, f"at least {share(HUNDRED)}"),
    }
    rows = [
        [side.name, median(side.rates), share(of_http[side.name]), median(side.cpu),
         median(side.slow) if side.slow else "", verdicts.get(side.name, "")]
        for side in sides
    ]  # fmt: skip
    head = ("body", "messages/s", "of HTTP, 1", "CPU µs", "p95 ms, alone", "")
    show(f"Origins, in: one web process (daphne), {CONNECTIONS} connections", head, rows)
    print(f"answer p95 {slower:.1f} times the bare insert: {_verdict(slower < SLOWEST, f'under {SLOWEST:.0f} times')}")
    return {
        "rows": [
            {"body": side.name, "rate": median(side.rates), "of_http": of_http[side.name], "cpu_us": median(side.cpu),
             "p95_ms": median(side.slow) if side.slow else None, "rates": side.rates}
            for side in sides
        ],
        "limits": {"one": ONE, "hundred": HUNDRED, "slowest": SLOWEST}, "p95_of_bare": slower,
    }  # fmt: skip


def _verdict(holds: bool, limit: str) -> str:
    return f"{'meets' if holds else 'MISSES'} {limit}"


# --- a worker ---------------------------------------------------------------------------------------


def worker(here: Stage) -> Web:
    """One worker process, as `manage.py up` starts it; returns once it works."""
    from celery import current_app

    from wittyagent.run.children import ROOT_IS_FINE, WORKER

    command = [sys.executable, "-W", ROOT_IS_FINE, "-m", "celery", "-A", "wittyagent", "--quiet", "worker", *WORKER]
    process = processes.spawn([*command, "--loglevel", "WARNING"], cwd=ROOT, env=os.environ | ALLOWED,
                              stdout=here.log("worker.log"), stderr=here.log("worker.log"))  # fmt: skip
    here.webs.append(Web(process, 0))
    wait_for(lambda: process.poll() is not None or current_app.control.ping(timeout=0.5), 60)
    if process.poll() is not None:
        raise RuntimeError(f"the worker ended: {(here.folder / 'worker.log').read_text()[-2000:]}")
    return here.webs[-1]


# --- a thousand a body ------------------------------------------------------------------------------


def thousands(here: Stage, options: Any) -> dict[str, Any]:
    line = whatsapp_line(3, phones(3, 1000))
    web, working = here.web("daphne", **ALLOWED), worker(here)
    rows: list[dict[str, float]] = []
    for number in range(options.of(20, 6)):
        raw = whatsapp_body(line.order(1000), line.senders, [f"k-{number}-{one}" for one in range(1000)])
        rows.append(_thousand(line, web.port, raw, number))
        rows[-1] |= {"web_mb": _peak(web), "worker_mb": _peak(working), "kb": len(raw) / 1024}
    # the first ones fill caches and pools
    settled = len(rows) // 4
    growth = {name: rows[-1][name] - rows[settled][name] for name in ("web_mb", "worker_mb")}
    answers, stored = [row["answered_ms"] for row in rows], [row["stored_s"] for row in rows]
    head = ("", "median", "slowest")
    show(
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


def _thousand(line: Line, port: int, raw: bytes, number: int) -> dict[str, float]:
    from chats.models import Message
    from common.signature import sign

    refs = Message.objects.filter(origin=line.origin, external_id__startswith=f"wamid.k-{number}-")
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"X-Hub-Signature-256": sign(SECRET, raw), "Content-Type": "application/json"}
    began = time.perf_counter()
    client.request("POST", line.path, raw, headers)
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


def _peak(of: Web) -> float:
    """The most memory (MB) that a process has ever had resident."""
    status = Path(f"/proc/{of.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


# --- what goes out ----------------------------------------------------------------------------------


def outgoing(here: Stage, options: Any) -> dict[str, Any]:
    from sandbox.client import Sandbox

    with Sandbox.start(seed=1) as sandbox:
        web = here.web("daphne", **ALLOWED)
        sandbox.switch_faults(window="off", receipts="off")
        lines = [_open(sandbox, web, number) for number in range(LINES)]
        post = Outbox(here, sandbox, lines, worker(here))
        each = options.of(5, 2)
        post.round("warm up", 1, "off")
        for _number in range(options.of(3, 2)):
            post.bare_round(each)
            post.round("receipts off", each, "off")
            post.round("receipts on", each, "ordered")
        return post.told()


def _open(sandbox: Any, web: Web, number: int) -> Line:
    """A line of the outbox, known to the sandbox, with customers there and chats here."""
    line_id, token = f"{7000100 + number}", f"token-{number}"
    said = {"account_id": "2000001", "secret": SECRET, "access_token": token, "verify_token": "v"}
    webhook = f"http://127.0.0.1:{web.port}/webhooks/origins-wa-{100 + number}/"
    people = [f"5989{500 + number}{one:05d}" for one in range(CHATS)]
    line = whatsapp_line(100 + number, people, line_id=line_id, access_token=token, verify_token="v",
                         api_url=sandbox.url)  # fmt: skip
    sandbox.register_line("whatsapp", line_id, webhook=webhook, **said)
    for phone in people:
        sandbox.add_customer(f"whatsapp:{line_id}", phone=phone, bsuid=f"UY.{phone}", name="Marta Gómez")
    return line


class Outbox:
    """Rounds of messages that are queued in many chats at once, until all of them are at the customers."""

    def __init__(self, here: Stage, sandbox: Any, lines: list[Line], working: Web) -> None:
        from chats.models import Chat
        from tests.people import hire

        self.sandbox, self.worker, self.agent = sandbox, working, hire("outbox")
        self.chats = list(Chat.objects.filter(origin__in=[line.origin for line in lines]).order_by("?"))
        self.redis = here.redis_url
        facts = {"sandbox": sandbox.url, "database": database(),
                 "tokens": {line.origin.line_id: line.origin.access_token for line in lines}}  # fmt: skip
        self.bare = here.child("outbox_bare", BENCH_OUTBOX=json.dumps(facts))
        self.rates: dict[str, list[float]] = {}
        self.cpu: dict[str, list[float]] = {}

    def _queue(self, each: int, status: str = "queued") -> int:
        from chats.models import Message

        rows = [
            Message(chat=chat, origin_id=chat.origin_id, direction="out", author="agent", agent=self.agent,
                    kind="text", text=f"{TEXT} #{number}", status=status)
            for number in range(each) for chat in self.chats
        ]  # fmt: skip
        Message.objects.bulk_create(rows)
        return len(rows)

    def round(self, name: str, each: int, receipts: str) -> None:
        from chats.models import Message
        from gateway.tasks import deliver

        self._let_all_send(receipts)
        total, before, used = self._queue(each), self.sandbox.read_totals()["received"], self.worker.cpu()
        began = time.perf_counter()
        for chat in self.chats:
            deliver.delay(chat.pk)
        self._arrived(before + total)
        self._note(name, total, time.perf_counter() - began, self.worker.cpu() - used)
        # the next round must not meet the receipts of this one
        wanted = "delivered" if receipts != "off" else "sent"
        left = Message.objects.filter(direction="out").exclude(status__in=(wanted, "delivered"))
        wait_for(lambda: not left.filter(created_at__gt=self.started).exists(), 120)

    def bare_round(self, each: int) -> None:
        """The same rows sent by as many threads that do nothing but claim, send and note."""
        self._let_all_send("off")
        # nobody else takes them
        total, before = self._queue(each, "unconfirmed"), self.sandbox.read_totals()["received"]
        began = time.perf_counter()
        self.bare.ask()
        self._arrived(before + total)
        self._note("a bare sender", total, time.perf_counter() - began, 0)

    def _let_all_send(self, receipts: str) -> None:
        import redis
        from django.utils import timezone

        self.sandbox.switch_faults(receipts=receipts)
        # each round has the whole allowance of every line and chat
        server = redis.Redis.from_url(self.redis)
        if keys := list(server.scan_iter("rate:*")):
            server.delete(*keys)
        server.close()
        self.started = timezone.now()

    def _arrived(self, total: int) -> None:
        wait_for(lambda: self.sandbox.read_totals()["received"] >= total, 120)

    def _note(self, name: str, total: int, seconds: float, used: float) -> None:
        self.rates.setdefault(name, []).append(total / seconds)
        self.cpu.setdefault(name, []).append(used / total * 1e6)

    def told(self) -> dict[str, Any]:
        names = ("receipts off", "receipts on", "a bare sender")
        limit = median(self.rates["a bare sender"])
        rows = [[name, median(self.rates[name]), share(median(self.rates[name]) / limit),
                 median(self.cpu[name]) or ""] for name in names]  # fmt: skip
        head = ("outbox", "messages/s", "of bare", "worker's CPU µs")
        show(f"Origins, out: one worker process, {len(self.chats)} chats of {LINES} lines", head, rows)
        if twice := self.sandbox.read_totals()["duplicates"]:
            raise RuntimeError(f"{twice} arrived twice")
        return {"rows": [{"outbox": name, "rate": median(self.rates[name]), "of_bare": median(self.rates[name]) / limit,
                          "cpu_us": median(self.cpu[name]), "rates": self.rates[name]} for name in names]}  # fmt: skip


def run(here: Stage, options: Any) -> dict[str, Any]:
    results = {}
    for part in (incoming, thousands, outgoing):
        results[part.__name__] = part(here, options)
        here.clear()
    return results
