"""The import map of our ES modules: from a file's name below static/ to its hashed address.

A module names another by its file ("inbox/live.js"). The map stands inline, as browsers take no other, so the CSP
lets it in by the page's nonce.
"""

import json
from functools import cache

from django.contrib.staticfiles.storage import staticfiles_storage
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from common.joined_modules import STARTS, list_joined
from common.module_files import list_lazy, list_with_imports


def render_import_map(nonce: str, *rooms: str) -> SafeString:
    """The map of these rooms' modules (or single files) with what they import, and the order to fetch all at once."""
    found, preloads = _render_modules(rooms)
    return format_html('<script type="importmap" nonce="{}">{}</script>\n{}', nonce, found, preloads)


@cache
def _render_modules(rooms: tuple[str, ...]) -> tuple[SafeString, SafeString]:
    names = list_with_imports(rooms)
    joined = _find_joined(names)
    addresses = {name: static(joined.get(name, name)) for name in names}
    # without preloads the browser would learn of each module only from those that import it, one round after another
    lazy = set(names) if joined else list_lazy(names)
    first = [address for name, address in addresses.items() if name not in lazy]
    preloads = format_html_join("\n", '<link rel="modulepreload" href="{}">', ((one,) for one in first))
    # names and addresses of our own files: nothing in them needs to be escaped
    return SafeString(json.dumps({"imports": addresses}, separators=(",", ":"))), preloads


def _find_joined(names: list[str]) -> dict[str, str]:
    """{a module: the script that holds it}, where what is served was joined."""
    if not getattr(staticfiles_storage, "joins_modules", False):
        return {}
    return {name: start for start in STARTS if start in names for name in list_joined(start)}
