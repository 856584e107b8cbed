"""Calls to the outside end in time and take no more memory than they may, whatever the other side does."""

import socket
import threading
import tracemalloc
import zlib

import pytest

from common import guarded_http, http_bounds
from common.errors import Failure, OriginError
from tests import http_server

MB = 1_000_000
# 50 MB of zeros
BROTLI = bytes.fromhex(
    "cbffff3ff82700e2b14020f7fe8fffff7ff04f00c4611180eefd1fffffffe09f0088c30200ddfb3ffeffffc13f0110870500baf77ffcfff"
    "f837f02200e0b0074effff20f5e0fff04401c1600e8a0eb01"
)


def gzip(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return packer.compress(data) + packer.flush()


@pytest.fixture
def server(listening):
    return listening(http_server.BotServer())


@pytest.fixture(params=["request", "download"])
def get(request, server):
    """The bytes that the server answers, by either way."""

    def get(**how):
        if request.param == "request":
            return guarded_http.send_request("GET", server.url, **how).content
        return guarded_http.download_bytes(server.url, how.pop("most", guarded_http.MAX_ANSWER_BYTES), **how)[0]

    return get


def peak(act):
    """What it gave or raised, and the most memory that it took."""
    tracemalloc.start()
    try:
        made = act()
    except OriginError as error:
        made = error
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return made, most


# --- in time --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "how", [http_server.trickle, http_server.trickle_head, http_server.hang], ids=lambda how: how.__name__
)
@pytest.mark.parametrize("more", [{}, {"timeout": 5.0}], ids=["", "timeout"])
def test_a_download_ends_in_time_whatever_drips(how, more, server):
    server.answers = [how]
    # none of them ever ends by itself
    with pytest.raises(OriginError, match="tarda demasiado") as refused:
        guarded_http.download_bytes(server.url, MB, within=0.6, **more)
    assert not refused.value.permanent


def test_a_download_does_not_wait_for_a_slow_name_server(monkeypatch, server):
    answers, answered = threading.Event(), threading.Event()

    def slow(*_args, **_more):
        answers.wait(120)
        answered.set()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with pytest.raises(OriginError, match="no responde") as refused:
        guarded_http.download_bytes("https://slow.example/a.png", MB, within=0.5)
    assert not answered.is_set()
    answers.set()
    assert not refused.value.permanent


def test_the_end_of_one_call_is_not_that_of_the_next(server):
    server.answers = [http_server.trickle_head, http_server.delayed(0.6, {"ok": True})]
    with pytest.raises(OriginError):
        guarded_http.download_bytes(server.url, MB, within=0.4)
    assert guarded_http.read_object(guarded_http.send_request("GET", server.url)) == {"ok": True}
    assert guarded_http.download_bytes(server.url, MB)[0] == b'{"ok": true}'


def test_several_calls_have_one_end_together(server):
    server.answers = [http_server.hang, http_server.delayed(0, {"ok": True})]
    with http_bounds.all_within(0.5):
        with pytest.raises(OriginError):
            guarded_http.send_request("GET", server.url, within=60)
        # nobody is asked any more
        with pytest.raises(OriginError):
            guarded_http.send_request("GET", server.url)
        with pytest.raises(OriginError):
            guarded_http.download_bytes(server.url, MB)
    assert guarded_http.read_object(guarded_http.send_request("GET", server.url)) == {"ok": True}


# --- packed ---------------------------------------------------------------------------------------


def test_nothing_packed_is_asked_for(get, server):
    server.answers = [{"ok": True}]
    assert get() == b'{"ok": true}'
    assert server.got[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    "name", ["br", "BR", " br ", "zstd", "deflate", "compress", "gzip, br", "identity, br", "x" * 500]
)
def test_what_is_packed_as_nobody_asked_is_refused_unopened(name, get, server):
    server.answers = [(200, BROTLI, {"Content-Encoding": name})]
    refused, most = peak(lambda: get(most=100 * MB))
    assert isinstance(refused, OriginError)
    assert (refused.permanent, refused.code) == (True, "Packed")
    assert most < 3 * MB


def test_an_answer_that_is_not_read_may_have_been_an_answer(server):
    server.answers = [(200, BROTLI, {"Content-Encoding": "br"})]
    with pytest.raises(OriginError) as refused:
        guarded_http.send_request("POST", server.url, unsure=True)
    assert refused.value.failure == Failure.UNSURE


@pytest.mark.parametrize("name", ["gzip", "GZIP", "x-gzip"])
def test_gzip_that_comes_all_the_same_is_read(name, get, server):
    said = bytes(range(256)) * 2000
    server.answers = [(200, gzip(said), {"Content-Encoding": name})]
    assert get() == said


@pytest.mark.parametrize("name", ["identity", "Identity", ""])
def test_identity_is_read_as_it_is(name, get, server):
    server.answers = [(200, gzip(b"x"), {"Content-Encoding": name})]
    assert get() == gzip(b"x")


def test_a_bomb_in_gzip_takes_no_more_than_it_may(server):
    server.answers = [(200, gzip(bytes(200 * MB)), {"Content-Encoding": "gzip"})]
    answer, most = peak(lambda: guarded_http.send_request("GET", server.url, most=MB))
    assert (len(answer.content), most < 6 * MB) == (MB + 1, True), most
    refused, most = peak(lambda: guarded_http.download_bytes(server.url, MB))
    assert (isinstance(refused, OriginError), most < 6 * MB) == (True, True), most


@pytest.mark.parametrize("raw", [gzip(bytes(100_000))[:-9], b"not gzip at all", gzip(b"x")[:3]])
def test_a_file_in_gzip_that_is_cut_or_odd_is_none(raw, server):
    server.answers = [(200, raw, {"Content-Encoding": "gzip"})]
    with pytest.raises(OriginError) as refused:
        guarded_http.download_bytes(server.url, MB)
    assert not refused.value.permanent
    with pytest.raises(OriginError):
        guarded_http.send_request("GET", server.url, whole=True)
    # the status has come, and decides
    assert guarded_http.send_request("GET", server.url).status_code == 200


def test_an_empty_answer_may_say_that_it_is_packed(get, server):
    server.answers = [(200, b"", {"Content-Encoding": "br"})]
    assert get() == b""
