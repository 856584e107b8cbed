"""What of celery and the database a trace shows (common/traces.py): tasks are a part of what asked for them."""

from contextlib import ExitStack
from typing import Any

from celery.signals import before_task_publish, task_failure, task_postrun, task_prerun
from django.db.backends.signals import connection_created
from django.dispatch import receiver

from common import traces

# by the id of a task that is being worked at: what ends with it, and its span
_open: dict[str, tuple[ExitStack, traces.Span]] = {}


@before_task_publish.connect
def _send_parent(headers: dict[str, Any] | None = None, **_more: Any) -> None:
    if headers is not None and (parent := traces.current_parent()):
        headers[traces.HEADER] = parent


@task_prerun.connect
def _begin(task_id: str = "", task: Any = None, **_more: Any) -> None:
    if traces.is_on() and task is not None:
        parent = task.request.get(traces.HEADER)
        stack = ExitStack()
        kind = "internal" if task.request.is_eager else "consumer"
        span = stack.enter_context(traces.span(task.name, kind, parent if isinstance(parent, str) else ""))
        _open[task_id] = (stack, span)


@task_failure.connect
def _fail(task_id: str = "", exception: BaseException | None = None, **_more: Any) -> None:
    if task_id in _open:
        _open[task_id][1].fail(type(exception).__name__)


@task_postrun.connect
def _end(task_id: str = "", **_more: Any) -> None:
    if task_id in _open:
        _open.pop(task_id)[0].close()


@receiver(connection_created)
def _watch(connection: Any, **_more: Any) -> None:
    if traces.is_on() and traces.watch_statement not in connection.execute_wrappers:
        connection.execute_wrappers.append(traces.watch_statement)
