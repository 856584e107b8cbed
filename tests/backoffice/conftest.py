"""Supervisors and administrators who are signed in to the admin."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from live.feed import current_feed
from tests import people


@pytest.fixture
def admin(db):
    return people.hire("admin", first_name="Marcela", is_superuser=True)


@pytest.fixture
def as_sofia(client, sofia):
    client.force_login(sofia, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def as_admin(client, admin):
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def orders(settings):
    """What is ordered to agents' sockets: call it with what was listened for to get the texts."""
    heard = current_feed().redis.pubsub()

    def listen(*groups):
        heard.subscribe(*(f"live:{group}" for group in groups))
        while heard.get_message(timeout=0.1) is not None:
            pass

        def read():
            found = []
            while (message := heard.get_message(timeout=0.2)) is not None:
                if message["type"] == "message":
                    found.append((message["channel"].removeprefix("live:"), message["data"].partition("\n")[2]))
            return found

        return read

    yield listen
    heard.close()


@pytest.fixture
def inside(settings):
    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]


@pytest.fixture
def server(inside):
    """A bot that listens: `answers` is (status, body) of what it says next, `heard` what it was told."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            running.heard.append((dict(self.headers.items()), body, self.path))
            status, said = running.answers
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST

        def log_message(self, *args):
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.heard, running.answers = [], (200, b"{}")
    running.url = f"http://127.0.0.1:{running.server_port}/bot"
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()
