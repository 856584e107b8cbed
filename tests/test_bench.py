"""The table of measurements: what is judged, what a run exits with, and what the README says of it."""

import asyncio
import importlib
import json
import math
import sys

import pytest

from bench import __main__ as bench
from bench.table import BENCHES, HEAD, at_least, at_most, build_rows, list_missed
from bench.websocket import Ear, connect_ear

RESULTS = json.loads(bench.RESULTS.read_text())


def test_the_readme_shows_the_last_results():
    text = bench.README.read_text()
    assert bench.write_table(text, RESULTS) == text, "python -m bench --table"


def test_the_readmes_table_says_of_each_figure_when_and_how_it_was_measured():
    ingest = {"machine": {"at": "2026-11-25T08:34:59+00:00"}, "options": {"quick": True}, "figures": {"daphne": 0.567}}
    rows = {row[0]: row for row in build_rows({"ingest": ingest})}
    assert len(rows) == sum(len(one.floors) for one in BENCHES.values())
    assert rows["one text in, daphne: the least of three cases"][1:] == (
        "57 %", "≥ 50 %", "65 %", "met", "2026-11-25, quick",
    )  # fmt: skip
    assert rows["one text in, uvicorn: the least of three cases"][1:] == ("–", "≥ 40 %", "60 %", "", "")
    assert all(len(row) == len(HEAD) for row in rows.values())


@pytest.mark.parametrize(
    ("floor", "value", "said"),
    [
        (at_least("a", "a share", 0.5, 0.7), 0.49, "MISSED"),
        (at_least("a", "a share", 0.5, 0.7), 0.5, "met"),
        (at_least("a", "a share", 0.5, 0.7), 0.7, "aim met"),
        (at_least("a", "a share", 0.5), 0.9, "met"),
        (at_most("a", "a time", "ms", 12, 8), 12.1, "MISSED"),
        (at_most("a", "a time", "ms", 12, 8), 12, "met"),
        (at_most("a", "a time", "ms", 12, 8), 8, "aim met"),
        (at_least("a", "a share", 0.5), math.nan, "MISSED"),
        (at_most("a", "a time", "ms", 12, 8), math.nan, "MISSED"),
    ],
)
def test_a_figure_is_judged_by_what_it_must_and_should_reach(floor, value, said):
    assert floor.judge(value) == said


@pytest.mark.parametrize("name", BENCHES)
def test_a_measurement_chooses_the_figures_that_are_judged(name):
    module = importlib.import_module(f"bench.{name}")
    assert module.run_bench
    keys = {floor.key for floor in BENCHES[name].floors}
    if name in RESULTS:
        assert module.choose_figures(RESULTS[name]) == RESULTS[name]["figures"]
        assert keys & RESULTS[name]["figures"].keys()


@pytest.mark.parametrize("is_awaited", [True, False])
async def test_a_socket_that_the_server_refuses_is_said_at_once_and_why(is_awaited):
    async def refuse(_reader, writer):
        writer.write(b"HTTP/1.1 500 Internal server error\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        ear = Ear(server.sockets[0].getsockname()[1], "", lambda _ear, _payload: None)
        with pytest.raises(ConnectionError, match="closed before it was accepted: .*500 Internal"):
            await connect_ear(ear, waits_for_marks=is_awaited)


@pytest.mark.parametrize(("ready", "code"), [(2.9, 0), (3.1, 1)])
def test_a_run_exits_1_where_a_figure_misses_what_it_must_reach(ready, code, monkeypatch, tmp_path, capsys):
    earlier = {"ingest": RESULTS["ingest"]}
    got = RESULTS["memory"] | {"figures": {"rest": 210, "ready": ready}}
    results = tmp_path / "results.json"
    results.write_text(json.dumps(earlier))
    monkeypatch.setattr(bench, "RESULTS", results)
    monkeypatch.setattr(bench, "measure_alone", lambda _name, _chosen: got)
    monkeypatch.setattr(sys, "argv", ["bench", "memory", "--quick"])
    # what an earlier run has missed is not this one's
    assert list_missed(earlier)
    assert bench.main() == code
    said = capsys.readouterr().out
    assert ("MISSED: second start to ready" in said) == bool(code)
    assert "one text in" not in said
    assert "rough" in said
    kept = json.loads(results.read_text())
    assert kept["ingest"] == earlier["ingest"]
    assert kept["memory"]["figures"] == got["figures"]
