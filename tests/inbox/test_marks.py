"""WhatsApp's marks: shown as the customer's telephone shows them, and never anything else."""

import pytest

from inbox.templatetags.marks import said_on, unmarked
from tests import people
from tests.inbox.pages import pane_of, signed_in


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*ojo*", "<b>ojo</b>"),
        ("sale _hoy_, ~mañana~.", "sale <i>hoy</i>, <s>mañana</s>."),
        ("*muy _muy_ caro*", "<b>muy <i>muy</i> caro</b>"),
        ("```a *b* <c>```", "<code>a *b* &lt;c&gt;</code>"),
        ("`x_y_z`", "<code>x_y_z</code>"),
        ("*<script>*", "<b>&lt;script&gt;</b>"),
        # none of these is a mark
        ("2*3*4 y snake_case_name", "2*3*4 y snake_case_name"),
        ("* uno * dos", "* uno * dos"),
        ("*sin cerrar", "*sin cerrar"),
        ("*dos\nrenglones*", "*dos\nrenglones*"),
        ("**", "**"),
        ("", ""),
    ],
)
def test_marks_are_shown_and_what_is_none_stays(text, html):
    assert said_on(text, "whatsapp") == html


def test_no_sign_of_an_address_is_a_mark():
    html = said_on("*mirá* https://tienda.example/_a_/*b*/ y _ya_", "whatsapp")
    assert 'href="https://tienda.example/_a_/*b*/"' in html
    assert html.startswith("<b>mirá</b> ")
    assert html.endswith(" y <i>ya</i>")


def test_a_line_that_knows_no_marks_shows_the_signs():
    assert said_on("*ojo*", "telegram") == "*ojo*"
    assert unmarked("*ojo*", "telegram") == "*ojo*"


@pytest.mark.parametrize("text", ["\0 1\0 *a*", "\x000\x00", "<a href='x'>*y*</a>", '*"><img src=x onerror=1>*'])
def test_nothing_that_is_written_becomes_html(text):
    html = said_on(text, "whatsapp")
    assert "<a" not in html
    assert "<img" not in html
    assert "\0" not in html


def test_lists_say_it_without_the_signs():
    assert unmarked("*Hola*, _ya_ ```sale```", "whatsapp") == "Hola, ya sale"


def test_a_bubble_and_its_row_show_them(db, ana, ventas):
    chat = people.held(people.whatsapp_origin(), ana, ventas, text="es *urgente*")
    client = signed_in(ana)
    assert "es <b>urgente</b>" in pane_of(client, chat)
    page = client.get(f"/chat/{chat.pk}/").content.decode()
    assert "es urgente" in page
