"""Scripts are ES modules in one style, one behaviour a file; sheets are short; what is imported is there."""

import re
from pathlib import Path

import pytest

from common import module_files
from common.module_files import LAZY, list_with_imports

ROOT = Path(__file__).parent.parent
STATIC = ROOT / "static"
OURS = [path for path in sorted(STATIC.rglob("*")) if "vendor" not in path.relative_to(STATIC).parts]
MODULES = {path.relative_to(STATIC).as_posix(): path.read_text() for path in OURS if path.suffix == ".js"}
# the sandbox has a server of its own, without hashes: its modules name each other by their places
SANDBOX = {f"sandbox/{path.name}": path.read_text() for path in sorted((ROOT / "sandbox/static").glob("*.js"))}
SHEETS = {path.relative_to(STATIC).as_posix(): path.read_text() for path in OURS if path.suffix == ".css"}
# one classic script: other people's pages name it in a <script src>
LAUNCHER = {"launcher.js": (ROOT / "templates/webchat/launcher.js").read_text()}
# the same: a browser takes it from the root
WORKER = {"worker.js": (ROOT / "templates/inbox/worker.js").read_text()}
ALL_MODULES = MODULES | SANDBOX
SCRIPTS = ALL_MODULES | LAUNCHER | WORKER

MAX_LINES, MAX_SHEET_LINES, COLUMNS = 250, 300, 120
IMPORT = re.compile(r'^import (?:(.+?) from )?"([^"]+)"$', re.M | re.S)
EXPORT = re.compile(r"^export (?:async )?(?:function\*?|class|const|let) (\w+)", re.M)
EXPORTED_PARTS = re.compile(r"^export const \{ ([^}]+) \}", re.M)
# what differs between people who write without a formatter
STYLES = {
    "a semicolon at the end": re.compile(r";$", re.M),
    "an arrow whose parameter stands without parentheses": re.compile(r"(?<![\w.)])\b\w+ =>"),
    "braces without spaces": re.compile(r"(?<![$'\"`{\w/\\\[])\{(?=[\w.])|(?<![$'\"`])\{[\w.]+\} from"),
    "var": re.compile(r"^\s*var ", re.M),
    "== or !=, but for null": re.compile(r"(?:[^=!]==|!=)(?!=| null)"),
}
GLOBALS = re.compile(r"\b(?:window|globalThis|self)\.\w+\s*(?:\?\?|\|\||&&)?=(?!=)")


def code_of(source):
    """Without comments, template tags and what stands in backquotes."""
    source = re.sub(r"\{#.*?#\}|/\*.*?\*/|`(?:\\.|[^`\\])*`", "", source, flags=re.S)
    return re.sub(r"(^|\s)//.*", r"\1", source)


def imports_of(name):
    """What a module asks of others: {their name: the names that it takes}."""
    found = {}
    for taken, source in IMPORT.findall(ALL_MODULES[name]):
        names = {part.strip() for part in taken.strip("{} \n").split(",")} if taken.startswith("{") else set()
        found[re.sub(r"^\.", name.partition("/")[0], source)] = names - {""}
    return found


def exports_of(name):
    parts = [part for group in EXPORTED_PARTS.findall(ALL_MODULES[name]) for part in group.split(",")]
    return {*EXPORT.findall(ALL_MODULES[name]), *(part.rpartition(":")[2].strip() for part in parts)}


def needed_by(name):
    """The module and all that it leads to."""
    found, left = set(), [name]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left.extend(imports_of(one))
    return found


def run_by(name):
    """The same, with what is imported at its first use."""
    found, left = set(), [name]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left.extend([*imports_of(one), *LAZY.findall(ALL_MODULES[one])])
    return found


def pages():
    """(template, the rooms of its import map, the modules that it starts)."""
    for path in sorted((ROOT / "templates").rglob("*.html")):
        source = path.read_text()
        maps = re.findall(r"\{% import_map \S+ (.+?) %\}", source)
        starts = re.findall(r'type="module"\s+src="\{% static "([^"]+)" %\}"', source)
        if maps or starts:
            # without a map of its own it starts more on a page of agents
            yield path.name, re.findall(r'"([^"]+)"', " ".join(maps)) or ["common", "inbox"], starts


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_short(name):
    lines = SCRIPTS[name].splitlines()
    assert len(lines) <= MAX_LINES
    assert [number for number, line in enumerate(lines, 1) if len(line) > COLUMNS] == []


@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_is_short(name):
    assert len(SHEETS[name].splitlines()) <= MAX_SHEET_LINES


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_says_first_what_it_does(name):
    assert re.match(r"(\{#.*#\}\n)?// \S", SCRIPTS[name])


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_are_in_one_style(name):
    code = code_of(SCRIPTS[name])
    assert {what: found.findall(code) for what, found in STYLES.items() if found.search(code)} == {}


@pytest.mark.parametrize("name", ALL_MODULES)
def test_a_module_makes_no_globals(name):
    code = code_of(ALL_MODULES[name])
    assert GLOBALS.findall(code) == []
    assert not re.search(r"^;?\((?:\(\) =>|function)|^\{$|use strict", code, re.M)


def test_the_launcher_gives_the_page_one_object():
    assert GLOBALS.findall(code_of(LAUNCHER["launcher.js"])) == ["window.WittyChat ??="]


@pytest.mark.parametrize("name", ALL_MODULES)
def test_what_a_module_imports_is_there(name):
    for source, names in imports_of(name).items():
        assert source in ALL_MODULES
        assert names <= exports_of(source)


@pytest.mark.parametrize("name", ALL_MODULES)
def test_modules_import_in_no_circle_and_not_from_other_rooms(name):
    room = name.partition("/")[0]
    for source in imports_of(name):
        assert name not in needed_by(source)
        assert source.partition("/")[0] in (room, "common")


def test_every_export_is_used():
    used = {(source, name) for one in ALL_MODULES for source, names in imports_of(one).items() for name in names}
    # const { open } = await import("inbox/palette.js")
    taken = re.compile(r'\{ ([\w, ]+) \} = await import\("([\w/-]+\.js)"\)')
    used |= {
        (source, name)
        for one in ALL_MODULES
        for names, source in taken.findall(ALL_MODULES[one])
        for name in names.split(", ")
    }
    # taken whole: import * as model
    whole = {
        source
        for source in MODULES
        if any(f'* as {Path(source).stem} from "{source}"' in ALL_MODULES[one] for one in ALL_MODULES)
    }
    unused = [
        (one, name) for one in ALL_MODULES if one not in whole for name in exports_of(one) if (one, name) not in used
    ]
    assert unused == []


def test_each_page_has_all_its_modules_in_its_map():
    # app.html fills the map of base.html, whose module runs there too
    parents = {"app.html": ["common/main.js"]}
    found = list(pages())
    assert len(found) >= 4
    for page, rooms, starts in found:
        known = set(list_with_imports(rooms))
        assert known <= set(MODULES), page
        for start in [*starts, *parents.get(page, [])]:
            assert run_by(start) <= known, page


def test_what_is_imported_at_its_first_use_is_in_the_map_and_not_fetched_before(tmp_path, monkeypatch):
    room = tmp_path / "inbox"
    room.mkdir()
    for name, source in {
        "main": 'import "inbox/keys.js"\nimport { fold } from "inbox/fold.js"',
        "keys": 'const { open } = await import("inbox/rare.js")',
        "rare": 'import "inbox/draw.js"\nimport "inbox/fold.js"',
        "draw": "", "fold": "",
    }.items():  # fmt: skip
        (room / f"{name}.js").write_text(source)
    monkeypatch.setattr(module_files, "_root", lambda: tmp_path)
    known = module_files.list_with_imports(["inbox"])
    assert sorted(known) == [f"inbox/{name}.js" for name in ("draw", "fold", "keys", "main", "rare")]
    assert module_files.list_lazy(known) == {"inbox/rare.js", "inbox/draw.js"}


def test_every_module_runs_on_some_page():
    started = {name for _page, _rooms, starts in pages() for start in starts for name in run_by(start)}
    started |= needed_by("sandbox/page.js")
    assert set(ALL_MODULES) - started == set()


def test_the_checks_of_style_find_what_they_look_for():
    wrong = {
        "a semicolon at the end": "go();",
        "an arrow whose parameter stands without parentheses": "list.map(one => one)",
        "braces without spaces": "go({a: 1})",
        "var": "var a = 1",
        "== or !=, but for null": "if (a == b) go()",
    }
    assert {what for what, code in wrong.items() if STYLES[what].search(code)} == set(STYLES)
    assert GLOBALS.search("window.thing = 1")
