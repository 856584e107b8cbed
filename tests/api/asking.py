"""Who asks the API, as a bot does: over HTTP, with a token and JSON."""

import json

from django.test import Client

PROBLEM = "application/problem+json"


class Asker:
    def __init__(self, raw):
        self.raw = raw
        self.client = Client()

    def __call__(self, method, path, body=None, *, raw=None, content_type="application/json", **headers):
        """`headers` as Idempotency_Key="k"; `raw` are bytes to send as they are."""
        data = raw if raw is not None else (json.dumps(body).encode() if body is not None else b"")
        sent = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
        if self.raw and "Authorization" not in sent:
            sent["Authorization"] = f"Bearer {self.raw}"
        return self.client.generic(
            method, f"/api/v1{path}", data, content_type=content_type if data else "", headers=sent
        )

    def get(self, path, **headers):
        return self("GET", path, **headers)

    def post(self, path, body=None, **headers):
        return self("POST", path, body, **headers)

    def patch(self, path, body=None, **headers):
        return self("PATCH", path, body, **headers)

    def says(self, chat, words, **more):
        return self.post(f"/conversations/{chat.pk}/messages", {"content": words, **more})

    def hands_over(self, chat, **wish):
        return self.post(f"/conversations/{chat.pk}/handoff", wish)


def problem(answer, status, code):
    """The problem that this answer is."""
    said = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM), answer.content[:500]
    assert said["status"] == status
    assert said["type"].rsplit("#", 1)[1] == code, said
    assert said["title"]
    assert said["detail"]
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies
    return said
