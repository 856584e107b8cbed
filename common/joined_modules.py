"""Modules that are served as one script: what a page runs at once comes with one request, and is compressed as one.

What a module exports is a name of the whole script, so that those that import it need say nothing, also those outside:
the import map leads them to the script, which exports the same names. All else of a module stays its own.
"""

import re

from common.module_files import list_imports, read_module

# what pages start, each without what those before it have
STARTS = ("common/main.js", "inbox/main.js")

IMPORT = re.compile(r"""^import\b(?:\s*\{([^}]*)\}\s*from)?\s*["'][\w/-]+\.js["']\n?""", re.M)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const) (?:(\w+)|\{ ([^}]+) \}))", re.M)


def list_joined(start: str) -> list[str]:
    """What is served within this script, in the order in which a browser runs modules."""
    before = {name for earlier in STARTS[: STARTS.index(start)] for name in _list_run(earlier)}
    return [name for name in _list_run(start) if name not in before]


def join_modules(start: str) -> str:
    """Its script. Raises ValueError for what would mean something else when it is joined."""
    parts, ours, taken = [], list[str](), set[str]()
    for name in list_joined(start):
        source = read_module(name)
        names = list_exports(source)
        taken |= {one.strip() for group in IMPORT.findall(source) for one in group.split(",") if one.strip()}
        parts.append(_enclose(name, source, names))
        ours += names
    if len(set(ours)) < len(ours):
        raise ValueError(f"Two modules of {start} export the same name.")
    heads = [_import_from(one, taken) for one in STARTS[: STARTS.index(start)]]
    return "\n".join([*heads, *parts, f"export {{ {', '.join(ours)} }}\n"])


def list_exports(source: str) -> list[str]:
    found = [name or parts for name, parts in EXPORT.findall(source)]
    return [part.rpartition(":")[2].strip() for one in found for part in one.split(",")]


def _list_run(start: str) -> list[str]:
    found = dict[str, None]()

    def walk(name: str) -> None:
        for one in list_imports(name):
            if one not in found:
                walk(one)
        found[name] = None

    walk(start)
    return list(found)


def _enclose(name: str, source: str, names: list[str]) -> str:
    body = EXPORT.sub("", IMPORT.sub("", source)).strip()
    renamed = any(" as " in group for group in IMPORT.findall(source))
    if renamed or re.search(r"^(?:import\b(?!\()|export\b)", body, re.M):
        raise ValueError(f"{name} imports or exports in a way that cannot be joined.")
    if not names:
        return f"{{\n{body}\n}}" if body else ""
    shown = ", ".join(names)
    return f"const {{ {shown} }} = (() => {{\n{body}\nreturn {{ {shown} }}\n}})();"


def _import_from(start: str, taken: set[str]) -> str:
    names = [name for one in list_joined(start) for name in list_exports(read_module(one)) if name in taken]
    return f'import {{ {", ".join(names)} }} from "{start}"'
