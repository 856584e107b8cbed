"""What is served of the static files: all that a page can need, and nothing that none can."""

import re
from pathlib import Path

import pytest

from wittyagent import assets, unused_styles
from wittyagent.unused_styles import Words, keep_named, list_sources, split_blocks

ROOT = Path(assets.__file__).parent.parent
SHEET = (ROOT / "static" / assets.LIBRARY).read_text()
SCRIPTS = [path for path in (ROOT / "static").rglob("*.js") if "vendor" not in path.parts]
SOURCE = """<b class="btn btn-sm avatar-{{ size }} sm:foo" data-bs-theme="dark">card "shown"</b> dataset.bsToggle"""


@pytest.mark.parametrize(
    ("css", "left"),
    [
        (".btn{a:b}.modal{a:b}", ".btn{a:b}"),
        (".modal,.btn,.btn .modal{a:b}", ".btn{a:b}"),
        (".avatar-lg{a:b}.avatars{a:b}", ".avatar-lg{a:b}"),
        (".btn:not(.modal):hover{a:b}", ".btn:not(.modal):hover{a:b}"),
        (":is(.modal,.btn)>b{a:b}", ":is(.modal,.btn)>b{a:b}"),
        ("a,table td{a:b}", "a,table td{a:b}"),
        ("@media (x){.modal{a:b}}b{c:d}", "b{c:d}"),
        ("@media (x){.modal{a:b}.btn{a:b}}", "@media (x){.btn{a:b}}"),
        # a word ends at the colon, so such a class is known by nothing
        (r".sm\:foo{a:b}.btn-sm{a:b}", ".btn-sm{a:b}"),
        ("[data-bs-theme=dark] b{a:b}[data-bs-popper]{a:b}", "[data-bs-theme=dark] b{a:b}"),
        ("[data-bs-toggle=x]{a:b}", "[data-bs-toggle=x]{a:b}"),
        ('[href="#modal"],a[class*=".modal"]{a:b}', '[href="#modal"],a[class*=".modal"]{a:b}'),
        ('.btn{content:"}.modal{,;"}.card{a:b}', '.btn{content:"}.modal{,;"}.card{a:b}'),
        (".btn{x:url(data:a;b,c{d)}.card{a:b}", ".btn{x:url(data:a;b,c{d)}.card{a:b}"),
        ('@charset "UTF-8";/*! MIT */.btn{a:b}', '@charset "UTF-8";/*! MIT */.btn{a:b}'),
        (".btn{--x:1;--y:2;c:var(--x)}", ".btn{--x:1;c:var(--x)}"),
        # one that only another unread one reads
        (".btn{--x:1;--y:var(--x);c:d}", ".btn{c:d}"),
        (".btn{--x:1}.card{c:var( --x , 2)}", ".btn{--x:1}.card{c:var( --x , 2)}"),
        (".btn{--shown:1}", ".btn{--shown:1}"),
        (
            "@keyframes in{to{a:b}}@keyframes out{to{a:b}}.btn{animation:1s in}",
            "@keyframes in{to{a:b}}.btn{animation:1s in}",
        ),
    ],
)
def test_what_is_left_of_a_sheet(css, left):
    assert keep_named(css, Words([SOURCE]), "--shown") == left


def test_the_library_is_read_to_its_last_rule():
    assert (
        "".join(head if body is None else f"{head}{{{body}}}" for head, body in split_blocks(SHEET)) == SHEET.rstrip()
    )


def test_of_the_library_a_fifth_is_left_with_its_licence():
    thin = assets.thin_file(assets.LIBRARY, SHEET)
    assert len(thin) < len(SHEET) / 4
    assert "Licensed under MIT" in thin
    assert all(
        f".{name}{{" in thin or f".{name}," in thin for name in ("btn", "modal", "dropdown-menu", "form-control")
    )
    assert assets.thin_file(assets.LIBRARY, thin) == thin


def test_what_python_and_scripts_name_counts():
    names = {path.relative_to(ROOT).as_posix() for path in list_sources(ROOT)}
    assert {"templates/base.html", "static/common/toast.js", "inbox/templatetags/ui.py"} <= names
    assert not [name for name in names if name.startswith((".venv/", "tests/", "var/", "static/vendor/"))]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.relative_to(ROOT / "static").as_posix())
def test_no_text_of_a_script_goes_over_several_lines(path):
    """A line of one that began with // would be taken for a comment."""
    assert [line for line in path.read_text().splitlines() if re.sub(r"\\.", "", line).count("`") % 2] == []


def test_a_script_loses_its_lines_of_comment():
    script = '// a\nconst b = "//c" // d\n  // e\n\nf()'
    assert assets.drop_remarks(script) == 'const b = "//c" // d\n\nf()'


def test_a_sheet_keeps_its_strings_and_licences():
    css = '/* a */b{c:"/* d */"}/*! e */'
    assert unused_styles.drop_remarks(css) == 'b{c:"/* d */"}/*! e */'


@pytest.mark.parametrize("room", ["common", "inbox"])
def test_a_rooms_sheets_are_served_as_one(room):
    sheets = {path.name: path.read_text() for path in (ROOT / "static" / room).glob("*.css")}
    whole = sheets.pop("all.css")
    served = assets.thin_file(f"{room}/all.css", whole)
    # one of what is rarely used comes with it
    sheets = {name: sheet for name, sheet in sheets.items() if f'"{name}"' in whole}
    assert len(sheets) >= 3
    imports = [line for line in served.splitlines() if "@import" in line]
    # at the very top, else a browser passes over it
    assert served.splitlines()[: len(imports)] == imports
    assert imports == [line for sheet in sheets.values() for line in sheet.splitlines() if line.startswith("@import")]
    for sheet in sheets.values():
        assert unused_styles.drop_remarks(assets.IMPORT.sub("", sheet)) in served


# for whatever comes after something: HTMX puts a place of its own behind the body at each swap
ANY_SIBLING = re.compile(r"[+~] *\*(?![\w-])")
# for whatever is inside of what has, or has not, the focus, is in use, or holds something
ANY_INSIDE = re.compile(r"(?:focus-within\)*|\.is-active\)?)[^+~,]*[ >](?:\*|:not\([^()]*\))$")


def list_selectors(css):
    for head, body in split_blocks(css):
        head = head.strip()
        if head.startswith("@"):
            yield from list_selectors(body) if body and head.startswith(unused_styles.GROUPS) else ()
        else:
            yield from (one.strip() for one in unused_styles.split_at(head, ","))


@pytest.mark.parametrize("name", [assets.LIBRARY, "common/all.css", "inbox/all.css"])
def test_what_changes_on_a_page_does_not_make_a_browser_reckon_all_of_it_anew(name):
    """Seconds on a slow machine with a long thread: such a rule counts for the whole page, whatever it is meant for."""
    sheet = unused_styles.drop_remarks(assets.thin_file(name, (ROOT / "static" / name).read_text()))
    found = list(list_selectors(sheet))
    assert len(found) > 50
    assert [one for one in found if ANY_SIBLING.search(one) or ANY_INSIDE.search(one)] == []


@pytest.mark.parametrize(
    "selector", [".a > * + *", ".b:not(:focus):not(:focus-within) *", ".is-4 > .c:not(.is-active) .d > :not(.e)"]
)
def test_a_rule_that_makes_a_browser_reckon_too_much_is_found(selector):
    assert ANY_SIBLING.search(selector) or ANY_INSIDE.search(selector)


def test_a_changed_template_is_collected_anew(settings, tmp_path):
    """A class that only now stands in one was not in what was collected before."""
    settings.BASE_DIR = tmp_path
    (tmp_path / "templates").mkdir()
    page = tmp_path / "templates" / "a.html"
    page.write_text("btn")
    before = assets._static_fingerprint()
    page.write_text("btn card")
    assert assets._static_fingerprint() != before


def test_the_names_that_python_composes_begin_with_a_word():
    """A name made of two variables could not be found: none is."""
    composed = re.compile(r"class(?:es)?=\\?[\"'][^\"']*\{\{ ?\w+ ?\}\}-")
    assert not [path for path in list_sources(ROOT) if composed.search(path.read_text())]
