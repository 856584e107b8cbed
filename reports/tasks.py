"""Celery tasks of reports. As those of gateway/tasks.py: safe to run twice and at once."""

from celery import shared_task

from reports import rollup


@shared_task
def roll_up_news() -> int:
    return rollup.sweep()


@shared_task
def roll_up_again() -> int:
    """The last days anew: what was committed so late that no sweep could find it."""
    return rollup.roll_up_lately()
