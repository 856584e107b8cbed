"""The dialog of templates: a field for every variable, a true preview, and only what can be used."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from chats import expiry
from chats.messages import replies
from chats.models import Attachment, Chat, Message, Template
from origins.models import Origin
from tests import people
from tests.inbox.pages import HTMX, line, network, pane_of, picture, said_ago, signed_in, words_of


def approved(origin, **fields):
    return Template.objects.create(
        **{
            "origin": origin,
            "name": "aviso",
            "body": "Hola {{1}}",
            "remote_id": "r-1",
            "parameter_format": "positional",
            **fields,
        }
    )


@pytest.fixture
def expired(ventas, ana):
    chat = people.waiting(network("whatsapp"), ventas, name="Óscar Maidana")
    expiry.expire(now=chat.session_expires_at)
    return people.fresh(chat)


RICH = {
    "header": "Pedido {{1}}",
    "body": "Hola {{1}}, llegó {{2}}",
    "footer": "Almacén Norte",
    "components": [
        {"type": "HEADER", "format": "TEXT", "text": "Pedido {{1}}"},
        {"type": "BODY", "text": "Hola {{1}}, llegó {{2}}"},
        {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Seguirlo", "url": "https://x.example/{{1}}"},
                                        {"type": "QUICK_REPLY", "text": "Gracias"}]},
    ],
}  # fmt: skip


def test_the_form_has_a_field_for_every_variable_and_a_true_preview(expired, ana):
    approved(expired.origin, **RICH)
    page = signed_in(ana).get(reverse("template_form", args=[expired.pk]), headers=HTMX).content.decode()
    for name in ("header_1", "1", "2", "button_0"):
        assert f'name="v_{name}"' in page, name
        assert f'data-shows="{name}"' in page, name
    assert 'value="Óscar"' in page
    for words in ("Pedido ", "Almacén Norte", "Seguirlo", "Gracias", "https://x.example/"):
        assert words in page, words


def test_what_is_missing_is_said_at_its_field_and_nothing_is_lost(expired, ana):
    template = approved(expired.origin, **RICH)
    form = {"template": template.pk, "v_header_1": "", "v_1": "Óscar", "v_2": "x" * 600, "v_button_0": "abc"}
    client = signed_in(ana)
    for headers in ({}, HTMX):
        answer = client.post(reverse("template", args=[expired.pk]), form, headers=headers)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "Falta completar este dato" in page
        assert "Tiene 600 caracteres" in page
        assert 'value="abc"' in page
        assert page.count('aria-invalid="true"') == 2
    assert people.fresh(expired).state == "EXPIRADO"


def test_a_rich_template_goes_out_and_is_shown_as_the_customer_sees_it(expired, ana):
    template = approved(expired.origin, **RICH)
    form = {"template": template.pk, "v_header_1": "48102", "1": "Óscar", "v_2": "la pieza", "v_button_0": "abc"}
    client = signed_in(ana)
    assert client.post(reverse("template", args=[expired.pk]), form).status_code == 303
    sent = expired.messages.get(kind="template")
    read = words_of(line(pane_of(client, expired), sent))
    for words in ("Pedido 48102", "Hola Óscar, llegó la pieza", "Almacén Norte", "Seguirlo", "Gracias"):
        assert read.count(words) == 1, (words, read)


def test_a_picture_header_must_be_a_picture_and_is_shown(expired, ana):
    template = approved(expired.origin, components=[{"type": "HEADER", "format": "IMAGE"}])
    client = signed_in(ana)
    url = reverse("template", args=[expired.pk])
    page = client.get(reverse("template_form", args=[expired.pk])).content.decode()
    assert 'accept="image/jpeg,image/png"' in page
    form = {"template": template.pk, "v_1": "Óscar"}
    for upload, words in (
        (None, "Adjuntá el archivo del encabezado"),
        (SimpleUploadedFile("a.png", b"no soy una foto"), "Tiene que ser una foto JPEG o PNG"),
        (SimpleUploadedFile("a.png", b""), "vacío"),
    ):
        answer = client.post(url, form | ({"header": upload} if upload else {}))
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert 'value="Óscar"' in answer.content.decode()
    assert not Attachment.objects.exists()
    upload = SimpleUploadedFile("a.png", picture())
    assert client.post(url, form | {"header": upload}).status_code == 303
    sent = expired.messages.get(kind="template")
    assert f'src="{reverse("file", args=[sent.attachments.get().uuid])}?mini"' in line(pane_of(client, expired), sent)


def test_only_what_can_be_used_is_offered_and_why_there_is_none_is_said(expired, ana):
    Template.objects.create(name="nuestra", body="Hola")
    client = signed_in(ana)
    url = reverse("template_form", args=[expired.pk])

    def said():
        return client.get(url, headers=HTMX).content.decode()

    assert "Todavía no se trajeron de la cuenta" in said()
    Origin.objects.update(templates_at=timezone.now())
    assert "Se crean en el administrador de WhatsApp" in said()
    template = approved(expired.origin, status="paused")
    assert "1 en pausa" in said()
    refused = client.post(reverse("template", args=[expired.pk]), {"template": template.pk, "v_1": "Óscar"})
    assert refused.status_code == 422
    assert "nuestra" not in said()
    Template.objects.filter(pk=template.pk).update(status="approved")
    assert 'name="template"' in said()


def test_a_network_without_templates_says_so(ventas, ana):
    Template.objects.create(name="nuestra", body="Hola")
    chat = people.held(network("instagram", session_hours=168), ana, ventas)
    client, url = signed_in(ana), reverse("template_form", args=[chat.pk])
    assert 'name="template"' in client.get(url).content.decode()
    said_ago(chat, 30)
    page = client.get(url).content.decode()
    assert "Instagram no tiene plantillas: pasadas las 24 h no deja escribir." in page
    assert 'name="template"' not in page


def test_a_template_is_offered_only_while_the_window_is_shut(ventas, ana):
    origin = network("whatsapp")
    chat = people.held(origin, ana, ventas)
    sent = replies.send_reply(chat.pk, ana, "hola")
    Message.objects.filter(pk=sent.pk).update(status="failed", reason="La ventana de 24 h está cerrada.")
    # the customer has written since
    Chat.objects.filter(pk=chat.pk).update(window_shut_at=people.fresh(chat).last_customer_at - timedelta(minutes=1))
    html = line(pane_of(signed_in(ana), chat), sent)
    assert "Reintentar" in html
    assert "Enviar plantilla" not in html
    assert "data-shut" not in html
