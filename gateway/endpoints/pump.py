"""The pump of the calls: what waits for any endpoint is told, as many calls side by side as there are threads."""

from collections.abc import Callable, Sequence
from datetime import datetime

from chats import jobs
from common.errors import OriginError
from gateway.endpoints.calls import Outcome, claim_first, prepare_call, write_outcomes
from gateway.endpoints.event_queue import Key, find_due
from gateway.pump import BasePump, Claimed
from wittybots.models import Event
from wittybots.turns import Reply

# threads of a process that wait for bots
CALLERS = 24
# of one endpoint; from its first failure until it answers, fewer: one that hangs leaves threads to all others
MAX_CALLS, MAX_CALLS_WHILE_FAILING = 8, 2


class Pump(BasePump[Key, int, Event, Outcome]):
    """Tells what is due to any endpoint; keys are chats of endpoints, lanes are endpoints."""

    name, threads = jobs.CALLS, CALLERS

    def __init__(self) -> None:
        super().__init__()
        # by endpoint
        self.is_failing: dict[int, bool] = {}

    def find_due(self, now: datetime, most: int) -> Sequence[Key]:
        # what waits for one that has no room must not hide what waits for others
        self.left_out = {lane for lane in self.busy if self.count_room(lane) <= 0} | set(self.lanes)
        found = find_due(now, most, without=list(self.left_out))
        self.is_failing |= {endpoint_pk: is_failing for (endpoint_pk, _chat), is_failing in found.items()}
        return list(found)

    def claim_first(self, keys: Sequence[Key], now: datetime) -> Claimed[Key, Event]:
        found = claim_first(keys, now)
        self.is_failing |= {event.endpoint_id: bool(event.endpoint.failing_since) for event in found.sending}
        return found

    def key_of(self, job: Event) -> Key:
        return job.key

    def lane_of(self, key: Key) -> int:
        return key[0]

    def count_room(self, lane: int) -> int:
        return (MAX_CALLS_WHILE_FAILING if self.is_failing.get(lane) else MAX_CALLS) - self.busy[lane]

    def prepare(self, job: Event) -> Callable[[], Outcome]:
        return prepare_call(job)

    def write(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        for one in outcomes:
            if isinstance(one.came, (Reply, OriginError)):
                self.is_failing[one.event.endpoint_id] = isinstance(one.came, OriginError)
        return write_outcomes(outcomes, skip_held=True)


pump = Pump()
send_due = pump.send_due
