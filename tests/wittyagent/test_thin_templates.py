"""What is left out of templates shows nowhere."""

import re

import pytest
from django.conf import settings
from django.template.loader import get_template

from wittyagent.thin_templates import thin_template

SOURCES = {
    path.relative_to(settings.BASE_DIR).as_posix(): path.read_text()
    for path in sorted((settings.BASE_DIR / "templates").rglob("*.html"))
}


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("<p>\n  a\n\tb  c\n</p>\n", "<p>\na\nb  c\n</p>\n"),
        ("a\n  {% if b %}\n  c\n  {% endif %}\nd\n", "a\n{% if b %}c\n{% endif %}d\n"),
        ("a\n{% for b in c %}{% if b %}\n{# d #}\ne\n", "a\n{% for b in c %}{% if b %}{# d #}e\n"),
        # what prints or may print keeps its line
        ("{% if a %}b{% endif %}\n{% include c %}\n", "{% if a %}b{% endif %}\n{% include c %}\n"),
        ("{% translate 'a' %}\n{{ b }}\n{% else %} c\n", "{% translate 'a' %}\n{{ b }}\n{% else %} c\n"),
    ],
)
def test_a_line_keeps_its_words_and_its_distance_from_the_next(source, left):
    assert thin_template(source) == left


def test_pages_are_made_of_such_templates():
    assert "\n  " not in get_template("inbox/_message.html").template.source
    # scripts and texts are as they were written
    assert "\n  " in get_template("inbox/worker.js").template.source


@pytest.mark.parametrize("name", SOURCES)
def test_where_white_space_counts_a_source_has_none_over_lines(name):
    kept = re.findall(r"<(?:pre|textarea)\b[^>]*>(.*?)</(?:pre|textarea)>", SOURCES[name], re.S)
    # the sentence that is looked up is what stands there, unless trimmed
    kept += re.findall(r"\{% blocktranslate(?! [^%]*trimmed)[^%]*%\}(.*?)\{% endblocktranslate", SOURCES[name], re.S)
    assert [text for text in kept if "\n" in text] == []
