"""Contacts out as CSV: all to supervisors; to others those whose chat they may see. Those last active first."""

from collections.abc import Iterator, Sequence
from tempfile import TemporaryFile

from django.core.files import File
from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from common.csv_rules import MARK, write_rows
from common.replica import ask_replica
from contacts.models import AttributeDefinition, AttributeValue, Contact
from contacts.place import visible_q
from contacts.tags import show_tags
from contacts.values import say_value
from inbox.contact_csv.columns import BETWEEN_TAGS, FIXED, MAX_ROWS, WANTS, WANTS_NONE, column_of
from inbox.models import ContactCsv
from trays.models import Agent

BATCH_ROWS = 500


def contacts_for(agent: Agent) -> QuerySet[Contact]:
    """Whom this agent may take out of here."""
    known = Contact.objects.visible_to(agent).exclude(state="")
    return known if agent.is_supervisor else known.filter(visible_q(agent))


def write_export(job: ContactCsv) -> None:
    """The whole file; one that was cut off is written anew."""
    wanted = contacts_for(job.agent).order_by("-active_at", "-id").values_list("pk", flat=True)[:MAX_ROWS]
    # their rows are read, and who may have them is asked, of the primary
    pks = ask_replica(lambda alias: list(wanted.using(alias)))
    mine = ContactCsv.objects.filter(pk=job.pk, state=ContactCsv.State.RUNNING)
    mine.update(total=len(pks), done=0, touched_at=timezone.now())
    definitions = list(AttributeDefinition.objects.in_use().in_order())
    with TemporaryFile() as out:
        head = [*FIXED, *(column_of(one) for one in definitions)]
        out.write((MARK + write_rows([head])).encode())
        done = 0
        for some in _split(pks):
            out.write(write_rows(_rows_of(job.agent, some, definitions)).encode())
            done += len(some)
            mine.update(done=done, touched_at=timezone.now())
        out.seek(0)
        name = job.file.storage.save(f"contactos/{job.pk}.csv", File(out))
    if not mine.update(state=ContactCsv.State.DONE, file=name, touched_at=timezone.now()):
        job.file.storage.delete(name)  # another worker was quicker


def _split(pks: Sequence[int]) -> Iterator[Sequence[int]]:
    return (pks[start : start + BATCH_ROWS] for start in range(0, len(pks), BATCH_ROWS))


def _rows_of(agent: Agent, pks: Sequence[int], definitions: Sequence[AttributeDefinition]) -> Iterator[list[str]]:
    """Asked again whom the agent may take: chats have moved since the numbers were read."""
    values = Prefetch("attribute_values", AttributeValue.objects.filter(definition__in=definitions))
    found = contacts_for(agent).select_related("origin").prefetch_related(values).in_bulk(pks)
    show_tags(list(found.values()))
    for contact in (found[pk] for pk in pks if pk in found):
        known = {one.definition_id: one.value for one in contact.attribute_values.all()}
        yield [
            str(contact.pk), contact.origin.name, contact.shown_address, contact.name,
            BETWEEN_TAGS.join(tag.word for tag in contact.shown_tags),
            WANTS if contact.opted_out_at is None else WANTS_NONE,
            *(say_value(one, known.get(one.pk, "")) for one in definitions),
        ]  # fmt: skip
