"""A year of Informes, against counting the steps of that year once: what its page reads, by tray, with both charts and
the year before. Of each chat two steps and an agent's answer, spread over the year."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bench import crowd
from bench.figures import median, print_table
from bench.pages import make_cast
from bench.stage import Stage

CHATS = 1_000_000
MESSAGES = 10
DAYS = 365
_SPREAD_STEPS = "UPDATE contacts_statechange SET at = at - contact_id %% %(days)s * interval '1 day'"
_SPREAD_MESSAGES = """
UPDATE chats_message SET created_at = created_at - chat_id %% %(days)s * interval '1 day',
       author = CASE WHEN author = 'bot' AND chat_id %% 2 = 0 THEN 'agent' ELSE author END,
       agent_id = CASE WHEN author = 'bot' AND chat_id %% 2 = 0 THEN %(agent)s::bigint END
"""
_BARE = """
SELECT tray_id, cause, date_trunc('day', at), count(*) FROM contacts_statechange
WHERE at >= %(begin)s AND at < %(end)s GROUP BY 1, 2, 3
"""


def run_bench(here: Stage, options: Any) -> dict[str, Any]:
    from django.db import connection
    from django.utils import timezone

    from reports import page, reading, rollup
    from reports.models import HourFigure
    from reports.periods import Period

    chosen, agent = make_cast()
    chats = options.choose_count(CHATS, 10_000)
    crowd.fill_database(chats, MESSAGES, chosen)
    today = timezone.localdate()
    period = Period(today - timedelta(days=DAYS - 1), today)
    with connection.cursor() as cursor:
        cursor.execute(_SPREAD_STEPS, {"days": DAYS})
        cursor.execute(_SPREAD_MESSAGES, {"days": DAYS, "agent": agent.pk})
        cursor.execute("VACUUM ANALYZE")
    began = time.perf_counter()
    hour = rollup.begin_of_hour(period.begin)
    while hour < period.end:
        rollup.roll_up(hour)
        hour += rollup.HOUR
    rolled = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE reports_hourfigure")

    def read_page() -> None:
        rows = reading.read_rows(period, "bandeja")
        reading.read_total(period)
        reading.read_total(period.before)
        page.read_charts(period, "bandeja", rows)

    def count_bare() -> None:
        with connection.cursor() as cursor:
            cursor.execute(_BARE, {"begin": period.begin, "end": period.end})
            cursor.fetchall()

    found = _time_both(read_page, count_bare, options.choose_count(40, 15))
    found |= {"messages": chats * MESSAGES, "figures_kept": HourFigure.objects.count(), "roll_up_s": rolled}
    print_table(
        f"Informes of a year: {chats * MESSAGES:,} messages, {found['figures_kept']:,} figures",
        ("ms, p50", "bare, p50", "ratio", "a year rolled up, s"),
        [[found["ms"], found["bare_ms"], found["ratio"], found["roll_up_s"]]],
    )
    return found


def choose_figures(found: dict[str, Any]) -> dict[str, float]:
    return {"time": found["ms"]}


def _time_both(ours: Callable[[], None], bare: Callable[[], None], times: int) -> dict[str, float]:
    """In turns: what else runs on the machine falls on both alike."""
    took: dict[str, list[float]] = {"ours": [], "bare": []}
    for number in range(times):
        for side, act in (("ours", ours), ("bare", bare)) if number % 2 else (("bare", bare), ("ours", ours)):
            began = time.perf_counter()
            act()
            took[side].append((time.perf_counter() - began) * 1e3)
    ms, bare_ms = median(took["ours"]), median(took["bare"])
    return {"ms": ms, "bare_ms": bare_ms, "ratio": ms / bare_ms}
