"""What became of a broadcast, read from its messages and chats: one statement a batch changes its recipients and, with
them, its numbers. It follows what is not settled for three days after the last message."""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q

from chats.models import Broadcast, Recipient

BATCH = 1000
FOLLOWED_FOR = timedelta(days=3)

# of the erased no status comes any more; what is `sending` or unsure is still on its way
_STATUSES = """
WITH news AS (
    SELECT r.id, r.status AS before, m.reason,
           CASE WHEN m.status IN ('queued', 'sending', 'unconfirmed') THEN 'queued' ELSE m.status END AS after
    FROM chats_recipient r JOIN chats_message m ON m.id = r.message_id
    WHERE r.broadcast_id = %(broadcast)s AND r.status IN ('queued', 'sent', 'delivered', 'failed')
      AND r.status <> CASE WHEN m.status IN ('queued', 'sending', 'unconfirmed') THEN 'queued' ELSE m.status END
    ORDER BY r.id LIMIT %(most)s FOR UPDATE OF r
), written AS (
    UPDATE chats_recipient r
    SET status = news.after, reason = CASE WHEN news.after = 'failed' THEN news.reason ELSE '' END
    FROM news WHERE r.id = news.id RETURNING news.before, news.after
), counted AS (
    SELECT count(*) AS n,
           count(*) FILTER (WHERE after = 'queued') - count(*) FILTER (WHERE before = 'queued') AS queued,
           count(*) FILTER (WHERE after = 'sent') - count(*) FILTER (WHERE before = 'sent') AS sent,
           count(*) FILTER (WHERE after = 'delivered') - count(*) FILTER (WHERE before = 'delivered') AS delivered,
           count(*) FILTER (WHERE after = 'read') - count(*) FILTER (WHERE before = 'read') AS read,
           count(*) FILTER (WHERE after = 'failed') - count(*) FILTER (WHERE before = 'failed') AS failed
    FROM written
)
UPDATE chats_broadcast b SET queued = b.queued + counted.queued, sent = b.sent + counted.sent,
       delivered = b.delivered + counted.delivered, read = b.read + counted.read, failed = b.failed + counted.failed
FROM counted WHERE b.id = %(broadcast)s AND counted.n > 0 RETURNING counted.n
"""
# the first thing that the customer wrote after it, and whether the contact has wanted none since
_ANSWERS = """
WITH news AS (
    SELECT r.id, c.last_customer_at > r.sent_at AS has_answered, p.opted_out_at > r.sent_at AS has_left,
           c.last_customer_at, p.opted_out_at, r.answered_at AS answered_before, r.opted_out_at AS left_before
    FROM chats_recipient r
    JOIN chats_chat c ON c.contact_id = r.contact_id JOIN contacts_contact p ON p.id = r.contact_id
    WHERE r.broadcast_id = %(broadcast)s AND r.sent_at IS NOT NULL
      AND (r.answered_at IS NULL AND c.last_customer_at > r.sent_at
           OR r.opted_out_at IS NULL AND p.opted_out_at > r.sent_at)
    ORDER BY r.id LIMIT %(most)s FOR UPDATE OF r
), written AS (
    UPDATE chats_recipient r SET
        answered_at = CASE WHEN news.has_answered THEN COALESCE(r.answered_at, news.last_customer_at) END,
        opted_out_at = CASE WHEN news.has_left THEN COALESCE(r.opted_out_at, news.opted_out_at) ELSE r.opted_out_at END
    FROM news WHERE r.id = news.id
    RETURNING (news.answered_before IS NULL AND r.answered_at IS NOT NULL)::int AS answered,
              (news.left_before IS NULL AND r.opted_out_at IS NOT NULL)::int AS gone
), counted AS (
    SELECT count(*) AS n, COALESCE(sum(answered), 0) AS answered, COALESCE(sum(gone), 0) AS gone FROM written
)
UPDATE chats_broadcast b SET answered = b.answered + counted.answered, opted_out = b.opted_out + counted.gone
FROM counted WHERE b.id = %(broadcast)s AND counted.n > 0 RETURNING counted.n
"""


def find_followed(now: datetime) -> list[int]:
    """Those of which something may become known, beside those that run."""
    found = Broadcast.objects.filter(Q(ended_at__gt=now - FOLLOWED_FOR) | Q(state=Broadcast.State.PAUSED))
    return list(found.values_list("pk", flat=True))


def tally(broadcast_pk: int) -> None:
    """Safe to run twice and at once: who comes second finds the broadcast held, and nothing is left."""
    for statement in (_STATUSES, _ANSWERS):
        while _tally_batch(statement, broadcast_pk) == BATCH:
            pass


@transaction.atomic
def _tally_batch(statement: str, broadcast_pk: int) -> int:
    held = Broadcast.objects.select_for_update(of=("self",), no_key=True, skip_locked=True).filter(pk=broadcast_pk)
    if not held.exists():
        return 0
    with connection.cursor() as cursor:
        cursor.execute(statement, {"broadcast": broadcast_pk, "most": BATCH})
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def count_recipients(broadcast_pk: int) -> dict[str, int]:
    """The numbers as their rows have them, for whoever checks the kept ones."""
    rows = Recipient.objects.filter(broadcast=broadcast_pk).values_list("status", "answered_at", "opted_out_at")
    found = {"answered": 0, "opted_out": 0}
    for status, answered_at, opted_out_at in rows.iterator(BATCH):
        found[status] = found.get(status, 0) + 1
        found["answered"] += answered_at is not None
        found["opted_out"] += opted_out_at is not None
    return found
