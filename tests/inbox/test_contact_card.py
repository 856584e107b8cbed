"""The card of a contact, changed in place: each field saves alone, with scripts and without, and says what became of
it; tags stand on rows and filter them."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chats import moves
from contacts import card
from contacts.models import AttributeDefinition, CardChange, Contact, Tag
from inbox.quick_replies.values import values_of
from tests import people
from tests.inbox.pages import HTMX, signed_in, words_of

SECRET_NOTE = "paga contra entrega"


@pytest.fixture
def marta(http_origin, ventas):
    return people.waiting(http_origin, ventas, name="Marta Gómez").contact


@pytest.fixture
def wholesale(db):
    return Tag.objects.create(word="Mayorista", color="a1")


@pytest.fixture
def order(db):
    return AttributeDefinition.objects.create(key="pedido", label="Pedido", kind="number")


def post(agent, action, contact, *more, headers=None, **form):
    return signed_in(agent).post(reverse(action, args=[contact.pk, *more]), form, headers=headers or {})


def card_page(agent, contact, section="datos"):
    return signed_in(agent).get(reverse("contact", args=[contact.pk]), {"ver": section}).content.decode()


def test_ana_renames_marta_with_a_plain_form_and_with_htmx(marta, ana):
    answer = post(ana, "contact_name", marta, name="Marta Ibáñez", was="Marta Gómez")
    assert (answer.status_code, answer.url) == (303, reverse("contact", args=[marta.pk]) + "?ver=datos")
    answer = post(ana, "contact_name", marta, name="Marta I.", was="Marta Ibáñez", headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert page.strip().startswith('<div id="contact-fields">')
    assert re.search(r"Nombre: guardado \d\d:\d\d Ana", words_of(page))
    assert Contact.objects.get(pk=marta.pk).name == "Marta I."


def test_the_tags_of_who_is_attended_stand_in_the_pane(http_origin, ana, wholesale):
    chat = people.held(http_origin, ana, name="Marta Gómez")
    client, url = signed_in(ana), reverse("chat", args=[chat.pk])
    client.get(url)
    with CaptureQueriesContext(connection) as without:
        client.get(url)
    card.give_tag(chat.contact_id, ana, wholesale)
    card.give_tag(chat.contact_id, ana, Tag.objects.create(word="Cuenta B", color="a5"))
    with CaptureQueriesContext(connection) as tagged:
        page = client.get(url).content.decode()
    assert len(tagged) == len(without) + 1
    assert re.findall(r'<bdi class="wa-tag wa-(a\d)" title="([^"]+)"', page) == [
        ("a1", "Mayorista"),
        ("a5", "Cuenta B"),
    ]
    assert "Mayorista" in signed_in(ana).get(reverse("pane", args=[chat.pk])).content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_bruno_reads_both_names_where_ana_was_first(headers, marta, ana, bruno):
    card.rename_contact(marta.pk, ana, "Marta I.")
    answer = post(bruno, "contact_name", marta, name="Martita", was="Marta Gómez", headers=headers)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert f"{ana.short_name} lo cambió a “Marta I.”" in page
    assert 'value="Martita"' in page
    # only the button that says so writes over it
    assert re.search(r'type="hidden"\s+name="was"\s+value="Marta Gómez"', page)
    assert re.search(r'type="submit"\s+name="was"\s+value="Marta I."', page)
    assert Contact.objects.get(pk=marta.pk).name == "Marta I."


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_number_that_is_none_is_said_beside_its_field(headers, marta, order, ana):
    answer = post(ana, "contact_attribute", marta, order.pk, value="<b>doce", was="", headers=headers)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Pedido tiene que ser un número" in page
    assert 'value="&lt;b&gt;doce"' in page
    assert f'aria-describedby="a-{order.pk}-error"' in page
    assert not marta.attribute_values.exists()


def test_what_ana_had_read_stays_read_while_she_corrects_what_was_refused(marta, order, ana, bruno):
    card.set_attribute(marta.pk, ana, order, "1")
    card.set_attribute(marta.pk, bruno, order, "2")
    refused = post(ana, "contact_attribute", marta, order.pk, value="doce", was="1", headers=HTMX)
    assert re.search(r'name="was"\s+value="1"', refused.content.decode())
    note = card.add_note(marta.pk, ana, SECRET_NOTE)
    card.change_note(marta.pk, bruno, note.pk, "Paga antes", 1)
    refused = post(ana, "contact_note_change", marta, note.pk, text="x" * 2001, version=1, headers=HTMX)
    assert (refused.status_code, note.pk) == (422, marta.notes.get().pk)
    assert re.search(r'name="version"\s+value="1"', refused.content.decode())


def test_enter_in_a_field_that_was_refused_writes_over_nothing(marta, order, ana, bruno):
    card.rename_contact(marta.pk, ana, "Marta I.")
    card.set_attribute(marta.pk, ana, order, "1")
    for action, more, form in (("contact_name", [], {"name": "M"}), ("contact_attribute", [order.pk], {"value": "2"})):
        page = post(bruno, action, marta, *more, was="otra", headers=HTMX, **form).content.decode()
        asked = next(one for one in page.split("<form")[1:] if "Guardar el mío" in one)
        # the first one is the one that Enter presses
        assert "name=" not in re.findall(r"<button[^>]*>", asked)[0]


def test_ana_removes_a_note_that_bruno_had_changed_when_she_says_so_again(marta, ana, bruno):
    note = card.add_note(marta.pk, ana, SECRET_NOTE)
    card.change_note(marta.pk, bruno, note.pk, "Paga antes", 1)
    page = post(ana, "contact_note_change", marta, note.pk, what="remove", version=1, headers=HTMX).content.decode()
    # what "Guardar el mío" sends is what she wanted
    assert re.search(rf'id="n-{note.pk}-text"[^>]*></textarea>', page)
    assert re.search(r'name="version" value="2"', page)


def test_a_choice_with_signs_of_html_is_shown_as_chosen(marta, ana):
    listed = AttributeDefinition.objects.create(key="lista", label="Lista", kind="choice", choices=["A & 'B'", "C"])
    card.set_attribute(marta.pk, ana, listed, "A & 'B'")
    assert re.search(r'value="A &amp; &#x27;B&#x27;"\s+selected', card_page(ana, marta))
    # who wanted none is shown none
    refused = post(ana, "contact_attribute", marta, listed.pk, value="", was="C", headers=HTMX)
    assert refused.status_code == 409
    assert "selected" not in refused.content.decode()


def test_each_type_has_its_field_and_keeps_what_is_said(marta, ana):
    for kind, typed in (("text", "Funes"), ("number", "12,5"), ("date", "2026-11-27"), ("yes_no", "yes")):
        definition = AttributeDefinition.objects.create(key=kind.replace("_", "-"), label=f"De {kind}", kind=kind)
        assert post(ana, "contact_attribute", marta, definition.pk, value=typed, was="").status_code == 303
    listed = AttributeDefinition.objects.create(key="lista", label="Lista", kind="choice", choices=["A", "B"])
    assert post(ana, "contact_attribute", marta, listed.pk, value="B", was="").status_code == 303
    page = card_page(ana, marta)
    assert 'value="12,5"' in page
    assert re.search(r'type="date"\s+value="2026-11-27"', page)
    assert re.search(r'value="yes"\s+selected', page)
    assert re.search(r'value="B"\s+selected', page)
    # a choice that supervisors took out stays to be read
    AttributeDefinition.objects.filter(pk=listed.pk).update(choices=["A"])
    assert re.search(r'value="B"\s+selected', card_page(ana, marta))


def test_a_tag_is_given_and_taken_away_on_the_card(marta, wholesale, ana):
    assert post(ana, "contact_tag", marta, tag=wholesale.pk).status_code == 303
    assert "Quitar Mayorista" in card_page(ana, marta)
    answer = post(ana, "contact_untag", marta, tag=wholesale.pk, headers=HTMX)
    assert "Etiqueta: guardado" in words_of(answer.content.decode())
    assert "Quitar Mayorista" not in card_page(ana, marta)


@pytest.mark.parametrize("tag", ["", "x", "0", "987654", "9" * 30, "١٢"])
def test_a_tag_that_is_none_is_refused_in_words(tag, marta, ana):
    answer = post(ana, "contact_tag", marta, tag=tag)
    assert answer.status_code == 422
    assert "Elegí una etiqueta" in answer.content.decode()


def test_notes_are_written_changed_and_removed(marta, ana, bruno):
    assert post(ana, "contact_note", marta, text=f"{SECRET_NOTE} <script>").status_code == 303
    note = marta.notes.get()
    page = card_page(bruno, marta, "notas")
    assert f"{SECRET_NOTE} &lt;script&gt;" in page
    assert post(bruno, "contact_note_change", marta, note.pk, text="Paga antes", version=1).status_code == 303
    late = post(ana, "contact_note_change", marta, note.pk, text="Paga después", version=1, headers=HTMX)
    assert late.status_code == 409
    assert "lo cambió a “Paga antes”" in late.content.decode()
    assert "Paga después</textarea>" in late.content.decode()
    assert "la cambió Bruno" in words_of(card_page(ana, marta, "notas"))
    assert post(ana, "contact_note_change", marta, note.pk, what="remove", version=2).status_code == 303
    gone = post(bruno, "contact_note_change", marta, note.pk, text="¿Y?", version=2)
    assert (gone.status_code, "Esa nota ya no está" in gone.content.decode()) == (409, True)
    assert post(bruno, "contact_note_change", marta, note.pk, text="¿Y?", version="x").status_code == 400
    assert not marta.notes.exists()


def test_the_history_says_who_changed_what_in_words(marta, wholesale, order, ana, bruno):
    card.rename_contact(marta.pk, ana, "Marta I.")
    card.give_tag(marta.pk, bruno, wholesale)
    card.set_attribute(marta.pk, ana, order, "12,5")
    page = words_of(card_page(ana, marta, "historial"))
    assert "Cambios de la ficha" in page
    assert "Nombre Ana Marta Gómez Marta I." in page
    assert "Etiqueta Bruno Mayorista" in page
    assert "Pedido Ana 12,5" in page


def test_a_long_history_goes_on_by_pages(marta, ana):
    CardChange.objects.bulk_create(
        CardChange(contact=marta, actor=ana, field="name", before=f"n{n}.", after=f"n{n + 1}.") for n in range(35)
    )
    client, url = signed_in(ana), reverse("contact", args=[marta.pk])
    first = client.get(url, {"ver": "historial"}).content.decode()
    older = re.search(r"cambios=(\d+)", first)
    assert ">n35.<" in first
    assert ">n4.<" not in first
    rest = client.get(url, {"ver": "historial", "cambios": older[1]}).content.decode()
    assert ">n4.<" in rest
    assert ">n35.<" not in rest


def test_who_may_not_see_contacts_neither_reads_nor_changes_a_card(marta, wholesale, order, ana, caio):
    card.add_note(marta.pk, ana, SECRET_NOTE)
    # of another tray: the card is everyone's, its chat is not
    assert SECRET_NOTE in card_page(caio, marta, "notas")
    client = signed_in(caio)
    type(caio).objects.filter(pk=caio.pk).update(is_active=False)
    for name, more, form in (
        ("contact_name", [], {"name": "Otra"}),
        ("contact_tag", [], {"tag": wholesale.pk}),
        ("contact_attribute", [order.pk], {"value": "1"}),
        ("contact_note", [], {"text": "Otra"}),
    ):
        answer = client.post(reverse(name, args=[marta.pk, *more]), form)
        assert (answer.status_code, answer.url.startswith(reverse("login"))) == (302, True), name
    answer = client.get(reverse("contact", args=[marta.pk]), {"ver": "notas"})
    assert SECRET_NOTE not in answer.content.decode()
    assert Contact.objects.get(pk=marta.pk).name == "Marta Gómez"
    assert CardChange.objects.count() == 1


def test_an_action_on_no_contact_is_404_and_its_address_leads_to_the_card(marta, order, ana):
    client = signed_in(ana)
    for name, more in (
        ("contact_name", []), ("contact_tag", []), ("contact_untag", []), ("contact_note", []),
        ("contact_attribute", [order.pk]), ("contact_note_change", [1]),
    ):  # fmt: skip
        assert client.post(reverse(name, args=[987654, *more]), {"version": 1}).status_code == 404
        there = client.get(reverse(name, args=[marta.pk, *more]))
        assert there.status_code == 302
        assert there.url.startswith(reverse("contact", args=[marta.pk]))
    assert client.post(reverse("contact_attribute", args=[marta.pk, 987654]), {"value": "1"}).status_code == 404


# --- rows --------------------------------------------------------------------------------------


def test_tags_stand_on_rows_tabs_previews_and_contacts_one_and_how_many_more(http_origin, ventas, ana, marta):
    for word in ("Mayorista", "Rosario", "Garantía", "VIP"):
        card.give_tag(marta.pk, ana, Tag.objects.create(word=word))
    client = signed_in(ana)
    chat = marta.chat
    for url in (
        reverse("tray", args=[ventas.pk]), reverse("preview", args=[ventas.pk, chat.pk]), reverse("contacts"),
    ):  # fmt: skip
        page = words_of(client.get(url).content.decode())
        assert "Mayorista +3 etiquetas más" in page, url
    moves.take(chat.pk, ana)
    assert "Mayorista +3 etiquetas más" in words_of(client.get(reverse("chat", args=[chat.pk])).content.decode())


@pytest.mark.parametrize("screen", ["tray", "contacts", "chats"])
def test_rows_with_tags_ask_as_often_for_thirty_as_for_one(
    screen, http_origin, ventas, ana, wholesale, django_assert_num_queries, django_assert_max_num_queries
):
    def tagged(number):
        for chat in (
            people.waiting(http_origin, ventas, name=f"Uno {number}"),
            people.held(http_origin, ana, ventas, name=f"Propio {number}"),
        ):
            card.give_tag(chat.contact_id, ana, wholesale)

    tagged(0)
    client = signed_in(ana)
    url = reverse("tray", args=[ventas.pk]) if screen == "tray" else reverse(screen)
    client.get(url)
    with django_assert_max_num_queries(30) as asked:
        client.get(url)
    few = len(asked)
    for number in range(1, 20):
        tagged(number)
    with django_assert_num_queries(few):
        assert client.get(url).content.decode().count("Mayorista") >= 20


def test_a_tray_and_the_contacts_are_filtered_by_a_tag(http_origin, ventas, ana, marta, wholesale):
    people.waiting(http_origin, ventas, name="Jorge Sosa")
    card.give_tag(marta.pk, ana, wholesale)
    client = signed_in(ana)
    for url in (reverse("tray", args=[ventas.pk]), reverse("contacts")):
        page = client.get(url, {"etiqueta": wholesale.pk}).content.decode()
        assert "Marta Gómez" in page
        assert "Jorge Sosa" not in page
        for none in ("x", "987654", "9" * 30):
            assert client.get(url, {"etiqueta": none}).status_code == 200


def test_many_chats_are_tagged_at_once_each_with_its_result(http_origin, ventas, soporte, ana, marta, wholesale):
    jorge = people.waiting(http_origin, ventas, name="Jorge Sosa")
    hidden = people.waiting(http_origin, soporte, name="Oculta Pérez")
    card.give_tag(jorge.contact_id, ana, wholesale)
    url = reverse("many", args=[ventas.pk])
    picked = {"chat": [marta.chat.pk, jorge.pk, hidden.pk], "tag": wholesale.pk}
    page = words_of(signed_in(ana).post(url, picked).content.decode())
    assert "Marta Gómez Tiene Mayorista" in page
    assert "Jorge Sosa Ya tenía Mayorista" in page
    assert "Un chat Ya no podés verlo" in page
    assert Contact.objects.get(pk=hidden.contact_id).tag_ids == []
    assert signed_in(ana).post(url, picked | {"tag": "987654"}).status_code == 422


def test_attributes_fill_in_quick_replies_by_name_and_by_key(http_origin, ventas, ana, order):
    chat = people.held(http_origin, ana, ventas, name="Marta Gómez")
    day = AttributeDefinition.objects.create(key="dia-de-entrega", label="Entrega", kind="date")
    card.set_attribute(chat.contact_id, ana, order, "48.213")
    card.set_attribute(chat.contact_id, ana, day, "2026-11-27")
    values = values_of(chat, ana)
    assert (values["pedido"], values["Pedido"]) == ("48213", "48213")
    assert (values["dia de entrega"], values["Entrega"]) == ("27/11/2026", "27/11/2026")
    AttributeDefinition.objects.update(archived_at="2026-11-22T12:00Z")
    assert "Pedido" not in values_of(chat, ana)
