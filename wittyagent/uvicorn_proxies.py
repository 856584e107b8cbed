"""Uvicorn believes forwarded addresses of this machine by itself, and then nobody can tell who really asked.

Who is believed is said once, in TRUSTED_PROXIES (common/client_address.py).
"""

from typing import Any

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware


async def _pass_by(self: ProxyHeadersMiddleware, scope: Any, receive: Any, send: Any) -> None:
    await self.app(scope, receive, send)


def ignore_own_proxies() -> None:
    """Patch uvicorn, once, where the application is put together (asgi.py).

    tests/wittyagent/test_servers.py fails with a uvicorn that this does not reach.
    """
    ProxyHeadersMiddleware.__call__ = _pass_by  # type: ignore[method-assign]
