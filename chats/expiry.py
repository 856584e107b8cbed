"""The sweep of the clock: chats past their session are EXPIRADO. Sending does not wait for it (window.py)."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from chats import publish
from chats.moves import EXPIRE
from chats.steps import write_steps
from wittybots.events import EXPIRED

# due chats, oldest first, that nobody has locked
_DUE = f"""
SELECT id AS chat_id, contact_id, origin_id, bot_id, '{EXPIRE.target}' AS state, NULL::bigint AS tray_id,
       NULL::bigint AS agent_id, NULL::bigint AS taken_from_id, GREATEST(session_expires_at, waiting_since) AS at,
       GREATEST(session_expires_at, waiting_since) AS since,
       state AS left_state, tray_id AS left_tray_id, agent_id AS left_agent_id, change_id AS left_change_id,
       '{EXPIRED}' AS event
FROM chats_chat
WHERE state <> '{EXPIRE.target}' AND session_expires_at <= %(now)s
ORDER BY session_expires_at LIMIT %(batch)s FOR NO KEY UPDATE SKIP LOCKED
"""  # noqa: S608 - constants of ours


def expire(*, now: datetime | None = None, batch: int = 1000) -> int:
    """Flip what is past its session. Any number of sweepers at once; each chat is flipped once. Returns how many."""
    now = now or timezone.now()
    total = 0
    while True:
        with transaction.atomic():
            written = write_steps(
                _DUE,
                {"now": now, "batch": batch},
                cause=EXPIRE.cause,
                actor=None,
                note="",
                is_activity=False,
                told_at=now,
            )
            publish.chats_expired([(one.chat_id, one.left) for one in written])
        total += len(written)
        if len(written) < batch:
            return total
