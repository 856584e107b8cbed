"""Files of contacts as work: begun by an agent, carried out by any worker, forgotten after a week."""

import logging
from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import jobs
from inbox.contact_csv import exporting, importing
from inbox.models import ContactCsv
from trays.models import Agent

log = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=7)
# without a batch for so long its worker is gone
GONE_AFTER = timedelta(seconds=90)
# begun by one agent and not done
MAX_RUNNING = 2
MAX_PRUNED = 500
Kind, State = ContactCsv.Kind, ContactCsv.State


class HasEnough(Exception):
    """So many run for the agent that another has to wait."""


@transaction.atomic
def begin_export(agent: Agent) -> ContactCsv:
    """Raises HasEnough."""
    _hold_room(agent)
    job = ContactCsv.objects.create(agent=agent, kind=Kind.OUT)
    jobs.carry_out_csv(job.pk)
    return job


@transaction.atomic
def begin_import(agent: Agent, data: bytes) -> ContactCsv:
    """Raises HasEnough, and Unreadable, in words; then nothing is kept."""
    total = importing.count_rows(data)
    _hold_room(agent)
    job = ContactCsv(agent=agent, kind=Kind.IN, total=total)
    job.file.save("carga.csv", ContentFile(data), save=False)
    job.save()
    jobs.carry_out_csv(job.pk)
    return job


def _hold_room(agent: Agent) -> None:
    """One of the agent's forms after the other, until the transaction ends."""
    Agent.objects.select_for_update(no_key=True).get(pk=agent.pk)
    if has_enough(agent):
        raise HasEnough


def has_enough(agent: Agent) -> bool:
    """Whether so many run for the agent that another has to wait."""
    return ContactCsv.objects.filter(agent=agent, state=State.RUNNING).count() >= MAX_RUNNING


def carry_out(job_pk: int) -> None:
    """What is left of it. Safe to run twice and at once."""
    job = ContactCsv.objects.select_related("agent").filter(pk=job_pk, state=State.RUNNING).first()
    if job is None:
        return
    try:
        if job.kind == Kind.OUT:
            exporting.write_export(job)
        else:
            importing.read_import(job)
    except FileNotFoundError:
        log.warning("the file of contacts %s is gone", job_pk)
        _give_up(job_pk, _("El archivo ya no está"))
    except (OperationalError, InterfaceError, IntegrityError, OSError):
        raise  # the database, another worker, or where files are kept: the sweep comes again
    except Exception:  # of this file: every time it would be the same
        log.exception("the file of contacts %s cannot be carried out", job_pk)
        _give_up(job_pk, _("Falló por un error nuestro. Lo que ya se cambió queda"))


@transaction.atomic
def _give_up(job_pk: int, reason: str) -> None:
    given_up = ContactCsv.objects.filter(pk=job_pk, state=State.RUNNING).update(state=State.FAILED, reason=reason)
    job = ContactCsv.objects.select_related("agent").filter(pk=job_pk, kind=Kind.IN).first()
    if given_up and job is not None:
        importing.note_end(job)


def find_unfinished(now: datetime) -> list[int]:
    gone = ContactCsv.objects.filter(state=State.RUNNING, touched_at__lt=now - GONE_AFTER)
    return list(gone.order_by("touched_at").values_list("pk", flat=True)[:100])


def prune_files(now: datetime | None = None) -> int:
    """Forget what is over a week old, with its file. Returns how many."""
    old = ContactCsv.objects.filter(made_at__lt=(now or timezone.now()) - KEPT_FOR).order_by("made_at")
    pruned = 0
    for job in old[:MAX_PRUNED]:
        if job.file:
            job.file.storage.delete(str(job.file.name))
        job.delete()
        pruned += 1
    return pruned
