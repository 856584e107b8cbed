"""Tables of Informes as files: asked for by a supervisor, made by any worker, safe to repeat and to run at once."""

import io
import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import xlsxwriter
from django.core.files.base import ContentFile
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import jobs, publish
from common.csv_rules import MARK, write_rows
from reports import page, reading
from reports.models import ReportExport
from reports.periods import Period
from trays.models import Agent

log = logging.getLogger(__name__)

KEPT_FOR = timedelta(hours=24)
# without a row for so long its worker is gone
GONE_AFTER = timedelta(seconds=90)
# begun by one supervisor and not done; shown
MAX_RUNNING, MAX_SHOWN = 2, 5
MAX_ATTEMPTS = 5
# rows between two times that it is told how far it is
TOLD_EVERY = 100
Format, State = ReportExport.Format, ReportExport.State


class HasEnough(Exception):
    """So many run for the supervisor that another has to wait."""


@transaction.atomic
def begin_export(agent: Agent, period: Period, group: str, file_format: str) -> ReportExport:
    """Raises HasEnough."""
    Agent.objects.select_for_update(no_key=True).get(pk=agent.pk)
    if ReportExport.objects.filter(agent=agent, state=State.RUNNING).count() >= MAX_RUNNING:
        raise HasEnough
    job = ReportExport.objects.create(
        agent=agent, format=file_format, group=group, first=period.first, last=period.last
    )
    jobs.carry_out_report(job.pk)
    return job


def carry_out(job_pk: int) -> None:
    """The whole file; one that was cut off is made anew."""
    running = ReportExport.objects.filter(pk=job_pk, state=State.RUNNING)
    running.update(attempts=F("attempts") + 1, done=0, touched_at=timezone.now())
    job = running.select_related("agent").first()
    if job is None:
        return
    if job.attempts > MAX_ATTEMPTS or not (job.agent.is_active and job.agent.is_supervisor):
        running.update(state=State.FAILED, reason=_("Se intentó varias veces y no se pudo"))
        return
    try:
        _make_file(job, running)
    except (OperationalError, InterfaceError, OSError):
        raise  # the database, or where files are kept: the sweep comes again
    except Exception:  # whatever it is: who asked is told, and the sweep does not run into it for ever
        log.exception("the report %s cannot be made", job_pk)
        running.update(state=State.FAILED, reason=_("Falló por un error nuestro"))


def _make_file(job: ReportExport, running: "QuerySet[ReportExport]") -> None:
    period = Period(job.first, job.last)
    rows = [*reading.read_rows(period, job.group), reading.Row("", _("Total"), reading.read_total(period))]
    running.update(total=len(rows) + 1)
    made = _tell(page.list_csv_rows(rows, job.group), running)
    data = write_xlsx(made) if job.format == Format.XLSX else (MARK + write_rows(made)).encode()
    name = job.file.storage.save(f"informes/{job.pk}.{job.format}", ContentFile(data))
    # another worker was quicker
    if not running.update(state=State.DONE, file=name, done=F("total"), touched_at=timezone.now()):
        job.file.storage.delete(name)
        return
    publish.tell_file_ready(job.agent_id, _("El informe está listo"), job.name, reverse("reports-file", args=[job.pk]))


def _tell(rows: Iterable[list[str]], running: "QuerySet[ReportExport]") -> Iterator[list[str]]:
    for number, row in enumerate(rows, 1):
        yield row
        if not number % TOLD_EVERY:
            running.filter(total__gte=number).update(done=number, touched_at=timezone.now())


def write_xlsx(rows: Iterable[Sequence[str]]) -> bytes:
    """A workbook of one sheet, a row at a time. What is a number is one; all else is text, no formula and no link."""
    out = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
        sheet.set_column(0, 0, 28)
        sheet.freeze_panes(1, 1)
        for line, row in enumerate(rows):
            for column, cell in enumerate(row):
                if line and column and (number := _read_number(cell)) is not None:
                    sheet.write_number(line, column, number)
                else:
                    sheet.write_string(line, column, cell, None if line else bold)
    return out.getvalue()


def _read_number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def list_ready(agent: Agent, now: datetime) -> "QuerySet[ReportExport]":
    """One's own that can still be fetched, are on their way, or came to nothing."""
    return ReportExport.objects.filter(agent=agent, made_at__gt=now - KEPT_FOR).order_by("-id")


def find_unfinished(now: datetime) -> list[int]:
    gone = ReportExport.objects.filter(state=State.RUNNING, touched_at__lt=now - GONE_AFTER)
    return list(gone.order_by("touched_at").values_list("pk", flat=True)[:100])


def prune(now: datetime) -> int:
    """Forget what is older than a day, with its file. Returns how many."""
    old = list(ReportExport.objects.filter(made_at__lt=now - KEPT_FOR).order_by("made_at")[:500])
    for job in old:
        if job.file:
            job.file.storage.delete(str(job.file.name))
        job.delete()
    return len(old)
