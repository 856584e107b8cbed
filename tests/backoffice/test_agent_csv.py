"""People as CSV: invited by the line, whatever a spreadsheet makes of the file; and all of them out."""

import csv
import io
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from backoffice import agent_csv
from inbox import tasks
from tests import people
from tests.backoffice.pages import page
from tests.inbox.pages import signed_in
from trays.models import Agent, EntryLink

HEAD = "usuario;nombre;apellido;mail;rol;bandejas"


def brings(client, *lines, head=HEAD, encoding="utf-8"):
    data = "\r\n".join((head, *lines)).encode(encoding)
    return client.post(page("trays_agent", "csv"), {"file": SimpleUploadedFile("gente.csv", data)})


def refused(answer):
    return answer.context["done"].refused


def test_each_line_is_a_person_with_trays_and_a_link_of_their_own(as_sofia, sofia, ventas, soporte):
    answer = brings(
        as_sofia,
        "dario;Darío;Ríos;dario@almacen.example;;Ventas | soporte",
        "elsa;Elsa;;;Agente;",
        encoding="utf-8-sig",
    )
    assert refused(answer) == []
    dario, elsa = (Agent.objects.get(username=name) for name in ("dario", "elsa"))
    assert (dario.first_name, dario.last_name, dario.email) == ("Darío", "Ríos", "dario@almacen.example")
    assert set(dario.trays.all()) == {ventas, soporte}
    assert (elsa.role, elsa.personal_tray.kind, elsa.has_usable_password()) == ("agent", "personal", False)
    for agent, url in answer.context["done"].invited:
        assert url in answer.content.decode()
        assert f"Hola, {agent.first_name}" in Client().get(urlsplit(url).path, follow=True).content.decode()
        assert agent.entry_link.made_by == sofia


def test_with_a_mail_server_each_gets_it_there(as_sofia, settings):
    settings.SENDS_MAIL = True
    answer = brings(as_sofia, "dario;Darío;;dario@almacen.example;;", "elsa;Elsa;;;;")
    assert [bool(url) for _agent, url in answer.context["done"].invited] == [False, True]
    tasks.mail_entry_links()
    assert [one.to for one in mail.outbox] == [["dario@almacen.example"]]


def test_what_is_wrong_is_said_by_its_line_and_the_others_are_invited(as_sofia, ana):
    answer = brings(
        as_sofia,
        "ana;Otra Ana;;;;",
        ";Sin Usuario;;;;",
        "con espacios;Con;;;;",
        "dario;;;;;",
        "elsa;Elsa;;no es un mail;;",
        "fito;Fito;;;;Depósito",
        "gema;Gema;;;Jefa;",
        "hugo;Hugo;;;Supervisor;",
        "iris;Iris;;iris@almacen.example;;",
        "juana;Juana;;IRIS@almacen.example;;",
    )
    said = dict(refused(answer))
    assert sorted(said) == [2, 3, 4, 5, 6, 7, 8, 9, 11]
    assert "Ya existe" in said[2]
    assert said[3].startswith("usuario:")
    assert said[5].startswith("nombre:")
    assert said[6].startswith("mail:")
    assert said[7] == "no hay una bandeja Depósito"
    assert said[8] == "el rol es Agente o Supervisor"
    assert said[9] == "solo quien administra nombra supervisores"
    assert "Ya hay alguien con ese mail" in said[11]
    assert "Línea 7: no hay una bandeja Depósito" in answer.content.decode()
    assert [agent.username for agent, _url in answer.context["done"].invited] == ["iris"]
    assert set(EntryLink.objects.values_list("agent__username", flat=True)) == {"iris"}
    assert not Agent.objects.filter(username__in=("fito", "hugo")).exists()


def test_an_administrator_brings_supervisors_and_nobody_brings_administrators(as_admin):
    answer = brings(as_admin, "hugo;Hugo;;;supervisor;;si", head=f"{HEAD};is_superuser")
    assert refused(answer) == []
    made = Agent.objects.get(username="hugo")
    assert (made.is_supervisor, made.is_superuser) == (True, False)


def test_the_same_file_twice_changes_nobody(as_sofia):
    brings(as_sofia, "dario;Darío;;;;")
    token = EntryLink.objects.get().digest
    again = brings(as_sofia, "dario;Otro;;;;")
    assert [line for line, _words in refused(again)] == [2]
    assert Agent.objects.get(username="dario").first_name == "Darío"
    assert EntryLink.objects.get().digest == token


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "El archivo no tiene filas"),
        (HEAD.encode(), "El archivo no tiene filas"),
        (b"nombre;mail\r\nAna;x", "le falta: usuario"),
        (b"\xff\xd8\xff\xe0 una foto \x00\x01", "le falta: usuario, nombre"),
        ("\n".join([HEAD, *(f"a{n};A" for n in range(301))]).encode(), "Tiene más de 300 filas"),
        ("\n".join([HEAD, *(f"a{n};A" for n in range(50_000))]).encode(), "Tiene más de 300 filas"),
        (b"x" * (1024 * 1024 + 1), "Pesa más de 1 MB"),
    ],
)
def test_a_file_that_is_none_of_ours_makes_nobody(data, words, as_sofia):
    before = Agent.objects.count()
    answer = as_sofia.post(page("trays_agent", "csv"), {"file": SimpleUploadedFile("x.csv", data)})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Agent.objects.count() == before


def test_without_a_file_it_says_so(as_sofia):
    assert as_sofia.post(page("trays_agent", "csv")).status_code == 422


def test_all_come_out_without_a_formula_and_go_in_again_as_they_were(as_sofia, ana, ventas):
    people.hire("malo", first_name="=HYPERLINK(1)", last_name="@x")
    answer = as_sofia.get(page("trays_agent", "csv_file"))
    text = answer.content.decode("utf-8-sig")
    assert answer.content.startswith("\ufeff".encode())
    rows = {row["usuario"]: row for row in csv.DictReader(io.StringIO(text), delimiter=";")}
    assert rows["ana"]["bandejas"] == "Ventas"
    assert (rows["ana"]["rol"], rows["ana"]["entrada"]) == ("Agente", "Activo")
    assert rows["malo"]["nombre"] == "'=HYPERLINK(1)"
    Agent.objects.filter(username="malo").update(username="viejo")
    back = next(row for _line, row in agent_csv.read_people(answer.content) if row["usuario"] == "malo")
    assert (back["nombre"], back["apellido"]) == ("=HYPERLINK(1)", "@x")


@pytest.mark.parametrize("name", ["csv", "csv_file"])
def test_it_is_for_supervisors(name, ana, client):
    assert signed_in(ana).get(page("trays_agent", name)).status_code in (302, 403)
    assert client.get(page("trays_agent", name)).status_code == 302


def test_the_list_leads_to_it(as_sofia):
    assert page("trays_agent", "csv") in as_sofia.get(page("trays_agent", "changelist")).content.decode()
