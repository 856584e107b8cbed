"""Lists and threads with few chats and with many: the same queries, and the same time but for a half more."""

import os
from typing import Any

from bench.figures import median, print_table
from bench.stage import Child, Stage

FEW_CHATS = 1_000


def run_bench(here: Stage, options: Any) -> dict[str, Any]:
    sides = {size: _make_database(here, size) for size in (FEW_CHATS, options.chats)}
    for size, child in sides.items():
        child.send_order(do="fill", chats=size, messages=options.messages)
    filled = {size: child.read_answer(3600) for size, child in sides.items()}
    _check_history(here, FEW_CHATS)
    pages = filled[FEW_CHATS]["pages"]
    got: dict[str, dict[int, list[dict[str, Any]]]] = {page: {size: [] for size in sides} for page in pages}
    # short turns: what else runs on the machine then falls on both sides alike
    for _ in range(options.choose_count(12, 5)):
        for page in pages:
            for size, child in sides.items():
                got[page][size].append(child.ask_order(do="look", page=page, times=3))
    results = [_build_result(page, got[page], options.chats) for page in pages]
    many = f"{options.chats:,}"
    head = ("page", f"{FEW_CHATS:,}: ms", f"{many}: ms", "ratio", "in SQL", "in SQL", "ratio", "queries", "queries", "")
    print_table(
        f"Lists: p50 at {FEW_CHATS:,} and at {many} chats of {options.messages} messages",
        head,
        [_build_row(one) for one in results],
    )
    print(f"{options.chats * options.messages:,} messages by COPY in {filled[options.chats]['seconds']:.0f} s")
    return {
        "rows": results,
        "few": FEW_CHATS,
        "many": options.chats,
        "messages_of_each": options.messages,
    }


def choose_figures(found: dict[str, Any]) -> dict[str, float]:
    rows = found["rows"]
    return {
        "time": max(one["ratio"] for one in rows),
        "queries": sum(one["few_queries"] != one["many_queries"] for one in rows),
    }


def _make_database(here: Stage, size: int) -> Child:
    """A database of its own, made from the migrated one, and a child that looks at its pages."""
    from django.db import connection, connections

    connections.close_all()
    name, own = f"bench_{size}", connection.settings_dict["NAME"]
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {own}")
    return here.start_child("pages", DATABASE_URL=_database_url(here, size))


def _database_url(here: Stage, size: int) -> str:
    return here.database_url.rpartition("/")[0] + f"/bench_{size}"


def _check_history(here: Stage, size: int) -> None:
    """What was copied is what the product would have written."""
    import subprocess
    import sys

    from django.core.management import get_commands

    if "check_history" in get_commands():
        subprocess.run(
            [sys.executable, "manage.py", "check_history"],
            check=True, env=os.environ | {"DATABASE_URL": _database_url(here, size)}, stdout=subprocess.DEVNULL,
        )  # fmt: skip


def _build_result(page: str, sides: dict[int, list[dict[str, Any]]], many: int) -> dict[str, Any]:
    def p50(size: int, what: str) -> float:
        return median(second for one in sides[size] for second in one[what]) * 1e3

    def most(size: int, what: str) -> int:
        return max(one[what] for one in sides[size])

    few_ms, many_ms = p50(FEW_CHATS, "times"), p50(many, "times")
    few_sql, many_sql = p50(FEW_CHATS, "database"), p50(many, "database")
    return {
        "page": page, "few_ms": few_ms, "many_ms": many_ms, "ratio": many_ms / few_ms,
        "few_sql_ms": few_sql, "many_sql_ms": many_sql, "sql_ratio": many_sql / few_sql,
        "few_queries": most(FEW_CHATS, "queries"), "many_queries": most(many, "queries"),
        "few_bytes": most(FEW_CHATS, "bytes"), "many_bytes": most(many, "bytes"),
    }  # fmt: skip


def _build_row(one: dict[str, Any]) -> list[Any]:
    said = "" if 0.8 < one["many_bytes"] / one["few_bytes"] < 1.25 else "not the same page"
    return [one["page"], one["few_ms"], one["many_ms"], f"{one['ratio']:.2f}", one["few_sql_ms"], one["many_sql_ms"],
            f"{one['sql_ratio']:.2f}", one["few_queries"], one["many_queries"], said]  # fmt: skip
