"""Addresses in settings must not point inward."""

import ipaddress
import socket

import pytest

from common import address_guard, guarded_http
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


# each of IANA's special-purpose ranges by its first, an inner and its last number, and what clouds answer inside
INSIDE = [
    "0.0.0.1", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.100.100.200", "100.127.255.255",
    "127.0.0.0", "127.255.255.255", "169.254.0.0", "169.254.169.254", "169.254.255.255", "172.16.0.0", "172.31.255.255",
    "192.0.0.0", "192.0.0.8", "192.0.0.9", "192.0.0.10", "192.0.0.170", "192.0.0.192", "192.0.0.255", "192.0.2.1",
    "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.0", "192.168.255.255", "192.175.48.1", "198.18.0.0",
    "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.0", "239.255.255.255", "240.0.0.0", "255.255.255.254",
    "255.255.255.255", "168.63.129.16", "161.26.0.10", "166.8.0.1", "166.11.255.255",
    "::", "::1", "::7f00:1", "::127.0.0.1", "::8.8.8.8", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1",
    "64:ff9b::", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b::8.8.8.8", "64:ff9b:1::", "64:ff9b:1::10.0.0.1",
    "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "100::", "100::1", "100:0:0:1::1", "2001::", "2001::1", "2001:0:7f00:1::",
    "2001:1::1", "2001:2::1", "2001:3::1", "2001:4:112::1", "2001:10::1", "2001:20::1", "2001:30::1",
    "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::1", "2002::", "2002:7f00:1::", "2002:a00:1::1",
    "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2620:4f:8000::1", "3ffe::1", "3fff::", "3fff:fff:ffff::1", "4000::1",
    "5f00::", "5f00:ffff::1", "fc00::1", "fd00:ec2::254", "fd20:ce::254", "fe80::1", "febf::1", "fec0::1", "feff::1",
    "ff00::1", "ff02::1", "ff0e::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
]  # fmt: skip
OUTSIDE = [
    "1.0.0.0", "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
    "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0",
    "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "168.63.129.15",
    "168.63.129.17", "166.12.0.0", "2000::1", "2001:200::1", "2001:4860:4860::8888", "2001:db7::1", "2003::1",
    "2606:4700::1111", "2a00:1450::1", "2620:4f:7fff::1", "3ffd::1", "3fff:1000::1",
]  # fmt: skip


@pytest.mark.parametrize("number", INSIDE)
def test_a_number_that_is_not_of_the_internet_is_refused(number):
    url = f"https://[{number}]/" if ":" in number else f"https://{number}/"
    for check in (address_guard.check_address, address_guard.check_without_lookup):
        with pytest.raises(OriginError, match="adentro"):
            check(url)


@pytest.mark.parametrize("number", OUTSIDE)
def test_its_neighbours_are_fine(number):
    assert address_guard.is_outside(ipaddress.ip_address(number))


@pytest.mark.parametrize("number", INSIDE)
def test_a_name_that_leads_there_is_refused_when_it_is_called(monkeypatch, number):
    family = socket.AF_INET6 if ":" in number else socket.AF_INET
    found = [(family, socket.SOCK_STREAM, 6, "", (number, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_fields: found)
    with pytest.raises(OriginError, match="adentro"):
        guarded_http.send_request("GET", "https://rebound.example/")


@pytest.mark.parametrize("port", [0, 1, 22, 25, 81, 88, 444, 3306, 5432, 6379, 8000, 8080, 8444, 9200, 11211, 65535])
def test_only_ports_of_the_web_are_called(port):
    for check in (address_guard.check_address, address_guard.check_without_lookup):
        with pytest.raises(OriginError, match="80, 443 y 8443"):
            check(f"http://8.8.8.8:{port}/")


@pytest.mark.parametrize("url", ["http://8.8.8.8", "http://8.8.8.8:80", "http://8.8.8.8:443", "https://8.8.8.8:80",
                                 "https://8.8.8.8", "https://8.8.8.8:443", "https://8.8.8.8:8443"])  # fmt: skip
def test_ports_of_the_web_are_fine(url):
    address_guard.check_address(url)
    address_guard.check_without_lookup(url)


@pytest.mark.parametrize("listed", ["::1", "[::1]", "BOTS.internal", "bots.INTERNAL "])
def test_of_a_listed_host_every_port_and_number_will_do(settings, listed):
    settings.ALLOWED_INTERNAL_HOSTS = [listed]
    host = "[::1]" if "::" in listed else "Bots.Internal"
    address_guard.check_address(f"http://{host}:5000/hook")
    address_guard.check_without_lookup(f"http://{host}:5000/hook")
    with pytest.raises(OriginError):
        address_guard.check_without_lookup("http://127.0.0.1:5000/hook")


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
