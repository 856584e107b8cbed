"""What agents see of every kind of message, and what they can do with one."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from chats import expiry
from chats.attachments import uploads
from chats.messages import amendments, corrections, replies, reverts
from chats.models import Attachment, Chat, Message, Template
from inbox import thread
from origins.facts import Edit, Reaction, Withdrawal
from origins.models import Origin
from tests import people

HTMX = {"HX-Request": "true"}


def signed_in(agent):
    client = Client()
    client.force_login(agent)
    return client


def picture(form="PNG"):
    data = BytesIO()
    Image.new("RGB", (20, 10), "red").save(data, form)
    return data.getvalue()


def network(kind, **fields):
    return Origin.objects.create(kind=kind, name=f"Línea de {kind}", key=f"line-{kind}", line_id="1", **fields)


def pane_of(client, chat, **query):
    client.get(reverse("chat", args=[chat.pk]))
    return client.get(reverse("pane", args=[chat.pk]), query).content.decode()


def line(page, message):
    """The HTML of one message."""
    start = page.index(f'id="m-{message.pk}"')
    return page[page.rindex("<li", 0, start) : page.index("\n  </li>", start)]


def words_of(html):
    """What is read of it."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.fixture
def chat(http_origin, ventas, ana):
    return people.held(http_origin, ana, ventas, sender="marta")


@pytest.fixture
def shows(chat, ana):
    """`shows(kind, text, payload)`: what Ana's pane shows of a customer's message."""

    def show(kind, text="", payload=None, **fields):
        stored = people.says(chat.origin, "marta", text, kind=kind, payload=payload or {}, **fields)
        return line(pane_of(signed_in(ana), chat), stored.message)

    return show


# --- what is shown -----------------------------------------------------------------------------


def test_a_place_is_a_link_to_a_map_and_has_its_name_or_its_numbers(shows):
    named = shows("location", payload={"latitude": -34.6, "longitude": -58.4, "place": "Plaza", "address": "Mitre 1"})
    assert "https://www.openstreetmap.org/?mlat=-34.600000&amp;mlon=-58.400000" in named
    assert 'rel="noopener noreferrer"' in named
    assert "Plaza Mitre 1" in words_of(named)
    assert "-34.60000, -58.40000" in words_of(shows("location", payload={"latitude": -34.6, "longitude": -58.4}))


@pytest.mark.parametrize(
    "payload",
    [{}, {"latitude": "x", "longitude": 1}, {"latitude": "1e999", "longitude": 1}, {"latitude": 91, "longitude": 1}],
)
def test_a_place_that_makes_no_sense_is_no_link(payload, shows):
    html = shows("location", payload=payload)
    assert "openstreetmap" not in html
    assert "Ubicación" in html


def test_all_numbers_of_all_cards_are_shown(shows):
    cards = [
        {"name": "Jorge", "phones": ["+54 9 11 5555-0171", "corto"]},
        {"name": "<b>Luz</b>", "phones": []},
        {"phones": ["1"]},
    ]
    html = shows("contact", payload={"contacts": cards, "name": "Jorge", "phone": "+54"})
    assert 'href="tel:+5491155550171"' in html
    assert "&lt;b&gt;Luz&lt;/b&gt;" in html
    read = words_of(html)
    assert read.index("Jorge") < read.index("+54 9 11 5555-0171") < read.index("corto") < read.index("sin teléfono")
    assert "Jorge" in words_of(shows("contact", payload={"name": "Jorge", "phone": "123"}))
    # whatever a network puts there
    assert "Contacto" in words_of(shows("contact", payload={"contacts": ["x", {"phones": [{"phone": "7"}, None]}]}))


@pytest.mark.parametrize(
    ("called", "words"),
    [
        ("poll_creation", "Es una encuesta."),
        ("ephemeral", "una sola vez"),
        ("cosa <b>", "“cosa &lt;b&gt;”"),
        ("", "no lo muestra"),
    ],
)
def test_what_cannot_be_shown_says_what_it_is(called, words, shows):
    html = shows("unsupported", payload={"type": called})
    assert "Mensaje no compatible" in html
    assert words in html
    assert "Pedile que lo escriba." in html


def test_an_ad_and_a_forwarded_message_say_so(shows):
    ad = {
        "headline": "Heladeras <20 %>",
        "body": "Hasta el lunes",
        "source_url": "https://ad.example/1",
        "source_id": "1",
    }
    html = shows("text", "Hola", {"referral": ad, "forwarded": True})
    assert "Vino de un anuncio Heladeras &lt;20 %&gt; Hasta el lunes https://ad.example/1" in words_of(html)
    assert 'href="https://ad.example' not in html
    assert "Reenviado" in html


def test_a_long_text_is_folded_and_whole(shows):
    text = "palabra " * 8_000
    html = shows("text", text.strip())
    assert "Ver todo" in html
    assert text.strip() in html
    assert "Ver todo" not in shows("text", "corto")


@pytest.mark.parametrize("text", ["مرحبا كيف الحال", "\u202eoverride", "👩‍👩‍👧‍👦 familia"])
def test_a_text_of_another_direction_stays_in_its_own_box(text, shows):
    html = shows("text", text)
    assert 'dir="auto"' in html
    assert f'<span class="wa-text">{text}</span>' in html


def test_a_choice_says_that_it_was_chosen_and_which(http_origin, ventas, ana):
    people.with_bot(http_origin)
    stored = people.says(http_origin, "marta", "Hola", name="Marta")
    offer = stored.message.chat.messages.exclude(payload={}).filter(author="bot").first()
    first = offer.payload["choices"][0]
    people.says(http_origin, "marta", first["title"], kind="choice", payload={"payload": first["payload"]})
    page = signed_in(ana).get(reverse("contact_chat", args=[stored.message.chat.contact_id])).content.decode()
    assert f'<li class="is-chosen">{first["title"]}</li>' in page
    assert f"Eligió {first['title']}" in words_of(page)


def test_a_quote_says_of_what_kind_and_leads_there(chat, ana, shows):
    place = people.says(chat.origin, "marta", "", kind="location", external_id="place-1").message
    html = shows("text", "ahí", reply_to="place-1")
    assert f'href="#m-{place.pk}"' in html
    assert "Ubicación" in html


def test_what_was_taken_back_is_not_shown_anywhere(chat, ana, shows):
    stored = people.says(chat.origin, "marta", "el secreto 4111", external_id="gone-1")
    shows("text", "sigo", reply_to="gone-1")
    assert amendments.apply_amendment(chat.origin, Withdrawal("marta", "gone-1"))
    page = pane_of(signed_in(ana), chat)
    assert "El cliente retiró este mensaje" in line(page, stored.message)
    assert "4111" not in page


def test_an_edit_and_both_reactions_are_shown(chat, ana):
    stored = people.says(chat.origin, "marta", "Hla", external_id="edited-1")
    amendments.apply_amendment(chat.origin, Edit("marta", "edited-1", "Hola"))
    amendments.apply_amendment(chat.origin, Reaction("marta", "edited-1", "❤️"))
    corrections.react_to(chat.pk, ana, stored.message.pk, "👍")
    html = line(pane_of(signed_in(ana), chat), stored.message)
    assert "editado" in html
    assert "Hla" not in html
    read = words_of(html)
    assert "El cliente reaccionó con ❤️" in read
    assert "Reaccionamos con 👍" in read


def test_what_changes_a_message_is_no_line_of_its_own(chat, ana):
    stored = people.says(chat.origin, "marta", "Hola")
    before = [one.message.pk for one in thread.read_thread(chat).lines]
    corrections.react_to(chat.pk, ana, stored.message.pk, "👍")
    assert Message.objects.filter(chat=chat, kind="reaction").exists()
    assert [one.message.pk for one in thread.read_thread(chat).lines] == before
    assert people.fresh(chat).preview_kind == "text"


def test_what_was_typed_on_the_phone_says_so(chat, ana):
    typed = Message.objects.create(
        chat=chat, origin=chat.origin, direction="out", author="agent", text="desde la calle", status="sent"
    )
    assert "Desde el teléfono" in line(pane_of(signed_in(ana), chat), typed)


def test_pictures_come_small_and_lead_to_the_whole(chat, ana):
    kept = uploads.keep_upload(SimpleUploadedFile("a.png", picture()))
    sent = replies.send_reply(chat.pk, ana, "", files=[kept])
    html = line(pane_of(signed_in(ana), chat), sent)
    assert f'src="{reverse("file", args=[kept.uuid])}?mini"' in html
    assert f'href="{reverse("file", args=[kept.uuid])}"' in html


def test_media_that_could_not_be_fetched_says_why_and_can_be_tried_again(shows):
    waiting = shows("image", payload={"media": {"id": "1"}})
    assert "Se está trayendo…" in waiting
    assert "Reintentar" not in waiting
    media = {"id": "1", "reason": "ya no está", "filename": "a\u202egnp.exe", "tries": 5}
    lost = shows("image", payload={"media": media | {"retry": True}})
    assert "No se pudo traer: ya no está. Reintentar" in words_of(lost)
    assert "/media/" in lost
    assert "<bdi" in lost
    gone = shows("image", payload={"media": media | {"retry": False}})
    assert "Pedile que lo mande de nuevo." in gone
    assert "Reintentar" not in gone


@pytest.mark.parametrize(
    ("status", "reason", "words"),
    [("failed", "WhatsApp no respondió.", "WhatsApp no respondió. Reintentar"),
     ("unconfirmed", "", "Sin confirmar: puede que le haya llegado. Reintentar")],
)  # fmt: skip
def test_what_did_not_go_out_says_why_and_what_to_do(status, reason, words, chat, ana):
    sent = replies.send_reply(chat.pk, ana, "hola")
    Message.objects.filter(pk=sent.pk).update(status=status, reason=reason)
    html = line(pane_of(signed_in(ana), chat), sent)
    assert words in words_of(html)
    assert "Enviar plantilla" not in html


def test_what_failed_by_the_window_offers_a_template(ventas, ana):
    origin = network("whatsapp")
    chat = people.held(origin, ana, ventas)
    sent = replies.send_reply(chat.pk, ana, "hola")
    Message.objects.filter(pk=sent.pk).update(status="failed", reason="La ventana de 24 h está cerrada.")
    Chat.objects.filter(pk=chat.pk).update(window_shut_at=timezone.now())
    page = pane_of(signed_in(ana), chat)
    assert "Enviar plantilla" in line(page, sent)
    assert "WhatsApp ya no deja escribirle" in page
    assert 'data-window="shut"' in page


def test_a_thread_of_every_kind_costs_as_many_queries_as_a_short_one(chat, ana, django_assert_max_num_queries):
    client = signed_in(ana)
    pane_of(client, chat)

    def cost():
        with django_assert_max_num_queries(60) as asked:
            client.get(reverse("pane", args=[chat.pk]))
        return len(asked)

    def of_each(number):
        for kind in ("text", "location", "contact", "choice", "unsupported", "image", "sticker", "audio"):
            ref = f"{kind}-{number}"
            people.says(chat.origin, "marta", "hola", kind=kind, external_id=ref, payload={"forwarded": True})
            people.says(chat.origin, "marta", "respuesta", reply_to=ref)
        kept = uploads.keep_upload(SimpleUploadedFile("a.png", picture()))
        replies.send_reply(chat.pk, ana, "foto", files=[kept])

    of_each(0)
    few = cost()
    of_each(1)
    of_each(2)
    assert cost() == few


# --- the window --------------------------------------------------------------------------------


def said_ago(chat, hours, **fields):
    heard = timezone.now() - timedelta(hours=hours)
    expires = timezone.now() + timedelta(days=6)
    Chat.objects.filter(pk=chat.pk).update(last_customer_at=heard, session_expires_at=expires, **fields)


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
    assert 'name="files"' not in page
    assert "data-does" not in page


def test_within_the_window_nothing_is_said_of_it(ventas, ana):
    page = pane_of(signed_in(ana), people.held(network("whatsapp"), ana, ventas))
    assert 'data-window="open"' in page
    assert "24 h:" not in page
    assert "plantillas y notas" not in page


# --- what can be done --------------------------------------------------------------------------


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


# --- templates ---------------------------------------------------------------------------------


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


# --- what the network refuses, and what it can ---------------------------------------------------


def test_the_menu_offers_what_the_network_takes(ventas, ana):
    chat = people.held(network("instagram"), ana, ventas, external_id="ig-1")
    theirs = chat.messages.get(direction="in")
    client = signed_in(ana)
    url = reverse("react", args=[theirs.pk])
    menu = client.get(url, headers=HTMX).content.decode()
    assert re.findall(r'name="emoji"\s+value="([^"]*)"', menu) == ["❤️"]
    assert client.post(url, {"emoji": "👍"}, headers=HTMX).status_code == 422
    assert client.post(url, {"emoji": "❤️"}, headers=HTMX).status_code == 204


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


def test_what_could_not_be_changed_is_said_in_the_thread_by_nobody(ventas, ana):
    chat = people.held(network("telegram"), ana, ventas)
    sent = replies.send_reply(chat.pk, ana, "Hola")
    Message.objects.filter(pk=sent.pk).update(status="sent", external_id="77")
    row = corrections.withdraw_message(chat.pk, ana, sent.pk)
    Message.objects.filter(pk=row.pk).update(status="failed")
    reverts.revert_refused(row, "pasaron 48 horas")
    page = pane_of(signed_in(ana), chat)
    said = line(page, chat.messages.get(author="system", kind="text"))
    assert "No se pudo retirar el mensaje: pasaron 48 horas" in words_of(said)
    assert "is-note" in said
    assert "Nota interna de" not in said
    # it names the message
    assert f'href="#m-{sent.pk}"' in said
    assert "Este mensaje se retiró" not in line(page, sent)


def test_what_failed_can_neither_be_corrected_nor_taken_back(ventas, ana):
    chat = people.held(network("telegram"), ana, ventas)
    sent = replies.send_reply(chat.pk, ana, "Hola")
    for status, offered in (("sent", True), ("failed", False)):
        Message.objects.filter(pk=sent.pk).update(status=status, external_id="77")
        html = line(pane_of(signed_in(ana), chat), sent)
        assert ("is-withdraw" in html, "is-edit" in html) == (offered, offered)
