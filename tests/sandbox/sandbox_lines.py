"""Lines of the sandbox and what a product that listens to them hears."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

SECRET, TOKEN, VERIFY = "an app's secret", "a-token", "a-verify-token"
BOT = "3000001:bot-token"


class Listener:
    """A webhook of ours: keeps each body with its headers, answers as it is told (200)."""

    def __init__(self, port=0):
        self.got, self.answers, self.lock = [], [], threading.Lock()
        listener = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                with listener.lock:
                    listener.got.append((dict(self.headers), raw))
                    status = listener.answers.pop(0) if listener.answers else 200
                self._say(status, b"{}")

            def do_GET(self):
                query = parse_qs(urlsplit(self.path).query)
                good = query.get("hub.verify_token") == [VERIFY] and query.get("hub.mode") == ["subscribe"]
                self._say(200 if good else 403, query["hub.challenge"][0].encode() if good else b"no")

            def _say(self, status, body):
                head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                self.wfile.write(head + body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhooks/line/"

    @property
    def bodies(self):
        with self.lock:
            return [json.loads(raw) for _headers, raw in self.got]

    def values(self, name):
        """All messages or statuses of WhatsApp bodies, in order of arrival."""
        changes = [change for body in self.bodies for entry in body["entry"] for change in entry["changes"]]
        return [item for change in changes for item in change["value"].get(name, [])]

    def events(self):
        return [event for body in self.bodies for entry in body["entry"] for event in entry["messaging"]]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def add(sandbox, listener, kind, line_id, **what):
    token = BOT if kind == "telegram" else TOKEN
    return sandbox.register_line(
        kind, line_id, secret=SECRET, access_token=token, verify_token=VERIFY, webhook=listener.url, **what
    )


def text(customer, body="Hola", **what):
    return {
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": f"+{customer['ids']['wa_id']}",
        "type": "text", "text": {"body": body}, **what,
    }  # fmt: skip


def code(answer):
    return answer.status_code, answer.json()["error"]["code"]


def parameters(*values, **named):
    return [{"type": "text", "text": value} for value in values] + [
        {"type": "text", "parameter_name": name, "text": value} for name, value in named.items()
    ]
