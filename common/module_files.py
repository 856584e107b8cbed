"""Our ES modules in static/: which there are, and what each imports."""

import re
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

IMPORTS = re.compile(r"""^(?:import|export)\b[^"']*["']([\w/-]+\.js)["']""", re.M)
# import("inbox/palette.js"): fetched when it is first used
LAZY = re.compile(r"""\bimport\(["']([\w/-]+\.js)["']\)""")


def list_modules(room: str) -> list[str]:
    """The files of a folder of static/, or the one file that is named."""
    if room.endswith(".js"):
        return [room]
    return sorted(path.relative_to(_root()).as_posix() for path in _root().glob(f"{room}/**/*.js"))


def list_with_imports(rooms: Iterable[str]) -> list[str]:
    """The modules of these rooms, and behind them those that they or their imports name."""
    found = list(dict.fromkeys(name for room in rooms for name in list_modules(room)))
    for name in found:
        found += [one for one in list_imports(name) if one not in found]
    return list(dict.fromkeys(found))


def list_lazy(names: Iterable[str]) -> set[str]:
    """Those of these modules that no page needs at once: they are only imported at first use, or by such ones."""
    sources = {name: read_module(name) for name in names}
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


def list_imports(name: str) -> list[str]:
    """What it imports at once."""
    return IMPORTS.findall(read_module(name))


def read_module(name: str) -> str:
    return (_root() / name).read_text()


def _root() -> Path:
    return Path(settings.BASE_DIR) / "static"
