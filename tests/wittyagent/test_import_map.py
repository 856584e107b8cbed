"""The import map: from a module's name to its address, let in by the page's nonce."""

import json
import re

import pytest
from django.test import override_settings

from common import import_map
from tests import people

MAP = re.compile(r'<script type="importmap" nonce="([^"]+)">(.+?)</script>')


@pytest.fixture(autouse=True)
def _forget():
    import_map._render_modules.cache_clear()
    yield
    import_map._render_modules.cache_clear()


def nonce_and_imports(response):
    nonce, text = MAP.search(response.text).groups()
    return nonce, json.loads(text)["imports"]


def test_the_map_stands_before_the_first_module_and_the_policy_lets_it_in(client, db):
    response = client.get("/login/")
    nonce, imports = nonce_and_imports(response)
    assert f"'nonce-{nonce}'" in response["Content-Security-Policy"]
    assert imports["common/main.js"] == "/static/common/main.js"
    assert response.text.count('type="importmap"') == 1
    assert response.text.index("importmap") < response.text.index("modulepreload")
    assert response.text.index("importmap") < response.text.index('type="module"')


def test_no_two_pages_have_the_same_nonce(client, db):
    first, _imports = nonce_and_imports(client.get("/login/"))
    second, _imports = nonce_and_imports(client.get("/login/"))
    assert first != second


def test_an_agents_page_has_its_own_modules_too(client, ana):
    client.force_login(ana)
    _nonce, imports = nonce_and_imports(client.get("/contactos/"))
    assert {"common/main.js", "inbox/main.js", "inbox/live.js"} <= set(imports)
    assert not any(name.startswith("webchat/") for name in imports)


def test_what_only_some_pages_need_is_in_the_map_and_not_fetched_with_each(client, ana):
    client.force_login(ana)
    response = client.get("/contactos/")
    _nonce, imports = nonce_and_imports(response)
    fetched = set(re.findall(r'rel="modulepreload" href="([^"]+)"', response.text))
    assert imports["inbox/live.js"] in fetched
    for name in ("inbox/quick.js", "inbox/voice.js", "inbox/search.js", "inbox/settings-page.js"):
        assert imports[name] not in fetched, name


def test_the_panel_on_foreign_pages_has_its_map(client, db):
    response = client.get(f"/w/{people.web_origin().key}/")
    nonce, imports = nonce_and_imports(response)
    assert f"'nonce-{nonce}'" in response["Content-Security-Policy"]
    assert {"webchat/main.js", "common/make.js"} <= set(imports)
    assert "common/clock.js" not in imports


def test_a_page_without_scripts_allows_none_but_files(client, db):
    assert "nonce" not in client.get("/api/v1/docs")["Content-Security-Policy"]


def test_hashed_files_are_found_by_their_plain_names(tmp_path, settings):
    hashed = {"common/make.js": "common/make.0123456789ab.js"}
    (tmp_path / "staticfiles.json").write_text(json.dumps({"version": "1.1", "paths": hashed, "hash": ""}))
    backend = {"BACKEND": "wittyagent.assets.HashedFiles", "OPTIONS": {"location": tmp_path}}
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": backend}):
        made = import_map.render_import_map("x", "common/make.js")
    assert json.loads(MAP.search(made)[2]) == {"imports": {"common/make.js": "/static/common/make.0123456789ab.js"}}
    assert '<link rel="modulepreload" href="/static/common/make.0123456789ab.js">' in made
