"""Why sockets end: every code that we, daphne, uvicorn or a proxy may close one with, and what its page does then.

The one list. Pages get it with {% closings %} and do what it says (static/common/closings.js); after a code that
stands nowhere a page comes back as well. Daphne can close with 1000 and 3000 to 4999 only.
"""

from enum import StrEnum


class Then(StrEnum):
    """What a page does after its socket has ended."""

    AGAIN = "again"  # it comes back by itself
    ANEW = "anew"  # it comes back, and asks for what it shows as well: another may see it now
    ENDED = "ended"  # nobody is signed in behind it any more: it says so, and leads to the sign-in


RIGHTS_CHANGED = 4012
TOO_SLOW = 4013
SILENT = 4014  # the page's own: nothing came for too long
LOGGED_OUT = 4401
NO_SUCH_SOCKET = 4404
NO_TOKEN = 4408  # the visitor's did not come in time: a slow network

CLOSINGS = {
    1000: Then.AGAIN,  # in peace, also hx-ws itself on pagehide: a page may come back from the browser's cache
    1001: Then.AGAIN,  # uvicorn and proxies that stop
    1002: Then.AGAIN,  # a frame that was none
    1003: Then.AGAIN,
    1005: Then.AGAIN,  # closed without a code
    1006: Then.AGAIN,  # the line broke, or was refused
    1007: Then.AGAIN,
    1008: Then.AGAIN,
    1009: Then.AGAIN,  # a frame too big
    1010: Then.AGAIN,
    1011: Then.AGAIN,  # a crash, or (daphne, uvicorn) pings without an answer
    1012: Then.AGAIN,  # uvicorn that restarts
    1013: Then.AGAIN,
    1014: Then.AGAIN,  # a proxy without a server behind it
    1015: Then.AGAIN,  # TLS
    3000: Then.AGAIN,  # the IANA's "unauthorized", "forbidden" and "timeout", which gateways use
    3003: Then.AGAIN,
    3008: Then.AGAIN,
    RIGHTS_CHANGED: Then.ANEW,
    TOO_SLOW: Then.AGAIN,
    SILENT: Then.AGAIN,
    LOGGED_OUT: Then.ENDED,
    NO_SUCH_SOCKET: Then.AGAIN,
    NO_TOKEN: Then.AGAIN,
}
