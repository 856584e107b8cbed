"""Real calls about how a network's line is connected, and what they found, kept for its page (line_steps.py).

Of several pages that look at once one does it. What was good stays good until a call says why it is not.
"""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from chats import jobs
from common.http_bounds import all_within
from gateway.status.line_steps import PARTS, STEPS, Check, stands_here
from gateway.status.reachability import check_address
from origins import public_address
from origins.facts import Finding
from origins.meta import app
from origins.models import LineCheck, Origin
from origins.networks import network_of

# between two looks at ourselves, and two questions to the network, which counts them
EVERY, NETWORK_EVERY = timedelta(seconds=5), timedelta(seconds=120)
# of all calls of one look together
LOOK_SECONDS = 45
BUSY = timedelta(seconds=60)
MAX_LINES = 200


def check_line(origin: Origin, address: str, *, now: datetime | None = None, is_asked: bool = False) -> None:
    """Look anew at what is not good yet, or at all where somebody `is_asked` for. `address`: our webhook's.

    Of several pages that look at once one does it.
    """
    now = now or timezone.now()
    LineCheck.objects.get_or_create(origin=origin)
    free = Q(claimed_until=None) | Q(claimed_until__lte=now + EVERY if is_asked else now)
    if not LineCheck.objects.filter(free, origin=origin).update(claimed_until=now + BUSY):
        return
    # not any more once the line was saved meanwhile (forget_checks): what is found out now is of what it was before
    ours = LineCheck.objects.filter(origin=origin, claimed_until=now + BUSY)
    kept = LineCheck.objects.get(origin=origin)
    asks_network = is_asked or _is_network_due(origin, kept, now)
    written: dict[str, Any] = {}
    try:
        with all_within(LOOK_SECONDS):
            found = list(_look(origin, address, kept, asks_network, is_asked))
        written = {"findings": [asdict(one) for one in found]} | ({"checked_at": now} if asks_network else {})
    finally:
        is_ours = ours.update(claimed_until=now + EVERY, **written)
    if not is_ours:
        return
    if any(one.about == "templates" and one.state == "good" for one in found) and not origin.templates_at:
        jobs.sync_templates(origin.pk)


def _is_network_due(origin: Origin, kept: LineCheck, now: datetime) -> bool:
    """Not as long as all is good; at once when the network has called us since."""
    known = {one["about"]: one["state"] for one in kept.findings}
    parts = {part for key in STEPS[origin.kind] for part in PARTS.get(key, ())} - {"address"}
    if all(known.get(part) == "good" for part in parts):
        return False
    called = kept.verified_at
    return not kept.checked_at or kept.checked_at < now - NETWORK_EVERY or bool(called and called > kept.checked_at)


def _look(origin: Origin, address: str, kept: LineCheck, asks_network: bool, is_asked: bool) -> Iterator[Check]:
    before = {one["about"]: Check(**one) for one in kept.findings}
    url, standing = public_address.public_url(), before.get("address")
    if standing and standing.state == "good" and not is_asked:
        yield standing
    elif url.startswith("https://") and not stands_here(origin):
        yield _as_check(check_address(url), standing)
    if not asks_network:
        yield from (one for one in before.values() if one.about != "address")
        return
    findings = network_of(origin.kind).check_connection(origin)
    if origin.kind in Origin.META and origin.app_id and origin.secret:
        findings = [*app.check_app(origin, address, ours_of(origin)), *findings]
    found = _join_parts(findings)
    for about, finding in found.items():
        # who asks is told; who only has the page open keeps what was good until somebody says otherwise
        yield _as_check(finding, None if is_asked else before.get(about))
    if any(one.is_passing for one in found.values()):
        # what came after it was not asked
        yield from (one for about, one in before.items() if about not in found and about != "address")


def _join_parts(findings: list[Finding]) -> dict[str, Finding]:
    """One of each: what is wrong with it, or else what was said first."""
    found: dict[str, Finding] = {}
    for one in findings:
        if one.about not in found or (found[one.about].is_good and not one.is_good):
            found[one.about] = one
    return found


def _as_check(finding: Finding, before: Check | None) -> Check:
    if finding.is_good:
        return Check(finding.about, "good", finding.words, finding.advice)
    if finding.is_passing and before and before.state == "good":
        # nobody said that it is not so any more
        return before
    return Check(finding.about, "wait" if finding.is_todo else "bad", finding.words, finding.advice)


def is_all_good(origin: Origin) -> bool:
    """Whether the last look found the network as it should be."""
    kept = LineCheck.objects.filter(origin=origin).first()
    found = [one["state"] for one in kept.findings if one["about"] != "address"] if kept else []
    return bool(found) and all(state == "good" for state in found)


def ours_of(origin: Origin) -> tuple[str, ...]:
    """Addresses of other lines of ours of the same app: a body tells which number it is of, whichever it comes to."""
    others = Origin.objects.filter(kind=origin.kind, app_id=origin.app_id, is_active=True).exclude(pk=origin.pk)
    base = public_address.base_url()
    return tuple(f"{base}/webhooks/{key}/" for key in others.values_list("key", flat=True)[:MAX_LINES])


def note_verified(origin: Origin) -> None:
    """The network called our address with the right token: whoever looks at the page sees it at once."""
    LineCheck.objects.update_or_create(origin=origin, defaults={"verified_at": timezone.now()})


def forget_checks(origin: Origin) -> None:
    """What it was found out with has changed."""
    LineCheck.objects.filter(origin=origin).update(findings=[], checked_at=None, claimed_until=None)


@transaction.atomic
def move_to(address: str) -> str:
    """This is our public address from now on; whoever called the one before says nothing of it. Raises BadAddress."""
    LineCheck.objects.update(findings=[], checked_at=None, claimed_until=None, verified_at=None)
    # last: this process goes by it at once
    return public_address.set_public_url(address)
