"""Faults that can be switched on while the sandbox runs."""

from dataclasses import asdict, dataclass, fields
from typing import Any

CHOICES = {"receipts": ("ordered", "shuffled", "early", "off"), "window": ("later", "at_once", "off")}


@dataclass
class Faults:
    """Numbers between 0 and 1 are probabilities (by the seed), times are seconds."""

    # --- webhooks
    duplicates: float = 0.0  # the same body again
    rebatch: float = 0.0  # the same message again, inside another body
    hang_up: float = 0.0  # the line is closed once the body is out, so the body comes again later
    shuffle: int = 0  # so many bodies leave in random order
    batch: int = 1  # most messages a body
    delay: float = 0.0  # a body waits up to so long
    parallel: int = 4  # lines kept to a webhook; a customer's bodies stay on one of them
    # --- sends
    cut_accepted: float = 0.0  # the message was accepted, and the line closed without an answer
    cut_refused: float = 0.0  # it was not, and the same
    error_500: float = 0.0
    error_429: float = 0.0
    error_131056: float = 0.0  # the pair limit (WhatsApp)
    error_131047: float = 0.0  # the window is closed whatever the clock says (WhatsApp, Messenger, Instagram)
    error_131049: float = 0.0  # Meta delivers no more promotions to this person for now (WhatsApp, marketing templates)
    answer_delay: float = 0.0  # every send is answered so much later
    retry_after: int = 1  # seconds named by a 429
    pair_rate: bool = False  # one message every 6 s to a customer, 45 in advance (WhatsApp)
    window: str = "later"  # outside of 24 h: fails later, is refused at once, is not looked at
    # --- receipts
    receipts: str = "ordered"  # in order, in any order (also before the answer), all before the answer, none
    no_delivered: float = 0.0  # this one never comes
    read_at_once: bool = False  # customers read what reaches them
    # --- media of customers
    media_lost: float = 0.0
    media_html: float = 0.0  # a page instead of the file
    media_digest: float = 0.0  # other bytes than announced
    # --- retries of webhooks that were not answered with 200
    retry_first: float = 1.0  # then twice as long each time
    retry_most: float = 60.0
    retry_times: int = 40

    def change_values(self, given: dict[str, Any]) -> None:
        """Takes new values. Raises ValueError for an unknown name or a value that makes no sense, and changes none."""
        known = {field.name: field for field in fields(self)}
        fresh: dict[str, Any] = {}
        for name, value in given.items():
            if name not in known:
                raise ValueError(f"there is no fault {name!r}; there are: {', '.join(known)}")
            fresh[name] = _check_value(name, value, type(getattr(self, name)))
        for name, value in fresh.items():
            setattr(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def _check_value(name: str, value: Any, kind: type) -> Any:
    if kind is str:
        if value not in CHOICES[name]:
            raise ValueError(f"{name} is one of {', '.join(CHOICES[name])}")
        return value
    if kind is bool:
        if not isinstance(value, bool):
            raise ValueError(f"{name} is true or false")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} is a number")
    most = {"batch": 1000, "shuffle": 1000, "parallel": 64, "retry_times": 1000}.get(name, 3600)
    if value < (1 if name in ("batch", "parallel") else 0) or value > most:
        raise ValueError(f"{name} is out of range")
    return kind(value)
