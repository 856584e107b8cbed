"""Informes as a file: made by a worker, for who asked and for a day, and no cell of it is a formula."""

import csv
import io
import zipfile
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from reports import exporting, rollup
from reports.models import ReportExport
from tests import people
from tests.reports.test_reports_page import ADDRESS, DAY, as_sofia, attended, text_of  # noqa: F401
from trays.models import AuditEntry

ASK = f"{ADDRESS}archivo/"
OF_DAY = {"desde": str(DAY), "hasta": str(DAY), "por": "agente"}


def ask(client, file_format, **more):
    """Ask for a file and let the worker make it."""
    assert client.post(ASK, OF_DAY | {"formato": file_format} | more).status_code == 302
    job = ReportExport.objects.latest("id")
    exporting.carry_out(job.pk)
    job.refresh_from_db()
    return job


def fetch(client, job):
    answer = client.get(f"{ASK}{job.pk}/bajar/")
    assert answer.status_code == 200
    return answer, b"".join(answer.streaming_content)


@pytest.fixture
def evil(http_origin, ana):
    made = people.hire("evil", first_name="=1+1", last_name="Pérez")
    attended(http_origin, made)
    attended(http_origin, ana, minute=20)
    rollup.sweep()
    return made


def test_a_csv_has_the_table_without_a_formula_in_it(as_sofia, evil):  # noqa: F811
    job = ask(as_sofia, "csv")
    answer, data = fetch(as_sofia, job)
    assert answer["Content-Disposition"] == f'attachment; filename="informe-{DAY}-{DAY}-agente.csv"'
    assert answer["Cache-Control"] == "private, no-store"
    text = data.decode("utf-8-sig")
    assert '\n"\'=1+1 Pérez"' in text.replace("\r", "")
    head, *rows = csv.reader(io.StringIO(text), delimiter=";")
    assert head[:3] == ["Agente", "Tomados", "Respondidos"]
    of_ana = dict(zip(head, next(row for row in rows if row[0] == "Ana Ferreyra"), strict=True))
    assert (of_ana["Tomados"], of_ana["Espera, la mitad (s)"]) == ("1", "330")
    assert rows[-1][:2] == ["Total", "2"]
    assert AuditEntry.objects.filter(what="data.exported").count() == 1


def test_a_workbook_has_numbers_as_numbers_and_names_as_text(as_sofia, evil):  # noqa: F811
    job = ask(as_sofia, "xlsx")
    answer, data = fetch(as_sofia, job)
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        names = set(book.namelist())
    assert "=1+1 Pérez" in sheet
    assert "<f>" not in sheet
    assert not any("vbaProject" in name or "externalLink" in name for name in names)
    assert '<c r="B2"><v>' in sheet  # no t="inlineStr": a number


def test_the_page_shows_how_far_it_is_then_the_way_to_fetch_it(as_sofia, evil):  # noqa: F811
    as_sofia.post(ASK, OF_DAY | {"formato": "xlsx"})
    job = ReportExport.objects.get()
    running = as_sofia.get(f"{ASK}{job.pk}/").content.decode()
    assert "<progress" in running
    assert "hx-get" in running
    assert as_sofia.get(f"{ASK}{job.pk}/bajar/").status_code == 404
    exporting.carry_out(job.pk)
    exporting.carry_out(job.pk)  # a second worker finds nothing to do
    shown = as_sofia.get(f"{ADDRESS}?desde={DAY}&hasta={DAY}").content.decode()
    assert f'href="{ASK}{job.pk}/bajar/"' in shown
    assert "hx-get" not in as_sofia.get(f"{ASK}{job.pk}/").content.decode()


def test_what_cannot_be_made_says_so_and_is_not_tried_for_ever(as_sofia, evil):  # noqa: F811
    as_sofia.post(ASK, OF_DAY | {"formato": "csv"})
    job = ReportExport.objects.get()
    ReportExport.objects.filter(pk=job.pk).update(attempts=exporting.MAX_ATTEMPTS)
    exporting.carry_out(job.pk)
    assert "no se pudo" in text_of(as_sofia.get(f"{ASK}{job.pk}/"))
    assert exporting.find_unfinished(timezone.now() + timedelta(hours=1)) == []


def test_one_whose_worker_is_gone_is_found_and_made_anew(as_sofia, evil):  # noqa: F811
    as_sofia.post(ASK, OF_DAY | {"formato": "csv"})
    job = ReportExport.objects.get()
    assert exporting.find_unfinished(timezone.now()) == []
    assert exporting.find_unfinished(timezone.now() + timedelta(minutes=2)) == [job.pk]
    exporting.carry_out(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done) == ("done", job.total)


def test_it_is_there_for_a_day_and_for_who_asked_alone(client, as_sofia, evil, ana):  # noqa: F811
    job = ask(as_sofia, "csv")
    name = job.file.name
    other = people.hire("otra", role="supervisor")
    client.force_login(other, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"{ASK}{job.pk}/bajar/").status_code == 404
    client.force_login(ana, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"{ASK}{job.pk}/bajar/").status_code == 403
    assert client.post(ASK, OF_DAY | {"formato": "csv"}).status_code == 403
    assert default_storage.exists(name)
    assert exporting.prune(timezone.now() + timedelta(hours=25)) == 1
    assert not default_storage.exists(name)
    assert not ReportExport.objects.exists()


def test_what_is_no_report_makes_no_file(as_sofia):  # noqa: F811
    for odd in ({"formato": "pdf"}, {"por": "nada"}, {"desde": "ayer"}, {"desde": "2020-01-01"}):
        assert as_sofia.post(ASK, OF_DAY | {"formato": "csv"} | odd).status_code == 400
    assert as_sofia.get(ASK).status_code == 302
    assert not ReportExport.objects.exists()


def test_of_many_at_once_two_are_made(as_sofia, evil):  # noqa: F811
    for _time in range(2):
        assert as_sofia.post(ASK, OF_DAY | {"formato": "csv"}).status_code == 302
    as_sofia.post(ASK, OF_DAY | {"formato": "csv"})
    assert ReportExport.objects.count() == 2
