"""The web process as it is served: what is too large gets our words, and its end comes in time."""

import contextlib
import json
import signal
import threading

import httpx
import pytest
from websockets.sync.client import connect

from tests import people
from tests.commands import product_environment
from tests.wittyagent.installation import Web
from wittyagent.http_guard import MAX_BODY_BYTES

LARGE = b"x" * (13 * 1024 * 1024)


@pytest.fixture
def serve(transactional_db, tmp_path):
    """`serve(kind)`: a web process of that kind on this test's own database, until the test is over."""
    running = []

    def start(kind="daphne", application="wittyagent.asgi:application"):
        # DEBUG: there are no files with hashed names here
        running.append(Web(kind, application, tmp_path / "web.log", product_environment(DEBUG="on")))
        running[-1].start()
        return running[-1]

    yield start
    for web in running:
        web.stop()


@pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
def test_who_sends_too_much_reads_our_words(serve, kind):
    web = serve(kind)
    assert len(LARGE) > MAX_BODY_BYTES

    def send(path, **headers):
        return httpx.post(f"{web.url}{path}", content=LARGE, headers=headers, timeout=120)

    page = send("/chats/1/reply/")
    assert (page.status_code, page.headers["content-type"]) == (413, "text/html; charset=utf-8")
    assert "hasta 10 MB" in page.text
    part = send("/chats/1/reply/", **{"HX-Request": "true"})
    toast = json.loads(part.headers["HX-Trigger"])["toast"]
    assert (part.status_code, part.text, part.headers["HX-Reswap"]) == (413, "", "none")
    assert "hasta 10 MB" in toast["title"]
    chat = send("/w/sitio/files/")
    assert (chat.status_code, "hasta 10 MB" in chat.json()["reason"]) == (413, True)
    assert (send("/webhooks/linea/").status_code, send("/webhooks/linea/").json()) == (413, {"reason": "at most 5 MB"})
    assert send("/api/v1/messages").json()["status"] == 413

    # the same from somebody who does not say how much it will be
    pieces = (LARGE[: 1024 * 1024] for _number in range(13))
    streamed = httpx.post(f"{web.url}/w/sitio/files/", content=pieces, timeout=120)
    assert (streamed.status_code, "hasta 10 MB" in streamed.json()["reason"]) == (413, True)


def test_daphne_ends_in_time_with_sockets_open_and_requests_under_way(serve):
    web = serve(application="tests.wittyagent.slow_application:application")
    line = f"ws://127.0.0.1:{web.port}/w/{people.web_origin().key}/ws/"
    sockets = [connect(line, origin=web.url) for _number in range(3)]

    def ask():
        with contextlib.suppress(httpx.HTTPError):
            httpx.get(f"{web.url}/login/", timeout=200)

    for _number in range(3):
        threading.Thread(target=ask, daemon=True).start()
    web.wait(lambda: web.said().count("a slow request has begun") == 3, "they have not begun")
    web.process.send_signal(signal.SIGTERM)
    # long before the slow ones would be over
    assert web.process.wait(60) == 0
    for socket in sockets:
        socket.close()
