"""Httpx's private attributes: the two that the guarded client needs and that httpx has no argument for.

tests/common/test_httpx_adapter.py fails with a version of httpx that keeps them elsewhere.
"""

import httpcore
import httpx


def transport_over(pool: httpcore.ConnectionPool) -> httpx.HTTPTransport:
    """A transport whose connections are made by this pool: httpx lets nobody choose the network backend."""
    transport = httpx.HTTPTransport()
    if not isinstance(transport._pool, httpcore.ConnectionPool):
        raise TypeError("httpx keeps its pool elsewhere: calls would pass the address guard by")
    transport._pool = pool
    return transport


def set_body(response: httpx.Response, body: bytes) -> None:
    """Make a streamed response one that was read: with the part of its body that was kept."""
    response._content = body
