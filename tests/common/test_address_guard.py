"""Addresses in settings must not point inward."""

import socket

import pytest

from common import address_guard
from common.errors import OriginError


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/",
        "http://0.0.0.0/", "http://0/", "http://localhost/", "http://LOCALHOST./", "http://10.0.0.1/",
        "http://172.16.0.1/", "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/", "http://100.64.0.1/",
        "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:10.0.0.1]/", "http://[fc00::1]/",
        "http://[fe80::1%25lo]/", "http://224.0.0.1/", "http://255.255.255.255/", "http://[ff02::1]/",
        "https://127.0.0.1:443/",
    ],
)  # fmt: skip
def test_an_address_inside_is_refused(url):
    with pytest.raises(OriginError):
        address_guard.check_address(url)


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com", "//example.com/", "ftp://8.8.8.8/", "file:///etc/passwd", "gopher://8.8.8.8/", "data:1",
        "http://", "http:///x", "http://user@8.8.8.8/", "http://user:pass@8.8.8.8/", "http://[::1", "http://8.8.8.8:99999/",
        "http://8.8.8.8:x/", "http://\x00/", "http://exa mple/", "http://" + "a" * 300 + "/", "http://..../", "http://[]/",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_in_words(url):
    with pytest.raises(OriginError) as refusal:
        address_guard.check_address(url)
    assert str(refusal.value)


@pytest.mark.parametrize("url", ["http://8.8.8.8/", "https://8.8.8.8:8443/x?y=1", "http://[2606:4700::1111]/"])
def test_an_address_outside_is_fine(url):
    address_guard.check_address(url)


def test_an_allowed_host_is_fine_and_no_other(settings):
    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]
    address_guard.check_address("http://127.0.0.1:8199/")
    with pytest.raises(OriginError):
        address_guard.check_address("http://127.0.0.2/")
    with pytest.raises(OriginError):
        address_guard.check_address("http://localhost/")


def test_one_inward_address_among_several_is_enough(monkeypatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_fields: found)
    with pytest.raises(OriginError, match="adentro"):
        address_guard.check_address("http://both.example/")


def test_a_name_that_is_unknown_now_may_be_known_later(monkeypatch):
    def unknown(*_args, **_fields):
        raise socket.gaierror(-3, "Temporary failure")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(OriginError) as refusal:
        address_guard.check_address("http://example.com/")
    assert not refusal.value.permanent
