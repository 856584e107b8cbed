"""One measurement in a process of its own, on a stage of its own."""

import importlib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from bench.stage import open_stage


@dataclass(frozen=True)
class Options:
    """How much is measured. `chats` and `messages` (of each) are those of the large side of the lists."""

    quick: bool
    chats: int
    messages: int

    def choose_count(self, full: int, quick: int) -> int:
        return quick if self.quick else full


def measure_alone(name: str, chosen: Options) -> dict[str, Any]:
    """The figures of a measurement, and what it found."""
    with ProcessPoolExecutor(1, get_context("spawn")) as alone:
        return alone.submit(_measure, name, chosen).result()


def _measure(name: str, chosen: Options) -> dict[str, Any]:
    module = importlib.import_module(f"bench.{name}")
    with open_stage() as here:
        found = module.run_bench(here, chosen)
    return {"figures": module.choose_figures(found)} | found
