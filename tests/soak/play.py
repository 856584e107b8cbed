"""Many customers and agents at once over all networks, while what carries them is killed; and what became of it all."""

import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection
from django.utils import timezone

from chats.models import Chat, Message, ParkedFact
from origins.models import Body, Origin
from sandbox.client import Sandbox
from tests import people
from tests.commands import product_environment
from wittyagent.run import processes
from wittyagent.run.children import DAPHNE, WORKER

ROOT = Path(__file__).resolve().parents[2]
# each network's line, and how often its lines may send
KINDS = {"whatsapp": "1000001", "messenger": "3000001", "instagram": "5000001", "telegram": "4000001"}
TOKENS = {"telegram": "4000001:soak"}
INCOMING = {"duplicates": 0.1, "rebatch": 0.05, "shuffle": 8, "batch": 4, "hang_up": 0.01}
# now and then the line is cut after the body, whether it was taken or not: that is "sin confirmar"
OUTGOING = {
    "receipts": "shuffled", "read_at_once": True, "answer_delay": 0.01, "cut_accepted": 0.005, "cut_refused": 0.002,
    "error_500": 0.005, "retry_most": 4,
}  # fmt: skip
# a page that sent too much waits a minute
SLOW_OUTGOING = {"error_429": 0.001}
DONE = ("sent", "delivered", "read")
THREADS = int(WORKER[WORKER.index("--concurrency") + 1])
IN_TEXT, OUT_TEXT = re.compile(r"Mensaje (c\d+) #(\d+)"), re.compile(r"Respuesta #(\d+)")


@dataclass(frozen=True)
class Size:
    """`plan`: what is killed (or, "redis", "broker", restarted) once that part of the messages was taken in.

    `has_clock`: a real clock and the real time that claims take to run out; else both are quick.
    """

    messages: int
    customers: int
    rate: float
    plan: tuple[tuple[float, str], ...]
    has_clock: bool
    patience: float


SMALL = Size(800, 40, 100, ((0.2, "web"), (0.4, "worker"), (0.65, "redis")), False, 600)
WHOLE = Size(
    10_000, 200, 100, ((0.15, "web"), (0.3, "worker"), (0.5, "redis"), (0.65, "web"), (0.8, "worker")), True, 900
)


@dataclass
class Report:
    """What became of the messages. The problems are sentences; none is how it must be."""

    incoming: Counter = field(default_factory=Counter)
    outgoing: Counter = field(default_factory=Counter)
    between: Counter = field(default_factory=Counter)
    network: dict = field(default_factory=dict)
    seconds: dict = field(default_factory=dict)
    problems: list = field(default_factory=list)

    def __str__(self):
        parts = {"customers' messages": self.incoming, "agents' messages": self.outgoing, "in between": self.between,
                 "at the networks": self.network, "seconds": self.seconds}  # fmt: skip
        lines = [f"{name}: " + ", ".join(f"{k} {v}" for k, v in what.items()) for name, what in parts.items()]
        return "\n".join([*lines, *(f"PROBLEM: {problem}" for problem in self.problems[:40])])


# --- processes -----------------------------------------------------------------------------------


class Process:
    """A child with a log; killed as a power cut would."""

    def __init__(self, command, environment, log):
        self.command, self.environment, self.log, self.process = command, environment, log, None

    def start(self):
        with self.log.open("ab") as out:
            self.process = processes.spawn_process(self.command, cwd=ROOT, env=self.environment, stdout=out,
                                           stderr=subprocess.STDOUT)  # fmt: skip

    def kill(self):
        processes.signal_group(self.process, signal.SIGKILL)
        self.process.wait()

    def check(self):
        assert self.process.poll() is None, f"{self.log.stem} ended:\n{self.log.read_text()[-3000:]}"

    def stop(self):
        if self.process is not None:
            processes.stop_processes({self.process: signal.SIGTERM}, 5)


class Play:
    """The product's processes, the sandbox, and one run through them."""

    def __init__(self, size, valkey, folder, seed=1, broker=None):
        self.size, self.valkey, self.folder, self.seed, self.broker = size, valkey, folder, seed, broker
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.report = Report()

    def __enter__(self):
        environment, python = self._environment(), [sys.executable, "-m"]
        celery = [*python, "celery", "-A", "wittyagent", "--quiet"]
        web = [*python, "daphne", *DAPHNE, "-b", "127.0.0.1", "-p", str(self.port), "wittyagent.asgi:application"]
        worker = [*celery, "worker", *WORKER, "--loglevel", "WARNING"]
        clock = [*celery, "beat", "--schedule", str(self.folder / "beat"), "--pidfile=", "--loglevel", "WARNING"]
        commands = {"web": web, "worker": worker, "agents": [*python, "tests.soak.agents"]}
        if self.size.has_clock:
            commands["clock"] = clock
        self.children = {
            name: Process(command, environment, self.folder / f"{name}.log") for name, command in commands.items()
        }
        self.sandbox = Sandbox.start(seed=self.seed)
        return self

    def __exit__(self, *_):
        for child in self.children.values():
            child.stop()
        self.sandbox.stop()
        _wait_until_quiet()

    def _environment(self):
        return product_environment(REDIS_URL=self.valkey.url, ALLOWED_INTERNAL_HOSTS="127.0.0.1") | {
            "WITTY_SOAK_SWEEP": "" if self.size.has_clock else "2",
            "BROKER_URL": self.broker.url if self.broker else "",
        }

    # --- the run ---------------------------------------------------------------------------------

    def begin(self):
        """The lines, and all processes at work."""
        self._open_lines()
        for child in self.children.values():
            child.start()
        self._web_answers()

    def run(self):
        began = time.monotonic()
        self.begin()
        self.sandbox.switch_faults(**OUTGOING, **(SLOW_OUTGOING if self.size.has_clock else {}))
        self.report.seconds["until all ran"] = round(time.monotonic() - began, 1)
        began = time.monotonic()
        self.sandbox.run_messages(messages=self.size.messages, customers=self.size.customers, rate=self.size.rate,
                         seed=self.seed, **INCOMING)  # fmt: skip
        for part, what in self.size.plan:
            self._until(lambda part=part: self._taken_in() >= part * self.size.messages, "not taken in")
            getattr(self, f"_end_{what}")()
        self._until(lambda: not self.sandbox.read_progress()["running"], "the run did not end")
        self.report.seconds["until all were taken in"] = round(time.monotonic() - began, 1)
        with suppress(AssertionError):  # what is left is counted
            self._until(self.is_settled, "not settled")
        self.report.seconds["until all was settled"] = round(time.monotonic() - began, 1)
        return judge(self.report, self.sandbox, self.size)

    def _open_lines(self):
        for number in range(4):
            people.hire(f"soak-{number}")
        for kind, line_id in KINDS.items():
            secret, token = f"soak-secret-{kind}", TOKENS.get(kind, f"soak-token-{kind}")
            origin = Origin.objects.create(
                kind=kind, name=kind, key=f"soak-{kind}", secret=secret, access_token=token, verify_token="soak",
                line_id=line_id, account_id="2000001", api_url=self.sandbox.url,
            )  # fmt: skip
            webhook = f"http://127.0.0.1:{self.port}/webhooks/{origin.key}/"
            self.sandbox.register_line(kind, line_id, account_id="2000001", secret=secret, access_token=token,
                              verify_token="soak", webhook=webhook)  # fmt: skip

    def _taken_in(self):
        return self.sandbox.read_progress()["accepted"]

    def _end_web(self):
        self.children["web"].kill()
        time.sleep(0.5)
        self.children["web"].start()

    def _end_worker(self):
        self.children["worker"].kill()
        if not self.size.has_clock:
            # nobody has a claim now: they run out at once
            Message.objects.filter(status="sending").update(next_try_at=timezone.now())
        self.report.between["left by a worker"] += Message.objects.filter(status="sending").count()
        self.children["worker"].start()

    def _end_redis(self):
        self.valkey.stop()
        time.sleep(1)
        self.valkey.start()

    def _end_broker(self):
        self.broker.kill()
        time.sleep(1)
        self.broker.start()

    def _web_answers(self):
        def answers():
            with suppress(urllib.error.URLError, OSError):
                return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2).status == 200

        self._until(answers, "the web process does not answer")

    def _until(self, holds, otherwise):
        latest = time.monotonic() + self.size.patience
        while not holds():
            for child in self.children.values():
                child.check()
            assert time.monotonic() < latest, f"{otherwise}: {self.sandbox.read_totals()}"
            time.sleep(0.1)

    def is_settled(self):
        return (
            not self.sandbox.read_progress()["waiting"]
            and not Message.objects.filter(status__in=("queued", "sending")).exists()
            and not Body.objects.filter(state="received").exists()
            and not ParkedFact.objects.exists()
            and not owed()
        )


def owed():
    """Answers that agents still have to give."""
    from tests.soak.agents import ANSWERS

    with connection.cursor() as cursor:
        cursor.execute(ANSWERS)
        return cursor.fetchall()


def _wait_until_quiet():
    """The database is emptied next, which must not meet the last queries of those who have just ended."""
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    latest = time.monotonic() + 60
    while time.monotonic() < latest:
        with connection.cursor() as cursor:
            cursor.execute(others)
            if not cursor.fetchone()[0]:
                return
        time.sleep(0.05)


# --- what became of it ----------------------------------------------------------------------------


def judge(report, sandbox, size):
    """Holds what the customers wrote and got against what the product has stored."""
    told = sandbox.read_report()
    chats = _chats(report)
    for number, customer in told["customers"].items():
        chat, heard = chats.pop(number, (None, []))
        _incoming(report, number, [IN_TEXT.match(one["text"])[2] for one in customer["written"]], heard)
        if chat is not None:
            _outgoing(report, number, chat, customer["received"])
    for number in chats:
        report.problems.append(f"a chat of nobody: {number}")
    _between(report, size, told)
    report.network |= told["totals"] | {
        name: value for name, value in told["counts"].items() if name.startswith(("webhook_", "fault_"))
    }
    return report


def _chats(report):
    """By the sandbox's number of a customer: his chat, and his messages in the order of the thread."""
    found = {}
    for chat in Chat.objects.all():
        texts = chat.messages.filter(direction="in").order_by("created_at", "id").values_list("text", flat=True)
        matches = [IN_TEXT.fullmatch(text) for text in texts]
        people_in_it = {match[1] for match in matches}
        if len(people_in_it) != 1:
            report.problems.append(f"chat {chat.pk} holds messages of {sorted(people_in_it)}")
        for who in people_in_it:
            if who in found:
                report.problems.append(f"{who} has two chats")
            found[who] = (chat, [match[2] for match in matches if match[1] == who])
    return found


def _incoming(report, who, written, heard):
    times = Counter(heard)
    report.incoming["written"] += len(written)
    report.incoming["once"] += sum(times[one] == 1 for one in written)
    lost, twice = [one for one in written if not times[one]], [one for one, n in times.items() if n > 1]
    report.incoming["lost"] += len(lost)
    report.incoming["twice"] += len(twice)
    out_of_order = heard != sorted(heard, key=int)
    report.incoming["chats out of order"] += out_of_order
    if lost or twice or out_of_order:
        report.problems.append(f"{who}: lost {lost}, twice {twice}, stored as {heard if out_of_order else 'written'}")


def _outgoing(report, who, chat, received):
    said = list(chat.messages.filter(author="agent").order_by("id").values_list("text", "status", "reason"))
    times = Counter(one["text"] for one in received)
    report.outgoing["said"] += len(said)
    for text, status, reason in said:
        got = times[text]
        report.outgoing[f"{status}, {('not at the customer', 'once', 'twice')[min(got, 2)]}"] += 1
        right = got == 1 if status in DONE else got <= 1 and status == "unconfirmed"
        if not right:
            report.problems.append(f"{who}: {text!r} is {status} ({reason}) and {got} times at the customer")
    numbers = [int(OUT_TEXT.fullmatch(one["text"])[1]) for one in received]
    if numbers != sorted(numbers):
        report.outgoing["chats out of order"] += 1
        report.problems.append(f"{who}: answers arrived as {numbers}")


def _between(report, size, told):
    waiting = dict.fromkeys(("queued", "sending"), 0) | Counter(
        Message.objects.filter(status__in=("queued", "sending")).values_list("status", flat=True)
    )
    report.between |= waiting
    for state in ("received", "broken"):
        report.between[f"bodies {state}"] = Body.objects.filter(state=state).count()
    report.between["receipts that wait for their message"] = ParkedFact.objects.count()
    report.between["answers that agents owe"] = len(owed())
    report.problems += [
        f"{name}: {n}" for name, n in report.between.items() if n and name != "left by a worker"
    ]  # fmt: skip
    written = report.incoming["written"]
    if written != size.messages or told["totals"]["given_up"] or told["totals"]["dropped"]:
        report.problems.append(f"{written} of {size.messages} were written: {told['totals']}")
    if told["counts"].get("numbers_without_plus"):
        report.problems.append("numbers without +")
    # as many as were cut before they arrived, and as a worker may have had in hand when it was killed
    ends = sum(what == "worker" for _part, what in size.plan)
    most = told["counts"].get("fault_cut_refused", 0) + THREADS * ends
    missing = report.outgoing["unconfirmed, not at the customer"]
    if missing > most:
        report.problems.append(f"{missing} are unconfirmed and did not arrive; at most {most} may")
