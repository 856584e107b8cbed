"""Contacts out and in as CSV: whom each agent may take out, each line whole or refused, and done once."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from chats import access
from contacts import card
from contacts.models import AttributeDefinition, Contact, Tag
from contacts.place import Place, Viewer, may_see
from inbox.contact_csv import importing, running
from inbox.models import ContactCsv
from tests import people
from tests.inbox.pages import SECRET, signed_in, words_of
from tests.threads import Crowd
from trays.models import AuditEntry

PAGE = "/contactos/csv/"


@pytest.fixture
def chat(http_origin, ana, ventas):
    return people.held(http_origin, ana, ventas, sender="cust-x", text=SECRET)


@pytest.fixture
def words(db):
    """A tag and an attribute of each kind that can be wrong."""
    Tag.objects.create(word="Mayorista")
    Tag.objects.create(word="Rosario", color="a2")
    AttributeDefinition.objects.create(key="pedido", label="Pedido", kind="number")
    AttributeDefinition.objects.create(key="nombre", label="Nombre en la factura")


def taken_out(agent):
    job = running.begin_export(agent)
    running.carry_out(job.pk)
    answer = signed_in(agent).get(reverse("contacts_csv_file", args=[job.pk]))
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline=""), delimiter=";"))


def brought_in(agent, text, encoding="utf-8"):
    job = running.begin_import(agent, text.encode(encoding))
    running.carry_out(job.pk)
    job.refresh_from_db()
    return job, list(job.errors.order_by("line").values_list("line", "words"))


def line_of(contact):
    return f"{contact.origin.name};{contact.shown_address}"


def test_sofia_takes_out_all_and_others_those_whose_chat_they_may_see(http_origin, ventas, soporte, ana, caio, sofia):
    people.held(http_origin, ana, ventas, text=SECRET)
    people.waiting(http_origin, ventas, text=SECRET)
    people.waiting(http_origin, soporte, text=SECRET)
    people.waiting(http_origin, text=SECRET)
    for agent in (ana, caio, sofia):
        rows = taken_out(agent)
        mine = {
            str(one.pk)
            for one in Contact.objects.all()
            if agent.is_supervisor or may_see(Viewer.of(agent), Place.of(one.current))
        }
        assert {row["contacto"] for row in rows} == mine
        assert SECRET not in str(rows)
    assert len(mine) == 4


def test_what_went_out_comes_in_again_and_changes_nothing(chat, words, sofia):
    card.rename_contact(chat.contact_id, sofia, '=HYPERLINK("x"); "Marta", la de siempre')
    card.give_tag(chat.contact_id, sofia, Tag.objects.get(word="Rosario"))
    card.set_attribute(chat.contact_id, sofia, AttributeDefinition.objects.get(key="pedido"), "48213,5")
    card.set_attribute(chat.contact_id, sofia, AttributeDefinition.objects.get(key="nombre"), "Gómez SRL")
    [row] = taken_out(sofia)
    assert row["nombre"].startswith("'=HYPERLINK")
    assert (row["etiquetas"], row["pedido"], row["atributo-nombre"]) == ("Rosario", "48213,5", "Gómez SRL")
    job = ContactCsv.objects.get()
    with job.file.open("rb") as file:
        again, errors = brought_in(sofia, file.read().decode())
    assert (again.state, again.total, again.changed, errors) == ("done", 1, 0, [])


def test_no_broadcasts_goes_out_and_comes_in_and_yes_brings_nobody_back(chat, sofia):
    head = f"contacto;difusiones\n{chat.contact_id};"
    _job, errors = brought_in(sofia, head + "No\n")
    assert errors == []
    assert Contact.objects.get(pk=chat.contact_id).opted_out_at
    [row] = taken_out(sofia)
    assert row["difusiones"] == "no"
    brought_in(sofia, head + "Sí\n")
    assert Contact.objects.get(pk=chat.contact_id).opted_out_at
    _job, errors = brought_in(sofia, head + "quizás\n")
    assert "en difusiones va si o no" in str(errors)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("separator", [";", ","])
def test_a_line_names_its_contact_by_number_or_by_line_and_address(separator, encoding, chat, words, sofia):
    contact = Contact.objects.get(pk=chat.contact_id)
    head = "linea;direccion;nombre;etiquetas;pedido\n"
    text = head + f"{line_of(contact)};Ñandú Gómez;Mayorista | rosario;7\n"
    _job, errors = brought_in(sofia, text.replace(";", separator), encoding)
    contact.refresh_from_db()
    assert (errors, contact.name, len(contact.tag_ids)) == ([], "Ñandú Gómez", 2)
    text = f"contacto;etiquetas;pedido\n{contact.pk};-;-\n".replace(";", separator)
    job, errors = brought_in(sofia, text, encoding)
    contact.refresh_from_db()
    assert (errors, job.changed, contact.name, contact.tag_ids) == ([], 1, "Ñandú Gómez", [])
    assert not contact.attribute_values.exists()


def noted_imports():
    return list(AuditEntry.objects.filter(what="data.imported").order_by("pk").values_list("agent", "thing", "detail"))


def test_who_brought_in_is_noted_once_with_what_came_of_it(chat, line, sofia):
    text = "contacto;linea;direccion;nombre\n" + "\n".join([
        f"{chat.contact_id};;;Marta", ";WhatsApp Ventas;+54 9 341 555-0175;Mauricio", "987654;;;Nadie", "987655;;;Nadie",
    ])  # fmt: skip
    job, _errors = brought_in(sofia, text)
    running.carry_out(job.pk)
    assert (job.changed, job.added, job.refused) == (2, 1, 2)
    assert noted_imports() == [(sofia.pk, "Contactos", "agregados: 1, cambiados: 1, rechazados: 2")]
    shown = words_of(signed_in(sofia).get("/supervision/registro/?clase=data").content.decode())
    assert "Cargó Contactos" in shown


def test_of_a_line_that_is_wrong_nothing_is_written_and_the_others_are(chat, http_origin, words, sofia):
    other = people.waiting(http_origin).contact
    before = str(chat.contact)
    text = "contacto;direccion;nombre;etiquetas;pedido\n" + "\n".join([
        f"{chat.contact_id};;Otra;Mayorista;no es un número",
        f"{chat.contact_id};;Otra;Nadie;7",
        f"{chat.contact_id};ajena;Otra;;",
        "987654;;Otra;;",
        f"{'9' * 30};;Otra;;",
        "x;;Otra;;",
        ";;Otra;;",
        f"{chat.contact_id};;{'x' * 201};;",
        f"{other.pk};;Bien;;7",
    ])  # fmt: skip
    job, errors = brought_in(sofia, text)
    assert [line for line, _words in errors] == [2, 3, 4, 5, 6, 7, 8, 9]
    assert all(words for _line, words in errors)
    assert (job.state, job.total, job.done, job.changed, job.refused) == ("done", 9, 9, 1, 8)
    contact = Contact.objects.get(pk=chat.contact_id)
    assert (str(contact), contact.tag_ids, contact.attribute_values.count()) == (before, [], 0)
    assert Contact.objects.get(pk=other.pk).name == "Bien"
    answer = signed_in(sofia).get(reverse("contacts_csv_errors", args=[job.pk]))
    listed = b"".join(answer.streaming_content).decode()
    assert "no hay una etiqueta Nadie" in listed
    assert listed.count("\r\n") == 9


@pytest.fixture
def line(db):
    return people.whatsapp_origin(name="WhatsApp Ventas")


def test_a_phone_that_nobody_has_is_added_on_a_whatsapp_line_and_its_chat_is_not_begun(
    line, words, ventas, sofia, caio
):
    text = "linea;direccion;nombre;etiquetas;pedido;nota\n" + "\n".join([
        "WhatsApp Ventas;+54 9 341 555-0163;Renata Ibáñez;Mayorista;7;No llamar antes de las 10",
        "WhatsApp Ventas;+54 341 555-0163;;;8;",
        "WhatsApp Ventas;341 555-0164;Sin país;;;",
        "WhatsApp Ventas;@renata;Sin teléfono;;;",
        "WhatsApp Ventas;+54 9 341 555-0165;Etiqueta mala;Nadie;;",
        "No hay tal línea;+54 9 341 555-0166;Nadie;;;",
    ])  # fmt: skip
    job, errors = brought_in(sofia, text)
    assert [one for one, _words in errors] == [4, 5, 6, 7]
    assert "con su país" in errors[0][1]
    assert (job.changed, job.refused) == (2, 4)
    [contact] = Contact.objects.all()
    assert (contact.name, contact.shown_address, contact.state) == ("Renata Ibáñez", "+5493415550163", "EXPIRADO")
    assert [one.text for one in contact.notes.all()] == ["No llamar antes de las 10"]
    assert set(contact.addresses.values_list("kind", "value")) == {
        ("wa_id", "5493415550163"), ("phone", "5493415550163")
    }  # fmt: skip
    [step] = contact.changes.all()
    assert (step.cause, step.actor, contact.chat.messages.exclude(kind="move").exists()) == ("added", sofia, False)
    assert contact.chat.session_expires_at <= timezone.now()
    call_command("check_history")
    # everybody sees the card and its chat, in which a template is offered
    page = signed_in(caio).get(reverse("contact_chat", args=[contact.pk])).content.decode()
    assert "Sofía agregó el contacto" in words_of(page)
    # twice is once: the two lines of one phone say another order each time
    again, _errors = brought_in(sofia, text)
    assert (again.changed, Contact.objects.count(), contact.notes.count(), contact.changes.count()) == (2, 1, 1, 1)


def test_who_writes_from_a_phone_that_was_added_is_that_contact_and_arrives_as_anybody(line, sofia):
    brought_in(sofia, "linea;direccion;nombre\nWhatsApp Ventas;+54 9 341 555-0163;Renata\n")
    stored = people.says(line, "543415550163", "Hola", address_kind="wa_id", aliases=(("phone", "5493415550163"),))
    chat = people.fresh(stored.message.chat)
    assert (chat.contact.name, chat.state, chat.unread) == ("Renata", "BANDEJA", 1)
    assert Contact.objects.count() == 1


@pytest.mark.parametrize("kind", ["http", "web", "telegram", "switched off"])
def test_where_the_customer_writes_first_nobody_is_added(kind, sofia):
    make = {"http": people.http_origin, "web": people.web_origin, "telegram": people.telegram_origin}
    make.get(kind, lambda **more: people.whatsapp_origin(is_active=False, **more))(name="La línea")
    _job, [(number, words)] = brought_in(sofia, "linea;direccion\nLa línea;+54 9 341 555-0163\n")
    assert (number, "escribe primero el cliente" in words) == (2, True)
    assert not Contact.objects.exists()


def test_a_note_is_added_to_whom_we_know_once_and_a_dash_is_none(chat, sofia):
    for note in ("Paga contra entrega", "Paga contra entrega", "-", ""):
        brought_in(sofia, f"contacto;nota\n{chat.contact_id};{note}\n")
    assert [one.text for one in chat.contact.notes.all()] == ["Paga contra entrega"]
    assert all("nota" not in row for row in taken_out(sofia))


@pytest.mark.django_db(transaction=True)
def test_two_files_that_add_the_same_phone_at_once_add_it_once(sofia):
    people.whatsapp_origin(name="WhatsApp Ventas")
    text = b"linea;direccion;nombre\nWhatsApp Ventas;+54 9 341 555-0163;Renata\n"
    jobs = [running.begin_import(sofia, text) for _ in range(2)]
    with Crowd(2) as crowd:
        crowd.at_once([lambda _n, job=job: running.carry_out(job.pk) for job in jobs])
    assert Contact.objects.count() == 1
    assert set(ContactCsv.objects.values_list("state", "refused")) == {("done", 0)}


def test_who_is_cut_off_goes_on_where_it_was_and_no_line_is_done_twice(chat, http_origin, words, sofia, monkeypatch):
    contacts = [people.waiting(http_origin).contact for _ in range(5)]
    monkeypatch.setattr(importing, "BATCH_ROWS", 2)
    text = "contacto;nombre\n" + "".join(f"{one.pk};Nueva {one.pk}\n" for one in contacts)
    job = running.begin_import(sofia, text.encode())
    really, batches = importing._write_rows, []

    def write_rows(*what):
        batches.append(1)
        if len(batches) == 2:
            raise ConnectionError("gone")
        return really(*what)

    monkeypatch.setattr(importing, "_write_rows", write_rows)
    with pytest.raises(ConnectionError):
        running.carry_out(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, job.changed) == ("running", 2, 2)
    assert running.find_unfinished(job.touched_at + running.GONE_AFTER * 2) == [job.pk]
    running.carry_out(job.pk)
    running.carry_out(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, job.changed, job.refused) == ("done", 5, 5, 0)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_write_each_line_once(http_origin, sofia, monkeypatch):
    contacts = [people.waiting(http_origin).contact for _ in range(12)]
    monkeypatch.setattr(importing, "BATCH_ROWS", 1)
    text = "contacto;nombre\n" + "".join(f"{one.pk};Nueva {one.pk}\n" for one in contacts)
    job = running.begin_import(sofia, text.encode())
    with Crowd(2) as crowd:
        done = crowd.at_once(lambda _n: running.carry_out(job.pk))
    assert done == [None, None]
    running.carry_out(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, job.changed) == ("done", 12, 12)
    assert all(one.card_changes.count() == 1 for one in Contact.objects.all())


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "Eleg"), (b"contacto;nombre\n", "no tiene filas"), (b"nombre\nMarta\n", "le falta"),
        (b"contacto;color\n1;rojo\n", "Nadie conoce estas columnas: color"), (b"\x00\xff\xfe", "no tiene filas"),
        (b'contacto;nombre\n1;"' + b"x" * 200_000 + b"\n", "No es un archivo CSV"),
        (b"contacto;nombre\n" + b"1;a\n" * 50_001, "50000 filas"),
    ],
)  # fmt: skip
def test_what_is_no_file_of_contacts_is_a_sentence_and_nothing_is_begun(data, says, db, sofia):
    answer = signed_in(sofia).post(PAGE, {"archivo": SimpleUploadedFile("c.csv", data)})
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not ContactCsv.objects.exists()


def test_only_supervisors_bring_in_and_each_sees_only_what_is_its_own(chat, ana, sofia):
    client = signed_in(ana)
    file = SimpleUploadedFile("c.csv", f"contacto;nombre\n{chat.contact_id};Otra\n".encode())
    assert client.post(PAGE, {"archivo": file}).status_code == 403
    assert not ContactCsv.objects.exists()
    assert client.post(PAGE + "llevar/").status_code == 303
    job = ContactCsv.objects.get()
    running.carry_out(job.pk)
    assert "1 contactos" in client.get(reverse("contacts_csv_job", args=[job.pk])).content.decode()
    for name in ("contacts_csv_job", "contacts_csv_file", "contacts_csv_errors"):
        assert signed_in(sofia).get(reverse(name, args=[job.pk])).status_code == 404
        assert client.get(reverse(name, args=[job.pk])).status_code == 200


def test_who_is_no_supervisor_any_more_changes_nothing(chat, sofia):
    job = running.begin_import(sofia, f"contacto;nombre\n{chat.contact_id};Otra\n".encode())
    sofia.role = "agent"
    sofia.save()
    running.carry_out(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done) == ("failed", 0)
    assert Contact.objects.get(pk=chat.contact_id).name != "Otra"
    assert [agent for agent, _thing, detail in noted_imports() if "fila 0 de 1" in detail] == [sofia.pk]


def test_who_was_deactivated_takes_nobody_out(chat, ana):
    job = running.begin_export(ana)
    access.deactivate_agent(ana)
    running.carry_out(job.pk)
    job.refresh_from_db()
    assert (job.state, job.total) == ("done", 0)


def test_two_run_for_an_agent_and_a_third_waits(chat, ana):
    client = signed_in(ana)
    for status in (303, 303, 429):
        assert client.post(PAGE + "llevar/").status_code == status


@pytest.mark.django_db(transaction=True)
def test_of_many_forms_at_once_ana_has_two_that_run(ana):
    with Crowd(5) as crowd:
        done = crowd.at_once(lambda _n: running.begin_export(ana))
    assert sum(isinstance(one, running.HasEnough) for one in done) == 3, done
    assert ContactCsv.objects.count() == running.MAX_RUNNING


def test_a_file_that_cannot_be_carried_out_is_given_up_and_makes_room(chat, sofia, monkeypatch):
    job = running.begin_import(sofia, f"contacto;nombre\n{chat.contact_id};Otra\n".encode())

    def write_rows(*_what):
        raise LookupError("a mistake of ours")

    monkeypatch.setattr(importing, "_write_rows", write_rows)
    running.carry_out(job.pk)
    running.carry_out(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done) == ("failed", 0)
    assert [detail[-14:] for _agent, _thing, detail in noted_imports()] == ["la fila 0 de 1"]
    assert "error nuestro" in signed_in(sofia).get(PAGE).content.decode()
    assert running.find_unfinished(timezone.now() + running.GONE_AFTER * 2) == []


def test_after_a_week_the_file_is_gone(chat, ana):
    job = running.begin_export(ana)
    running.carry_out(job.pk)
    job.refresh_from_db()
    name, storage = job.file.name, job.file.storage
    assert running.prune_files(timezone.now()) == 0
    assert storage.exists(name)
    assert running.prune_files(timezone.now() + running.KEPT_FOR) == 1
    assert not storage.exists(name)
    assert not ContactCsv.objects.exists()
