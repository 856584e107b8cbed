"""A little origin that really listens: its callback answers as the test says and remembers what it got."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Callback:
    """`answers`: one for each request to come, the last one for all others.

    An answer is (status, body, headers), or a function of the handler that writes what it likes.
    """

    def __init__(self):
        self.got = []
        self.answers = [(200, {}, {})]
        self.lock = threading.Lock()
        self.busy = 0
        self.most_busy = 0
        # the test is over; and: somebody went away in the middle of an answer
        self.closing, self.left = threading.Event(), threading.Event()
        callback = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                callback._answer(self)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.callback = self
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/in"

    def _answer(self, handler):
        raw = handler.rfile.read(int(handler.headers["Content-Length"]))
        with self.lock:
            self.busy += 1
            self.most_busy = max(self.most_busy, self.busy)
            self.got.append((json.loads(raw), dict(handler.headers), raw))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        try:
            if callable(answer):
                answer(handler)
            else:
                status, body, headers = answer
                say(handler, status, body if isinstance(body, bytes) else json.dumps(body).encode(), headers)
        finally:
            with self.lock:
                self.busy -= 1

    @property
    def texts(self):
        return [body["text"] for body, _headers, _raw in self.got]

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)


def say(handler, status, body, headers=None, length=None):
    handler.send_response(status)
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)


def hang(seconds):
    """Says nothing for so long, or until the test is over."""
    return lambda handler: (handler.server.callback.closing.wait(seconds), say(handler, 200, b"{}"))


def cut(handler):
    """The line goes dead without a word."""
    handler.close_connection = True
    handler.connection.close()


def cut_in_the_answer(handler):
    """2xx, and dead before its body has come."""
    say(handler, 200, b'{"id": "th', length=100)
    handler.wfile.flush()
    handler.close_connection = True
    handler.connection.close()


def trickle(handler):
    """An answer that never ends, a byte at a time."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    try:
        for _ in range(1_000_000):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.02)
    except OSError:
        handler.server.callback.left.set()
