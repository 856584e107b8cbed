"""A message of an HTTP origin: posted → stored, chat and lists updated, published. One web process against the bare
endpoint on the same server.
"""

import json
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from bench.figures import find_percentile, format_share, median, print_table
from bench.stage import Child, Stage, Web

CONNECTIONS = 8
SENDERS = 64
TEXT = "Horario"
REPLY = "Atendemos de lunes a viernes de 9 a 18, y los sábados de 10 a 13."


@dataclass
class IngestLine:
    """An origin with chats that wait."""

    key: str
    secret: str
    id: int
    senders: list[str]
    listened: list[str] = field(default_factory=list)
    reply: str = ""
    choices: str = "{}"

    @property
    def webhook_path(self) -> str:
        return f"/webhooks/{self.key}/"

    def bare_origin(self) -> dict[str, Any]:
        return {"id": self.id, "secret": self.secret, "reply": self.reply, "choices": self.choices}


def make_line(name: str, tray: Any = None, bot: Any = None) -> IngestLine:
    """An origin received by a tray or a bot, with a chat for each sender, made through the product's doors."""
    from origins.models import Origin
    from tests.people import says
    from wittybots.models import Reception

    origin = Origin.objects.create(kind="http", name=name, key=f"bench-{name}", secret="s" * 43)
    if tray or bot:
        Reception.objects.create(origin=origin, bot=bot, tray=tray)
    senders = [f"{name}-{number}" for number in range(SENDERS)]
    for sender in senders:
        says(origin, sender, "Hola", name="Marta Gómez", external_id=f"{sender}-hola")
    return IngestLine(origin.key, origin.secret, origin.pk, senders)


def with_a_bot() -> IngestLine:
    """Chats that stay with the bot: it answers "Horario" and offers its menu again."""
    from trays.models import Tray
    from wittybots.menu import tree, versions
    from wittybots.models import Bot

    bot = Bot.objects.create(name="Bench")
    general = Tray.objects.general().pk
    options = [tree.option("horario", "Horario", reply=REPLY)]
    options += [tree.option(f"opcion-{number}", f"Opción {number}", general) for number in (2, 3, 4)]
    versions.save_draft(bot, tree.new(options), None)
    versions.publish_draft(bot, None)
    made = make_line("bot", bot=bot)
    choices = [{"title": option["label"], "payload": option["id"]} for option in options]
    made.reply, made.choices = REPLY, json.dumps({"choices": choices})
    return made


def make_lines() -> dict[str, IngestLine]:
    from tests.people import tray

    seen, unseen = tray("Vista"), tray("Sin nadie")
    looked_at = make_line("tray", tray=seen)
    looked_at.listened = [f"live:tray.{seen.pk}", f"bare:tray.{seen.pk}"]
    return {"in a tray that an agent looks at": looked_at, "in a tray, nobody looks": make_line("unseen", tray=unseen),
            "with the bot": with_a_bot()}  # fmt: skip


def start_listening(redis_url: str, channels: list[str]) -> socket.socket:
    """Somebody who looks: a subscription whose events are read and thrown away."""
    path = redis_url.removeprefix("unix://").partition("?")[0]
    ear = socket.socket(socket.AF_UNIX)
    ear.connect(path)
    ear.sendall(f"SUBSCRIBE {' '.join(channels)}\r\n".encode())

    def drain() -> None:
        with suppress(OSError):
            while ear.recv(1 << 16):
                pass

    threading.Thread(target=drain, daemon=True).start()
    return ear


@dataclass
class IngestSide:
    """What the rounds of one web process gave: requests a second, CPU µs and ms a request."""

    web: Web
    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def run_round(self, poster: Child, to: IngestLine, mark: str, seconds: float) -> float:
        """One round. Returns the share of a core that the client itself used."""
        order = {
            "port": self.web.port,
            "path": to.webhook_path,
            "secret": to.secret,
            "senders": to.senders,
            "text": TEXT,
        }
        poster.ask_order(**order, connections=CONNECTIONS, mark=f"{mark}w", seconds=0.2)
        used = self.web.read_cpu()
        got = poster.ask_order(**order, connections=CONNECTIONS, mark=mark, seconds=seconds)
        used = self.web.read_cpu() - used
        if got["bad"]:
            raise RuntimeError(f"refused: {got['bad'][0]}")
        self.rates.append(got["posted"] / got["seconds"])
        self.cpu.append(used / got["posted"] * 1e6)
        self.waits.append(got["p50"] * 1e3)
        return got["busy"]


def database_conninfo() -> str:
    """Where the stage's database is, as psycopg reads it."""
    from django.db import connection

    settings = connection.get_connection_params()
    return f"host={settings['host']} port={settings['port']} user={settings['user']} dbname={settings['dbname']}"


def start_bare(here: Stage, server: str, known: dict[str, Any]) -> Web:
    facts = {
        "database": database_conninfo(),
        "redis": here.redis_url,
        "origins": {one.webhook_path: one.bare_origin() for one in known.values()},
    }
    return here.start_web(server, "bench.bare_ingest:application", BENCH_BARE=json.dumps(facts))


def run_bench(here: Stage, options: Any) -> dict[str, Any]:
    known = make_lines()
    poster = here.start_child("poster")
    listener = start_listening(here.redis_url, [name for one in known.values() for name in one.listened])
    servers = ["daphne"] if options.quick else ["daphne", "uvicorn"]
    pairs = {server: (here.start_web(server), start_bare(here, server, known)) for server in servers}
    results, rows, busy = [], [], []
    for server, webs in pairs.items():
        for name, one in known.items():
            ours, limit = sides = IngestSide(webs[0]), IngestSide(webs[1])
            for number in range(options.choose_count(4, 2)):
                for side, who in zip(sides, "ob", strict=True):
                    busy.append(
                        side.run_round(poster, one, f"{server}{who}{number}", options.choose_count(16, 10) / 10)
                    )
            results.append(_build_result(server, name, ours, limit))
            rows.append(_build_row(results[-1]))
    listener.close()
    head = ("chat", "server", "req/s", "bare", "share", "CPU µs", "bare", "share", "p50 ms")
    print_table(f"Ingest: one web process, {CONNECTIONS} connections (share of the bare limit)", head, rows)
    print(f"the client used {format_share(find_percentile(busy, 1))} of a core at most")
    return {"rows": results, "client_busy": max(busy)}


def choose_figures(found: dict[str, Any]) -> dict[str, float]:
    """The least share of each server."""
    shares: dict[str, list[float]] = {}
    for one in found["rows"]:
        shares.setdefault(one["server"], []).append(one["ratio"])
    return {server: min(all_of_it) for server, all_of_it in shares.items()}


def _build_result(server: str, name: str, ours: IngestSide, limit: IngestSide) -> dict[str, Any]:
    return {
        "chat": name, "server": server, "rate": median(ours.rates), "bare_rate": median(limit.rates),
        "ratio": median(ours.rates) / median(limit.rates), "cpu_us": median(ours.cpu), "bare_cpu_us": median(limit.cpu),
        "cpu_ratio": median(limit.cpu) / median(ours.cpu), "p50_ms": median(ours.waits),
        "rates": ours.rates, "bare_rates": limit.rates,
    }  # fmt: skip


def _build_row(got: dict[str, Any]) -> list[Any]:
    return [
        got["chat"],
        got["server"],
        got["rate"],
        got["bare_rate"],
        format_share(got["ratio"]),
        got["cpu_us"],
        got["bare_cpu_us"],
        format_share(got["cpu_ratio"]),
        got["p50_ms"],
    ]
