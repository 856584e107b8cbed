"""The circuit breaker of endpoints: since when one fails; one that has failed for a day is called no more."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from chats.bots import release
from gateway.endpoints.event_queue import PING, WAITING
from wittybots.models import Endpoint, Event

log = logging.getLogger(__name__)

DAY = timedelta(days=1)
# that it answers is written this often, not at each call
HEARD_EVERY = timedelta(seconds=30)


def record_success(endpoint: Endpoint) -> None:
    now = timezone.now()
    is_known = endpoint.heard_at is not None and now - endpoint.heard_at < HEARD_EVERY
    if is_known and endpoint.failing_since is None and not endpoint.trouble:
        return
    stale = Q(heard_at=None) | Q(heard_at__lt=now - HEARD_EVERY)
    changed = Endpoint.objects.filter(Q(failing_since__isnull=False) | ~Q(trouble="") | stale, pk=endpoint.pk)
    changed.update(heard_at=now, failing_since=None, trouble="")


def record_failure(endpoint: Endpoint, words: str) -> None:
    changed = Endpoint.objects.filter(Q(failing_since=None) | ~Q(trouble=words), pk=endpoint.pk)
    changed.update(failing_since=Coalesce(F("failing_since"), timezone.now()), trouble=words)


def end_waiting(endpoint_pk: int, state: str, reason: str) -> int:
    """What waits for an endpoint is sent no more, but a try that somebody waits for. Returns how many."""
    waiting = Event.objects.filter(endpoint=endpoint_pk, state__in=WAITING).exclude(kind=PING)
    return waiting.update(state=state, next_try_at=None, reason=reason)


def switch_off_failing(now: datetime) -> int:
    """Endpoints that have failed for a day, and fail still, are called no more. Returns how many."""
    failing = Endpoint.objects.filter(is_active=True, failing_since__lte=now - DAY).select_related("bot")
    return sum(_switch_off(endpoint, now) for endpoint in failing if _fails_still(endpoint, now))


def _fails_still(endpoint: Endpoint, now: datetime) -> bool:
    """Not one failure long ago, and nothing to be sent since."""
    tried = Q(state=Event.State.FAILED) | Q(state__in=WAITING, attempts__gt=0)
    return Event.objects.filter(tried, endpoint=endpoint, created_at__gt=now - DAY / 2).exists()


def _switch_off(endpoint: Endpoint, now: datetime) -> bool:
    with transaction.atomic():
        own = Endpoint.objects.filter(pk=endpoint.pk, is_active=True, failing_since=endpoint.failing_since)
        if not own.update(is_active=False, switched_off_at=now):
            return False
        end_waiting(endpoint.pk, Event.State.FAILED, _("El webhook se apagó: fallaba hace un día"))
    log.warning("endpoint %s is switched off: it has failed for a day", endpoint.pk)
    if endpoint.bot is not None:
        release.release_all(endpoint.bot, _("El bot se apagó: fallaba hace un día"), now=now)
    return True
