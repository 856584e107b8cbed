"""Who asks: a forwarded address counts where a proxy of ours has written it, and nowhere else."""

import pytest
from django.test import RequestFactory

from common import client_address

OWN = ["127.0.0.1", "10.0.0.0/8", "2001:db8:ffff::/48"]


def asks(peer, forwarded=None):
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return RequestFactory().get("/", headers=headers, REMOTE_ADDR=peer)


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.7", None, "203.0.113.7"),
        ("203.0.113.7", "192.0.2.1", "203.0.113.7"),
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("127.0.0.1", "6.6.6.6, 192.0.2.1", "192.0.2.1"),
        ("127.0.0.1", "6.6.6.6,192.0.2.1, 10.1.2.3", "192.0.2.1"),
        ("127.0.0.1", "10.9.9.9, 10.1.2.3", "10.9.9.9"),
        ("127.0.0.1", "192.0.2.1, x", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.1,", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.1:4711", "192.0.2.1"),
        ("127.0.0.1", '"[2001:db8::1]:4711"', "2001:db8::1"),
        ("127.0.0.1", "2001:DB8::1", "2001:db8::1"),
        ("127.0.0.1", "fe80::1%eth0", "fe80::1"),
        ("127.0.0.1", "::ffff:192.0.2.1", "192.0.2.1"),
        ("::ffff:127.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("2001:db8:ffff::9", "192.0.2.1", "192.0.2.1"),
        ("::1", "192.0.2.1", "::1"),
        ("", "192.0.2.1", ""),
        ("127.0.0.1", ",".join(["6.6.6.6"] * 5000 + ["192.0.2.1"]), "192.0.2.1"),
        ("127.0.0.1", "127.0.0.1," * 5000, "127.0.0.1"),
    ],
)
def test_the_caller_is_the_last_that_is_no_proxy_of_ours(settings, peer, forwarded, client):
    settings.TRUSTED_PROXIES = OWN
    assert client_address.client_address(asks(peer, forwarded)) == client
    scope = {"client": [peer, 4711] if peer else None, "headers": [(b"host", b"testserver")]}
    if forwarded is not None:
        scope["headers"].append((b"x-forwarded-for", forwarded.encode()))
    # a socket's caller is found as that of a request is
    assert client_address.socket_block(scope) == client_address.client_block(asks(peer, forwarded))


def test_a_header_that_comes_twice_is_read_to_its_end(settings):
    settings.TRUSTED_PROXIES = OWN
    headers = [(b"x-forwarded-for", b"6.6.6.6"), (b"X-Forwarded-For", b"192.0.2.1")]
    assert client_address.socket_block({"client": ("127.0.0.1", 1), "headers": headers}) == "192.0.2.1"


def test_with_no_proxy_named_nobody_is_believed(settings):
    settings.TRUSTED_PROXIES = []
    assert client_address.client_address(asks("127.0.0.1", "192.0.2.1")) == "127.0.0.1"


def test_a_proxy_at_a_socket_file_is_named_by_a_word(settings):
    settings.TRUSTED_PROXIES = ["unix"]
    assert client_address.client_address(asks("", "192.0.2.1")) == "192.0.2.1"
    assert client_address.client_address(asks("203.0.113.7", "192.0.2.1")) == "203.0.113.7"


def test_one_customer_of_ipv6_is_counted_as_one(settings):
    settings.TRUSTED_PROXIES = OWN
    blocks = {client_address.client_block(asks(f"2001:db8:1:2:{n}::1")) for n in range(5)}
    assert blocks == {"2001:db8:1:2::"}
    assert client_address.client_block(asks("2001:db8:1:3::1")) == "2001:db8:1:3::"
    assert client_address.client_block(asks("203.0.113.7")) == "203.0.113.7"


def test_what_is_no_address_is_named(settings):
    with pytest.raises(ValueError, match="nginx"):
        client_address.read_networks(("127.0.0.1", "nginx"))


def test_a_proxy_that_is_not_named_is_said_once(settings, caplog):
    settings.TRUSTED_PROXIES = []
    for _ in range(3):
        client_address.client_address(asks("10.66.0.1", "192.0.2.1"))
        client_address.client_address(asks("203.0.113.7", "192.0.2.1"))
    assert [record.getMessage()[:40] for record in caplog.records] == ["X-Forwarded-For of 10.66.0.1 is not beli"]


@pytest.mark.parametrize(
    ("peer", "headers", "is_local"),
    [
        ("127.0.0.1", {}, True),
        ("::1", {}, True),
        ("::ffff:127.0.0.1", {}, True),
        ("10.0.0.1", {}, False),
        ("", {}, False),
        *(("127.0.0.1", {name: "x"}, False) for name in
          ("X-Forwarded-For", "x-forwarded-proto", "X-Forwarded-Host", "Forwarded", "X-Real-IP", "Via")),
    ],
)  # fmt: skip
def test_this_machine_asks_itself_and_passes_nothing_on(peer, headers, is_local):
    assert (
        client_address.is_this_machine(RequestFactory().get("/metrics", headers=headers, REMOTE_ADDR=peer)) == is_local
    )
