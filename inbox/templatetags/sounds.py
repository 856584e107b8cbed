"""Filters for sounds: their shape as bars, and times as players show them."""

from django import template

register = template.Library()

# of the picture that a shape is drawn in (_message_sound.html)
WIDTH, HEIGHT, BAR = 192, 28, 2.4
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@register.filter
def shape_path(peaks: str) -> str:
    """A bar for each digit of `peaks` (chats/attachments/peaks.py), as the data of a path, else a line."""
    levels = [DIGITS.find(one) for one in peaks]
    if not levels or min(levels) < 0:
        return f"M0 12h{WIDTH}v4h-{WIDTH}z"
    step = WIDTH / len(levels)
    return "".join(_bar(number * step, max(2.0, HEIGHT * level / 35)) for number, level in enumerate(levels))


def _bar(left: float, height: float) -> str:
    return f"M{left:.4g} {(HEIGHT - height) / 2:.4g}h{BAR}v{height:.4g}h-{BAR}z"


@register.filter
def clock_time(seconds: int | None) -> str:
    """0:42, 12:05; '' where it is not known."""
    return "" if seconds is None else f"{seconds // 60}:{seconds % 60:02}"
