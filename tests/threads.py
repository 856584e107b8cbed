"""People who act at the same instant: threads, each with a database connection of its own."""

import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from django.db import connection


class Crowd:
    """So many threads that stay connected; `at_once` lets all of them go at the same instant."""

    def __init__(self, size):
        self.size = size
        self.asked = [queue.SimpleQueue() for _ in range(size)]
        self.answers = queue.SimpleQueue()
        self.threads = [threading.Thread(target=self._live, args=(number,), daemon=True) for number in range(size)]
        for thread in self.threads:
            thread.start()

    def _live(self, number):
        connection.ensure_connection()
        while (asked := self.asked[number].get()) is not None:
            act, together = asked
            together.wait(300)
            self.answers.put((number, self._try(act, number)))
        connection.close()

    @staticmethod
    def _try(act, number):
        try:
            return act(number)
        except Exception as error:
            return error

    def at_once(self, act):
        """act(number) in every thread; what each returned or raised, by its number. Of a shorter list, in so many."""
        acts = act if isinstance(act, (list, tuple)) else [act] * self.size
        assert len(acts) <= self.size
        together = threading.Barrier(len(acts))
        for number, act in enumerate(acts):
            self.asked[number].put((act, together))
        answers = dict(self.answers.get(timeout=300) for _ in acts)
        return [answers[number] for number in range(len(acts))]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for inbox in self.asked:
            inbox.put(None)
        for thread in self.threads:
            thread.join(60)


def start(act):
    """Begin `act` on another connection and return once it waits for a lock; `.result()` tells what it came to."""
    pool = ThreadPoolExecutor(1)
    known = threading.Event()
    pid = []

    def run():
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                pid.append(cursor.fetchone()[0])
            known.set()
            return act()
        finally:
            connection.close()

    future = pool.submit(run)
    pool.shutdown(wait=False)
    assert known.wait(60)
    with connection.cursor() as cursor:
        # a transaction goes on seeing the backends that there were when it first asked
        cursor.execute("SELECT pg_stat_clear_snapshot()")
    end = time.monotonic() + 60
    while time.monotonic() < end and not future.done():
        with connection.cursor() as cursor:
            cursor.execute("SELECT wait_event_type FROM pg_stat_activity WHERE pid = %s", pid)
            if cursor.fetchone() == ("Lock",):
                return future
        time.sleep(0.005)
    assert not future.done(), f"it did not have to wait: {future.exception() or future.result()}"
    raise AssertionError("it neither waited for a lock nor ended")


def run_aside(act):
    """In a thread with a connection of its own; `.result()` waits."""
    found = []

    def run():
        try:
            found.append(act())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.result = lambda: (thread.join(30), found[0])[1]
    return thread
