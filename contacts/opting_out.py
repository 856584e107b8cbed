"""Who wants no broadcasts: said by the customer, by the network or by an agent, each time with a step of the card's
history. The only writer of it; nothing else of the contact changes, and whoever answers them still does."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from contacts.models import CardChange, Contact
from trays.models import Agent


@transaction.atomic
def opt_out(contact_pks: Sequence[int], agent: Agent | None, reason: str, at: datetime) -> list[int]:
    """Returns those who wanted them until now: twice is once. `reason`: in words, for the history."""
    wanting = Contact.objects.select_for_update(no_key=True).known().filter(pk__in=contact_pks, opted_out_at=None)
    changed = list(wanting.order_by("pk").values_list("pk", flat=True))
    Contact.objects.filter(pk__in=changed).update(opted_out_at=at)
    CardChange.objects.bulk_create(
        CardChange(contact_id=pk, at=at, actor=agent, field=CardChange.Field.OPT_OUT, after=reason) for pk in changed
    )
    return changed


def is_said_since(contact_pk: int, at: datetime) -> bool:
    """Whether something of it was said later than then."""
    steps = CardChange.objects.filter(contact=contact_pk, field=CardChange.Field.OPT_OUT)
    last = steps.order_by("-id").values_list("at", flat=True).first()
    return last is not None and last > at


@transaction.atomic
def opt_in(contact_pk: int, agent: Agent | None, at: datetime) -> bool:
    """It wants them again. False: it did before."""
    gone = Contact.objects.select_for_update(no_key=True).known().filter(pk=contact_pk, opted_out_at__isnull=False)
    if not gone.exists():
        return False
    last = CardChange.objects.filter(contact=contact_pk, field=CardChange.Field.OPT_OUT).order_by("-id").first()
    reason = (last.after if last else "") or _("No quiere difusiones")
    Contact.objects.filter(pk=contact_pk).update(opted_out_at=None)
    CardChange.objects.create(contact_id=contact_pk, at=at, actor=agent, field=CardChange.Field.OPT_OUT, before=reason)
    return True
