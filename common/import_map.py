"""The import map of our ES modules: from a file's name below static/ to its hashed address.

A module names another by its file ("inbox/live.js"). The map stands inline, as browsers take no other, so the CSP
lets it in by the page's nonce.
"""

import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

IMPORTS = re.compile(r"""^(?:import|export)\b[^"']*["']([\w/-]+\.js)["']""", re.M)
# import("inbox/palette.js"): fetched when it is first used
LAZY = re.compile(r"""\bimport\(["']([\w/-]+\.js)["']\)""")


def render_import_map(nonce: str, *rooms: str) -> SafeString:
    """The map of these rooms' modules (or single files) with what they import, and the order to fetch all at once."""
    found, preloads = _render_modules(rooms)
    return format_html('<script type="importmap" nonce="{}">{}</script>\n{}', nonce, found, preloads)


@cache
def _render_modules(rooms: tuple[str, ...]) -> tuple[SafeString, SafeString]:
    addresses = {name: static(name) for name in list_with_imports(rooms)}
    # without preloads the browser would learn of each module only from those that import it, one round after another
    first = [address for name, address in addresses.items() if name not in list_lazy(addresses)]
    preloads = format_html_join("\n", '<link rel="modulepreload" href="{}">', ((one,) for one in first))
    # names and addresses of our own files: nothing in them needs to be escaped
    return SafeString(json.dumps({"imports": addresses})), preloads


def list_modules(room: str) -> list[str]:
    """The files of a folder of static/, or the one file that is named."""
    if room.endswith(".js"):
        return [room]
    return sorted(path.relative_to(_root()).as_posix() for path in _root().glob(f"{room}/**/*.js"))


def list_with_imports(rooms: Iterable[str]) -> list[str]:
    """The modules of these rooms, and behind them those that they or their imports name."""
    found = list(dict.fromkeys(name for room in rooms for name in list_modules(room)))
    for name in found:
        found += [one for one in IMPORTS.findall(_read(name)) if one not in found]
    return list(dict.fromkeys(found))


def list_lazy(names: Iterable[str]) -> set[str]:
    """Those of these modules that no page needs at once: they are only imported at first use, or by such ones."""
    sources = {name: _read(name) for name in names}
    lazy = {one for source in sources.values() for one in LAZY.findall(source)}
    needed = {name: set(IMPORTS.findall(source)) for name, source in sources.items()}
    while True:
        found = {
            name
            for name in needed
            if name not in lazy and (by := {one for one in needed if name in needed[one]}) and by <= lazy
        }
        if not found:
            return lazy
        lazy |= found


def _read(name: str) -> str:
    return (_root() / name).read_text()


def _root() -> Path:
    return Path(settings.BASE_DIR) / "static"
