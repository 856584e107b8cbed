"""A network's API that really listens: answers as the test says, remembers every call and every part of a form."""

import email
import email.policy
import json
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from tests.http_server import HttpServer, say_answer

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


class Api(HttpServer):
    """`answers`: by the last part of the path, else ''; each (status, body) or a function of the handler."""

    def __init__(self):
        self.calls, self.answers = [], {}
        super().__init__()

    def answer_request(self, handler, raw):
        parts = urlsplit(handler.path)
        query = dict(parse_qsl(parts.query))
        self.calls.append(Call(handler.command, parts.path, query, dict(handler.headers), raw))
        say_answer(handler, self.answers.get(parts.path.rsplit("/", 1)[-1], self.answers.get("", (200, {}))))

    @property
    def last(self):
        return self.calls[-1]
