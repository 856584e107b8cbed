"""Budgets of bytes a day for those who upload without a name: a visitor, an address, an origin, all of them together.

Kept in the database: they hold also where Redis does not answer. An identity costs a stranger nothing, so what one
address may spend is a small part of an origin's: nobody uses up what the others have.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from chats.errors import Rejected, Rejection
from chats.models import UploadBudget
from origins.models import Origin

MB = 1024 * 1024
VISITOR_BYTES, ADDRESS_BYTES = 60 * MB, 250 * MB

# compare and set: of several at once none is let through beyond the limit
_SPEND = """
INSERT INTO chats_uploadbudget AS b (name, day, spent_bytes) VALUES (%(name)s, %(day)s, %(size)s)
ON CONFLICT (day, name) DO UPDATE SET spent_bytes = b.spent_bytes + %(size)s
WHERE b.spent_bytes + %(size)s <= %(limit)s
"""


@dataclass(frozen=True)
class Budget:
    name: str
    limit_bytes: int


def budgets_of(origin: Origin, visitor: str, address: str) -> list[Budget]:
    """Those that a visitor's upload is charged to, the narrowest first: who is refused does not hold the others up."""
    # an address is personal: only that it is the same one is kept
    whose = salted_hmac("witty.upload.address", address).hexdigest()[:32]
    return [
        Budget(visitor_budget(origin.pk, visitor), VISITOR_BYTES),
        Budget(f"address:{whose}", ADDRESS_BYTES),
        Budget(f"origin:{origin.pk}", settings.WEB_ORIGIN_BYTES_A_DAY),
        Budget("all", settings.WEB_BYTES_A_DAY),
    ]


def visitor_budget(origin_pk: int, visitor: str) -> str:
    return f"visitor:{origin_pk}:{visitor}"[:120]


def spend(budgets: Sequence[Budget], size: int) -> None:
    """Charge so many bytes to each of them. Raises Rejected (TOO_LARGE), charging none, where one has not as many."""
    today = timezone.localdate()
    with transaction.atomic(), connection.cursor() as cursor:
        for budget in budgets:
            cursor.execute(_SPEND, {"name": budget.name, "day": today, "size": size, "limit": budget.limit_bytes})
            if not cursor.rowcount or size > budget.limit_bytes:
                raise Rejected(
                    Rejection.TOO_LARGE, _("Por hoy no entran más archivos por este chat. Contanos con palabras")
                )


@contextmanager
def charged(budgets: Sequence[Budget], size: int) -> Iterator[None]:
    """`spend`, and back again where what it was for fails: nobody pays for a disk that does not answer."""
    spend(budgets, size)
    try:
        yield
    except BaseException:  # raised again: also a request that is given up has cost nothing
        UploadBudget.objects.filter(day=timezone.localdate(), name__in=[one.name for one in budgets]).update(
            spent_bytes=Greatest(F("spent_bytes") - size, 0)
        )
        raise


def prune_budgets(now: datetime) -> int:
    """Forget the days before yesterday. Returns how many budgets."""
    gone, _models = UploadBudget.objects.filter(day__lt=timezone.localdate(now) - timedelta(days=1)).delete()
    return gone
