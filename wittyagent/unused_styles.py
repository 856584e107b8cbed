"""The rules of a stylesheet that our pages can need: whole libraries are kept in the repository, and not sent.

A rule goes when it names a class, an id or a `data-` attribute that stands in no template, script or Python file. What
is only composed there ("avatar-" and a size) counts by its beginning. Then go the custom properties and the keyframes
that nothing names any more.

So does a rule for whatever is inside of something that has, or has not, the focus, and for whatever stands beside
something: Blink keeps one set of such rules for the whole page, and reckons all of it anew wherever the focus goes, or
something is put in.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

# of ours, but seen by no page
ASIDE = {"tests", "bench", "sandbox", "migrations", "vendor"}
WORD = re.compile(r"[\w-]+")
BEGINNING = re.compile(r"[a-zA-Z]\w[\w-]*-")
NAME = r"(?:\\.|[\w-])+"
CLASS_OR_ID = re.compile(rf"[.#]({NAME})")
ATTRIBUTE = re.compile(r"\[\s*(data-[\w-]+)")
MARKS = re.compile(r"""/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|url\([^)"']*\)|\\.|[][{}(),;]""", re.S)
# of those that hold rules
GROUPS = ("@media", "@supports", "@layer", "@container")
FOR_ANYTHING = re.compile(r"(?::focus-within\)*\s|[+~]\s*)\*$")
PROPERTY = re.compile(r"\s*(--[\w-]+)\s*:")


class Words:
    """What stands in the sources: whole words, and beginnings that end with a hyphen."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.whole = {word for text in texts for word in WORD.findall(text)}
        self.beginnings = tuple(sorted(one for one in self.whole if BEGINNING.fullmatch(one)))
        # in scripts data-bs-theme is dataset.bsTheme
        self.attributes = {"data-" + re.sub("[A-Z]", lambda found: "-" + found[0].lower(), one) for one in self.whole}

    def know_class(self, name: str) -> bool:
        return name in self.whole or name.startswith(self.beginnings)

    def know_attribute(self, name: str) -> bool:
        return name in self.whole or name in self.attributes


def list_sources(root: Path) -> list[Path]:
    """The files that may name a class."""
    # packages only: data, environments and what else lies beside them may be large
    packages = [path.parent for path in root.glob("*/__init__.py") if path.parent.name not in ASIDE]
    folders = [(root / "templates", "*.html"), (root / "static", "*.js"), *((one, "*.py") for one in packages)]
    found = (path for folder, kind in folders for path in folder.rglob(kind))
    return sorted(path for path in found if not ASIDE & set(path.relative_to(root).parts))


def drop_unused(css: str, root: Path) -> str:
    """A library's sheet without what no source below this folder names."""
    texts = [path.read_text() for path in list_sources(root)]
    ours = [path.read_text() for path in (root / "static").rglob("*.css") if "vendor" not in path.parts]
    return keep_named(css, Words(texts), "\n".join([*texts, *ours]))


def keep_named(css: str, words: Words, others: str = "") -> str:
    """The sheet with what these words name; `others`: all that may read its properties and run its animations."""
    kept = _keep_rules(css, lambda selector: _is_known(selector, words))
    while (fewer := _drop_properties(kept, others)) != kept:
        kept = fewer
    return kept


def drop_remarks(css: str) -> str:
    """Without comments, but for licences."""
    return MARKS.sub(lambda found: "" if found[0].startswith("/*") and found[0][2] != "!" else found[0], css)


def _keep_rules(css: str, is_wanted: Callable[[str], bool]) -> str:
    kept = []
    for head, body in split_blocks(css):
        if body is None:
            kept.append(head)
        elif head.lstrip().startswith(GROUPS):
            if inner := _keep_rules(body, is_wanted):
                kept.append(f"{head}{{{inner}}}")
        elif head.lstrip().startswith("@"):
            kept.append(f"{head}{{{body}}}")
        elif selectors := [one for one in split_at(head, ",") if is_wanted(one)]:
            kept.append(f"{','.join(selectors)}{{{body}}}")
    return "".join(kept)


def _is_known(selector: str, words: Words) -> bool:
    if FOR_ANYTHING.search(selector.strip()):
        return False
    selector = _without_arguments(selector)
    named = CLASS_OR_ID.findall(re.sub(r"\[[^\]]*\]", "", selector))
    return all(words.know_class(name.replace("\\", "")) for name in named) and all(
        words.know_attribute(name) for name in ATTRIBUTE.findall(selector)
    )


def _without_arguments(selector: str) -> str:
    """Without what stands in :not(…), :is(…) and the like: what is unknown there does not make the rule idle."""
    depth, kept = 0, []
    for character in selector:
        depth += (character == "(") - (character == ")")
        if not depth and character != ")":
            kept.append(character)
    return "".join(kept)


def _drop_properties(css: str, others: str) -> str:
    """Without the custom properties that nothing reads, and the keyframes that nothing runs."""
    read = set(re.findall(r"--[\w-]+(?=\s*[),])", css)) | set(re.findall(r"--[\w-]+", others))
    names = set(WORD.findall(" ".join(re.findall(r"animation(?:-name)?\s*:([^;}]*)", css)) + f" {others}"))

    def thin(text: str) -> Iterator[str]:
        for head, body in split_blocks(text):
            if body is None:
                yield head
            elif head.lstrip().startswith(GROUPS):
                yield f"{head}{{{''.join(thin(body))}}}"
            elif head.lstrip().startswith("@"):
                if not head.lstrip().startswith("@keyframes") or head.split()[-1] in names:
                    yield f"{head}{{{body}}}"
            else:
                lines = [line for line in split_at(body, ";") if not _is_idle(line, read)]
                if any(line.strip() for line in lines):
                    yield f"{head}{{{';'.join(lines)}}}"

    return "".join(thin(css))


def _is_idle(line: str, read: set[str]) -> bool:
    found = PROPERTY.match(line)
    return found is not None and found[1] not in read


def split_blocks(css: str) -> Iterator[tuple[str, str | None]]:
    """(what stands before the braces, what stands in them); for a statement without braces (it, None)."""
    begin = depth = opened = 0
    for at, character in _walk(css):
        if character == "{":
            if not depth:
                opened = at
            depth += 1
        elif character == "}":
            depth -= 1
            if not depth:
                yield css[begin:opened], css[opened + 1 : at]
                begin = at + 1
        elif character == ";" and not depth:
            yield css[begin : at + 1], None
            begin = at + 1
    if css[begin:].strip():
        yield css[begin:], None


def split_at(text: str, mark: str) -> list[str]:
    """Its parts between these marks, those in strings and brackets left alone."""
    parts, begin, depth = [], 0, 0
    for at, character in _walk(text):
        depth += (character in "([") - (character in ")]")
        if character == mark and not depth:
            parts.append(text[begin:at])
            begin = at + 1
    return [*parts, text[begin:]]


def _walk(css: str) -> Iterator[tuple[int, str]]:
    """The marks of the text with their places, but for those in strings, comments and escapes."""
    for found in MARKS.finditer(css):
        if len(found[0]) == 1:
            yield found.start(), found[0]
