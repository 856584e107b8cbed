"""What every server that runs us has to agree on: who asks."""

import re

import httpx


def who_failed(site):
    return re.findall(r"sign-in \w+: address=(\S*) name=bruno", site.said())


def fails(site, **headers):
    token = "a" * 32
    answer = httpx.post(
        f"{site.url}/login/",
        data={"username": "bruno", "password": "no", "csrfmiddlewaretoken": token},
        headers={"Cookie": f"csrftoken={token}"} | headers,
        timeout=60,
    )
    return answer.status_code


def test_a_forwarded_address_counts_from_our_proxy(serve):
    site = serve(TRUSTED_PROXIES="127.0.0.1")
    forwarded = {"X-Forwarded-For": "6.6.6.6, 203.0.113.7"}
    # one that WSGI would take for the other
    disguised = forwarded | {"x_forwarded_for": "7.7.7.7"}
    assert [fails(site, **forwarded), fails(site, **disguised)] == [422, 422]
    assert who_failed(site) == ["203.0.113.7"] * 2


def test_a_forwarded_address_counts_from_nobody_else(serve):
    site = serve(TRUSTED_PROXIES="")
    answers = [fails(site, **{"X-Forwarded-For": f"203.0.113.{n}"}) for n in range(7)]
    assert answers == [422] * 5 + [429] * 2
    assert who_failed(site) == ["127.0.0.1"] * 7
