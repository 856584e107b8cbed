"""What makes the inbox an app: it says nothing of anybody, and its worker keeps statics and one page, no more."""

import json
import re

import pytest
from django.contrib.staticfiles import finders
from PIL import Image

from tests.inbox.pages import signed_in


@pytest.fixture
def worker(client, db):
    return client.get("/worker.js")


def told(worker):
    return json.loads(re.search(r"^const told = (.+)$", worker.content.decode(), re.M)[1])


def test_the_manifest_makes_it_installable(client, db):
    answer = client.get("/manifest.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    manifest = answer.json()
    assert (manifest["display"], manifest["start_url"], manifest["scope"]) == ("standalone", "/bandejas/", "/")
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        name = re.sub(r"\.[0-9a-f]{12}\.", ".", icon["src"].removeprefix("/static/"))
        with Image.open(finders.find(name)) as image:
            assert f"{image.width}x{image.height}" == icon["sizes"]


def test_the_worker_keeps_statics_and_one_page(client, worker):
    assert worker["Content-Type"].startswith("text/javascript")
    assert worker["Cache-Control"] == "no-cache"
    kept = told(worker)["files"]
    assert [one for one in kept if not one.startswith("/static/")] == ["/offline/"]
    page = client.get("/offline/")
    assert "Sin conexión" in page.content.decode()
    needed = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page.content.decode()))
    assert needed <= set(kept)


def test_it_is_the_same_for_whoever_asks(client, worker, ana):
    for address in ("/worker.js", "/offline/", "/manifest.webmanifest"):
        assert signed_in(ana).get(address).content == client.get(address).content
        assert client.post(address).status_code == 405


def test_a_page_of_the_inbox_names_its_manifest(ana):
    assert '<link rel="manifest" href="/manifest.webmanifest">' in signed_in(ana).get("/ajustes/").content.decode()
