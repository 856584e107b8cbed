"""Templates of the networks' accounts: copied here, and kept true by what the network tells of them."""

import logging
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.utils import timezone

from chats import jobs
from chats.models import Template
from common.errors import OriginError
from origins.facts import RemoteTemplate, TemplateNews
from origins.models import Origin
from origins.networks import network_of

log = logging.getLogger(__name__)


def sync_templates(origin: Origin) -> int:
    """Copy all templates of an account; what is not there any more is marked deleted. Returns how many there are.

    Raises OriginError: nothing was changed then.
    """
    found = list(network_of(origin.kind).read_templates(origin))
    now = timezone.now()
    with transaction.atomic():
        # two at once: the later one finds what the first has written
        Origin.objects.select_for_update(no_key=True).get(pk=origin.pk)
        ours = {(one.name, one.language): one for one in Template.objects.filter(origin=origin)}
        for remote in found:
            _copy_template(origin, remote, ours.pop((remote.name, remote.language), None), now)
        gone = [one.pk for one in ours.values() if one.remote_id]
        Template.objects.filter(pk__in=gone).update(status=Template.Status.DELETED, synced_at=now)
        Origin.objects.filter(pk=origin.pk).update(templates_at=now)
    return len(found)


def _copy_template(origin: Origin, remote: RemoteTemplate, ours: Template | None, now: object) -> None:
    fields = {
        **asdict(remote), "components": list(remote.components), "synced_at": now,
        "header": remote.header[:60], "footer": remote.footer[:60], "reason": remote.reason[:300],
        "quality": remote.quality[:20],
    }  # fmt: skip
    if ours is None:
        Template.objects.create(origin=origin, **fields)
    else:
        Template.objects.filter(pk=ours.pk).update(**fields)


def sync_all() -> int:
    """Every account that has templates of its own. One that does not answer keeps what it had. Returns how many."""
    synced = 0
    for origin in Origin.objects.filter(is_active=True, kind__in=Origin.NETWORKS).exclude(access_token=""):
        if origin.can.remote_templates and try_sync(origin):
            synced += 1
    return synced


def try_sync(origin: Origin) -> bool:
    """The same, where nobody waits for what came of it."""
    try:
        sync_templates(origin)
    except OriginError as error:
        log.warning("templates of origin %s: %s %s", origin.pk, error.failure, error.code)
        return False
    return True


def note_template_news(origin: Origin, told: TemplateNews) -> None:
    """Approved, paused, recategorised, …: of every line of ours in that account. An unknown one asks for a sync."""
    lines = Origin.objects.filter(kind=origin.kind, account_id=told.account) if told.account else Origin.objects.none()
    # who has the secret of one line has no say in others
    origins = [one for one in lines if one.secret == origin.secret] or [origin]
    for one in origins:
        known = Template.objects.filter(origin=one, remote_id=told.remote_id) if told.remote_id else None
        if not known or not known.exists():
            known = Template.objects.filter(origin=one, name=told.name, language=told.language)
        changes: dict[str, Any] = {
            name: value
            for name, value in (
                ("status", told.status),
                ("category", told.category),
                ("reason", told.reason[:300]),
                ("quality", told.quality[:20]),
            )
            if value
        }
        if told.status == Template.Status.APPROVED:
            changes["reason"] = told.reason[:300]
        if told.status:
            changes["disabled_from"] = told.disabled_from
        if not changes or not known.update(**changes):
            jobs.sync_templates(one.pk)
