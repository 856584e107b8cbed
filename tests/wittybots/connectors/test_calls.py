"""Calls of every connector: in time, tried again or final, and never to addresses inside."""

from types import SimpleNamespace

import pytest

from common.errors import OriginError
from tests import http_server
from tests.wittybots.connectors.connector_turns import SECRET, to, turn
from wittybots.connectors import KINDS, connector_of, http_call, webhook
from wittybots.models import EVENTS, Endpoint


def test_every_kind_of_external_bot_has_a_connector_that_knows_its_events():
    for kind in KINDS:
        assert set(EVENTS) | {"ping"} >= connector_of(kind).EVENTS
        assert {"message_created", "ping"} <= connector_of(kind).EVENTS
    with pytest.raises(LookupError):
        connector_of("menu")
    with pytest.raises(LookupError):
        connector_of("os")


LATE = [http_server.hang, http_server.trickle, http_server.trickle_head]


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("answer", LATE, ids=lambda one: one.__name__)
def test_nothing_takes_longer_than_its_time(kind, answer, bot, monkeypatch):
    # none of these answers ever ends
    monkeypatch.setattr(http_call, "WITHIN", 0.6)
    bot.answers = [answer]
    with pytest.raises(OriginError) as refused:
        connector_of(kind).call(to(bot, remote_id="x"), turn())
    assert not refused.value.permanent
    assert refused.value.code == "ReadTimeout"


def test_the_time_is_five_seconds(bot, monkeypatch):
    given, request = [], http_call.guarded_http.send_request
    monkeypatch.setattr(http_call, "time", SimpleNamespace(monotonic=lambda: 100.0))
    monkeypatch.setattr(
        http_call.guarded_http,
        "send_request",
        lambda *what, **how: (given.append(how["within"]), request(*what, **how))[1],
    )
    webhook.call(to(bot), turn())
    assert given == [5.0]


BROKEN = {
    "cut": http_server.cut,
    "cut in the answer": http_server.cut_in_the_answer,
    "cut before the body": http_server.cut_before_the_body,
    "500": (500, {"messages": ["no"]}, {}),
    "502 page": http_server.text("<html>Bad gateway</html>", "text/html", 502),
    "429": (429, {}, {"Retry-After": "2"}),
    "302 inside": (302, None, {"Location": "http://169.254.169.254/latest/meta-data/"}),
    "301": (301, b"", {"Location": "/otro"}),
    "400": (400, {}, {}),
    "422": (422, {}, {}),
}


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("how", BROKEN)
def test_what_may_pass_is_tried_again(kind, how, bot):
    bot.answers = [BROKEN[how]]
    with pytest.raises(OriginError) as refused:
        connector_of(kind).call(to(bot, remote_id="x"), turn())
    assert not refused.value.permanent
    assert len(bot.got) == 1, "no redirect is followed, nothing is tried twice by itself"


@pytest.mark.parametrize("kind", sorted(KINDS - {"chatwoot"}))
@pytest.mark.parametrize(
    "answer",
    [
        http_server.text("<html>Hola</html>", "text/html"),
        http_server.text("{'no': 'JSON'}"),
        http_server.text(b"\xff\xfe\x00"),
        http_server.text('{"messages": ["cut'),
        http_server.text('{"messages": ["' + "x" * 2_000_000 + '"]}'),
        http_server.text("[" * 100_000),
    ],
    ids=["page", "not JSON", "not UTF-8", "half", "2 MB", "deep"],
)
def test_an_answer_that_cannot_be_read_is_tried_again(kind, answer, bot):
    bot.answers = [answer]
    with pytest.raises(OriginError) as refused:
        connector_of(kind).call(to(bot, remote_id="x"), turn())
    assert not refused.value.permanent


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_what_no_try_can_mend_is_final(kind, status, bot):
    bot.answers = [(status, {}, {})]
    with pytest.raises(OriginError) as refused:
        connector_of(kind).call(to(bot, remote_id="x"), turn())
    assert refused.value.permanent
    assert refused.value.code == str(status)


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/", "http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest", "http://localhost/",
        "file:///etc/passwd", "ftp://bot.example/", "gopher://x/", "javascript:alert(1)", "http://", "http:///x", "bot",
        "http://user:clave@bot.example/", "http://[::1", "http://x:99999/",
    ],
)  # fmt: skip
def test_an_address_inside_or_none_is_refused_for_good(kind, url, settings):
    settings.ALLOWED_INTERNAL_HOSTS = []
    with pytest.raises(OriginError) as refused:
        connector_of(kind).call(Endpoint(url=url, remote_id="x", secret=SECRET), turn())
    assert refused.value.permanent


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(
    "url", ["http://\x00/", "http://a b/", "http://ñ.example/", "http://" + "a" * 300 + ".example"]
)
def test_an_odd_name_is_nobodys(kind, url, settings):
    settings.ALLOWED_INTERNAL_HOSTS = []
    with pytest.raises(OriginError):
        connector_of(kind).call(Endpoint(url=url, remote_id="x", secret=SECRET), turn())


def test_nobody_who_listens_may_come_back():
    with pytest.raises(OriginError) as refused:
        webhook.call(Endpoint(url="http://127.0.0.1:1/", secret=SECRET), turn())
    assert not refused.value.permanent
