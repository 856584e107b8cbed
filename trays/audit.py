"""Writing the audit log (trays/models/audit.py): one door for all who note something, and the sweep of what is old.

    audit.note(What.CONTACT_ERASED, request.user, request, contact=contact.pk, detail="86 mensajes, 12 archivos")

It is written in the transaction of what it tells of: what was undone was not done. Nothing that a customer said or is
called goes into it, and no secret: of one `secret_end` says its end.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from common.client_address import client_address
from trays.models.audit import MAX_THING, MAX_VALUE, AuditEntry, AuditNotice
from trays.models.staff import Agent

What = AuditEntry.What
BATCH = 1000
MAX_NOTICES = 100
# fewer than this of a secret's signs say too much of it
MIN_SECRET_CHARS = 12


def note(what: str, by: Agent | None, request: HttpRequest | None = None, **said: Any) -> None:
    """Note that `by` (None: nobody who is known) did this, from where the request came (None: not by one).

    Said of it: `about`, the agent to whom it was done; `contact`, the number of one; `thing`, its name; `field`, `old`
    and `new` of a change; `detail`, a few words; `once`: a name under which it is noted no more than once an hour;
    `at`: when, where that is not now.
    """
    note_many([build_entry(what, by, request, **said)])


def build_entry(
    what: str, by: Agent | None, request: HttpRequest | None = None, *,
    about: Agent | None = None, contact: int | None = None, once: str = "", at: datetime | None = None, **words: str,
) -> AuditEntry:  # fmt: skip
    """The row of note(), not written yet. `words`: thing, field, old, new, detail."""
    now = at or timezone.now()
    limits = {"thing": MAX_THING, "field": MAX_THING, "old": MAX_VALUE, "new": MAX_VALUE, "detail": MAX_VALUE}
    return AuditEntry(
        at=now,
        kind=what.partition(".")[0],
        what=what,
        agent=by,
        about=about,
        contact=contact,
        address=(client_address(request) or None) if request is not None else None,
        once=f"{what}:{by.pk if by else ''}:{once}:{now:%Y%m%d%H}"[:100] if once else None,
        **{name: _shorten(text, limits[name]) for name, text in words.items()},
    )


def note_many(entries: Sequence[AuditEntry]) -> None:
    """What was noted this hour already is left out, and nothing is written for it."""
    keys = [one.once for one in entries if one.once]
    known = set(AuditEntry.objects.filter(once__in=keys).values_list("once", flat=True)) if keys else set()
    if fresh := [one for one in entries if one.once is None or one.once not in known]:
        # two that look at once: the second one is left out by the constraint
        AuditEntry.objects.bulk_create(fresh, ignore_conflicts=bool(keys))


def leave_notices(told: Mapping[Agent, Iterable[AuditEntry]]) -> None:
    """Each is to be told of these, which are written, whenever they are there (trays/own_notices.py)."""
    notices = [AuditNotice(agent=agent, entry=one) for agent, entries in told.items() for one in entries]
    AuditNotice.objects.bulk_create(notices, ignore_conflicts=True)
    if people := sorted(agent.pk for agent in told):
        # after the commit: a form of the admin holds its agent's row, and would wait here for another that is held
        transaction.on_commit(partial(_mark_told, people))


def _mark_told(people: Sequence[int]) -> None:
    now = timezone.now()
    for pk in people:
        Agent.objects.filter(pk=pk, untold_since=None).update(untold_since=now)


@transaction.atomic
def take_notices(agent: Agent) -> list[AuditEntry]:
    """What the agent was to be told, the newest first: told once, also by two pages at once."""
    if not Agent.objects.filter(pk=agent.pk, untold_since__isnull=False).update(untold_since=None):
        return []
    waiting = AuditNotice.objects.filter(agent=agent).select_related("entry__agent", "entry__about")
    notices = list(waiting.order_by("-entry")[:MAX_NOTICES])
    # and no other: one more may have come in the meantime
    AuditNotice.objects.filter(pk__in=[one.pk for one in notices]).delete()
    return [one.entry for one in notices]


def _shorten(text: str, most: int) -> str:
    flat = " ".join(str(text).replace("\x00", "").split())
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def secret_end(secret: str) -> str:
    """What may be said of a secret."""
    if not secret:
        return _("nada")
    return _("termina en %(end)s") % {"end": secret[-4:]} if len(secret) >= MIN_SECRET_CHARS else _("puesto")


def prune_entries() -> int:
    """Forget what is older than AUDIT_DAYS. Safe to run twice and at once. Returns how many."""
    before, pruned = timezone.now() - timedelta(days=settings.AUDIT_DAYS), 0
    while batch := _prune_batch(before):
        pruned += batch
    return pruned


@transaction.atomic
def _prune_batch(before: datetime) -> int:
    with connection.cursor() as cursor:
        # what the trigger asks for, until the transaction ends
        cursor.execute("SELECT set_config('wittyagent.audit_sweep', 'on', true)")
    old = AuditEntry.objects.filter(at__lt=before).order_by("at", "pk").values_list("pk", flat=True)
    gone, _of_each = AuditEntry.objects.filter(pk__in=list(old[:BATCH])).delete()
    return gone
