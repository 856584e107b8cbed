"""Tables and the few numbers that they hold."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

__all__ = ["find_percentile", "format_number", "format_share", "format_spread", "median", "print_table"]


def find_percentile(values: Iterable[float], part: float) -> float:
    """The value that `part` (0 to 1) of them do not pass."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else float("nan")


def format_spread(values: Sequence[float]) -> str:
    """The median with the least and the most of the rounds."""
    return f"{format_number(median(values))} ({format_number(min(values))}–{format_number(max(values))})"


def format_share(part: float) -> str:
    return f"{part:.0%}"


def format_number(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def print_table(title: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Prints a table; the first column to the left, the others to the right."""
    cells = [[format_number(cell) for cell in row] for row in rows]
    widths = [max(len(line[i]) for line in [list(head), *cells]) for i in range(len(head))]
    print(f"\n{title}")
    for line in [list(head), ["─" * width for width in widths], *cells]:
        first, *others = zip(line, widths, strict=True)
        print("  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]), flush=True)
