"""Charts as SVG that the server draws: plain numbers for a template, no script. The table beside says the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 480, 150, 34, 16, 126
MAX_LABELS = 7


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    second: bool  # of the second row of numbers


@dataclass(frozen=True)
class Mark:
    """A word at a place: below the axis, or left of a line of the scale."""

    at: float
    words: str


@dataclass(frozen=True)
class Chart:
    scale: list[Mark]  # lines of the scale, by their y
    labels: list[Mark]  # by their x
    bars: list[Bar]
    paths: list[str]  # a line each, as `d` of a path


def draw_bars(labels: Sequence[str], firsts: Sequence[int], seconds: Sequence[int]) -> Chart:
    """Two bars a label."""
    top = nice_top(max([1, *firsts, *seconds]))
    step = (WIDTH - LEFT) / max(len(labels), 1)
    width = min(19.0, max(step * 0.36, 1.0))
    bars = []
    for number, pair in enumerate(zip(firsts, seconds, strict=True)):
        middle = LEFT + step * (number + 0.5)
        for second, value in enumerate(pair):
            height = round((BOTTOM - TOP) * value / top, 1)
            left = round(middle - width + second * (width + 1), 1)
            bars.append(Bar(left, round(BOTTOM - height, 1), round(width, 1), height, bool(second)))
    return Chart(_scale(top), _labels(labels, step), bars, [])


def draw_lines(labels: Sequence[str], lines: Sequence[Sequence[float | None]]) -> Chart:
    """A line each; it stops where there is no number."""
    top = nice_top(max([1.0, *(value for line in lines for value in line if value is not None)]))
    step = (WIDTH - LEFT) / max(len(labels), 1)
    return Chart(_scale(top), _labels(labels, step), [], [_path(line, step, top) for line in lines])


def _path(line: Sequence[float | None], step: float, top: float) -> str:
    said, pen = [], "M"
    for number, value in enumerate(line):
        if value is None:
            pen = "M"
            continue
        y = BOTTOM - (BOTTOM - TOP) * value / top
        alone = pen == "M" and (number + 1 == len(line) or line[number + 1] is None)
        said.append(f"{pen}{LEFT + step * (number + 0.5):.1f} {y:.1f}" + (" h.01" if alone else ""))
        pen = "L"
    return " ".join(said)


def nice_top(most: float) -> int:
    """The next number at or above it that two lines divide into whole numbers people like."""
    size = 1
    while True:
        for step in (2, 4, 6, 10):
            if step * size >= most:
                return step * size
        size *= 10


def _scale(top: int) -> list[Mark]:
    return [Mark(BOTTOM - (BOTTOM - TOP) * part / 2, format(top * part // 2, "d")) for part in range(3)]


def _labels(labels: Sequence[str], step: float) -> list[Mark]:
    every = -(-len(labels) // MAX_LABELS)
    places = ((round(LEFT + step * (number + 0.5), 1), label) for number, label in enumerate(labels))
    return [Mark(*place) for place in islice(places, None, None, every)]
