"""Chatwoot's header for a token has underscores, and daphne drops such headers: this one comes in with dashes.

What they are dropped for (CVE-2015-0219: api_key as a disguise of a proxy's own api-key) does not hold for it: nobody
but the caller sets it, and it opens no more than its token does.
"""

from daphne.http_protocol import WebRequest

HEADER, LET_IN = b"api_access_token", b"api-access-token"
_process = WebRequest.process


def process(self: WebRequest) -> object:
    for value in self.requestHeaders.getRawHeaders(HEADER, []):
        self.requestHeaders.addRawHeader(LET_IN, value)
    return _process(self)


def let_in() -> None:
    """Asked once, where the application is put together (asgi.py)."""
    WebRequest.process = process
