"""The ids of the log (common/log_ids.py) go with tasks to their workers, in a header of the message."""

from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun

from common import log_ids

HEADER = "witty_ids"


@before_task_publish.connect
def _send_ids(headers: dict[str, Any] | None = None, **_more: Any) -> None:
    if headers is not None and (ids := dict(log_ids.current())):
        headers[HEADER] = ids


@task_prerun.connect
def _bind_ids(task: Any = None, **_more: Any) -> None:
    # one that runs where it was asked for keeps what is bound there
    if task is not None and not task.request.is_eager:
        found = task.request.get(HEADER)
        log_ids.bind_only(found if isinstance(found, dict) else {})


@task_postrun.connect
def _forget_ids(task: Any = None, **_more: Any) -> None:
    if task is not None and not task.request.is_eager:
        log_ids.bind_only({})
