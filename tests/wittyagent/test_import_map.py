"""The import map: from a module's name to its address, let in by the page's nonce."""

import json
import re

import pytest
from django.test import override_settings

from common import import_map, joined_modules, module_files
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


@pytest.fixture
def make_modules(tmp_path, monkeypatch):
    def make(**sources):
        for name, source in sources.items():
            path = tmp_path / f"{name.replace('_', '/')}.js"
            path.parent.mkdir(exist_ok=True)
            path.write_text(source)
        return tmp_path

    monkeypatch.setattr(module_files, "_root", lambda: tmp_path)
    return make


def test_what_a_page_runs_at_once_is_one_script_in_the_order_of_a_browser(make_modules):
    make_modules(
        common_main='import "common/say.js"',
        common_say="export const say = (it) => alert(it)",
        inbox_main='import "inbox/keys.js"\nimport { fold } from "inbox/fold.js"\n\nfold()',
        inbox_keys='import {\n  say,\n} from "common/say.js"\nlet on = 1\nsay(await import("inbox/rare.js"))',
        inbox_fold="export const { a, b: low } = {}\nexport async function fold() {}",
        inbox_rare='import { low } from "inbox/fold.js"',
    )
    assert joined_modules.join_modules("common/main.js") == (
        "const { say } = (() => {\nconst say = (it) => alert(it)\nreturn { say }\n})();\n\nexport { say }\n"
    )
    assert joined_modules.join_modules("inbox/main.js") == (
        'import { say } from "common/main.js"\n'
        '{\nlet on = 1\nsay(await import("inbox/rare.js"))\n}\n'
        "const { a, low, fold } = (() => {\nconst { a, b: low } = {}\nasync function fold() {}\n"
        "return { a, low, fold }\n})();\n"
        "{\nfold()\n}\n"
        "export { a, low, fold }\n"
    )


@pytest.mark.parametrize(
    ("main", "why"),
    [
        ('import { a } from "inbox/a.js"\nexport const a = 1', "the same name"),
        ('import * as all from "inbox/a.js"', "cannot be joined"),
        ('import { a as b } from "inbox/a.js"', "cannot be joined"),
        ("export default 1", "cannot be joined"),
        ("let a = 1\nexport { a }", "cannot be joined"),
        ("export let a = 1", "cannot be joined"),
    ],
)
def test_what_would_mean_something_else_is_not_joined(make_modules, main, why):
    make_modules(common_main="", inbox_a="export const a = 1", inbox_main=main)
    with pytest.raises(ValueError, match=why):
        joined_modules.join_modules("inbox/main.js")


def test_all_that_agents_pages_run_can_be_joined():
    assert all(joined_modules.join_modules(start) for start in joined_modules.STARTS)


def test_a_joined_script_stands_in_the_map_for_what_it_holds_and_is_fetched_by_its_own_tag(settings, tmp_path):
    backend = {"BACKEND": "wittyagent.assets.HashedFiles", "OPTIONS": {"location": tmp_path}}
    names = module_files.list_with_imports(["common", "inbox"])
    hashed = {name: name.replace(".js", ".0123456789ab.js") for name in names}
    (tmp_path / "staticfiles.json").write_text(json.dumps({"version": "1.1", "paths": hashed, "hash": ""}))
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": backend}):
        made = import_map.render_import_map("x", "common", "inbox")
    assert "modulepreload" not in made
    addresses = json.loads(MAP.search(made)[2])["imports"]
    assert addresses["inbox/words.js"] == "/static/inbox/main.0123456789ab.js"
    assert addresses["common/make.js"] == "/static/common/main.0123456789ab.js"
    assert addresses["inbox/composing.js"] == "/static/inbox/composing.0123456789ab.js"
    assert set(addresses) == set(names)
