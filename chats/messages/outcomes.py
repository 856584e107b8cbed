"""What became of messages on their way, noted for figures: each failure once an attempt, each charge once a message."""

from datetime import datetime

from chats.models import Message, MessageCharge, MessageFailure
from common.errors import Failure
from origins.facts import Charge


def note_failure(message: Message, failure: Failure | None, code: str, at: datetime) -> None:
    MessageFailure.objects.bulk_create(
        [
            MessageFailure(
                message=message, attempt=message.attempts, origin_id=message.origin_id, at=at,
                failure=failure or "", code=code[:20],
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def note_charge(message: Message, charge: Charge, at: datetime) -> None:
    MessageCharge.objects.bulk_create(
        [
            MessageCharge(
                message=message, origin_id=message.origin_id, at=at, category=charge.category, kind=charge.kind,
                is_billable=charge.is_billable,
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip
