"""A network's API that really listens: answers as the test says, remembers every call and every part of a form."""

import email
import email.policy
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from tests.callback import say

PAYLOADS = Path(__file__).parent.parent / "payloads"


def payload(network, name):
    return (PAYLOADS / network / f"{name}.json").read_bytes()


def payloads(network):
    return sorted(path.stem for path in (PAYLOADS / network).glob("*.json"))


@dataclass
class Call:
    method: str
    path: str
    query: dict
    headers: dict
    raw: bytes = field(repr=False)

    @property
    def json(self):
        return json.loads(self.raw)

    @property
    def form(self):
        """{name: text}, and {name: (file name, type, bytes)} of a form with files."""
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        texts, files = {}, {}
        for part in email.message_from_bytes(head + self.raw, policy=email.policy.HTTP).iter_parts():
            name = part.get_param("name", header="content-disposition")
            if part.get_filename() is None:
                texts[name] = part.get_payload(decode=True).decode()
            else:
                files[name] = (part.get_filename(), part.get_content_type(), part.get_payload(decode=True))
        return texts, files


class Api:
    """`answers`: by the last part of the path, else ''; each (status, body) or a function of the handler."""

    def __init__(self):
        self.calls, self.answers = [], {}
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                parts = urlsplit(self.path)
                query = dict(parse_qsl(parts.query))
                api.calls.append(Call(self.command, parts.path, query, dict(self.headers), raw))
                answer = api.answers.get(parts.path.rsplit("/", 1)[-1], api.answers.get("", (200, {})))
                if callable(answer):
                    answer(self)
                else:
                    status, body, *headers = answer
                    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
                    say(self, status, raw, *headers)

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def last(self):
        return self.calls[-1]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)
