"""A file that many messages show is uploaded once for all of them, while its id is valid.

Who uploads it has its row for a while; the others come back a moment later. A worker that dies leaves a claim that runs
out. An id that the network refuses is forgotten, and the message that named it leaves with a new one.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from common.errors import Failure, OriginError
from common.lease import prune_rows
from origins.facts import File
from origins.models import SharedUpload

if TYPE_CHECKING:
    from origins.models import Origin

# WhatsApp keeps an upload for 30 days
VALID_FOR = timedelta(days=29)
# longer than an upload takes
CLAIM = timedelta(seconds=90)
BUSY_PAUSE_SECONDS = 1.0
# what an id that it does not know, or has no more, is refused with
REFUSED = ("100", "131053")


def find_or_upload(origin: "Origin", key: str, upload: Callable[[], str]) -> str:
    """Its id. Raises OriginError: where somebody else is uploading it, one that uses up no attempt."""
    until = timezone.now() + CLAIM
    row_id = _claim(origin.pk, key, until)
    if row_id is None:
        known = SharedUpload.objects.filter(origin=origin, key=key).values_list("remote_id", flat=True).first()
        if known:
            return known
        words = _("El archivo se está subiendo. Sale en un momento.")
        raise OriginError(words, failure=Failure.CHAT, after=BUSY_PAUSE_SECONDS)
    mine = SharedUpload.objects.filter(pk=row_id, remote_id="", valid_until=until)
    try:
        given = upload()
    except BaseException:  # also of a thread that is ended: the others need not wait until the claim runs out
        mine.delete()
        raise
    mine.update(remote_id=given, valid_until=timezone.now() + VALID_FOR)
    return given


def _claim(origin_pk: int, key: str, until: datetime) -> int | None:
    """The row's id where it is ours to upload now: there was none, its id has run out, or its claim has."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO origins_sharedupload AS kept (origin_id, key, remote_id, valid_until)
               VALUES (%(origin)s, %(key)s, '', %(until)s)
               ON CONFLICT (origin_id, key) DO UPDATE SET remote_id = '', valid_until = EXCLUDED.valid_until
               WHERE kept.valid_until <= %(now)s
               RETURNING id""",
            {"origin": origin_pk, "key": key, "until": until, "now": timezone.now()},
        )
        found = cursor.fetchone()
    return found[0] if found else None


def forget_refused(origin: "Origin", file: File, body: dict[str, Any], error: OriginError) -> bool:
    """Whether the message may have been refused for an id that was kept, and is worth sending once more."""
    if not file.shared or error.failure != Failure.FINAL or error.code not in REFUSED:
        return False
    kept = SharedUpload.objects.filter(origin=origin, key=file.shared)
    # who was quicker may have another one by now: that stays
    known = kept.values_list("remote_id", flat=True).first()
    if known and f'"{known}"' in json.dumps(body):
        kept.filter(remote_id=known).delete()
    return True


def prune_uploads(now: datetime) -> int:
    return prune_rows(SharedUpload.objects.filter(valid_until__lt=now).order_by("pk"), 1000)
