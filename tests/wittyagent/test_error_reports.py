"""What is reported of errors says nothing of the addresses that were called: bots' tokens are in them."""

import subprocess
import sys

from sentry_sdk.integrations.httpx import HttpxIntegration
from sentry_sdk.integrations.stdlib import StdlibIntegration

from wittyagent.settings import sentry_options

# in a process of its own: what the SDK patches stays patched
REPORT = """
import http.client, logging, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
import httpx, sentry_sdk
from wittyagent.settings import sentry_options

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    log_message = lambda *_: None

class Seen(sentry_sdk.transport.Transport):
    def capture_envelope(self, envelope):
        print(envelope.serialize().decode())

server = HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
sentry_sdk.init(**sentry_options("http://key@127.0.0.1:9/1"), transport=Seen())
path = "/bot123456789:AAH-the-token/getMe"
assert httpx.get(f"http://127.0.0.1:{server.server_port}{path}").status_code == 200
calls = http.client.HTTPConnection("127.0.0.1", server.server_port)
calls.request("GET", path)
assert calls.getresponse().status == 200
sentry_sdk.capture_message("it failed")
logging.getLogger("ours").error("it broke")
logging.getLogger("django.security.DisallowedHost").error("Invalid HTTP_HOST header")
sentry_sdk.flush()
"""


def test_an_error_report_tells_no_address_that_was_called_and_of_no_refusal():
    done = subprocess.run([sys.executable, "-c", REPORT], check=True, capture_output=True, text=True, timeout=60)
    assert "it failed" in done.stdout
    assert "it broke" in done.stdout
    assert "AAH-the-token" not in done.stdout
    assert "HTTP_HOST" not in done.stdout


def test_nothing_that_people_write_is_reported():
    options = sentry_options("http://key@127.0.0.1:9/1")
    assert {type(one) for one in options["disabled_integrations"]} == {HttpxIntegration, StdlibIntegration}
    assert (options["send_default_pii"], options["include_local_variables"]) == (False, False)
    assert options["max_request_body_size"] == "never"
