"""The product, where a page takes two minutes (for test_web_process.py)."""

import time

from wittyagent import wsgi
from wittyagent.asgi import application

__all__ = ("application",)


def slow(environ, start_response):
    print("a slow request has begun", flush=True)  # noqa: T201
    time.sleep(120)
    return really(environ, start_response)


really, wsgi.screens = wsgi.screens, slow
