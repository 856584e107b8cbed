"""What agents see of every kind of message in the thread."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from chats.attachments import uploads
from chats.messages import amendments, corrections, replies, reverts
from chats.models import Chat, Message
from inbox import thread
from origins.facts import Edit, Reaction, Withdrawal
from tests import people
from tests.inbox.pages import line, network, pane_of, picture, signed_in, words_of


@pytest.fixture
def shows(chat, ana):
    """`shows(kind, text, payload)`: what Ana's pane shows of a customer's message."""

    def show(kind, text="", payload=None, **fields):
        stored = people.says(chat.origin, "marta", text, kind=kind, payload=payload or {}, **fields)
        return line(pane_of(signed_in(ana), chat), stored.message)

    return show


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


def test_an_address_on_a_card_is_read_as_where_it_leads(shows):
    """Letters that look like others, and a name before the @, as in words."""
    card = {
        "contacts": [{"name": "Jorge", "links": ["https://bаnco.example/x", "https://banco.example@otro.example/"]}]
    }
    html = shows("contact", payload=card)
    assert "https://xn--bnco-53d.example/x" in words_of(html)
    assert "bаnco" not in words_of(html)
    assert 'href="https://banco.example@otro.example/"' not in html


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
    assert f'?cerca={place.pk}#m-{place.pk}"' in html
    assert "Ubicación" in html


def test_what_was_taken_back_is_not_shown_anywhere(chat, ana, shows):
    stored = people.says(chat.origin, "marta", "el secreto 4111", external_id="gone-1")
    shows("text", "sigo", reply_to="gone-1")
    assert amendments.apply_amendment(chat.origin, Withdrawal("marta", "gone-1"))
    page = pane_of(signed_in(ana), chat)
    assert "El cliente retiró este mensaje" in line(page, stored.message)
    assert "el secreto" not in page


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
    assert f'href="{reverse("picture", args=[chat.pk, kept.uuid])}"' in html


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

    # all of it on one page, and the moves of the chat as well
    of_each(0)
    few = cost()
    of_each(1)
    assert cost() == few


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
    assert f'?cerca={sent.pk}#m-{sent.pk}"' in said
    assert "Este mensaje se retiró" not in line(page, sent)
