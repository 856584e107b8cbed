"""A search of messages that an agent may see, against the same words asked of the same index, and the chats in which a
page says that they stand, whoever may see them.

Rare words stand in some sixty messages each, one in a thousand; a number is asked by a part of it.
"""

import time
from collections.abc import Callable
from typing import Any

from bench import crowd
from bench.figures import find_percentile, median, print_table
from bench.pages import make_cast
from bench.stage import Stage

CHATS = 1_000_000
MESSAGES = 10
OF_A_WORD = 60
EVERY = 50
# every fiftieth message gets a word and a number of its own kind
_SPREAD = """
UPDATE chats_message SET text = text || ' zq' || (id / %(every)s %% %(words)s)
    || ' pedido 77' || lpad((id / %(every)s %% %(words)s)::text, 6, '0') || '3'
WHERE id %% %(every)s = 0 AND kind = 'text'
"""
_BARE_WORD = """
SELECT m.id, chat.contact_id, m.created_at FROM (
    SELECT id, chat_id, created_at FROM chats_message
    WHERE array_to_tsvector(text_words(text)) @@ %s::tsquery AND NOT (text = '')
    ORDER BY created_at DESC, id DESC LIMIT 51
) m JOIN chats_chat chat ON chat.id = m.chat_id
"""
_BARE_NUMBER = """
SELECT m.id, chat.contact_id, m.created_at FROM (
    SELECT id, chat_id, created_at FROM chats_message
    WHERE text ~ '[0-9]{3}' AND text_digits(text) LIKE %s
    ORDER BY created_at DESC, id DESC LIMIT 51
) m JOIN chats_chat chat ON chat.id = m.chat_id
"""


def run_bench(here: Stage, options: Any) -> dict[str, Any]:
    from django.db import connection

    from chats.models import Message
    from inbox.search.messages import Filters, find_ids
    from inbox.search.words import read_words

    chosen, agent = make_cast()
    chats = options.choose_count(CHATS, 10_000)
    crowd.fill_database(chats, MESSAGES, chosen)
    words = max(1, chats * MESSAGES // EVERY // OF_A_WORD)
    with connection.cursor() as cursor:
        cursor.execute(_SPREAD, {"every": EVERY, "words": words})
        cursor.execute("VACUUM ANALYZE chats_message")
        # to start workers is most of what a lookup of sixty rows would take
        cursor.execute("SET max_parallel_workers_per_gather = 0")

    def ask_bare(sql: str, value: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(sql, [value])
            return len(cursor.fetchall())

    def search(typed: str) -> int:
        return len(find_ids(agent, read_words(typed), Filters(), ""))

    cases = {
        "a rare word": (lambda n: search(f"zq{n}"), lambda n: ask_bare(_BARE_WORD, f"'zq{n}':*")),
        "part of a number": (lambda n: search(f"7{n:06}3"), lambda n: ask_bare(_BARE_NUMBER, f"%7{n:06}3%")),
    }
    rows = []
    for name, (ours, bare) in cases.items():
        rows.append({"case": name} | _time_both(ours, bare, words, options.choose_count(400, 150)))
    print_table(
        f"Search: {Message.objects.count():,} messages, words of {OF_A_WORD}",
        ("asked for", "ms, p50", "ms, p95", "bare, p50", "ratio", "found", "bare"),
        [[one["case"], one["ms"], one["p95_ms"], one["bare_ms"], one["ratio"], one["found"], one["bare_found"]]
         for one in rows],
    )  # fmt: skip
    return {"rows": rows, "messages": chats * MESSAGES}


def choose_figures(found: dict[str, Any]) -> dict[str, float]:
    return {"time": max(one["ratio"] for one in found["rows"])}


def _time_both(ours: Callable[[int], int], bare: Callable[[int], int], words: int, times: int) -> dict[str, Any]:
    """In turns, each with another word: what else runs on the machine falls on both sides alike."""
    took: dict[str, list[float]] = {"ours": [], "bare": []}
    found: dict[str, list[int]] = {"ours": [], "bare": []}
    for number in range(times):
        word = number * 7919 % words
        for side, ask in (("ours", ours), ("bare", bare)) if number % 2 else (("bare", bare), ("ours", ours)):
            began = time.perf_counter()
            size = ask(word)
            took[side].append((time.perf_counter() - began) * 1e3)
            found[side].append(size)
    return {
        "ms": median(took["ours"]), "p95_ms": find_percentile(took["ours"], 0.95), "bare_ms": median(took["bare"]),
        "ratio": median(took["ours"]) / median(took["bare"]), "found": median(found["ours"]),
        "bare_found": median(found["bare"]),
    }  # fmt: skip
