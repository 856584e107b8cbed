"""Templates in the admin: ours are well formed, those of an account are only looked at."""

import pytest
from django.urls import reverse

from chats.models import Template
from tests.backoffice.line_pages import line
from tests.backoffice.pages import page

TEMPLATE = {"name": "Retomar", "language": "es", "category": "utility", "is_active": "on"}


@pytest.mark.parametrize(
    ("body", "is_good"),
    [
        ("Hola {{nombre}}, tu pedido {{ pedido }} salió", True),
        ("Sin variables", True),
        (" ".join(f"{{{{v{n}}}}}" for n in range(10)), True),
        (" ".join(f"{{{{v{n}}}}}" for n in range(11)), False),
        ("Hola {{nombre completo}}", False),
        ("Hola {{nombre}", False),
        ("Hola nombre}}", False),
        ("Hola {{}}", False),
        ("Hola {{nom-bre}}", False),
    ],
)
def test_a_templates_variables_are_well_formed(as_sofia, body, is_good):
    response = as_sofia.post(page("chats_template", "add"), TEMPLATE | {"body": body})
    assert (response.status_code == 302) == is_good
    assert Template.objects.exists() == is_good


def test_a_copy_of_the_accounts_template_is_only_looked_at(as_sofia):
    remote = Template.objects.create(
        name="turno", body="Hola {{1}}", origin=line(), remote_id="77", quality="GREEN", status="rejected",
        reason="Promocional", components=[
            {"type": "HEADER", "format": "IMAGE"}, {"type": "BUTTONS", "buttons": [{"text": "<b>Confirmo</b>"}]},
        ],
    )  # fmt: skip
    change = reverse("admin:chats_template_change", args=[remote.pk])
    text = as_sofia.get(change).content.decode()
    for words in ("Hola {{1}}", "Foto", "Rechazada", "Promocional", "Buena", "&lt;b&gt;Confirmo"):
        assert words in text
    assert 'name="_save"' not in text
    assert as_sofia.post(change, {"name": "otra", "body": "x"}).status_code == 403
    assert as_sofia.post(reverse("admin:chats_template_delete", args=[remote.pk])).status_code == 403
    assert Template.objects.get().body == "Hola {{1}}"


def test_our_templates_are_for_lines_that_have_none_of_their_own(as_sofia):
    bot, whatsapp = line("telegram"), line()
    add = reverse("admin:chats_template_add")
    form = {"name": "Retomar", "language": "es", "category": "utility", "body": "Hola", "is_active": "on"}
    assert "origin" in as_sofia.post(add, form | {"origin": whatsapp.pk}).context["adminform"].form.errors
    assert as_sofia.post(add, form | {"origin": bot.pk}).status_code == 302
