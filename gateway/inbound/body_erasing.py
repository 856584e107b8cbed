"""Erasing raw bodies that name a person: the row stays with its digest, so that the same bytes are not taken again."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F, Func, IntegerField, Q, QuerySet, Value
from django.utils.translation import gettext as _

from common.naming import Names
from common.paging import walk_ids
from origins.models import Body

# so many are looked through by one statement
RANGE = 2_000


def erase_bodies(origin_pk: int, addresses: Sequence[str], before: datetime) -> bool:
    """All of this line that came before then and name one of these addresses, whoever else they name. Safe to repeat.
    Returns whether one still has to be made sense of: that one is left for another time."""
    names = Names(addresses)
    numbers = Body.objects.filter(origin=origin_pk, received_at__lt=before).order_by("pk")
    some_wait = False
    for low, high in walk_ids(numbers if names.parts else numbers.none(), RANGE):
        some_wait |= _erase_range(numbers.filter(pk__gte=low, pk__lte=high), names)
    return some_wait


def _erase_range(bodies: QuerySet[Body], names: Names) -> bool:
    """The database looks for the parts; whether they stand alone is looked at here."""
    either = Q()
    for number, part in enumerate(names.parts):
        place = Func(Value(part), F("raw"), arg_joiner=" IN ", function="position", output_field=IntegerField())
        bodies = bodies.alias(**{f"place_{number}": place})
        either |= Q(**{f"place_{number}__gt": 0})
    found = [body for body in bodies.filter(either).only("pk", "raw", "state") if names.stand_in(bytes(body.raw))]
    waiting = [body.pk for body in found if body.state == Body.State.RECEIVED]
    done = Body.objects.filter(pk__in=[body.pk for body in found]).exclude(state=Body.State.RECEIVED)
    done.update(raw=b"", reason=_("Se borraron los datos de una persona que nombraba"))
    return bool(waiting)
