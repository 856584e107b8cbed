"""The conditions of a run: the networks' clock, the dice by the seed, the faults that are switched on, the counts."""

import random
import time
from collections import Counter
from datetime import UTC, datetime

from sandbox.faults import Faults


class Conditions:
    """What every part of a sandbox depends on, and nothing that customers or lines have."""

    def __init__(self, seed: int = 1) -> None:
        self.seed, self.jumped = seed, 0.0
        self.faults = Faults()
        self.chances: dict[str, random.Random] = {}
        self.counts: Counter[str] = Counter()

    def now(self) -> float:
        """Seconds since 1970 by the networks' clock, which `jump` moves on."""
        return time.time() + self.jumped

    def read_clock(self) -> str:
        return datetime.fromtimestamp(self.now(), UTC).isoformat()

    def dice_of(self, purpose: str) -> random.Random:
        """The dice of one purpose: what happens to sends does not shift what happens to webhooks."""
        if purpose not in self.chances:
            self.chances[purpose] = random.Random(f"{self.seed}:{purpose}")  # noqa: S311
        return self.chances[purpose]

    def draw_fault(self, fault: str) -> bool:
        """Whether a fault happens this time."""
        likely = getattr(self.faults, fault)
        happens = likely > 0 and self.dice_of(fault).random() < likely
        if happens:
            self.counts[f"fault_{fault}"] += 1
        return happens

    def change_seed(self, seed: int) -> None:
        self.seed = seed
        self.chances.clear()
