"""Who gets into the API, how often, and what is said to those who do not."""

import json
import re

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import get_resolver
from werkzeug.test import Client as Wsgi

from api.auth import MAX_FAILURES_PER_MINUTE
from api.guard import MAX_BODY_BYTES
from chats.models import Message
from live import feed
from tests.api.asking import Asker, problem
from wittyagent.wsgi import EDGES
from wittybots import tokens

EVERY = ["/me", "/trays", "/contacts", "/contacts/1", "/conversations", "/conversations/1", "/conversations/1/messages"]
POSTS = ["messages", "handoff", "typing"]


@pytest.fixture(autouse=True)
def _fresh_counts():
    feed.current_feed().redis.flushdb()
    # so that a test may have a server of its own
    feed._feed = None


# --- tokens ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", EVERY)
@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic d2E6d2E=", "wa_token", "Token abc"])
def test_without_a_token_nobody_gets_in(path, header, db):
    said = Asker(None).get(path, Authorization=header)
    problem(said, 401, "unauthorized")
    assert said["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("raw", ["wa_x", "x" * 500, "ñandú", "wa_" + "A" * 40, "%00", "\x7f", "a b c"])
def test_a_wrong_token_opens_nothing(raw, chat):
    said = Asker(raw).get(f"/conversations/{chat.pk}")
    problem(said, 401, "unauthorized")
    assert 'error="invalid_token"' in said["WWW-Authenticate"]
    assert "RateLimit-Limit" not in said


def test_a_revoked_token_opens_nothing_from_that_moment_on(bot):
    token, raw = tokens.issue_token("uno", bot)
    asker = Asker(raw)
    assert asker.get("/me").status_code == 200
    tokens.revoke_token(token)
    problem(asker.get("/me"), 401, "unauthorized")


def test_every_address_asks_for_a_token_but_those_that_describe_them(db):
    """Also those that are added later: each is tried with every method."""
    found = 0
    for pattern in get_resolver("api.urls").url_patterns:
        for leaf in getattr(pattern, "url_patterns", []):
            address = "/" + re.sub(r"<\w+:\w+>", "1", str(leaf.pattern))
            answers = [Asker(None)(method, address) for method in ("GET", "POST", "PATCH", "PUT", "DELETE")]
            codes = {answer.status_code for answer in answers}
            # the root of them all is nothing by itself
            assert codes == ({404} if address == "/" else {401, 405}), address
            found += 1
    assert found >= 10
    for open_one in ("/docs", "/openapi.json"):
        assert Asker(None).get(open_one).status_code == 200


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [(["trays"], {"/trays"}), (["contacts"], {"/contacts"}), ([], set()), (["conversations"], {"/conversations"})],
)
def test_a_token_does_what_its_scopes_say_and_no_more(scopes, allowed, bot):
    asker = Asker(tokens.issue_token("poco", bot, scopes)[1])
    assert asker.get("/me").json()["scopes"] == scopes
    for path in ("/trays", "/contacts", "/conversations"):
        answer = asker.get(path)
        if path in allowed:
            assert answer.status_code == 200
        else:
            problem(answer, 403, "forbidden")
            assert f'scope="{path[1:]}"' in answer["WWW-Authenticate"]


def test_an_integration_looks_up_trays_and_contacts_and_no_conversation(integration, chat):
    assert integration.get("/trays").status_code == 200
    assert integration.get("/contacts").status_code == 200
    problem(integration.get(f"/conversations/{chat.pk}"), 403, "forbidden")
    # not even if somebody gave it the scope by hand
    token = tokens.find_token(integration.raw)
    token.scopes = ["conversations"]
    token.save()
    for path in ("/conversations", f"/conversations/{chat.pk}", f"/conversations/{chat.pk}/messages"):
        problem(integration.get(path), 403, "forbidden")
    for verb in POSTS:
        problem(
            integration.post(f"/conversations/{chat.pk}/{verb}", {"content": "hola"} if verb == "messages" else {}),
            403,
            "forbidden",
        )


def test_who_a_token_is(api, bot, integration, settings):
    assert api.get("/me").json() == {
        "name": "producción",
        "bot": {"id": bot.pk, "name": bot.name},
        "scopes": ["conversations", "trays", "contacts"],
        "rate_limit": settings.API_RATE,
    }
    assert integration.get("/me").json()["bot"] is None


def test_a_session_of_an_agent_opens_nothing(chat, sofia):
    client = Client()
    client.force_login(sofia)
    answer = client.get(f"/api/v1/conversations/{chat.pk}")
    problem(answer, 401, "unauthorized")


# --- limits ---------------------------------------------------------------------------------------


def test_each_answer_says_how_much_is_left(api, settings):
    settings.API_RATE = 5
    left = [api.get("/me")["RateLimit-Remaining"] for _ in range(3)]
    assert left == ["4", "3", "2"]
    refused = api.get("/conversations/9999999")
    assert (refused.status_code, refused["RateLimit-Remaining"], refused["RateLimit-Limit"]) == (404, "1", "5")
    assert 0 < int(refused["RateLimit-Reset"]) <= 60


def test_over_the_limit_a_token_waits_and_others_do_not(api, other, settings):
    settings.API_RATE = 3
    codes = [api.get("/me").status_code for _ in range(5)]
    # the minute may end in between, once
    assert codes[:3] == [200] * 3
    answer = api.get("/me")
    if answer.status_code == 429:
        problem(answer, 429, "too-many-requests")
        assert 0 < int(answer["Retry-After"]) <= 60
        assert answer["RateLimit-Remaining"] == "0"
    assert 429 in [*codes, answer.status_code]
    assert other.get("/me").status_code == 200


def test_wrong_tokens_of_one_address_are_slowed_and_right_ones_are_not(api):
    wrong = Asker("wa_wrong")
    codes = [wrong.get("/me").status_code for _ in range(MAX_FAILURES_PER_MINUTE + 3)]
    assert codes[:MAX_FAILURES_PER_MINUTE] == [401] * MAX_FAILURES_PER_MINUTE
    answer = wrong.get("/me")
    problem(answer, 429, "too-many-requests")
    assert int(answer["Retry-After"]) > 0
    assert api.get("/me").status_code == 200


def test_without_redis_nobody_is_held(api, settings, own_valkey):
    own_valkey.stop()
    try:
        settings.API_RATE = 1
        assert [api.get("/me").status_code for _ in range(3)] == [200] * 3
        problem(Asker("wa_wrong").get("/me"), 401, "unauthorized")
    finally:
        own_valkey.start()


# --- what comes in --------------------------------------------------------------------------------

ODD_BODIES = [
    (b"", 422), (b"{", 400), (b"\xff\xfe\xfa", 400), (b"null", 422), (b"[]", 422), (b"3", 422), (b'"hola"', 422), (b"true", 422),
    (b'{"content": NaN}', 400), (b'{"content": Infinity}', 400), (b'{"control_version": 1e400, "content": "a"}', 422),
    (b"[" * 100_000, 400), (b'{"a":' * 20_000, 400), (b'{"control_version": ' + b"9" * 5000 + b"}", 400),
    (b'{"control_version": 99999999999999999999, "content": "a"}', 422), (b'{"control_version": -1, "content": "a"}', 422),
    (b'{"control_version": true, "content": "a"}', 422), (b'{"control_version": "1", "content": "a"}', 422),
    (b'{"content": 3}', 422), (b'{"content": null}', 422), (b'{"content": {}}', 422), (b'{"type": "shout", "content": "a"}', 422),
    (b'{"content": "a", "contnet": "b"}', 422), (b'{"content": ""}', 422), (b'{"content": "   "}', 422), (b'{"content": "\\u0000"}', 422),
    (b'{"content": "\\ud800"}', 422), (b'{"content": "a", "reply_to": "x"}', 422), (b'{"content": "a", "reply_to": "\\u0000"}', 422),
    (b'{"content": "a", "buttons": [{}]}', 422), (b'{"content": "a", "buttons": {"title": "x"}}', 422),
    (b'{"content": "a", "buttons": [{"title": "\\u0000"}]}', 422), (b'{"type": "template"}', 422),
    (b'{"type": "template", "template": {"name": "\\u0000"}}', 422), (b'{"type": "template", "template": {"name": "x", "variables": {"a": "\\u0000"}}}', 422),
    (b'{"type": "template", "template": {"name": "no hay", "variables": {"a": "b"}}}', 422),
    (b'{"type": "image"}', 422), (b'{"type": "image", "attachments": [{"url": "file:///etc/passwd"}]}', 422),
    (b'{"type": "image", "attachments": [{"url": "http://127.0.0.1:1/a.png"}]}', 422), (b'{"type": "image", "attachments": [{"url": "http://[::1"}]}', 422),
    (b'{"\\ud800": 1, "content": "a"}', 422), (b'{"\\u0000": 1, "content": "a"}', 422),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "status"), ODD_BODIES)
def test_a_body_that_makes_no_sense_is_refused_and_changes_nothing(raw, status, api, chat):
    answer = api.post(f"/conversations/{chat.pk}/messages", raw=raw)
    said = problem(answer, status, "invalid" if status == 422 else "bad-request")
    assert Message.objects.filter(author="bot").count() == 0
    json.dumps(said).encode()


def test_what_is_wrong_is_named_with_its_place(api, chat):
    body = {"content": "a" * 16_385, "buttons": [{"title": "ok"}, {"title": ""}], "more": 1}
    said = problem(api.post(f"/conversations/{chat.pk}/messages", body), 422, "invalid")
    assert {one["location"] for one in said["errors"]} == {"body.content", "body.buttons.1.title", "body.more"}
    assert all(one["message"] for one in said["errors"])
    said = problem(api.get("/conversations?limit=0"), 422, "invalid")
    assert [one["location"] for one in said["errors"]] == ["query.limit"]


def test_no_answer_repeats_what_was_sent(api, chat):
    said = api.post(f"/conversations/{chat.pk}/messages", {"content": ["mi clave es 1234"]})
    assert "1234" not in said.content.decode()


def test_a_body_over_a_megabyte_is_not_read(api, chat):
    problem(api.post(f"/conversations/{chat.pk}/messages", raw=b" " * (MAX_BODY_BYTES + 1)), 413, "too-large")
    problem(api.post(f"/conversations/{chat.pk}/messages", raw=b" " * MAX_BODY_BYTES), 400, "bad-request")


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "json",
        " ",
    ],
)
def test_what_is_not_declared_as_json_is_not_read(kind, api, chat):
    answer = api.post(f"/conversations/{chat.pk}/messages", raw=b'{"content": "hola"}', content_type=kind)
    problem(answer, 415, "unsupported-media-type")


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_may_be_declared_in_its_variants(kind, api, chat):
    assert (
        api.post(f"/conversations/{chat.pk}/messages", raw=b'{"content": "hola"}', content_type=kind).status_code == 201
    )


@pytest.mark.parametrize(
    "path",
    ["", "/", "/nada", "/conversations/", "/conversations/x", "/conversations/-1", "/conversations/1/take", "/conversations/1.5",
     "/conversations/%00", "/conversations/%ff", "/conversations/١", "/conversations/1%0A", "/a%0Ab/c", "/contacts/x", "/../../etc/passwd", "/me/", "/%2e%2e/admin/"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE", "OPTIONS"])
def test_whatever_else_is_asked_for_is_not_there(path, method, api):
    answer = api(method, path)
    problem(answer, 404, "not-found")


@pytest.mark.parametrize("prefix", ["/api/", "/api/v2/me", "/api/v1", "/api/x"])
def test_there_is_one_version(prefix, client, db):
    problem(client.get(prefix), 404, "not-found")


@pytest.mark.parametrize("number", [0, 2**63, 10**30])
def test_a_number_that_is_no_id_is_said_to_be_none(number, api):
    problem(api.get(f"/conversations/{number}"), 422, "invalid")


def test_a_method_that_is_not_there_names_those_that_are(api, chat):
    answer = api("DELETE", f"/conversations/{chat.pk}")
    problem(answer, 405, "method-not-allowed")
    assert answer["Allow"] == "GET, PATCH"
    assert api("OPTIONS", "/me")["Allow"] == "GET"
    assert api("HEAD", "/me").status_code == 405
    assert Asker(None).post("/docs")["Allow"] == "GET"


# --- what goes wrong here -------------------------------------------------------------------------


def test_without_a_database_one_is_asked_to_come_again(api, chat, monkeypatch):
    def gone(*_args, **_more):
        raise OperationalError("connection refused")

    monkeypatch.setattr("wittybots.tokens.find_token", gone)
    answer = api.get("/me")
    problem(answer, 503, "unavailable")
    assert int(answer["Retry-After"]) > 0
    assert "refused" not in answer.content.decode()
    monkeypatch.undo()
    monkeypatch.setattr("chats.bots.external.say_messages", gone)
    problem(api.says(chat, "hola"), 503, "unavailable")


def test_a_surprise_is_logged_and_told_without_details(api, chat, monkeypatch, caplog):
    def broken(*_args, **_more):
        raise RuntimeError("el secreto")

    monkeypatch.setattr("chats.bots.external.say_messages", broken)
    answer = api.says(chat, "hola")
    problem(answer, 500, "error")
    assert "secreto" not in answer.content.decode()
    assert "el secreto" in caplog.text


def test_no_token_stands_in_the_log(api, caplog, settings):
    settings.DEBUG = True
    with caplog.at_level("DEBUG"):
        api.get("/me")
        Asker(None).get("/me", Authorization="wa_secreto-sin-bearer")
        Asker("wa_otro-secreto").get("/me")
    assert api.raw not in caplog.text
    assert "secreto" not in caplog.text


def test_nothing_is_cached_and_no_cookie_is_set(api, chat, own_valkey):
    for answer in (api.get("/me"), api.get(f"/conversations/{chat.pk}"), api.says(chat, "hola"), api.get("/nada")):
        assert answer["Cache-Control"] == "no-store"
        assert not answer.cookies


def test_the_edge_serves_it_without_sessions(api, chat, served):
    """As the server does: by the short list of middleware."""
    assert f"/api/v1/conversations/{chat.pk}".startswith(EDGES)
    asked = Wsgi(served).get(f"/api/v1/conversations/{chat.pk}", headers={"Authorization": f"Bearer {api.raw}"})
    assert (asked.status_code, asked.json["id"]) == (200, chat.pk)
    assert "Content-Security-Policy" in asked.headers
    assert "Cookie" not in asked.headers.get("Vary", "")
