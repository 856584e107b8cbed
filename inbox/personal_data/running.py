"""Copies and erasures as work: asked for by a supervisor, carried out by any worker in batches, safe to repeat and to
run at once."""

import logging
from datetime import datetime, timedelta
from functools import partial

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import erasing, jobs
from chats.errors import Rejected, Rejection
from chats.models import Chat, Message
from contacts.erasing import list_addresses
from contacts.models import Contact, Person
from gateway.inbound.body_erasing import erase_bodies
from inbox.models import ContactCsv, ContactCsvError, DataCopy, Draft, Erasure
from inbox.personal_data.copying import NotSeen, write_copy
from inbox.personal_data.kept import check_all_seen, check_supervisor, find_person
from trays import audit
from trays.models import Agent, AuditEntry

log = logging.getLogger(__name__)

# a copy is there for so long
KEPT_FOR = timedelta(hours=24)
# without a batch for so long its worker is gone
GONE_AFTER = timedelta(seconds=90)
MAX_RUNNING = 2
# a copy that ends its worker so often is given up
MAX_ATTEMPTS = 5
State, What = DataCopy.State, AuditEntry.What


# --- copies --------------------------------------------------------------------------------------


@transaction.atomic
def begin_copy(
    contact: Contact, agent: Agent, *, with_notes: bool = False, request: HttpRequest | None = None
) -> DataCopy:
    """Raises Rejected: FORBIDDEN without the right, TOO_MANY where others run."""
    check_supervisor(agent)
    check_all_seen(find_person(contact, agent))
    Agent.objects.select_for_update(no_key=True).get(pk=agent.pk)
    if DataCopy.objects.filter(agent=agent, state=State.RUNNING).count() >= MAX_RUNNING:
        raise Rejected(Rejection.TOO_MANY, _("Ya hay dos copias en curso. Esperá a que terminen"))
    job = DataCopy.objects.create(agent=agent, contact=contact, with_notes=with_notes)
    audit.note(What.CONTACT_EXPORTED, agent, request, contact=contact.pk)
    jobs.carry_out_copy(job.pk)
    return job


def carry_out_copy(job_pk: int) -> None:
    """The whole file; one that was cut off is made anew."""
    running = DataCopy.objects.filter(pk=job_pk, state=State.RUNNING)
    running.update(attempts=F("attempts") + 1, done=0, touched_at=timezone.now())
    job = running.select_related("agent", "contact").first()
    if job is None:
        return
    if job.attempts > MAX_ATTEMPTS:
        _give_up(running, _("Se intentó varias veces y no se pudo"))
        return
    try:
        _make_copy(job, running)
    except (NotSeen, Rejected):
        _give_up(running, _("Ya no ves su chat"))
    except (OperationalError, InterfaceError, OSError):
        raise  # the database, or where files are kept: the sweep comes again
    except Exception:  # whatever it is: who asked is told, and the sweep does not run into it for ever
        log.exception("the copy %s cannot be made", job_pk)
        _give_up(running, _("Falló por un error nuestro"))


def _make_copy(job: DataCopy, running: "QuerySet[DataCopy]") -> None:
    check_supervisor(job.agent)
    person = find_person(job.contact, job.agent)
    check_all_seen(person)
    said = Message.objects.filter(chat__contact__in=person.cards).exclude(kind=Message.Kind.MOVE)
    running.update(total=said.count())

    def tell(number: int) -> None:
        running.filter(done__lte=F("total") - number).update(done=F("done") + number, touched_at=timezone.now())

    name = write_copy(job, person.cards, tell)
    # another worker was quicker, or the person was erased meanwhile
    if not running.update(state=State.DONE, file=name, done=F("total"), touched_at=timezone.now()):
        job.file.storage.delete(name)


def _give_up(running: "QuerySet[DataCopy]", reason: str) -> None:
    running.update(state=State.FAILED, reason=reason)


def list_ready(agent: Agent, now: datetime) -> "QuerySet[DataCopy]":
    """One's own that can still be fetched, or are on their way."""
    return DataCopy.objects.filter(agent=agent, made_at__gt=now - KEPT_FOR).select_related("contact").order_by("-id")


def prune_copies(now: datetime) -> int:
    """Forget what is older than a day, with its file. Returns how many."""
    return _drop_copies(DataCopy.objects.filter(made_at__lt=now - KEPT_FOR))


def _drop_copies(copies: "QuerySet[DataCopy]") -> int:
    found = list(copies.order_by("pk"))
    for job in found:
        if job.file:
            job.file.storage.delete(str(job.file.name))
        job.delete()
    return len(found)


# --- erasures ------------------------------------------------------------------------------------


@transaction.atomic
def begin_erasure(
    contact: Contact,
    agent: Agent,
    request: HttpRequest | None = None,
    *,
    at: datetime | None = None,
    shown: str | None = None,
) -> list[Erasure]:
    """Of all cards of the person: they are nobody's from now on, and what is left goes in the background. `shown`: the
    cards that were confirmed. Raises Rejected, also where they are others now."""
    check_supervisor(agent)
    # nobody joins or separates them meanwhile
    list(Person.objects.select_for_update(of=("self",)).filter(joinings__contact=contact))
    person = find_person(contact, agent)
    if shown is not None and shown != person.numbers:
        raise Rejected(Rejection.CONFLICT, _("Sus tarjetas cambiaron recién. Miralas de nuevo: no se borró nada"))
    check_all_seen(person)
    now = at or timezone.now()
    begun = []
    # in the order of ids, as wherever several are locked
    for card in sorted(person.cards, key=lambda one: one.pk):
        addresses = list_addresses([card.pk])
        chat = erasing.erase_contact(card.pk, agent, at=now)
        total = Message.objects.filter(chat=chat).count()
        job, is_new = Erasure.objects.get_or_create(
            contact=card, defaults={"agent": agent, "asked_at": now, "addresses": addresses, "total": total}
        )
        begun.append(job)
        if is_new:
            words = _("%(n)s mensajes") % {"n": total}
            audit.note(What.CONTACT_ERASED, agent, request, contact=card.pk, detail=words, at=now)
            jobs.carry_out_erasure(job.pk)
    return begun


def carry_out_erasure(job_pk: int) -> None:
    """All that is left of a person; begun anew where it was cut off, as each part finds what is not erased yet."""
    job = Erasure.objects.select_related("contact").filter(pk=job_pk, finished_at=None).first()
    if job is None:
        return
    running = Erasure.objects.filter(pk=job_pk, finished_at=None)
    running.update(done=0, touched_at=timezone.now())
    chat = Chat.objects.get(contact=job.contact_id)
    erasing.erase_words(chat.pk, partial(_tell, running))
    erasing.erase_traces(chat.pk, chat.origin_id, job.addresses)
    Draft.objects.filter(chat=chat).delete()
    _drop_copies(DataCopy.objects.filter(contact=job.contact_id))
    are_left = _drop_csv(job.asked_at)
    are_left |= erase_bodies(chat.origin_id, job.addresses, job.asked_at)
    if are_left:
        running.update(touched_at=timezone.now())  # the sweep comes again
        return
    running.update(finished_at=timezone.now(), addresses=[], done=F("total"))


def _tell(running: "QuerySet[Erasure]", number: int) -> None:
    running.update(done=F("done") + number, touched_at=timezone.now())


def _drop_csv(before: datetime) -> bool:
    """Files of contacts that were made before may name anybody. One on its way in is left to its end. Returns whether
    there is such a one."""
    files = ContactCsv.objects.filter(made_at__lte=before)
    words = _("Se borraron los datos de una persona mientras tanto. Pedila de nuevo")
    files.filter(kind=ContactCsv.Kind.OUT).update(state=ContactCsv.State.FAILED, reason=words)
    over = files.exclude(state=ContactCsv.State.RUNNING)
    for job in over.exclude(file=""):
        job.file.storage.delete(str(job.file.name))
        ContactCsv.objects.filter(pk=job.pk).update(file="")
    ContactCsvError.objects.filter(job__in=over).delete()
    return files.filter(state=ContactCsv.State.RUNNING).exists()


def find_unfinished(now: datetime) -> tuple[list[int], list[int]]:
    """Copies and erasures whose worker is gone."""
    gone = now - GONE_AFTER
    copies = DataCopy.objects.filter(state=State.RUNNING, touched_at__lt=gone).order_by("touched_at")
    erasures = Erasure.objects.filter(finished_at=None, touched_at__lt=gone).order_by("touched_at")
    return list(copies.values_list("pk", flat=True)[:100]), list(erasures.values_list("pk", flat=True)[:100])
