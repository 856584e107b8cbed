"""Calls that come at once are answered as one: what comes while a call runs waits, and the next takes all of it.

Who comes alone waits for nobody. No thread of its own: one of those who wait does the work for all.
"""

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from django.db import OperationalError

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

# more than the statements of one call may take (wittyagent/postgres/limits.py); its sender comes again
MAX_WAIT_SECONDS = 10.0


@dataclass(eq=False)
class _Call(Generic[Asked, Answer]):
    asked: Asked
    answer: Answer | None = None
    error: Exception | None = None
    is_done: bool = False
    # done, or its turn to work for all; who waits hears it through the queue, which is quicker than an Event
    is_called: bool = False
    calls: SimpleQueue[None] = field(default_factory=SimpleQueue)

    def call(self) -> None:
        self.is_called = True
        self.calls.put(None)

    def wait(self, seconds: float) -> bool:
        """Whether it was called in time."""
        try:
            self.calls.get(timeout=seconds)
        except Empty:
            return False
        return True


class Joiner(Generic[Asked, Answer]):
    """`answer_all(asked)` answers up to `most` calls of one key, in the order in which they came."""

    def __init__(self, answer_all: Callable[[Sequence[Asked]], Sequence[Answer]], most: int) -> None:
        self.answer_all, self.most = answer_all, most
        self.lock = threading.Lock()
        # by key, where somebody works: who waits
        self.waiting: dict[Hashable, list[_Call[Any, Any]]] = {}

    def ask(self, key: Hashable, asked: Asked) -> Answer:
        """The answer to this one. Raises what `answer_all` raised, and OperationalError where no answer comes."""
        mine: _Call[Asked, Answer] = _Call(asked)
        with self.lock:
            is_first = key not in self.waiting
            self.waiting.setdefault(key, []).append(mine)
        try:
            is_called = is_first or mine.wait(MAX_WAIT_SECONDS)
        except BaseException:  # this thread is ended while it waits: nobody else may wait for it
            if not self._take_back(key, mine) and not mine.is_done:
                self._work(key)
            raise
        if not is_called and self._take_back(key, mine):
            raise OperationalError("who stores for all does not end")
        if not mine.is_done:
            self._work(key)
        if mine.error is not None:
            raise mine.error
        return mine.answer  # type: ignore[return-value]

    def _take_back(self, key: Hashable, mine: _Call[Asked, Answer]) -> bool:
        """Whether nobody has called it meanwhile."""
        with self.lock:
            if mine.is_called:
                return False
            if mine in self.waiting.get(key, ()):
                self.waiting[key].remove(mine)
            return True

    def _work(self, key: Hashable) -> None:
        """Answer all who wait, then let the first of those who came meanwhile do the same."""
        with self.lock:
            some, self.waiting[key] = self.waiting[key][: self.most], self.waiting[key][self.most :]
        try:
            for call, answer in zip(some, self.answer_all([call.asked for call in some]), strict=True):
                call.answer = answer
        except Exception as error:  # noqa: BLE001 - each of them raises it, this one too
            for call in some:
                call.error = error
        except BaseException:  # this thread is ended, and theirs are not
            for call in some:
                call.error = OperationalError("who stored for all was ended")
            raise
        finally:
            with self.lock:
                for call in some:
                    call.is_done = True
                    call.call()
                if self.waiting[key]:
                    self.waiting[key][0].call()
                else:
                    del self.waiting[key]
