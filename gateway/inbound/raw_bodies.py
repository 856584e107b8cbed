"""The ledger: what came in is kept as it came before anyone makes sense of it."""

import hashlib

from django.db import connection
from django.db.models import F
from django.utils import timezone

from origins.models import Body, Origin


def keep_body(origin: Origin, raw: bytes) -> tuple[Body, bool]:
    """Keep these bytes once for this origin. Returns the row and whether it is new.

    An exact repeat, also at the same instant on another connection, gets the row that stands.
    """
    digest = hashlib.sha256(raw).digest()
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO origins_body (origin_id, raw, digest, received_at, state, reason)
               SELECT %(origin)s, %(raw)s, %(digest)s, %(now)s, 'received', ''
               WHERE NOT EXISTS (SELECT FROM origins_body WHERE origin_id = %(origin)s AND digest = %(digest)s)
               ON CONFLICT DO NOTHING RETURNING id, received_at""",
            {"origin": origin.pk, "raw": raw, "digest": digest, "now": timezone.now()},
        )
        row = cursor.fetchone()
    if row:
        body = Body(id=row[0], origin=origin, raw=raw, digest=digest, received_at=row[1], state="received")
        return body, True
    standing = Body.objects.filter(origin=origin, digest=digest)
    standing.update(repeats=F("repeats") + 1)
    body = standing.get()
    body.origin = origin
    return body, False
