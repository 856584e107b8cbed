"""The pace of a line and of a chat: how quickly its network lets them send. Without Redis nobody is held."""

from live import throttle
from live.throttle import Rate
from origins.models import Origin


def reserve_send(origin: Origin, chat_pk: int) -> float:
    """Seconds until the next message of this chat may leave; 0: now, and it is counted."""
    can = origin.can
    of_line = Rate(f"line:{origin.pk}", can.line_rate, can.line_burst)
    of_chat = Rate(f"chat:{chat_pk}", can.chat_rate, can.chat_burst)
    rates = [rate for rate in (of_line, of_chat) if rate.per_second]
    return throttle.reserve_turn(rates, held=_held_name(origin)) if rates else 0


def hold_line(origin: Origin, seconds: float) -> None:
    """The network asked the whole line to wait."""
    throttle.hold_all(_held_name(origin), seconds)


def _held_name(origin: Origin) -> str:
    return f"held:{origin.pk}"
