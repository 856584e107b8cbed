"""Celery tasks of what agents are told in their browsers. As those of gateway/tasks.py: ids in, safe to run twice."""

from celery import shared_task
from django.utils import timezone

from common.clocks import where_clocks_agree
from inbox import drafts
from inbox.account import link_mail, open_logins
from inbox.contact_csv import running
from inbox.models import PushSubscription
from inbox.notices import pushing
from inbox.personal_data import running as personal_data
from inbox.quick_replies import files


@shared_task
def push_news() -> int:
    return pushing.tell_agents(timezone.now())


@shared_task
def try_push(subscription_pk: int) -> None:
    if (browser := PushSubscription.objects.filter(pk=subscription_pk).first()) is not None:
        pushing.send_trial(browser)


@shared_task
@where_clocks_agree
def prune_browsers() -> int:
    return pushing.prune_browsers()


@shared_task
@where_clocks_agree
def prune_drafts() -> int:
    return drafts.prune_drafts()


@shared_task
@where_clocks_agree
def prune_logins() -> int:
    return open_logins.prune_logins()


@shared_task
def mail_entry_links() -> int:
    return link_mail.mail_links()


@shared_task
def carry_out_csv(job_pk: int) -> None:
    running.carry_out(job_pk)


@shared_task
@where_clocks_agree
def sweep_csv() -> None:
    """Go on with files whose worker is gone."""
    for job_pk in running.find_unfinished(timezone.now()):
        carry_out_csv.apply_async((job_pk,), expires=60)


@shared_task
@where_clocks_agree
def prune_csv() -> int:
    return running.prune_files(timezone.now())


@shared_task
def carry_out_copy(job_pk: int) -> None:
    personal_data.carry_out_copy(job_pk)


@shared_task
def carry_out_erasure(job_pk: int) -> None:
    personal_data.carry_out_erasure(job_pk)


@shared_task
@where_clocks_agree
def sweep_personal_data() -> None:
    """Go on with copies and erasures whose worker is gone; copies of yesterday are forgotten."""
    copies, erasures = personal_data.find_unfinished(timezone.now())
    for job_pk in copies:
        carry_out_copy.apply_async((job_pk,), expires=60)
    for job_pk in erasures:
        carry_out_erasure.apply_async((job_pk,), expires=60)
    personal_data.prune_copies(timezone.now())


@shared_task
@where_clocks_agree
def drop_quick_files() -> int:
    return files.drop_unused()
