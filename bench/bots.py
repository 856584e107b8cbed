"""External bots: from a customer's message to the bot's answer in the database, one after the other on an idle machine,
against the bot's own answer time, and against a bare httpx round trip to the same bot.
"""

import http.client
import json
import os
import sys
import time
from typing import Any

import httpx

from bench.figures import find_percentile, median, print_table
from bench.stage import ROOT, Stage, Web, wait_for
from wittyagent.run import processes

SECRET = "s" * 43
ALLOWED = {"ALLOWED_INTERNAL_HOSTS": "127.0.0.1"}
# of the bot, in seconds: one that answers at once, and one that thinks
DELAYS = (0.0, 0.05)


def run_bench(here: Stage, options: Any) -> dict[str, Any]:
    bot = here.start_child("bot_server")
    url = f"http://127.0.0.1:{bot.read_answer()['port']}/"
    origin, web, _caller = _make_line(url), here.start_web("daphne", **ALLOWED), start_caller(here)
    customer = WaitingCustomer(origin, web)
    for number in range(5):
        customer.waits_for_answer(number)
    rows: dict[float, dict[str, list[float]]] = {delay: {"all": [], "bot": [], "bare": []} for delay in DELAYS}
    each = options.choose_count(40, 15)
    for turn in range(options.choose_count(6, 3)):
        for delay, row in rows.items():
            bot.ask_order(delay=delay)
            row["all"] += [customer.waits_for_answer(f"{turn}-{delay}-{number}") for number in range(each)]
            row["bot"] += bot.ask_order(delay=delay)["took"]
            row["bare"] += _time_bare_calls(url, each)
            bot.ask_order(delay=delay)
    return _show_results(rows)


def _make_line(url: str) -> Any:
    from origins.models import Origin
    from wittybots.models import Bot, Endpoint, Reception

    bot = Bot.objects.create(kind="webhook", name="Banco", most_per_minute=32_000)
    # told of nothing else: one answer a message
    Endpoint.objects.create(bot=bot, name="Banco", url=url, secret=SECRET, events=["message_created"])
    origin = Origin.objects.create(kind="http", name="Bots", key="bench-bots", secret=SECRET)
    Reception.objects.create(origin=origin, bot=bot)
    return origin


def start_caller(here: Stage) -> Web:
    """The process that calls bots, as `manage.py up` starts it; returns once it works."""
    from celery import current_app

    from wittyagent.run.children import CALLER

    command = [sys.executable, "-m", "celery", "-A", "wittyagent", "--quiet", "worker", *CALLER]
    log = here.open_log("caller.log")
    process = processes.spawn_process(
        [*command, "--loglevel", "WARNING"], cwd=ROOT, env=os.environ | ALLOWED, stdout=log, stderr=log
    )
    here.webs.append(Web(process, 0))
    wait_for(lambda: process.poll() is not None or current_app.control.ping(timeout=0.5), 60)
    if process.poll() is not None:
        raise RuntimeError(f"the caller ended: {(here.folder / 'caller.log').read_text()[-2000:]}")
    return here.webs[-1]


class WaitingCustomer:
    """One customer, who writes once the answer is there."""

    def __init__(self, origin: Any, web: Web) -> None:
        from django.db import connection

        self.origin, self.client, self.connection = (
            origin,
            http.client.HTTPConnection("127.0.0.1", web.port),
            connection,
        )

    def waits_for_answer(self, number: Any) -> float:
        """Seconds from the post to the moment at which the answer stands in the database."""
        from common.signature import sign_bytes

        message = {"id": f"b-{number}", "from": "marta", "name": "Marta Gómez", "text": "¿Tienen turno para mañana?"}
        raw = json.dumps({"messages": [message]}).encode()
        headers = {"X-Witty-Signature": sign_bytes(SECRET, raw), "Content-Type": "application/json"}
        before, began = self._last_answer_id(), time.perf_counter()
        self.client.request("POST", f"/webhooks/{self.origin.key}/", raw, headers)
        got = self.client.getresponse()
        said = got.read()
        if got.status != 200 or b'"accepted": 1' not in said:
            raise RuntimeError(f"{got.status}: {said[:300]!r}")
        while self._last_answer_id() == before:
            if time.perf_counter() - began > 20:
                raise RuntimeError("the bot's answer is not there after 20 s")
            # often enough to tell, and not so often that asking is what takes the processor
            time.sleep(0.002)
        return time.perf_counter() - began

    def _last_answer_id(self) -> int:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(max(id), 0) FROM chats_message WHERE author = 'bot'")
            return int(cursor.fetchone()[0])


def _time_bare_calls(url: str, times: int) -> list[float]:
    """The round trip alone, with a body like ours."""
    body, took = json.dumps({"event": "message_created", "more": "x" * 900}).encode(), []
    with httpx.Client(trust_env=False) as client:
        client.post(url, content=body)
        for _number in range(times):
            began = time.perf_counter()
            client.post(url, content=body).raise_for_status()
            took.append(time.perf_counter() - began)
    return took


def _show_results(rows: dict[float, dict[str, list[float]]]) -> dict[str, Any]:
    told, table = [], []
    for delay, row in rows.items():
        whole, own, bare = (median(row[name]) * 1e3 for name in ("all", "bot", "bare"))
        told.append(
            {
                "bot_ms": own,
                "p50_ms": whole,
                "p95_ms": find_percentile(row["all"], 0.95) * 1e3,
                "overhead_ms": whole - own,
                "bare_ms": bare,
                "of_bare": whole / bare,
                "of_bot": whole / own if delay else None,
            }
        )
        made = told[-1]
        table.append(
            [f"answers in {delay * 1e3:.0f} ms", own, whole, made["p95_ms"], made["overhead_ms"], bare, made["of_bare"]]
        )
    head = ("the bot", "itself, ms", "p50, ms", "p95, ms", "we add, ms", "bare httpx, ms", "of bare")
    print_table("Bots: customer's message → external bot → answer stored", head, table)
    return {"rows": told}


def choose_figures(found: dict[str, Any]) -> dict[str, float]:
    """Of the bot that is worse off, with its own time taken away."""
    return {"added": max(one["overhead_ms"] for one in found["rows"])}
