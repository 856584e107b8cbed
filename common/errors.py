"""Errors of servers outside: the kinds of failure, and what follows from each."""

from enum import StrEnum


class Failure(StrEnum):
    """What kind of surprise it is, and so what follows."""

    # this message never goes out
    FINAL = "final"
    # the same again, later each time, a limited number of times
    RETRY = "retry"
    # only this chat waits `after` seconds; no attempt is used up
    CHAT = "chat"
    # the whole line waits `after` seconds; no attempt is used up
    LINE = "line"
    # token, account or payment: the line's queue waits, supervisors are told, nothing is burned
    ACCOUNT = "account"
    # final, and the customer service window is closed whatever the clock says
    WINDOW = "window"
    # final, and what we know of the origin's templates is out of date
    TEMPLATE = "template"
    # final, and the person wants no more of what the line promotes
    OPTED_OUT = "opted_out"
    # the line was cut after the body: it may have gone out, so it must not be sent again by itself
    UNSURE = "unsure"


class OriginError(Exception):
    """A surprise from outside, in words. `permanent`: another try cannot help. `after`: not before so many seconds.

    `code` is the network's own, for the log. The words are shown to agents: Spanish, and never a secret in them.
    """

    def __init__(
        self, reason: str, *, permanent: bool = True, after: float = 0, failure: Failure | None = None, code: str = ""
    ) -> None:
        super().__init__(reason)
        self.failure = failure or (Failure.FINAL if permanent else Failure.RETRY)
        self.permanent = self.failure in (Failure.FINAL, Failure.WINDOW, Failure.TEMPLATE, Failure.OPTED_OUT)
        self.after, self.code = after, code
