"""Every socket's page is ours, nobody opens too many of them, and who says too much at once is cut off."""

import json
import time

import pytest
from channels.testing import WebsocketCommunicator
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from live.closings import TOO_SLOW
from live.hub import current_hub
from origins import public_address
from tests import people
from tests.windows import asked, logged_in, window
from wittyagent.socket_guard import MAX_WAITING_FRAMES

TIMEOUT = 60


@pytest.fixture(autouse=True)
async def _real_commits(transactional_db, own_valkey):
    yield
    await current_hub().stop_feeding()


async def is_let_in(path, origin, host="testserver", scheme="ws", more=()):
    from wittyagent.asgi import application

    headers = [(b"host", host.encode()), *((b"origin", one.encode("latin-1")) for one in origin), *more]
    communicator = WebsocketCommunicator(application, path, headers=headers)
    communicator.scope["scheme"] = scheme
    let_in, _code = await communicator.connect(TIMEOUT)
    await communicator.disconnect()
    return let_in


OURS = [
    ("http://testserver", "testserver", "ws"),
    ("http://testserver:80", "testserver", "ws"),
    ("http://testserver", "testserver:80", "ws"),
    ("HTTP://TestServer", "TESTSERVER", "ws"),
    ("https://testserver", "testserver", "wss"),
    ("https://testserver:443", "testserver", "wss"),
    ("http://testserver:8000", "testserver:8000", "ws"),
    ("http://[::1]:8000", "[::1]:8000", "ws"),
    # what the proxy left of it
    ("https://inbox.example.com:8443", "inbox.example.com", "ws"),
]
NOT_OURS = [
    ("http://evil.example", "testserver", "ws"),
    ("http://testserver:3000", "testserver", "ws"),
    ("http://testserver", "testserver:8000", "ws"),
    ("http://testserver:8001", "testserver:8000", "ws"),
    ("https://testserver", "testserver", "ws"),
    ("http://testserver", "testserver", "wss"),
    ("http://localhost", "testserver", "ws"),
    ("http://testserver.evil.example", "testserver", "ws"),
    ("http://eviltestserver", "testserver", "ws"),
    ("http://user@testserver", "testserver", "ws"),
    ("http://testserver@evil.example", "testserver", "ws"),
    ("https://inbox.example.com", "testserver", "ws"),
    ("http://inbox.example.com:8443", "testserver", "ws"),
    ("http://inbox.example.com", "inbox.example.com", "ws"),
    ("http://inbox.example.com:8443", "inbox.example.com:8443", "ws"),
    ("ws://testserver", "testserver", "ws"),
    ("file://testserver", "testserver", "ws"),
    ("testserver", "testserver", "ws"),
    ("null", "testserver", "ws"),
    ("", "testserver", "ws"),
    ("http://testserver:x", "testserver", "ws"),
    ("http://[", "testserver", "ws"),
    # a name that leads here and is none of ours
    ("http://rebound.example", "rebound.example", "ws"),
]


@pytest.mark.parametrize("path", ["/ws/", "/w/demo/ws/", "/nothing/"])
async def test_only_a_page_of_ours_is_let_in(settings, path):
    settings.PUBLIC_URL = "https://inbox.example.com:8443"
    settings.ALLOWED_HOSTS = ["testserver", "localhost", "[::1]", "inbox.example.com"]
    assert {one: await is_let_in(path, one[:1], *one[1:]) for one in OURS} == dict.fromkeys(OURS, True)
    assert {one: await is_let_in(path, one[:1], *one[1:]) for one in NOT_OURS} == dict.fromkeys(NOT_OURS, False)
    assert not await is_let_in(path, [])
    assert not await is_let_in(path, ["http://testserver", "http://testserver"])
    assert not await is_let_in(path, ["http://testserver"], more=[(b"host", b"testserver")])


async def test_behind_a_proxy_with_tls_the_page_is_https(settings):
    proxied = [(b"x-forwarded-proto", b"https")]
    assert not await is_let_in("/ws/", ["https://testserver"], more=proxied)
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert await is_let_in("/ws/", ["https://testserver"], more=proxied)
    assert not await is_let_in("/ws/", ["http://testserver"], more=proxied)


async def test_a_public_address_that_has_just_grown_old_is_asked_in_no_event_loop(settings, monkeypatch):
    """However long its thread was busy between the question and the answer."""
    settings.PUBLIC_URL = ""
    # the browser tests allow it
    monkeypatch.delenv("DJANGO_ALLOW_ASYNC_UNSAFE", raising=False)
    monkeypatch.setattr(public_address, "_kept", (0.0, ""))
    monkeypatch.setattr(public_address, "KEPT_SECONDS", 0)
    await asked(public_address.set_public_url, "inbox.example.com")
    settings.ALLOWED_HOSTS = ["testserver", "inbox.example.com"]
    assert await is_let_in("/ws/", ["http://testserver"])
    assert await is_let_in("/ws/", ["https://inbox.example.com"], host="inbox.example.com")


def opened(site, path, cookie="", **headers):
    address = site.url.replace("http", "ws") + path
    headers |= {"Cookie": cookie} if cookie else {}
    return connect(address, origin=site.url, additional_headers=headers, open_timeout=TIMEOUT, max_queue=None)


def opened_in_time(*args, **headers):
    end = time.monotonic() + TIMEOUT
    while True:
        try:
            return opened(*args, **headers)
        except InvalidStatus:
            assert time.monotonic() < end, "its place was never free again"
            time.sleep(0.05)


def test_one_address_opens_so_many_sockets_and_others_are_not_held(serve, ana):
    origin = people.web_origin()
    site = serve(SOCKETS_PER_ADDRESS="3", TRUSTED_PROXIES="127.0.0.1")
    path, noisy = f"/w/{origin.key}/ws/", {"X-Forwarded-For": "203.0.113.7"}
    held = [opened(site, path, **noisy) for _ in range(3)]
    with pytest.raises(InvalidStatus) as refusal:
        opened(site, path, **noisy)
    assert refusal.value.response.status_code == 403
    cookie = f"sessionid={logged_in(ana).cookies['sessionid'].value}"
    others = [opened(site, path, **{"X-Forwarded-For": "203.0.113.8"}), opened(site, "/ws/", cookie, **noisy)]
    # a place that is left is free again
    held.pop().close()
    others.append(opened_in_time(site, path, **noisy))
    for socket in (*held, *others):
        socket.close()


def next_head(socket):
    return json.loads(socket.recv(TIMEOUT).partition("\n")[0])


def test_who_says_more_than_can_be_heard_is_cut_off_and_the_others_are_not(serve, ana, bruno):
    site = serve()
    sockets = [opened(site, "/ws/", f"sessionid={logged_in(one).cookies['sessionid'].value}") for one in (ana, bruno)]
    noisy, quiet = sockets
    for socket in sockets:
        while "marks" not in next_head(socket):
            pass
    frame = json.dumps({"chats": ["chat.1.1"]})
    answers = 0
    with pytest.raises(ConnectionClosed) as end:
        for _ in range(200 * MAX_WAITING_FRAMES):
            noisy.send(frame)
        while noisy.recv(TIMEOUT):
            answers += 1
    # who goes on talking to a closed door may lose what was said with it
    assert end.value.rcvd is None or end.value.rcvd.code == TOO_SLOW
    assert answers < 100 * MAX_WAITING_FRAMES
    quiet.send(frame)
    while "refused" not in next_head(quiet):
        pass
    quiet.close()


async def test_a_frame_that_is_too_long_is_said_and_not_kept(ana):
    async with window(await asked(logged_in, ana)) as page:
        await page.head("marks")
        for event in ({"text": "x" * 1_000_000}, {"bytes": b"x" * 1_000_000}):
            await page.communicator.send_input({"type": "websocket.receive", **event})
            assert "JSON" in await page.head("error")
