"""Contacts out and in as CSV: whom each agent may take out, each line whole or refused, and done once."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from chats import access
from contacts import card
from contacts.models import AttributeDefinition, Contact, Tag
from contacts.place import Place, Viewer, may_see
from inbox.contact_csv import importing, running
from inbox.models import ContactCsv
from tests import people
from tests.inbox.pages import SECRET, signed_in
from tests.threads import Crowd

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
    job.refresh_from_db()
    assert (job.state, job.done) == ("failed", 0)
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
