"""A little HTTP server that really listens, in a thread: what plays bots, networks and origins in tests."""

import json
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class HttpServer:
    """What it answers to anything that is asked stands in `answer_request(handler, raw)`, which may be slow or break."""

    def __init__(self, port=0):
        # the test is over; and: somebody went away in the middle of an answer
        self.closing, self.left = threading.Event(), threading.Event()
        self.lock = threading.Lock()
        self.busy = self.most_busy = 0
        # what went wrong here, such as a line that the other side had closed
        self.trouble = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except OSError:
                    self.close_connection = True

            def do_POST(self):
                owner._take_request(self)

            do_GET = do_PUT = do_DELETE = do_POST

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        self.server.owner = self
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    @property
    def port(self):
        return self.server.server_port

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def answer_request(self, handler, raw):
        raise NotImplementedError

    def _take_request(self, handler):
        raw = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        with self.lock:
            self.busy += 1
            self.most_busy = max(self.most_busy, self.busy)
        try:
            self.answer_request(handler, raw)
        except Exception as error:  # whatever it is, the test reads it in `trouble`
            self.trouble.append(error)
            raise
        finally:
            with self.lock:
                self.busy -= 1

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)


def take_turn(answers):
    """One of a list for each request to come, the last one for all others."""
    return answers.pop(0) if len(answers) > 1 else answers[0]


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


class BotServer(HttpServer):
    """A bot: it answers as the test says, and remembers what it was told and when.

    `answers`: one for each request to come, the last one for all others, each as `say_answer` takes it.
    `act(told)`, where it is given, makes the answer instead.
    """

    def __init__(self, act=None):
        self.got, self.answers, self.act = [], [None], act
        super().__init__()

    def answer_request(self, handler, raw):
        parts = urlsplit(handler.path)
        headers = {name.lower(): value for name, value in handler.headers.items()}
        told = Told(handler.command, parts.path, parse_qs(parts.query), headers, raw, time.monotonic())
        with self.lock:
            self.got.append(told)
            answer = take_turn(self.answers) if self.act is None else None
        say_answer(handler, answer if self.act is None else self.act(told))

    @property
    def bodies(self):
        return [told.body for told in self.got]

    @property
    def texts(self):
        return [body["message"]["content"] for body in self.bodies if body.get("message")]


class Callback(HttpServer):
    """An HTTP origin's callback: it answers as the test says and remembers (body, headers, bytes) of what it got."""

    def __init__(self):
        self.got, self.answers = [], [(200, {}, {})]
        super().__init__()

    @property
    def url(self):
        return f"{super().url}/in"

    def answer_request(self, handler, raw):
        with self.lock:
            self.got.append((json.loads(raw), dict(handler.headers), raw))
            answer = take_turn(self.answers)
        say_answer(handler, answer)

    @property
    def texts(self):
        return [body["text"] for body, _headers, _raw in self.got]


# --- answers ---------------------------------------------------------------------------------------


def say_answer(handler, answer):
    """A dict or list (200 as JSON), None (204), (status, body[, headers]), or a function of the handler that writes
    what it likes."""
    if callable(answer):
        answer(handler)
        return
    answer = answer if isinstance(answer, tuple) else (204 if answer is None else 200, answer)
    status, body, headers = answer if len(answer) == 3 else (*answer, {})
    say(
        handler,
        status,
        body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode(),
        headers,
    )


def say(handler, status, body, headers=None):
    write_head(handler, status, headers or {}, len(body))
    handler.wfile.write(body)


def write_head(handler, status, headers, length):
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
        handler.server.owner.closing.wait(seconds)
        say_answer(handler, answer)

    return act


def hang(handler):
    """It took the request and says nothing."""
    handler.close_connection = True
    handler.server.owner.closing.wait(30)


def trickle(handler):
    """A byte now and then: no single wait is long, all of it never ends."""
    write_head(handler, 200, {}, 1_000_000)
    drip(handler, b" ")


def trickle_head(handler):
    """Not even the headers come to an end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    drip(handler, b"X-A: b\r\n")


def drip(handler, drop):
    handler.close_connection = True
    try:
        while not handler.server.owner.closing.wait(0.02):
            handler.wfile.write(drop)
            handler.wfile.flush()
    except OSError:
        handler.server.owner.left.set()
        raise


def cut(handler):
    """The line goes dead without a word."""
    handler.close_connection = True
    handler.connection.close()


def cut_in_the_answer(handler):
    """2xx, and dead in the middle of what would have been said."""
    write_head(handler, 200, {}, 100)
    handler.wfile.write(b'{"messages": ["ho')
    handler.wfile.flush()
    cut(handler)


def cut_before_the_body(handler):
    write_head(handler, 200, {}, 100)
    handler.wfile.flush()
    cut(handler)
