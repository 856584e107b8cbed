"""Every visible word of the interface goes through gettext."""

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
