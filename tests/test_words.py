"""Every visible word of the interface goes through gettext."""

import ast
import html
import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).parent.parent / "templates"
# names, not words: the product's, the states' (domain.md), keys
NAMES = re.compile(r"WittyAgent|WittyBots|BOT|AGENTE|EXPIRADO|BANDEJA|Alt|Enter|Esc|CSV|API")
SPOKEN = ("alt", "aria-label", "placeholder", "title", "data-none", "data-one", "data-many")


def bare_words(source: str) -> list[str]:
    """The words of a template that no {% translate %} or {% blocktranslate %} covers."""
    source = re.sub(r"{#.*?#}|{% comment.*?endcomment %}", "", source, flags=re.S)
    source = re.sub(r"{% block \w*class %}.*?{% endblock %}", "", source)
    source = re.sub(r"{% blocktranslate.*?{% endblocktranslate %}", "", source, flags=re.S)
    source = re.sub(r"{%.*?%}|{{.*?}}", "", source, flags=re.S)
    source = re.sub(r"<(script|style|svg|kbd|code|pre)\b.*?</\1>", "", source, flags=re.S)
    spoken = [words for name in SPOKEN for words in re.findall(rf'\s{name}="([^"]*)"', source)]
    text = re.sub(r"<!--.*?-->|<!doctype[^>]*>|<[^>]*>", "\n", source, flags=re.S)
    found = [NAMES.sub("", html.unescape(words)) for words in [*text.splitlines(), *spoken]]
    return [words.strip() for words in found if re.search(r"[A-Za-zÁÉÍÓÚÑáéíóúñ]{2,}", words)]


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda p: str(p.relative_to(TEMPLATES)))
def test_every_visible_word_can_be_translated(path):
    name = path.relative_to(TEMPLATES).as_posix()
    # the invented shop's page is not ours; the API's reference is for integrators, in English as all of docs/
    if name == "webchat/demo.html" or name.startswith("api/"):
        return
    source = path.read_text()
    if name.endswith("_attributes.html"):  # the inside of a tag
        source = f"<main {source}>"
    assert bare_words(source) == []


def test_the_check_finds_a_bare_word():
    assert bare_words('<p aria-label="Hola">{% translate "bien" %} mal {{ x }}</p>') == ["mal", "Hola"]


ROOT = TEMPLATES.parent
ROOMS = (
    "api backoffice chats common contacts demo gateway inbox live origins reports trays webchat wittyagent wittybots"
)
MARKS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext"}
# words of before, and those that stock pages would bring
OLD = re.compile(
    r"\b[Oo]r[ií]gen(es)?\b|\b[Cc]uerpos? (recibid|sin procesar|con partes)|\b[ÚúUu]ltimo cuerpo|\b[Dd]estinos?\b|\bSin avisar\b|"
    r"\b[Tt]okens de la API\b|\bNuevo token\b|[Bb]ots de afuera|\bNueva contraseña\b|^[Cc]lase$|esta clase de|"
    r"^[Rr]ecibe$|^[Mm]irar$|\bAñadir\b|[Hh]istórico|[Aa]pellidos|carácteres|Tramo adicional|Acciones recientes|"
    r"[Cc]uerpos rechazados|partes rechazadas|Falta PUBLIC_URL|Guardar y (continuar|añadir)|^(Sí|No)$"
)
# where agents look for people, a line is where one comes from
FROM_WHERE = {"Origen", "Todos los orígenes"}


def msgids_of_code(source):
    """The first arguments of gettext's functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            yield from (one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str))


def msgids_of_template(source):
    yield from re.findall(r'{% translate "([^"]*)"', source)
    blocks = re.findall(r"{% blocktranslate[^%]*%}(.*?){% endblocktranslate %}", source, re.DOTALL)
    yield from (" ".join(found.split()) for found in blocks)


def all_msgids():
    for room in ROOMS.split():
        for path in (ROOT / room).rglob("*.py"):
            if "migrations" not in path.parts:
                yield from ((path, words) for words in msgids_of_code(path.read_text()))
    for path in TEMPLATES.rglob("*.html"):
        yield from ((path, words) for words in msgids_of_template(path.read_text()))


def test_no_word_of_before_is_left_in_the_interface():
    found = list(all_msgids())
    assert len(found) > 2_000
    assert [(str(path), words) for path, words in found if OLD.search(words) and words not in FROM_WHERE] == []


def test_no_word_of_before_is_left_in_the_catalogue_and_the_docs():
    said = re.findall(r'^msgstr.* "(.*)"$', (ROOT / "locale/es/LC_MESSAGES/django.po").read_text(), re.MULTILINE)
    assert len(said) > 80
    assert [words for words in said if OLD.search(words)] == []
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    # names of screens and buttons stand in italics there
    named = [(str(page), words) for page in pages for words in re.findall(r"\*([^*\n]+)\*", page.read_text())]
    assert [one for one in named if OLD.search(one[1])] == []


@pytest.mark.parametrize("words", ["Orígenes", "clase", "Cuerpos recibidos", "Tokens de la API", "Recibe"])
def test_the_check_knows_a_word_of_before(words):
    assert OLD.search(words)
