"""The web chat's pages: who may hold them, the launcher, and that they are only read."""

import pytest
from django.utils.html import escapejs

from origins.models import Origin
from tests import people
from tests.webchat.visitors import DOORS, refused

pytestmark = pytest.mark.django_db


def policy(client, origin):
    response = client.get(f"/w/{origin.key}/")
    assert response.status_code == 200
    parts = [part.strip().split() for part in response["Content-Security-Policy"].split(";")]
    return {name: sources for name, *sources in parts}


def test_without_sites_any_page_may_hold_the_chat(client, origin):
    assert policy(client, origin)["frame-ancestors"] == ["*"]


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("https://www.almacen.com", "https://www.almacen.com"),
        ("https://www.almacen.com/tienda?a=b", "https://www.almacen.com"),
        ("almacen.com", "https://almacen.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://*.almacen.com", "https://*.almacen.com"),
        ("https://almacén.com", "https://xn--almacn-fva.com"),
        ("https://[::1]:8443", "https://[::1]:8443"),
        ("https://a.com;script-src", None),
        ("https://a.com,b.com", None),
        ("https://'unsafe-inline'", None),
        ("https://[oops", None),
        ("https://" + "a" * 70 + ".com", None),
        ("https://yo:clave@a.com", None),
        ("javascript://a.com", None),
        ("data:text/html,x", None),
        ("//a.com", None),
        ("\u2028", None),
    ],
)
def test_only_the_allowed_sites_may_hold_it(client, line, source):
    origin = people.web_origin(allowed_sites=f"{line}\nhttps://otro.com")
    found = policy(client, origin)
    assert found["frame-ancestors"] == ["'self'", *([source] if source else []), "https://otro.com"]
    assert found["default-src"] == ["'self'"]


def test_sites_of_which_none_is_one_allow_nobody(client):
    assert policy(client, people.web_origin(allowed_sites="https://[oops"))["frame-ancestors"] == ["'self'"]


def test_the_panel_can_be_framed_and_says_nothing_of_an_agent(client, origin, sofia):
    client.force_login(sofia)
    response = client.get(f"/w/{origin.key}/")
    assert "X-Frame-Options" not in response
    assert not response.cookies
    assert "Almacén Norte" in response.text
    assert "sofia" not in response.text.lower()
    assert "<style" not in response.text
    assert " style=" not in response.text


def test_the_launcher_is_one_cacheable_script_for_all(client, origin):
    response = client.get(f"/w/{origin.key}/widget.js")
    assert response["Content-Type"] == "text/javascript; charset=utf-8"
    assert response["Cache-Control"] == "public, max-age=300"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert f'const KEY = "{escapejs(origin.key)}"' in response.text
    assert "innerHTML" not in response.text
    assert "eval(" not in response.text


def test_a_title_and_a_colour_are_only_that(client):
    title = "\"</script><img src=x>\\'`${1}"
    origin = people.web_origin(title=title, color="red}*{}")
    script = client.get(f"/w/{origin.key}/widget.js").text
    assert "</script>" not in script
    assert "`${1}" not in script
    assert "red}" not in script
    panel = client.get(f"/w/{origin.key}/").text
    assert "<img" not in panel
    assert "red}" not in panel
    assert "<img" not in client.get(f"/w/{origin.key}/demo/").text


def test_the_demo_page_holds_the_script(client, origin):
    page = client.get(f"/w/{origin.key}/demo/").text
    assert f'<script src="/w/{origin.key}/widget.js" async></script>' in page


PAGES = ["", "widget.js", "demo/"]


@pytest.mark.parametrize("fields", [{"is_active": False}, {"kind": "http"}, {"key": "otra"}])
@pytest.mark.parametrize(("method", "rest"), [*(("get", page) for page in PAGES), *DOORS])
def test_there_is_a_door_only_where_there_is_an_active_web_chat(origin, belen, fields, method, rest):
    belen.says("Hola")
    Origin.objects.filter(pk=origin.pk).update(**fields)
    response = belen.ask(method, rest)
    assert response.status_code == 404
    if rest not in PAGES:
        refused(response, 404)


@pytest.mark.parametrize(
    ("method", "rest", "allowed"),
    [
        ("get", "visitor/", "POST"),
        ("put", "messages/", "GET, POST"),
        ("delete", "messages/", "GET, POST"),
        ("get", "files/", "POST"),
        ("post", "files/00000000-0000-4000-8000-000000000000/", "GET"),
    ],
)
def test_other_methods_are_refused_in_words(belen, method, rest, allowed):
    response = belen.ask(method, rest)
    assert refused(response, 405)
    assert response["Allow"] == allowed


@pytest.mark.parametrize("rest", PAGES)
def test_pages_are_only_read(belen, rest):
    assert belen.ask("post", rest).status_code == 405
