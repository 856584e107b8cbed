"""The sweep with its history, lines and news, by one and by two sweepers, against one bare UPDATE of as many rows.

All chats are made at once, their sessions end in slices a day apart; each round takes the next slice.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from bench import crowd
from bench.figures import format_share, format_spread, median, print_table
from bench.pages import make_cast
from bench.stage import Child, Stage

BARE = """
UPDATE chats_chat SET state = 'EXPIRADO', tray_id = NULL, agent_id = NULL, taken_from_id = NULL
WHERE state <> 'EXPIRADO' AND session_expires_at <= %s
"""
BEGIN = datetime(2040, 1, 1, tzinfo=UTC)
SIDES = ("one sweeper", "bare UPDATE", "two sweepers")


def run_bench(here: Stage, options: Any) -> dict[str, Any]:
    chosen, _agent = make_cast()
    rounds, size = options.choose_count(4, 2), options.choose_count(10_000, 4_000)
    slices = rounds * len(SIDES)
    crowd.fill_database(slices * size, 3, chosen, ends=lambda number: BEGIN + timedelta(days=number // size))
    sweepers = [here.start_child("sweeper") for _ in range(2)]
    for sweeper in sweepers:
        sweeper.read_answer()
    rates: dict[str, list[float]] = {side: [] for side in SIDES}
    for number in range(slices):
        side, now = SIDES[number % len(SIDES)], BEGIN + timedelta(days=number, hours=1)
        rows, seconds = (
            _time_update(now) if side == "bare UPDATE" else _time_sweep(sweepers[: 1 + (side == SIDES[2])], now)
        )
        # expired chats of the crowd are there already, and not due
        if not size * 0.8 < rows <= size:
            raise RuntimeError(f"{side} took {rows} rows of {size}")
        rates[side].append(rows / seconds)
    bare = median(rates["bare UPDATE"])
    print_table(f"Expire: rows/s, {size:,} due a round (median, least–most)", ("", "rows/s", "of the bare UPDATE"),
         [[side, format_spread(rates[side]), format_share(median(rates[side]) / bare)] for side in SIDES])  # fmt: skip
    return {"rows": [{"side": side, "rate": median(rates[side]), "ratio": median(rates[side]) / bare,
                      "rates": rates[side]} for side in SIDES], "due": size}  # fmt: skip


def choose_figures(found: dict[str, Any]) -> dict[str, float]:
    return {"one": next(one["ratio"] for one in found["rows"] if one["side"] == SIDES[0])}


def _time_update(now: datetime) -> tuple[int, float]:
    from django.db import connection

    with connection.cursor() as cursor:
        began = time.monotonic()
        cursor.execute(BARE, [now])
        return cursor.rowcount, time.monotonic() - began


def _time_sweep(sweepers: list[Child], now: datetime) -> tuple[int, float]:
    for sweeper in sweepers:
        sweeper.send_order(now=now.isoformat())
    done = [sweeper.read_answer() for sweeper in sweepers]
    seconds = max(one["ended"] for one in done) - min(one["began"] for one in done)
    return sum(one["count"] for one in done), seconds
