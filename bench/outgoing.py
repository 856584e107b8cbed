"""Messages that one worker sends, against a bare sender: rounds until all of them are at the sandbox's customers."""

import json
import time
from typing import Any

from bench.figures import format_share, median, print_table
from bench.ingest import database_conninfo
from bench.network_lines import ALLOWED, SECRET, TEXT, OriginLine, make_whatsapp_line, start_worker
from bench.stage import Stage, Web, wait_for

# lines of the outbox: one may send 80 a second, and they must not be what limits
LINES, CHATS = 12, 20


def measure_outgoing(here: Stage, options: Any) -> dict[str, Any]:
    from sandbox.client import Sandbox

    with Sandbox.start(seed=1) as sandbox:
        web = here.start_web("daphne", **ALLOWED)
        sandbox.switch_faults(window="off", receipts="off")
        lines = [_open_line(sandbox, web, number) for number in range(LINES)]
        post = Outbox(here, sandbox, lines, start_worker(here))
        each = options.choose_count(5, 2)
        post.run_round("warm up", 1, "off")
        for _number in range(options.choose_count(3, 2)):
            post.run_bare_round(each)
            post.run_round("receipts off", each, "off")
            post.run_round("receipts on", each, "ordered")
        return post.show_results()


def _open_line(sandbox: Any, web: Web, number: int) -> OriginLine:
    """A line of the outbox, known to the sandbox, with customers there and chats here."""
    line_id, token = f"{7000100 + number}", f"token-{number}"
    said = {"account_id": "2000001", "secret": SECRET, "access_token": token, "verify_token": "v"}
    webhook = f"http://127.0.0.1:{web.port}/webhooks/origins-wa-{100 + number}/"
    people = [f"5989{500 + number}{one:05d}" for one in range(CHATS)]
    line = make_whatsapp_line(100 + number, people, line_id=line_id, access_token=token, verify_token="v",
                         api_url=sandbox.url)  # fmt: skip
    sandbox.register_line("whatsapp", line_id, webhook=webhook, **said)
    for phone in people:
        sandbox.add_customer(f"whatsapp:{line_id}", phone=phone, bsuid=f"UY.{phone}", name="Marta Gómez")
    return line


class Outbox:
    """Rounds of messages that are queued in many chats at once, until all of them are at the customers."""

    def __init__(self, here: Stage, sandbox: Any, lines: list[OriginLine], working: Web) -> None:
        from chats.models import Chat
        from tests.people import hire

        self.sandbox, self.worker, self.agent = sandbox, working, hire("outbox")
        self.chats = list(Chat.objects.filter(origin__in=[line.origin for line in lines]).order_by("?"))
        self.redis = here.redis_url
        facts = {"sandbox": sandbox.url, "database": database_conninfo(),
                 "tokens": {line.origin.line_id: line.origin.access_token for line in lines}}  # fmt: skip
        self.bare = here.start_child("outbox_bare", BENCH_OUTBOX=json.dumps(facts))
        self.rates: dict[str, list[float]] = {}
        self.cpu: dict[str, list[float]] = {}

    def _queue_messages(self, each: int, status: str = "queued") -> int:
        from chats.models import Message

        rows = [
            Message(chat=chat, origin_id=chat.origin_id, direction="out", author="agent", agent=self.agent,
                    kind="text", text=f"{TEXT} #{number}", status=status)
            for number in range(each) for chat in self.chats
        ]  # fmt: skip
        Message.objects.bulk_create(rows)
        return len(rows)

    def run_round(self, name: str, each: int, receipts: str) -> None:
        from chats.models import Message
        from gateway.tasks import deliver

        self._let_all_send(receipts)
        total, before, used = self._queue_messages(each), self.sandbox.read_totals()["received"], self.worker.read_cpu()
        began = time.perf_counter()
        deliver.delay()
        self._wait_for_arrivals(before + total)
        self._note_round(name, total, time.perf_counter() - began, self.worker.read_cpu() - used)
        # the next round must not meet the receipts of this one
        wanted = "delivered" if receipts != "off" else "sent"
        left = Message.objects.filter(direction="out").exclude(status__in=(wanted, "delivered"))
        wait_for(lambda: not left.filter(created_at__gt=self.started).exists(), 120)

    def run_bare_round(self, each: int) -> None:
        """The same rows sent by as many threads that do nothing but claim, send and note."""
        self._let_all_send("off")
        # nobody else takes them
        total, before = self._queue_messages(each, "unconfirmed"), self.sandbox.read_totals()["received"]
        began = time.perf_counter()
        self.bare.ask_order()
        self._wait_for_arrivals(before + total)
        self._note_round("a bare sender", total, time.perf_counter() - began, 0)

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

    def _wait_for_arrivals(self, total: int) -> None:
        wait_for(lambda: self.sandbox.read_totals()["received"] >= total, 120)

    def _note_round(self, name: str, total: int, seconds: float, used: float) -> None:
        self.rates.setdefault(name, []).append(total / seconds)
        self.cpu.setdefault(name, []).append(used / total * 1e6)

    def show_results(self) -> dict[str, Any]:
        names = ("receipts off", "receipts on", "a bare sender")
        limit = median(self.rates["a bare sender"])
        rows = [[name, median(self.rates[name]), format_share(median(self.rates[name]) / limit),
                 median(self.cpu[name]) or ""] for name in names]  # fmt: skip
        head = ("outbox", "messages/s", "of bare", "worker's CPU µs")
        print_table(f"Origins, out: one worker process, {len(self.chats)} chats of {LINES} lines", head, rows)
        if twice := self.sandbox.read_totals()["duplicates"]:
            raise RuntimeError(f"{twice} arrived twice")
        return {"rows": [{"outbox": name, "rate": median(self.rates[name]), "of_bare": median(self.rates[name]) / limit,
                          "cpu_us": median(self.cpu[name]), "rates": self.rates[name]} for name in names]}  # fmt: skip
