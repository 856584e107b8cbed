"""From a customer's post to an agent's socket, and one event to hundreds of sockets; against bare sockets on Redis."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

from bench.figures import format_share, median, print_table
from bench.ingest import make_line, start_bare
from bench.stage import Child, Stage, Web

FRAGMENT_BYTES = 400  # bytes
LARGE_BYTES = 20_000
LARGE_EVENTS_PER_SECOND = 40  # large events a second
STUCK_AMONG = 50
MESSAGES_PER_SECOND = 50  # messages a second
PANES = 8
MAX_ROUND_SECONDS = 60.0  # seconds that a round may take


@dataclass
class SocketSide:
    """One server of sockets, and how to reach its 500 sockets."""

    name: str
    web: Web
    cookie: str
    group: str
    has_marks: bool = True
    sent: int = 0
    rounds: dict[str, list[float]] = field(default_factory=dict)

    def publish_event(self, redis: Any, size: int) -> None:
        """Publishes one event, which says when."""
        text = f"{time.monotonic():.6f} ".ljust(size, "x")
        self.sent += 1
        if self.has_marks:
            from live.feed import GroupEvent, publish_events

            publish_events([GroupEvent(self.group, text)])
        else:
            redis.publish(self.group, f'{{"g":"{self.group}","n":{self.sent}}}\n{text}')

    def note_figures(self, **figures: float) -> None:
        for name, figure in figures.items():
            self.rounds.setdefault(name, []).append(figure)

    def median_of(self, name: str) -> float:
        return median(self.rounds[name])


def log_in(agent: Any) -> str:
    from django.test import Client

    client = Client()
    client.force_login(agent)
    return f"sessionid={client.cookies['sessionid'].value}"


def run_bench(here: Stage, options: Any) -> dict[str, Any]:
    servers = ["daphne"] if options.quick else ["daphne", "uvicorn"]
    webs = {server: here.start_web(server) for server in servers}
    return {
        "latency": measure_latency(here, webs, options),
        "fan_out": measure_fan_out(here, webs, options),
        "fragment": FRAGMENT_BYTES,
    }


def choose_figures(found: dict[str, Any]) -> dict[str, float]:
    """The most of all servers and cases by p50, and the CPU of a delivery; all of the bare one's."""
    bare = {(one["case"], one["at"]): one["p50_ms"] for one in found["latency"] if one["server"] == "bare"}
    ratios: dict[str, list[float]] = {"idle": [], "busy": []}
    for one in found["latency"]:
        if one["server"] != "bare":
            ratios["idle" if one["at"] == "idle" else "busy"].append(one["p50_ms"] / bare[one["case"], one["at"]])
    cpu = {f"cpu_{one['server']}": 1 / one["cpu_ratio"] for one in found["fan_out"]["rows"] if one["server"] != "bare"}
    return {"idle": max(ratios["idle"]), "busy": max(ratios["busy"]), **cpu}


# --- post → socket -----------------------------------------------------------------------------


def measure_latency(here: Stage, webs: dict[str, Web], options: Any) -> list[dict[str, Any]]:
    from chats import moves
    from chats.models import Chat
    from tests import people

    agent = people.hire("vigia", first_name="Vera")
    tray = people.tray("Mirada", agent)
    waiting, held = make_line("mirada", tray=tray), make_line("panel", tray=tray)
    held.senders = held.senders[:PANES]
    chats = [moves.take(pk, agent) for pk in Chat.objects.filter(origin=held.id).values_list("pk", flat=True)[:PANES]]
    senders = dict(Chat.objects.filter(agent=agent).values_list("contact__shown_address", "pk"))
    held.senders = list(senders)
    groups = [f"chat.{chat.pk}.{chat.change_id}" for chat in chats]
    channels = [f"bare:tray.{tray.pk}", *(f"bare:{group}" for group in groups)]
    endpoint = start_bare(here, "daphne", {"tray": waiting, "pane": held})
    sockets = here.start_web("python", "bench.bare_sockets",
                       BENCH_BARE=json.dumps({"redis": here.redis_url, "channels": channels}))  # fmt: skip
    cookie = log_in(agent)
    ours = {server: {"port": web.port, "ws_port": web.port, "has_marks": True} for server, web in webs.items()}
    sides = {**ours, "bare": {"port": endpoint.port, "ws_port": sockets.port, "has_marks": False}}
    cases = {
        "a row of the tray": (waiting, [], '{"g":"tray'),
        "a bubble in an open pane": (held, groups, '{"g":"chat'),
    }
    watcher, found = here.start_child("watcher"), []
    for case, (to, opened, prefix) in cases.items():
        order = {
            "path": to.webhook_path,
            "secret": to.secret,
            "senders": to.senders,
            "prefix": prefix,
            "cookie": cookie,
        }
        for rate, count in ((0, options.choose_count(40, 20)), (MESSAGES_PER_SECOND, options.choose_count(120, 75))):
            rounds = {name: [] for name in sides}
            for number in range(options.choose_count(2, 1)):
                for name, where in sides.items():
                    chats = opened if where["has_marks"] else []
                    mark = f"{name}{to.key}{rate}-{number}"
                    got = watcher.ask_order(**order, **where, chats=chats, rate=rate, count=count, mark=mark)
                    if got["bad"]:
                        raise RuntimeError(f"refused: {got['bad'][0]}")
                    rounds[name].append(got)
            found += [_build_latency(case, rate, name, got) for name, got in rounds.items()]
    rows = [[one["case"], one["at"], one["server"], one["p50_ms"], one["p99_ms"], one["lost"]] for one in found]
    print_table("Live: from the post to an agent's socket", ("what", "at", "server", "p50 ms", "p99 ms", "lost"), rows)
    return found


def _build_latency(case: str, rate: int, name: str, rounds: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "case": case, "at": f"{rate} msg/s" if rate else "idle", "server": name, "lost": sum(r["lost"] for r in rounds),
        "p50_ms": median(r["p50"] for r in rounds) * 1e3, "p99_ms": median(r["p99"] for r in rounds) * 1e3,
    }  # fmt: skip


# --- one event to many sockets -----------------------------------------------------------------


def measure_fan_out(here: Stage, webs: dict[str, Web], options: Any) -> dict[str, Any]:
    import redis

    from tests import people

    agent = people.hire("publico", first_name="Paz")
    tray = people.tray("Multitud", agent)
    sockets = here.start_web("python", "bench.bare_sockets",
                       BENCH_BARE=json.dumps({"redis": here.redis_url, "channels": ["bare:all"]}))  # fmt: skip
    cookie = log_in(agent)
    sides = [SocketSide(name, web, cookie, f"tray.{tray.pk}") for name, web in webs.items()]
    limit = SocketSide("bare", sockets, "a=b", "bare:all", has_marks=False)
    sides.append(limit)
    to, ears, count = (
        redis.Redis.from_url(here.redis_url),
        here.start_child("listeners"),
        options.choose_count(500, 200),
    )
    for side in sides:
        side.note_figures(connect=_order_ears(ears, side, "open_sockets", count=count)["seconds"])
    for _ in range(options.choose_count(5, 2)):
        for side in sides:
            used = side.web.read_cpu()
            got = _run_round(to, ears, side, options.choose_count(60, 40), FRAGMENT_BYTES, 0)
            used = side.web.read_cpu() - used
            side.note_figures(
                rate=got["delivered"] / got["seconds"],
                cpu=used / got["delivered"] * 1e6,
                lost=got["lost"],
                busy=got["busy"],
            )
    for _ in range(options.choose_count(2, 1)):
        for side in sides:
            got = _run_round(to, ears, side, 15, FRAGMENT_BYTES, 10)
            side.note_figures(p50=got["p50"] * 1e3, p99=got["p99"] * 1e3, lost=got["lost"])
    rows = [_fan_row(side, limit) for side in sides]
    head = ("server", "deliv./s", "share", "CPU µs", "share", "p50 ms", "p99 ms", "lost", "connect s")
    print_table(f"Live: one event of {FRAGMENT_BYTES} bytes to {count} sockets (share of the bare server)", head, rows)
    busy = max(part for side in sides for part in side.rounds["busy"])
    print(f"the client used {format_share(busy)} of a core at most")
    stuck = [_measure_stuck(to, ears, side, options) for side in sides[:-1]]
    head = ("server", "p50 ms", "p99 ms", "p50 with it", "p99 with it", "others lost", "others closed", "the stuck one")
    flow = f"{LARGE_EVENTS_PER_SECOND} events of {LARGE_BYTES / 1000:.0f} kB a second"
    print_table(f"Live: a stuck client among {STUCK_AMONG}, {flow}", head,
         [[one[name] for name in ("server", "p50", "p99", "p50_with", "p99_with", "lost", "closed", "became")]
          for one in stuck])  # fmt: skip
    return {"rows": [_fan_result(side, limit) for side in sides], "sockets": count, "client_busy": busy, "stuck": stuck}


def _order_ears(ears: Child, side: SocketSide, verb: str, **more: Any) -> dict[str, Any]:
    return ears.ask_order(verb=verb, port=side.web.port, cookie=side.cookie, has_marks=side.has_marks, **more)


def _run_round(redis: Any, ears: Child, side: SocketSide, events: int, size: int, pace: float) -> dict[str, Any]:
    """Publishes so many events, all at once or so many a second. Returns what the sockets heard."""
    _order_ears(ears, side, "count_events", events=events, limit=MAX_ROUND_SECONDS)
    began = time.monotonic()
    for number in range(events):
        if pace:
            time.sleep(max(0.0, began + number / pace - time.monotonic()))
        side.publish_event(redis, size)
    return ears.read_answer(MAX_ROUND_SECONDS + 10)


def _measure_stuck(redis: Any, ears: Child, side: SocketSide, options: Any) -> dict[str, Any]:
    """The others' times without and with a client that reads nothing, until that one is closed."""
    from live.socket import MAX_UNCONFIRMED_CHARS

    _order_ears(ears, side, "close_above", count=STUCK_AMONG)
    alone = _run_round(redis, ears, side, options.choose_count(160, 60), LARGE_BYTES, LARGE_EVENTS_PER_SECOND)
    _order_ears(ears, side, "open_stuck")
    # more than may be on its way to one that does not answer
    beside = _run_round(
        redis,
        ears,
        side,
        MAX_UNCONFIRMED_CHARS // LARGE_BYTES + LARGE_EVENTS_PER_SECOND,
        LARGE_BYTES,
        LARGE_EVENTS_PER_SECOND,
    )
    became = _order_ears(ears, side, "release_stuck")
    words = f"closed, {became['code']}" if became["code"] else "dropped" if became["gone"] else "STILL OPEN"
    return {
        "server": side.name, "p50": alone["p50"] * 1e3, "p99": alone["p99"] * 1e3, "p50_with": beside["p50"] * 1e3,
        "p99_with": beside["p99"] * 1e3, "lost": alone["lost"] + beside["lost"], "closed": beside["closed"],
        "became": words,
    }  # fmt: skip


def _fan_result(side: SocketSide, limit: SocketSide) -> dict[str, Any]:
    return {
        "server": side.name, "rate": side.median_of("rate"), "ratio": side.median_of("rate") / limit.median_of("rate"),
        "cpu_us": side.median_of("cpu"), "cpu_ratio": limit.median_of("cpu") / side.median_of("cpu"),
        "p50_ms": side.median_of("p50"), "p99_ms": side.median_of("p99"), "lost": int(sum(side.rounds["lost"])),
        "connect_seconds": side.median_of("connect"), "rates": side.rounds["rate"],
    }  # fmt: skip


def _fan_row(side: SocketSide, limit: SocketSide) -> list[Any]:
    got = _fan_result(side, limit)
    return [
        side.name,
        got["rate"],
        format_share(got["ratio"]),
        got["cpu_us"],
        format_share(got["cpu_ratio"]),
        got["p50_ms"],
        got["p99_ms"],
        got["lost"],
        got["connect_seconds"],
    ]
