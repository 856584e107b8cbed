"""Chatwoot's header for a token has underscores, and daphne drops such headers: this one comes in with dashes.

What they are dropped for (CVE-2015-0219: api_key as a disguise of a proxy's own api-key) does not hold for it: nobody
but the caller sets it, and it opens no more than its token does.
"""

from daphne.http_protocol import WebRequest

HEADER, ACCEPTED_AS = b"api_access_token", b"api-access-token"
_process_request = WebRequest.process


def _process_with_token(self: WebRequest) -> object:
    for value in self.requestHeaders.getRawHeaders(HEADER, []):
        self.requestHeaders.addRawHeader(ACCEPTED_AS, value)
    return _process_request(self)


def accept_token_header() -> None:
    """Patch daphne, once, where the application is put together (asgi.py).

    tests/wittyagent/test_underscore_headers.py fails with a daphne that this does not reach.
    """
    WebRequest.process = _process_with_token
