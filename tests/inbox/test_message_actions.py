"""What agents can do in an open chat: quote, react, correct, take back, send places and cards."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from chats.messages import replies
from chats.models import Message
from origins.models import Origin
from tests import people
from tests.inbox.pages import HTMX, line, network, pane_of, said_ago, signed_in


def test_a_person_may_still_write_where_the_line_has_that_right(ventas, ana):
    chat = people.held(network("messenger", human_agent=True, session_hours=168), ana, ventas)
    said_ago(chat, 30)
    page = pane_of(signed_in(ana), chat)
    assert "Pasaron 24 h: como persona podés responder hasta" in page
    assert 'name="files"' in page
    Origin.objects.update(human_agent=False)
    assert "podés responder hasta" not in pane_of(signed_in(ana), chat)


def test_after_a_template_only_templates_and_notes(ventas, ana):
    chat = people.held(network("whatsapp", session_hours=168), ana, ventas)
    said_ago(chat, 30, last_template_at=timezone.now())
    page = pane_of(signed_in(ana), chat)
    assert "Esperando que responda." in page
    assert "data-only-notes" in page
    # a note takes files, and nothing else is for the customer
    assert "Grabar una nota de voz" not in page
    assert "data-does" not in page


def test_within_the_window_nothing_is_said_of_it(ventas, ana):
    page = pane_of(signed_in(ana), people.held(network("whatsapp"), ana, ventas))
    assert 'data-window="open"' in page
    assert "24 h:" not in page
    assert "plantillas y notas" not in page


def test_an_answer_quotes_a_message_also_without_scripts(chat, ana):
    asked = people.says(chat.origin, "marta", "¿Tienen cuotas?").message
    client = signed_in(ana)
    page = pane_of(client, chat, responder=asked.pk)
    assert f'name="quotes" value="{asked.pk}"' in page
    assert client.post(reverse("reply", args=[chat.pk]), {"text": "Sí", "quotes": asked.pk}).status_code == 303
    assert chat.messages.get(text="Sí").reply_to == asked
    for odd in ("x", "-1", "9" * 30, "987654"):
        assert 'name="quotes" value=""' in pane_of(client, chat, responder=odd)


def test_a_message_of_another_chat_is_not_quoted(chat, http_origin, ventas, ana, bruno):
    other = people.held(http_origin, bruno, ventas, text="de otro")
    theirs = other.messages.get(direction="in")
    client = signed_in(ana)
    assert "de otro" not in pane_of(client, chat, responder=theirs.pk)
    client.post(reverse("reply", args=[chat.pk]), {"text": "Sí", "quotes": theirs.pk})
    assert not Message.objects.filter(reply_to=theirs).exists()


def test_a_customers_message_gets_a_reaction_and_loses_it(chat, ana):
    theirs = people.says(chat.origin, "marta", "Gracias").message
    client = signed_in(ana)
    url = reverse("react", args=[theirs.pk])
    assert client.get(url, headers=HTMX).content.decode().count('name="emoji"') == 6
    assert client.post(url, {"emoji": "👍"}, headers=HTMX).status_code == 204
    theirs.refresh_from_db()
    assert theirs.own_reaction == "👍"
    menu = client.get(url, headers=HTMX).content.decode()
    assert "Quitar" in menu
    assert 'aria-pressed="true"' in menu
    assert client.post(url, {"emoji": ""}).status_code == 303
    theirs.refresh_from_db()
    assert theirs.own_reaction == ""
    assert client.post(url, {"emoji": "x" * 41}).status_code == 422


def test_only_what_the_network_can_is_offered(ventas, ana, http_origin):
    web = people.web_origin()
    chat = people.held(web, ana, ventas)
    theirs = chat.messages.get(direction="in")
    page = pane_of(signed_in(ana), chat)
    assert 'data-does="quote"' in page
    answer = signed_in(ana).post(reverse("react", args=[theirs.pk]), {"emoji": "👍"})
    assert 400 <= answer.status_code < 500
    assert theirs.own_reaction == ""


def test_an_own_message_is_corrected_and_taken_back_where_the_network_can(ventas, ana):
    chat = people.held(network("telegram"), ana, ventas)
    sent = replies.send_reply(chat.pk, ana, "Hla")
    Message.objects.filter(pk=sent.pk).update(status="sent", external_id="77")
    client = signed_in(ana)
    assert 'data-does="quote reaction edit withdrawal"' in pane_of(client, chat)
    form = client.get(reverse("edit", args=[sent.pk]), headers=HTMX).content.decode()
    assert ">Hla</textarea>" in form
    wrong = client.post(reverse("edit", args=[sent.pk]), {"text": "  "}, headers=HTMX)
    assert wrong.status_code == 422
    assert 'id="dialog-form"' in wrong.content.decode()
    assert client.post(reverse("edit", args=[sent.pk]), {"text": "Hola"}, headers=HTMX).status_code == 204
    assert "Hola" in client.get(reverse("withdraw", args=[sent.pk])).content.decode()
    assert client.post(reverse("withdraw", args=[sent.pk])).status_code == 303
    sent.refresh_from_db()
    assert sent.withdrawn_at
    assert "Este mensaje se retiró" in line(pane_of(client, chat), sent)


def test_a_place_is_sent_as_maps_give_it(chat, ana):
    client = signed_in(ana)
    url = reverse("place", args=[chat.pk])
    assert 'name="latitude"' in client.get(url, headers=HTMX).content.decode()
    assert client.post(url, {"latitude": "-34.60372, -58.38159", "name": "Depósito"}).status_code == 303
    sent = chat.messages.get(kind="location")
    assert (sent.payload["latitude"], sent.payload["longitude"]) == (-34.60372, -58.38159)
    assert "Depósito" in line(pane_of(client, chat), sent)


@pytest.mark.parametrize("latitude", ["", "norte", "91", "nan", "inf", "1e400"])
def test_a_place_that_is_none_comes_back_with_what_was_written(latitude, chat, ana):
    form = {"latitude": latitude, "longitude": "5", "name": "Depósito"}
    answer = signed_in(ana).post(reverse("place", args=[chat.pk]), form, headers=HTMX)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Un número entre -90 y 90" in page
    assert 'value="Depósito"' in page
    assert not chat.messages.filter(kind="location").exists()


def test_a_card_is_sent_and_a_number_that_is_none_is_said(chat, ana):
    client = signed_in(ana)
    url = reverse("card", args=[chat.pk])
    wrong = client.post(url, {"name": "Jorge", "phone": "no tengo"}, headers=HTMX)
    assert wrong.status_code == 422
    assert 'value="Jorge"' in wrong.content.decode()
    assert client.post(url, {"name": "Jorge", "phone": "+54 9 11 5555-0171"}).status_code == 303
    sent = chat.messages.get(kind="contact")
    html = line(pane_of(client, chat), sent)
    assert "Jorge" in html
    assert "5555-0171" in html


def test_a_small_form_sent_twice_is_one_message(chat, ana):
    client = signed_in(ana)
    form = {"name": "Jorge", "phone": "+54 9 11 5555-0171", "client_id": "7f5c2b9e-0d4e-4a41-9a6c-111111111111"}
    for _ in range(2):
        assert client.post(reverse("card", args=[chat.pk]), form).status_code == 303
    assert chat.messages.filter(kind="contact").count() == 1


def test_a_voice_note_is_one_and_a_file_is_not(chat, ana):
    client = signed_in(ana)
    sound = b"OggS\x00\x02" + b"\x00" * 22 + b"\x01\x13OpusHead" + b"\x00" * 60
    for voice in ("1", ""):
        upload = SimpleUploadedFile("nota.ogg", sound)
        assert client.post(reverse("reply", args=[chat.pk]), {"files": upload, "voice": voice}).status_code == 303
    first, second = chat.messages.filter(direction="out").order_by("id")
    assert first.attachments.get().is_voice
    assert not second.attachments.get().is_voice


def test_the_menu_offers_what_the_network_takes(ventas, ana):
    chat = people.held(network("instagram"), ana, ventas, external_id="ig-1")
    theirs = chat.messages.get(direction="in")
    client = signed_in(ana)
    url = reverse("react", args=[theirs.pk])
    menu = client.get(url, headers=HTMX).content.decode()
    assert re.findall(r'name="emoji"\s+value="([^"]*)"', menu) == ["❤️"]
    assert client.post(url, {"emoji": "👍"}, headers=HTMX).status_code == 422
    assert client.post(url, {"emoji": "❤️"}, headers=HTMX).status_code == 204


def test_what_failed_can_neither_be_corrected_nor_taken_back(ventas, ana):
    chat = people.held(network("telegram"), ana, ventas)
    sent = replies.send_reply(chat.pk, ana, "Hola")
    for status, offered in (("sent", True), ("failed", False)):
        Message.objects.filter(pk=sent.pk).update(status=status, external_id="77")
        html = line(pane_of(signed_in(ana), chat), sent)
        assert ("is-withdraw" in html, "is-edit" in html) == (offered, offered)
