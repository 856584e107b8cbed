"""The pump of the outbox: what is due in any chat leaves, as many chats side by side as there are threads."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from django.utils import timezone

from chats import jobs
from chats.models import Message
from gateway.outbound.claims import WITH_FILES, claim_first, find_due_chats
from gateway.outbound.outbox import Outcome, build_outgoing, failed_by, send_message, write_outcomes
from gateway.pump import BasePump, Claimed

# threads of a process that wait for networks
SENDERS = 16


class Pump(BasePump[int, None, Message, Outcome]):
    """Sends what is due in any chat; keys are chats."""

    name, threads = jobs.OUTBOX, SENDERS

    def find_due(self, now: datetime, most: int) -> Sequence[int]:
        return find_due_chats(now, most)

    def claim_first(self, keys: Sequence[int], now: datetime) -> Claimed[int, Message]:
        return claim_first(keys, now)

    def key_of(self, job: Message) -> int:
        return job.chat_id

    def lane_of(self, key: int) -> None:
        return None

    def prepare(self, job: Message) -> Callable[[], Outcome]:
        if job.kind in WITH_FILES:
            # looked up by its thread
            return partial(send_message, job)
        began = timezone.now()
        try:
            outgoing = build_outgoing(job, began)
        except Exception as error:  # noqa: BLE001 - told apart in there
            return partial(failed_by, job, began, error)
        return partial(send_message, job, outgoing)

    def write(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        return write_outcomes(outcomes, skip_held=True)


pump = Pump()
send_due = pump.send_due
