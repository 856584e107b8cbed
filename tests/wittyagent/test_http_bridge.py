"""The bridge between a server's loop and WSGI, under both servers and by the words of the protocol."""

import asyncio
import threading

import httpx
import pytest

from tests.commands import product_environment
from tests.wittyagent.installation import Web
from wittyagent.http_bridge import HttpBridge, RequestBody, make_environ
from wittyagent.http_guard import guard_http


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def web(request, tmp_path_factory):
    """Every kind of answer, behind each server."""
    log = tmp_path_factory.mktemp("bridged") / "web.log"
    running = Web(request.param, "tests.wittyagent.bridged:application", log, product_environment(DEBUG="on"))
    running.start()
    yield running
    running.stop()


def test_a_request_and_its_answer(web):
    got = httpx.post(f"{web.url}/echo?q=1&q=%C3%B1", content="¿Qué tal?")
    assert (got.status_code, got.headers["x-name"]) == (201, "ñ")
    assert got.text == "POST q=1&q=%C3%B1 ¿Qué tal?"


def test_a_large_body(web):
    body = bytes(range(256)) * 4096
    got = httpx.post(f"{web.url}/echo", content=(body[at : at + 65_536] for at in range(0, len(body), 65_536)))
    assert got.content == b"POST  " + body


@pytest.mark.parametrize("path", ["echo", "written", "bare", "without-end"])
def test_head_has_no_body(web, path):
    got = httpx.head(f"{web.url}/{path}")
    assert (got.status_code, got.content) == (201, b"")


@pytest.mark.parametrize(("path", "body"), [("written", b"by hand"), ("bare", b"ab")])
def test_what_wsgi_allows_besides(web, path, body):
    assert httpx.get(f"{web.url}/{path}").content == body


def test_what_streams_comes_as_it_is_made(web):
    closed = web.said().count("closed")
    with httpx.stream("GET", f"{web.url}/slowly") as got:
        pieces = got.iter_raw()
        assert next(pieces) == b"first"
        assert web.said().count("closed") == closed
        assert b"".join(pieces) == b"second"
    web.wait(lambda: web.said().count("closed") == closed + 1, "it is not closed")


def test_an_error_before_the_head_is_500_and_the_server_lives(web):
    assert httpx.get(f"{web.url}/raises").status_code == 500
    assert httpx.get(f"{web.url}/echo").status_code == 201


def test_an_error_in_the_middle_is_no_whole_answer(web):
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        httpx.get(f"{web.url}/broken")
    assert httpx.get(f"{web.url}/echo").status_code == 201


def test_who_leaves_while_it_streams_holds_no_thread(web):
    """There are four threads."""
    for _ in range(6):
        with httpx.stream("GET", f"{web.url}/without-end") as got:
            next(got.iter_raw())
    assert httpx.get(f"{web.url}/echo", timeout=120).status_code == 201


# --- by the words of the protocol -----------------------------------------------------------------

SCOPE = {"type": "http", "method": "GET", "path": "/ñ", "query_string": b"a=1", "http_version": "1.1", "headers": []}


async def call(app, **more):
    """One request to this WSGI application; returns the events of its answer."""
    told, received = [], []

    async def receive():
        if received:
            await asyncio.Event().wait()
        received.append(1)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(event):
        told.append(event)

    await guard_http(HttpBridge(app, 1))({**SCOPE, **more}, receive, send)
    return told


async def test_head_and_body_come_back_together_from_one_thread():
    seen = []

    class Answer(list):
        def close(self):
            seen.append(threading.current_thread())

    def app(environ, start_response):
        seen.append(threading.current_thread())
        start_response("200 OK", [("A", " b ")])
        return Answer([b"one", b"two"])

    told = await call(app)
    assert told == [
        {"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]},
        {"type": "http.response.body", "body": b"onetwo", "more_body": False},
    ]
    assert seen[0] is seen[1] is not threading.current_thread()


async def test_it_is_closed_after_an_error_too():
    closed = []

    class Broken:
        streaming = False

        def __iter__(self):
            raise ValueError("no")

        def close(self):
            closed.append(1)

    def app(environ, start_response):
        start_response("200 OK", [])
        return Broken()

    with pytest.raises(ValueError, match="no"):
        await call(app)
    assert closed == [1]


async def test_who_says_no_head_is_an_error():
    with pytest.raises(RuntimeError, match="start_response"):
        await call(lambda environ, start_response: [b"x"])


async def test_a_head_may_be_taken_back_for_an_error_until_it_is_sent():
    def app(environ, start_response):
        start_response("200 OK", [])
        try:
            raise ValueError("late")
        except ValueError as error:
            start_response("503 Later", [], (type(error), error, error.__traceback__))
        return [b"sorry"]

    assert (await call(app))[0]["status"] == 503


async def test_a_request_that_is_given_up_ends_its_stream():
    going, ended = threading.Event(), threading.Event()

    def pieces():
        try:
            while True:
                going.set()
                yield b"x"
        finally:
            ended.set()

    class Answer:
        streaming = True

        def __init__(self):
            self.made = pieces()

        def __iter__(self):
            return self.made

        def close(self):
            self.made.close()

    def app(environ, start_response):
        start_response("200 OK", [])
        return Answer()

    task = asyncio.create_task(call(app))
    await asyncio.to_thread(going.wait, 60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(ended.wait, 60)


def test_the_environment_of_a_request():
    headers = [(b"content-type", b"text/plain"), (b"cookie", b"a=1"), (b"cookie", b"b=2"), (b"x-words", b"\xc3\xb1")]
    scope = {**SCOPE, "headers": headers, "client": ("10.0.0.1", 5), "server": None, "scheme": "https"}
    made = make_environ(scope, RequestBody(file=None, length=3))
    assert made["PATH_INFO"].encode("latin1").decode() == "/ñ"
    assert (made["CONTENT_TYPE"], made["CONTENT_LENGTH"]) == ("text/plain", "3")
    assert (made["HTTP_COOKIE"], made["HTTP_X_WORDS"]) == ("a=1,b=2", "Ã±")
    assert (made["REMOTE_ADDR"], made["SERVER_NAME"], made["wsgi.url_scheme"]) == ("10.0.0.1", "localhost", "https")
    assert "CONTENT_LENGTH" not in make_environ(SCOPE, RequestBody(file=None, length=0))
