"""Lines of the sandbox and what a product that listens to them hears."""

import json
from urllib.parse import parse_qs, urlsplit

from tests.http_server import HttpServer, say

SECRET, TOKEN, VERIFY = "an app's secret", "a-token", "a-verify-token"
BOT = "3000001:bot-token"


class Listener(HttpServer):
    """A webhook of ours: keeps each body with its headers, answers as it is told (200)."""

    def __init__(self, port=0):
        self.got, self.answers = [], []
        super().__init__(port)

    @property
    def url(self):
        return f"{super().url}/webhooks/line/"

    def answer_request(self, handler, raw):
        if handler.command == "GET":
            query = parse_qs(urlsplit(handler.path).query)
            good = query.get("hub.verify_token") == [VERIFY] and query.get("hub.mode") == ["subscribe"]
            say(handler, 200 if good else 403, query["hub.challenge"][0].encode() if good else b"no")
            return
        with self.lock:
            self.got.append((dict(handler.headers), raw))
            status = self.answers.pop(0) if self.answers else 200
        say(handler, status, b"{}")

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
