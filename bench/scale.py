"""How it grows: a message's cost with one, two and four web processes behind nginx; thousands of sockets on one process
and on four; how many messages a second go all the way with a worker and agents at work, and what falls behind first.
"""

import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bench.figures import median, print_table
from bench.ingest import TEXT, make_line
from bench.live import FRAGMENT_BYTES, log_in
from bench.stage import TICKS, Child, Stage, Web, free_port

PROCESSES = (1, 2, 4)
SOCKET_PROCESSES = (1, 4)
SOCKETS_EACH = 900
# so many as may be under way at once whichever process takes them: how the cores are shared is not what is measured
CONNECTIONS = 2
# messages a second that are offered, one after the other
OFFERED = (25, 50, 100, 200, 400)
# what waits longer than this has fallen behind
BEHIND_SECONDS = 5.0
SETTLE_SECONDS = 120.0
# of what is offered, what has to be taken in meanwhile
KEPT_UP = 0.9
CUSTOMERS = 100
_OLDEST = """
SELECT coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0) FROM chats_message
WHERE status IN ('queued', 'sending')
"""


def run_bench(here: Stage, options: Any) -> dict[str, Any]:
    return {
        # first: its agents take whatever waits anywhere
        "day": measure_day(here, options),
        "inbound": measure_inbound(here, options),
        "sockets": measure_sockets(here, options),
    }


def choose_figures(found: dict[str, Any]) -> dict[str, float]:
    """The dearest message against that of one process; what sockets lost; memory of one; what goes all the way."""
    costs = {one["processes"]: one["cpu_us"] for one in found["inbound"]}
    return {
        "cost": max(costs.values()) / costs[1],
        "lost": float(sum(one["lost"] for one in found["sockets"])),
        "socket_kb": max(one["kb_a_socket"] for one in found["sockets"]),
        "day": max((one["done"] for one in found["day"] if not one["behind"]), default=0.0),
        "lost_on_the_way": float(sum(one["lost"] for one in found["day"])),
    }


# --- messages in, behind nginx -------------------------------------------------------------------


def measure_inbound(here: Stage, options: Any) -> list[dict[str, Any]]:
    from tests.people import tray

    line, poster = make_line("detras", tray=tray("Detrás")), here.start_child("poster")
    fronts = {}
    for count in PROCESSES:
        webs = [here.start_web("daphne") for _ in range(count)]
        fronts[count] = (webs, _start_nginx(here, webs))
    rounds: dict[int, list[dict[str, float]]] = {count: [] for count in PROCESSES}
    for number in range(options.choose_count(4, 2)):
        for count, (_webs, front) in fronts.items():
            order = {"port": front.port, "path": line.webhook_path, "secret": line.secret, "senders": line.senders,
                     "text": TEXT, "connections": CONNECTIONS}  # fmt: skip
            poster.ask_order(**order, mark=f"{count}-{number}w", seconds=0.5)
            # with the servers, so that what is spared in one place and spent in another shows
            used = _read_all_cpu(poster)
            got = poster.ask_order(**order, mark=f"{count}-{number}", seconds=options.choose_count(40, 15) / 10)
            used = _read_all_cpu(poster) - used
            if got["bad"]:
                raise RuntimeError(f"refused: {got['bad'][0]}")
            rounds[count].append({"rate": got["posted"] / got["seconds"], "cpu": used / got["posted"] * 1e6})
    found = [
        {"processes": count, "rate": median(one["rate"] for one in of), "cpu_us": median(one["cpu"] for one in of)}
        for count, of in rounds.items()
    ]
    here.end_processes()
    head = ("web processes", "req/s", "CPU µs a message, all processes")
    print_table("Scale: messages in through nginx", head, [list(one.values()) for one in found])
    return found


def _start_nginx(here: Stage, webs: list[Web]) -> Web:
    from tests.nginx import front_command

    port = free_port()
    return here.start_server(front_command(here.folder / f"nginx-{len(webs)}", port, [web.port for web in webs]), port)


def _read_all_cpu(client: Child) -> float:
    """Seconds of processor of all that this process has started, but for that client."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(stat.parent.name)
        # with what its ended children have used
        parents[pid], used[pid] = int(fields[1]), sum(int(one) for one in fields[11:15]) / TICKS
    return sum(spent for pid, spent in used.items() if pid != client.process.pid and _is_ours(pid, parents))


def _is_ours(pid: int, parents: dict[int, int]) -> bool:
    while (pid := parents.get(pid, 0)) > 1:
        if pid == os.getpid():
            return True
    return False


# --- sockets -------------------------------------------------------------------------------------


def measure_sockets(here: Stage, options: Any) -> list[dict[str, Any]]:
    from tests import people

    count, found = options.choose_count(5000, 400), []
    # one may have a thousand
    agents = [people.hire(f"multitud-{number}") for number in range(-(-count // SOCKETS_EACH))]
    tray, cookies = people.tray("Todos", *agents), [log_in(agent) for agent in agents]
    for processes in SOCKET_PROCESSES:
        webs = [here.start_web("daphne") for _ in range(processes)]
        ears = [here.start_child("listeners") for _ in webs]
        before = sum(_read_memory(web) for web in webs)
        for web, child in zip(webs, ears, strict=True):
            for number, cookie in enumerate(cookies, 1):
                most = min(number * SOCKETS_EACH, count // processes)
                _order(child, web, cookies[0], "open_sockets", count=most, by=cookie)
        kb = (sum(_read_memory(web) for web in webs) - before) / count
        rounds = [
            _tell_all(webs, ears, cookies[0], f"tray.{tray.pk}", options) for _ in range(options.choose_count(4, 2))
        ]
        found.append({
            "processes": processes, "sockets": count, "kb_a_socket": kb, "lost": sum(one["lost"] for one in rounds),
            "rate": median(one["rate"] for one in rounds), "cpu_us": median(one["cpu"] for one in rounds),
        })  # fmt: skip
        here.end_processes()
    head = ("web processes", "sockets", "kB a socket", "lost", "deliv./s", "CPU µs a delivery")
    print_table("Scale: one event to all sockets", head, [list(one.values()) for one in found])
    return found


def _order(child: Child, web: Web, cookie: str, verb: str, **more: Any) -> dict[str, Any]:
    return child.ask_order(300, verb=verb, port=web.port, cookie=cookie, has_marks=True, **more)


def _tell_all(webs: list[Web], ears: list[Child], cookie: str, group: str, options: Any) -> dict[str, float]:
    from live.feed import GroupEvent, publish_events

    events = options.choose_count(20, 10)
    for web, child in zip(webs, ears, strict=True):
        _order(child, web, cookie, "count_events", events=events, limit=120)
    used, began = sum(web.read_cpu() for web in webs), time.monotonic()
    for _ in range(events):
        publish_events([GroupEvent(group, f"{time.monotonic():.6f} ".ljust(FRAGMENT_BYTES, "x"))])
    got = [child.read_answer(200) for child in ears]
    seconds, heard = time.monotonic() - began, sum(one["delivered"] for one in got)
    used = sum(web.read_cpu() for web in webs) - used
    return {"rate": heard / seconds, "cpu": used / heard * 1e6, "lost": sum(one["lost"] for one in got)}


def _read_memory(web: Web) -> float:
    """PSS of a process, in kB."""
    lines = Path(f"/proc/{web.process.pid}/smaps_rollup").read_text().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("Pss:")))


# --- all the way ---------------------------------------------------------------------------------


def measure_day(here: Stage, options: Any) -> list[dict[str, Any]]:
    """Customers of four networks write at a rate, four agents take the chats and answer every second message, a worker
    sends that back. The rate grows until something falls behind, or there is no more to offer."""
    from tests.soak.play import Play, Size

    found: list[dict[str, Any]] = []
    size = Size(0, CUSTOMERS, 0, (), True, 120)
    with Play(size, SimpleNamespace(url=here.redis_url), here.folder) as play:
        play.begin()
        for rate in OFFERED:
            found.append(_offer(play, rate, options.choose_count(20, 6)))
            if found[-1]["behind"]:
                break
    head = (
        "offered/s",
        "taken in/s",
        "answers sent",
        "oldest to leave, s",
        "settled after, s",
        "lost",
        "what fell behind",
    )
    print_table("Scale: customers, agents and a worker at once", head, [list(one.values()) for one in found])
    return found


def _offer(play: Any, rate: int, seconds: int) -> dict[str, Any]:
    from chats.models import Message
    from tests.soak.play import DONE

    came, left = Message.objects.filter(direction="in"), Message.objects.filter(author="agent", status__in=DONE)
    before, answered = came.count(), left.count()
    total, began, oldest = rate * seconds, time.monotonic(), 0.0
    play.sandbox.run_messages(messages=total, customers=CUSTOMERS, rate=rate, seed=rate)
    while play.sandbox.read_progress()["running"]:
        oldest = max(oldest, _read_oldest())
        time.sleep(0.5)
    taken = time.monotonic() - began
    for child in play.children.values():
        child.check()
    while not play.is_settled() and time.monotonic() - began < taken + SETTLE_SECONDS:
        oldest = max(oldest, _read_oldest())
        time.sleep(0.2)
    settled = time.monotonic() - began - taken
    lost = total - came.count() + before
    behind = [
        *(["webhooks"] if total / taken < rate * KEPT_UP else []),
        *(["what leaves"] if oldest > BEHIND_SECONDS else []),
        *(["answers of agents"] if settled > BEHIND_SECONDS and oldest <= BEHIND_SECONDS else []),
    ]
    return {
        "offered": rate, "done": total / taken, "answered": left.count() - answered, "oldest": oldest,
        "settled": settled, "lost": lost, "behind": ", ".join(behind),
    }  # fmt: skip


def _read_oldest() -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_OLDEST)
        return float(cursor.fetchone()[0])
