"""Turns for pages that have to ask again. All at once they would hold the server for as long as all take together."""

import time

# of one web process, beside what agents ask of it meanwhile
PAGES_PER_SECOND = 20


class Turns:
    """Of one process: whoever is told to ask is told when, so that the time grows with their number."""

    def __init__(self) -> None:
        self.next_at = 0.0

    def seconds_to_wait(self) -> float:
        """Until the turn of one more."""
        now = time.monotonic()
        wait = max(0.0, self.next_at - now)
        self.next_at = now + wait + 1 / PAGES_PER_SECOND
        return round(wait, 2)
