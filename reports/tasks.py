"""Celery tasks of reports. As those of gateway/tasks.py: safe to run twice and at once."""

from celery import shared_task
from django.utils import timezone

from common.clocks import where_clocks_agree
from reports import exporting, hourly, kinds, rollup


@shared_task
def roll_up_news() -> int:
    return rollup.sweep() + sum(hourly.sweep(kind) for kind in kinds.KINDS)


@shared_task
def roll_up_again() -> int:
    """The last days anew: what was committed so late that no sweep could find it."""
    return rollup.roll_up_lately() + sum(hourly.roll_up_lately(kind) for kind in kinds.KINDS)


@shared_task
def carry_out_export(job_pk: int) -> None:
    exporting.carry_out(job_pk)


@shared_task
@where_clocks_agree
def sweep_exports() -> None:
    """Go on with files whose worker is gone; those of yesterday are forgotten."""
    now = timezone.now()
    exporting.prune(now)
    for job_pk in exporting.find_unfinished(now):
        carry_out_export.apply_async((job_pk,), expires=60)
