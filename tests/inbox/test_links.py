"""Links in what people wrote: safe ones, named as what they are."""

import re

import pytest

from inbox.templatetags.links import linked
from tests import people
from tests.inbox.pages import pane_of, signed_in

REL = 'rel="noopener noreferrer nofollow"'


def links(text):
    return re.findall(r'<a href="([^"]*)"', linked(text))


def shown(text):
    return re.findall(r">([^<]*)</a>", linked(text))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("mirá https://tienda.example/a?b=1&c=2.", "https://tienda.example/a?b=1&amp;c=2"),
        ("(https://es.wikipedia.org/wiki/Mate_(bebida))", "https://es.wikipedia.org/wiki/Mate_(bebida)"),
        ("HTTP://TIENDA.example:8080/x#y", "HTTP://TIENDA.example:8080/x#y"),
        ("«https://tienda.example», dijo", "https://tienda.example"),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]/x"),
        ("https://español.example/ñandú", "https://español.example/ñandú"),
    ],
)
def test_an_address_is_a_link(text, address):
    assert links(text) == [address]
    assert REL in linked(text)
    assert 'target="_blank"' in linked(text)


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "ftp://a.example", "file:///etc/passwd",
        "https://banco.example@otro.example/", "http://", "https://:80", "https://a.example:99999999/", "https://..",
        "https://banco.example\\@otro.example", "JaVaScRiPt://x%0aalert(1)", "https://" + "a" * 3000,
    ],
)  # fmt: skip
def test_what_is_no_safe_address_stays_text(text):
    assert links(text) in ([], ["https://banco.example"])
    assert "<script" not in linked(text)


def test_everything_around_it_is_escaped():
    assert linked('<b>"x"</b> https://a.example/<i>&"') == (
        "&lt;b&gt;&quot;x&quot;&lt;/b&gt; "
        f'<a href="https://a.example/" dir="ltr" hx-boost="false" target="_blank" {REL}>https://a.example/</a>'
        "&lt;i&gt;&amp;&quot;"
    )


def test_a_host_in_letters_that_look_like_others_is_named_in_ascii():
    # Cyrillic а, р, р, ӏ, е
    assert shown("https://аррӏе.com?x=1") == ["https://xn--80ak6aa92e.com?x=1"]
    assert shown("https://tienda.example/a") == ["https://tienda.example/a"]


def test_overrides_and_invisible_signs_are_no_part_of_an_address():
    assert links("https://a.example/\u202egpj.exe") == ["https://a.example/"]
    assert links("https://a.exam\u200bple/") == ["https://a.exam"]
    assert 'dir="ltr"' in linked("\u202ehttps://a.example/")


def test_links_are_bounded():
    assert len(links("https://a.example " * 500)) == 200


def test_thread_note_and_preview_show_them(http_origin, ventas, ana):
    waiting = people.waiting(http_origin, ventas, text="https://a.example/uno <b>")
    page = signed_in(ana).get(f"/bandejas/{ventas.pk}/{waiting.pk}/").content.decode()
    assert 'href="https://a.example/uno"' in page
    assert "&lt;b&gt;" in page
    held = people.held(http_origin, ana, text="javascript:alert(1) https://a.example/dos")
    pane = pane_of(signed_in(ana), held)
    assert 'href="https://a.example/dos"' in pane
    assert 'href="javascript' not in pane
