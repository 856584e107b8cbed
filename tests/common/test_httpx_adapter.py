"""The private attributes of httpx on which the guarded client stands: an upgrade that moves them fails here."""

import httpcore
import httpx
import pytest

from common import httpx_adapter


class Backend(httpcore.MockBackend):
    """Answers every connection with the same bytes, and remembers what was connected to."""

    def __init__(self):
        super().__init__([b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"])
        self.connected = []

    def connect_tcp(self, host, port, *args, **kwargs):
        self.connected.append((host, port))
        return super().connect_tcp(host, port, *args, **kwargs)


def test_calls_go_through_our_own_pool():
    backend = Backend()
    transport = httpx_adapter.transport_over(httpcore.ConnectionPool(network_backend=backend))
    with httpx.Client(transport=transport, trust_env=False) as client:
        assert client.get("http://shop.example/").text == "hello"
    assert backend.connected == [("shop.example", 80)]


def test_a_transport_without_the_pool_that_we_know_is_refused(monkeypatch):
    monkeypatch.setattr(httpx.HTTPTransport, "__init__", lambda self: setattr(self, "_pool", None))
    with pytest.raises(TypeError):
        httpx_adapter.transport_over(httpcore.ConnectionPool())


def test_a_response_whose_body_is_set_was_read():
    response = httpx.Response(200, stream=httpx.ByteStream(b"much more than we want"))
    with pytest.raises(httpx.ResponseNotRead):
        _ = response.content
    httpx_adapter.set_body(response, b"much")
    assert response.content == b"much"
    assert response.text == "much"
