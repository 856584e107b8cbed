"""Difusiones in pages: supervisors alone, every step in words, and nobody is named whose chat one may not see."""

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from chats import expiry, moves
from chats.attachments.uploads import MAX_UPLOAD_BYTES
from chats.messages.broadcasts import filling
from chats.models import Broadcast, Message, Recipient, Template
from contacts import card
from contacts.models import Tag
from tests import people
from tests.chats.attachments.samples import PDF, picture
from tests.inbox.pages import signed_in
from trays.models import AuditEntry


@pytest.fixture(autouse=True)
def _all_day(settings):
    settings.BROADCAST_HOURS = (0, 24)


@pytest.fixture
def line(db):
    return people.http_origin(callback_url="https://crm.example.org/", name="Tienda")


@pytest.fixture
def template(db):
    return Template.objects.create(name="novedades", body="Hola {{nombre}}")


@pytest.fixture
def tag(db):
    return Tag.objects.create(word="Mayorista")


def asleep(line, tag, agent, sender, name):
    ago = timezone.now() - timezone.timedelta(days=9)
    chat = people.says(line, sender, "Hola", name=name, at=ago, now=ago).message.chat
    expiry.expire()
    card.give_tag(chat.contact_id, agent, tag)
    return people.fresh(chat)


def form(line, template, tag, **fields):
    base = {"con": f"{line.pk}-{template.pk}", "nombre": "Primavera", "v_nombre": "{nombre}", "para": "tags"}
    return base | {"etiqueta": str(tag.pk)} | fields


def made_by(browser, line, template, tag):
    answer = browser.post(reverse("broadcast_new"), form(line, template, tag))
    made = Broadcast.objects.get()
    assert answer.url == reverse("broadcast", args=[made.pk])
    filling.fill(made.pk, timezone.now())
    return made


def words_of(answer):
    return " ".join(answer.content.decode().split())


def test_a_supervisor_makes_one_looks_at_it_and_starts_it(line, template, tag, sofia):
    asleep(line, tag, sofia, "c1", "Marta <b>Gómez</b>")
    browser = signed_in(sofia)
    assert "novedades" in words_of(browser.get(reverse("broadcast_new")))
    assert "Variable nombre" in words_of(browser.get(reverse("broadcast_new"), {"con": f"{line.pk}-{template.pk}"}))
    made = made_by(browser, line, template, tag)
    page = words_of(browser.get(reverse("broadcast", args=[made.pk])))
    assert "Enviar ahora a 1 contacto" in page
    assert "Hola Marta &lt;b&gt;Gómez&lt;/b&gt;" in page
    assert browser.post(reverse("broadcast_start", args=[made.pk]), {"when": "now"}).status_code == 303
    made.refresh_from_db()
    assert (made.state, made.started_by) == ("running", sofia)
    entry = AuditEntry.objects.get(what="change.done")
    assert (entry.thing, entry.detail) == ("Difusión Primavera", "la empezó para 1 contactos")
    for name, state in (("pause", "paused"), ("resume", "running"), ("stop", "stopped")):
        browser.post(reverse(f"broadcast_{name}", args=[made.pk]))
        made.refresh_from_db()
        assert made.state == state
    assert "Primavera" in words_of(browser.get(reverse("broadcasts")))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"nombre": ""}, "Ponele un nombre"), ({"v_nombre": " "}, "Completá “nombre”"),
        ({"etiqueta": ""}, "Elegí al menos una etiqueta"), ({"etiqueta": "x"}, "Elegí al menos una etiqueta"),
        ({"v_nombre": "{cupon}"}, "No hay un dato {cupon}"), ({"para": "file"}, "Elegí el archivo"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_and_nothing_is_made(line, template, tag, sofia, fields, words):
    answer = signed_in(sofia).post(reverse("broadcast_new"), form(line, template, tag, **fields))
    assert answer.status_code == 422
    assert words in words_of(answer)
    assert not Broadcast.objects.exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no tiene filas"), (b"telefono\n+5493415550101\n", "le falta: numero"),
        (b"numero;cupon\n", "no tiene filas"), (b"numero\n+5493415550101\n", "No hay un dato {cupon}"),
    ],
)  # fmt: skip
def test_a_file_that_makes_no_list_is_refused_in_words(line, template, tag, sofia, data, words):
    given = form(line, template, tag, para="file", v_nombre="{cupon}")
    given["archivo"] = SimpleUploadedFile("n.csv", data or b"numero\n")
    answer = signed_in(sofia).post(reverse("broadcast_new"), given)
    assert answer.status_code == 422
    assert words in words_of(answer)


def test_a_template_with_a_picture_asks_for_it(line, template, tag, sofia):
    Template.objects.filter(pk=template.pk).update(components=[{"type": "HEADER", "format": "IMAGE"}])
    asleep(line, tag, sofia, "c1", "Marta")
    browser = signed_in(sofia)
    assert "Foto del encabezado" in words_of(browser.get(reverse("broadcast_new"), {"con": f"{line.pk}-{template.pk}"}))
    for upload, words in (
        (None, "Elegí el archivo del encabezado"),
        (SimpleUploadedFile("a.pdf", PDF), "Tiene que ser una foto JPEG o PNG"),
        (SimpleUploadedFile("a.png", picture() + bytes(MAX_UPLOAD_BYTES)), "es muy grande"),
    ):
        answer = browser.post(
            reverse("broadcast_new"), form(line, template, tag) | ({"encabezado": upload} if upload else {})
        )
        assert (answer.status_code, words in words_of(answer)) == (422, True)
    assert not Broadcast.objects.exists()
    upload = SimpleUploadedFile("Oferta & más.png", picture())
    browser.post(reverse("broadcast_new"), form(line, template, tag) | {"encabezado": upload})
    made = Broadcast.objects.get()
    filling.fill(made.pk, timezone.now())
    assert "Oferta &amp; más.png</bdi>" in words_of(browser.get(reverse("broadcast", args=[made.pk])))
    kept, name = default_storage, made.header_file.name
    assert kept.open(name).read() == picture()
    browser.post(reverse("broadcast_discard", args=[made.pk]))
    assert not Broadcast.objects.exists()


def test_who_waits_in_a_tray_of_others_is_counted_and_not_named(line, template, tag, sofia, ana, ventas):
    for sender, name in (("c1", "Zulema Oculta"), ("c2", "Juan Visible")):
        asleep(line, tag, sofia, sender, name)
    browser = signed_in(sofia)
    made = made_by(browser, line, template, tag)
    hidden = Recipient.objects.get(contact__name="Zulema Oculta").contact
    people.with_bot(line)
    people.says(line, "c1", "Hola de nuevo")
    moves.hand_over(hidden.chat.pk, ventas)
    for name in ("broadcast", "broadcast_csv"):
        answer = browser.get(reverse(name, args=[made.pk]))
        page = b"".join(answer).decode()
        assert "Juan Visible" in page
        assert "Zulema" not in page
    made.refresh_from_db()
    assert made.pending == 2


def test_agents_get_nowhere(line, template, tag, sofia, ana):
    asleep(line, tag, sofia, "c1", "Marta")
    made = made_by(signed_in(sofia), line, template, tag)
    browser = signed_in(ana)
    for name in ("broadcasts", "broadcast_new"):
        assert browser.get(reverse(name)).status_code == 403
    for name in ("broadcast", "broadcast_csv"):
        assert browser.get(reverse(name, args=[made.pk])).status_code == 403
    for name in ("start", "pause", "resume", "stop", "discard", "test"):
        assert browser.post(reverse(f"broadcast_{name}", args=[made.pk])).status_code == 403
    assert browser.post(reverse("broadcast_new"), form(line, template, tag)).status_code == 403
    made.refresh_from_db()
    assert made.state == "draft"
    assert not Message.objects.filter(kind="template").exists()


def test_the_page_asks_no_more_for_many_than_for_few(line, template, tag, sofia, django_assert_max_num_queries):
    for number in range(30):
        asleep(line, tag, sofia, f"c{number}", f"Cliente {number}")
    browser = signed_in(sofia)
    made = made_by(browser, line, template, tag)
    with django_assert_max_num_queries(25):
        browser.get(reverse("broadcast", args=[made.pk]))


def test_a_spreadsheet_finds_no_formula_in_the_results(line, template, tag, sofia):
    asleep(line, tag, sofia, "c1", "=1+1")
    browser = signed_in(sofia)
    made = made_by(browser, line, template, tag)
    answer = browser.get(reverse("broadcast_csv", args=[made.pk]))
    assert "'=1+1" in b"".join(answer).decode()
    assert AuditEntry.objects.filter(what="data.exported", thing="Difusión Primavera").exists()


def test_garbage_in_the_address_is_a_page_all_the_same(line, template, tag, sofia):
    asleep(line, tag, sofia, "c1", "Marta")
    browser = signed_in(sofia)
    made = made_by(browser, line, template, tag)
    for value in ("", "x", "-1", "9" * 30, "\x00", "<script>"):
        one = browser.get(reverse("broadcast", args=[made.pk]), {"ver": value, "desde": value})
        assert (one.status_code, browser.get(reverse("broadcasts"), {"antes": value}).status_code) == (200, 200)
        assert browser.get(reverse("broadcast_new"), {"con": value}).status_code == 200


@pytest.mark.parametrize(("format_", "data", "name"), [("IMAGE", picture(), "a.png"), ("DOCUMENT", PDF, "a.pdf")])
def test_what_stands_above_is_seen_by_supervisors(line, template, tag, sofia, ana, format_, data, name):
    asleep(line, tag, sofia, "c1", "Marta")
    plain = made_by(signed_in(sofia), line, template, tag)
    without = reverse("broadcast_header", args=[plain.pk])
    assert signed_in(sofia).get(without).status_code == 404
    assert without not in words_of(signed_in(sofia).get(reverse("broadcast", args=[plain.pk])))
    Template.objects.filter(pk=template.pk).update(components=[{"type": "HEADER", "format": format_}])
    given = form(line, template, tag, encabezado=SimpleUploadedFile(name, data))
    assert signed_in(sofia).post(reverse("broadcast_new"), given).status_code == 303
    made = Broadcast.objects.latest("pk")
    filling.fill(made.pk, timezone.now())
    address = reverse("broadcast_header", args=[made.pk])
    page = words_of(signed_in(sofia).get(reverse("broadcast", args=[made.pk])))
    # above, and above the text of each that is shown
    assert page.count(f'src="{address}"') == (2 if format_ == "IMAGE" else 0)
    assert f'href="{address}"' in page
    served = signed_in(sofia).get(address)
    assert b"".join(served) == data
    assert served["X-Content-Type-Options"] == "nosniff"
    assert signed_in(ana).get(address).status_code == 403
