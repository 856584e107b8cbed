"""Answers of every kind through the bridge, for a real server (test_http_bridge.py). Says on stdout what it saw."""

import sys
import time

from wittyagent.http_bridge import HttpBridge
from wittyagent.http_guard import guard_http

if "daphne" in sys.modules:
    from wittyagent.daphne_break import break_half_answers

    break_half_answers()

PLAIN = [("Content-Type", "text/plain"), ("X-Name", "ñ")]


class Pieces:
    """As a streaming response of Django: iterated, and closed whatever became of it."""

    streaming = True

    def __init__(self, pieces):
        self.pieces = pieces

    def __iter__(self):
        return iter(self.pieces)

    def close(self):
        say("closed")


def say(words):
    print(words, flush=True)  # noqa: T201


def slowly():
    yield b"first"
    time.sleep(1.5)
    yield b""
    yield b"second"


def without_end():
    while True:
        yield b"x" * 65_536


def broken():
    yield b"begins"
    raise ValueError("in the middle")


def answer(environ, start_response):
    kind = environ["PATH_INFO"].strip("/")
    if kind == "raises":
        raise ValueError("before the head")
    if kind == "healthz":
        start_response("200 OK", [])
        return []
    write = start_response("201 Made", PLAIN)
    if kind == "echo":
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        return [environ["REQUEST_METHOD"].encode(), b" ", environ["QUERY_STRING"].encode(), b" ", body]
    if kind == "written":
        write(b"by ")
        return [b"hand"]
    if kind == "bare":
        return (piece for piece in (b"a", b"b"))
    return Pieces({"slowly": slowly, "without-end": without_end, "broken": broken}[kind]())


_http = guard_http(HttpBridge(answer, 4))


async def application(scope, receive, send):
    if scope["type"] == "http":
        await _http(scope, receive, send)
