"""Templates keep to 120 columns like code, and each is shown by something."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEMPLATES = ROOT / "templates"
FILES = sorted(path for path in TEMPLATES.rglob("*") if path.is_file())
NAMES = [path.relative_to(TEMPLATES).as_posix() for path in FILES]
COLUMNS = 120
# Django asks for these by their names
BY_DJANGO = re.compile(r"^(400|403|403_csrf|404|500)\.html$|^(admin|registration)/[a-z]")
SHOWS = re.compile(r"""["']([\w/]+\.(?:html|js|css))["']""")


@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_longer_than_120_columns(name):
    lines = (TEMPLATES / name).read_text().splitlines()
    assert [number for number, line in enumerate(lines, 1) if len(line) > COLUMNS] == []


def test_every_template_is_shown_by_something():
    sources = [*FILES, *(path for path in ROOT.glob("[!.]*/**/*.py") if "tests" not in path.parts)]
    shown = {name for path in sources for name in SHOWS.findall(path.read_text())}
    assert [name for name in NAMES if name not in shown and not BY_DJANGO.match(name)] == []


def test_a_fragment_is_included_and_a_page_is_not():
    included = {
        name
        for path in TEMPLATES.rglob("*.html")
        for name in re.findall(r'{% include "([\w/]+\.html)"', path.read_text())
        if (TEMPLATES / name).exists()
    }
    assert [name for name in included if not name.rsplit("/", 1)[-1].startswith("_")] == []


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(("inbox/", "reports/"))])
def test_a_link_from_agents_pages_into_the_admin_loads_it_whole(name):
    """Put into the page that stands, the admin's scripts would not run: its menu editor would not begin."""
    links = re.findall(r"<a\b.*?</a>", (TEMPLATES / name).read_text(), re.DOTALL)
    into = [link for link in links if '{% url "admin:' in link or "{{ step.url }}" in link]
    assert [link for link in into if 'hx-boost="false"' not in link] == []
