"""The removal of endpoints: a mark at once, the row and its long log by the clock.

Chats go on moving meanwhile: whoever saw the endpoint switched on may still write it an event.
"""

from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from common.lease import prune_rows
from wittybots.models import Endpoint, Event

# longer than any transaction that may have seen it before
KEEP_REMOVED = timedelta(hours=1)


def remove_endpoint(endpoint_pk: int) -> None:
    """From here on it gets no events, is shown nowhere and has no secrets."""
    Endpoint.objects.filter(pk=endpoint_pk, removed_at=None).update(
        removed_at=timezone.now(), is_active=False, secret="", previous_secret="", access_token=""
    )


def prune_removed(now: datetime, batch: int = 5_000) -> int:
    """Delete endpoints that were removed a while ago, their log first, a batch at a time. Returns how many."""
    removed = Endpoint.objects.filter(removed_at__lte=now - KEEP_REMOVED)
    return sum(_delete_endpoint(pk, batch) for pk in list(removed.values_list("pk", flat=True)))


def _delete_endpoint(endpoint_pk: int, batch: int) -> bool:
    prune_rows(Event.objects.filter(endpoint=endpoint_pk).order_by(), batch)
    try:
        with transaction.atomic():
            Endpoint.objects.filter(pk=endpoint_pk).delete()
            # here, not at the end of whose transaction this is in
            connection.check_constraints()
    except IntegrityError:
        # an event was written between its log and itself: the next run finds it
        return False
    return True
