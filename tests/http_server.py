"""A little bot that really listens: it answers as the test says, and remembers what it was told and when."""

import json
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class Told:
    method: str
    path: str
    query: dict
    headers: dict
    raw: bytes
    at: float

    @property
    def body(self):
        return json.loads(self.raw)


class BotServer:
    """`answers`: one for each request to come, the last one for all others.

    An answer is a dict or list (200 as JSON), None (204), (status, body, headers), or a function of the handler
    that writes what it likes. `act(told)`, where it is given, makes the answer instead.
    """

    def __init__(self, act=None):
        self.got, self.answers, self.act = [], [None], act
        self.lock, self.closing = threading.Lock(), threading.Event()
        self.busy = self.most_busy = 0
        # what went wrong here, such as a line that the other side had closed
        self.trouble = []
        bot = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except OSError:
                    self.close_connection = True

            def do_POST(self):
                bot._answer(self)

            do_GET = do_PUT = do_POST

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        self.server.bot = self
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def _answer(self, handler):
        parts = urlsplit(handler.path)
        raw = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        told = Told(handler.command, parts.path, parse_qs(parts.query), headers, raw, time.monotonic())
        with self.lock:
            self.busy += 1
            self.most_busy = max(self.most_busy, self.busy)
            self.got.append(told)
            if self.act is None:
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        try:
            if self.act is not None:
                answer = self.act(told)
            say(handler, answer)
        except Exception as error:
            self.trouble.append(error)
            raise
        finally:
            with self.lock:
                self.busy -= 1

    @property
    def bodies(self):
        return [told.body for told in self.got]

    @property
    def texts(self):
        return [body["message"]["content"] for body in self.bodies if body.get("message")]

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)


def say(handler, answer):
    if callable(answer):
        answer(handler)
        return
    status, body, headers = answer if isinstance(answer, tuple) else (204 if answer is None else 200, answer, {})
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    head(handler, status, headers, len(raw))
    handler.wfile.write(raw)


def head(handler, status, headers, length):
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    if status != 204:
        handler.send_header("Content-Length", str(length))
    handler.end_headers()


def text(raw, kind="application/json", status=200):
    return (status, raw.encode() if isinstance(raw, str) else raw, {"Content-Type": kind})


def delayed(seconds, answer=None):
    def act(handler):
        handler.server.bot.closing.wait(seconds)
        say(handler, answer)

    return act


def hang(handler):
    """It took the request and says nothing."""
    handler.close_connection = True
    handler.server.bot.closing.wait(600)


def trickle(handler):
    """A byte now and then: no single wait is long, all of it never ends."""
    head(handler, 200, {}, 1_000_000)
    drip(handler, b" ")


def trickle_head(handler):
    """Not even the headers come to an end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    drip(handler, b"X-A: b\r\n")


def drip(handler, drop):
    handler.close_connection = True
    while not handler.server.bot.closing.wait(0.1):
        handler.wfile.write(drop)
        handler.wfile.flush()


def cut(handler):
    """The line goes dead without a word."""
    handler.close_connection = True
    handler.connection.close()


def cut_in_the_answer(handler):
    """2xx, and dead in the middle of what would have been said."""
    head(handler, 200, {}, 100)
    handler.wfile.write(b'{"messages": ["ho')
    handler.wfile.flush()
    cut(handler)


def cut_before_the_body(handler):
    head(handler, 200, {}, 100)
    handler.wfile.flush()
    cut(handler)
