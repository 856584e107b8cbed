"""Where others find us: what the environment says, what was set on a page, and that every process hears of it."""

import time

import pytest
from django.test import Client

from origins import public_address
from origins.models import PublicAddress

GOOD = {
    "https://chat.almacen.example": "https://chat.almacen.example",
    " Chat.Almacen.Example/ ": "https://chat.almacen.example",
    "https://chat.almacen.example:443": "https://chat.almacen.example",
    "https://almacén.example": "https://xn--almacn-fva.example",
}
BAD = {
    "http://chat.almacen.example": "https://",
    "ftp://chat.almacen.example": "https://",
    "https://chat.almacen.example/bandejas": "sin nada detrás",
    "https://chat.almacen.example?x=1": "sin nada detrás",
    "https://sofia@chat.almacen.example": "sin nada detrás",
    "https://192.168.0.14:8000": "en internet",
    "https://localhost": "en internet",
    "https://servidor.local": "en internet",
    "https://chat almacen.example": "en internet",
    "https://chat.almacen.example:8443/": "puerto 443",
    "https://chat.almacen.example:x": "no es una dirección",
    "https://" + "a" * 250 + ".example": "demasiado larga",
}


def test_an_address_is_kept_in_one_form_and_what_no_network_could_call_is_said():
    assert {typed: public_address.read_address(typed) for typed in GOOD} == GOOD
    for typed, words in BAD.items():
        with pytest.raises(public_address.BadAddress, match=words):
            public_address.read_address(typed)


def test_what_was_set_holds_in_other_processes_soon_and_the_environment_wins(db, settings, monkeypatch):
    settings.LOCAL_URL = "http://127.0.0.1:8000"
    assert (public_address.public_url(), public_address.base_url()) == ("", "http://127.0.0.1:8000")
    # another process
    PublicAddress.objects.create(url="https://chat.almacen.example")
    assert public_address.public_url() == ""
    monkeypatch.setattr(public_address, "_kept", (time.monotonic() - 1, ""))
    assert public_address.kept_url() is None
    assert public_address.base_url() == "https://chat.almacen.example"
    assert public_address.kept_url() == "https://chat.almacen.example"
    settings.PUBLIC_URL = "https://inbox.example.com"
    assert public_address.public_url() == "https://inbox.example.com"
    settings.PUBLIC_URL = ""
    assert public_address.set_public_url("  ") == ""
    assert (public_address.public_url(), PublicAddress.objects.count()) == ("", 0)


def test_who_comes_by_the_address_that_was_set_comes_by_https(db, sofia):
    public_address.set_public_url("chat.almacen.example")
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(sofia, backend="django.contrib.auth.backends.ModelBackend")
    there = {"host": "chat.almacen.example"}
    page = browser.get("/bandejas/", headers=there)
    assert page.status_code == 200
    assert browser.get("/bandejas/", headers={"host": "otra.example"}).status_code == 400
    browser.get("/login/", headers=there)
    signed_in = browser.get("/admin/", headers=there)
    assert signed_in.status_code == 200
    token = signed_in.context["csrf_token"]
    form = {"csrfmiddlewaretoken": str(token), "presence": "away"}
    saved = browser.post("/presence/", form, headers=there | {"origin": "https://chat.almacen.example"})
    assert saved.status_code != 403
    refused = browser.post("/presence/", form, headers=there | {"origin": "https://otra.example"})
    assert refused.status_code == 403
    cookies = [one for one in (signed_in, saved) if "csrftoken" in one.cookies]
    assert all(one.cookies["csrftoken"]["secure"] for one in cookies)
    # inside it goes on in the clear
    assert not browser.get("/login/", headers={"host": "testserver"}).wsgi_request.is_secure()
