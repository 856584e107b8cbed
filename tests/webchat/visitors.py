"""A visitor of the web chat, and how refusals look to their browser."""

import itertools
import json
import uuid

from django.core.files.uploadedfile import SimpleUploadedFile

from chats.models import Chat
from origins import web
from tests import people

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63e04a690000016a00efd02b4d67"
    "0000000049454e44ae426082"
)
_addresses = itertools.count(1)


class Visitor:
    """A browser with the web chat open."""

    def __init__(self, client, origin, token=None):
        self.client, self.origin = client, origin
        self.token = web.new_token(origin) if token is None else token
        # limits are kept in Redis and by address: each has its own
        self.address = f"10.1.{next(_addresses) % 250}.{uuid.uuid4().int % 250}"

    def path(self, rest=""):
        return f"/w/{self.origin.key}/{rest}"

    def ask(self, method, rest, *args, **options):
        headers = {"X-Witty-Visitor": self.token, **options.pop("headers", {})} if self.token else {}
        return getattr(self.client, method)(
            self.path(rest), *args, headers=headers, REMOTE_ADDR=self.address, **options
        )

    def post(self, body):
        raw = body if isinstance(body, (bytes, str)) else json.dumps(body)
        return self.ask("post", "messages/", raw, content_type="application/json")

    def says(self, text, ref=None, **more):
        response = self.post({"id": ref or str(uuid.uuid4()), "text": text, **more})
        assert response.status_code in (200, 201), response.content
        return response.json()["message"]

    def history(self, after=""):
        response = self.ask("get", f"messages/?after={after}" if after != "" else "messages/")
        assert response.status_code == 200
        return response.json()

    def uploads(self, data=PNG, name="foto.png", **more):
        return self.ask("post", "files/", {"file": SimpleUploadedFile(name, data), **more})

    @property
    def chat(self):
        name = web.read_visitor(self.origin, self.token)
        return people.fresh(Chat.objects.get(contact__addresses__value=name))


def refused(response, status):
    """It says why, in JSON, and that is all it says."""
    assert response.status_code == status
    assert list(response.json()) == ["reason"]
    assert response.json()["reason"].strip()
    return True


DOORS = [("post", "visitor/"), ("get", "messages/"), ("post", "messages/"), ("post", "files/"),
         ("get", "files/00000000-0000-4000-8000-000000000000/")]  # fmt: skip
