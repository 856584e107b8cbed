"""Who may try to sign in, and when. django-axes counts what failed in the last 15 minutes; these are its limits:

- a name at an address: locked after 6 failures (AXES_FAILURE_LIMIT);
- an address: locked after 20, whatever the names;
- a name: after 10, each address waits before its first try and after each further one, longer and longer.

None of them locks an agent out by what others do. Who has signed in there before, with that browser or from that
address, is held by the first alone; a browser has failures of its own. For a new place the wait is short and ends: who
has waited is let try, however many others are at it. A supervisor's unlocking opens every place for 15 minutes.
"""

import hashlib
import ipaddress
import logging
import re
import secrets
from datetime import datetime, timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt, AccessLog
from axes.utils import reset
from django.conf import settings
from django.core import signing
from django.db.models import Exists, Max, OuterRef, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from common.client_address import client_address, client_block
from trays import audit
from trays.models import Agent, TwoSteps

# its lines are read by fail2ban: docs/operate.md
log = logging.getLogger(__name__)

WINDOW = timedelta(hours=settings.AXES_COOLOFF_TIME)
MAX_FAILURES_OF_AN_ADDRESS = 20
MAX_FAILURES_OF_A_NAME = 10
MAX_DELAY_SECONDS = 60
MAX_NAME_CHARS = 150
PLACE_IS_KNOWN_FOR = timedelta(days=30)
DEVICE_IS_KNOWN_FOR = timedelta(days=180)
# axes counts by addresses and knows nothing else: each browser that has signed in gets one of its own, of a range
# that is nobody's outside of a private network
DEVICES = ipaddress.ip_network("fd77:6974:7479::/64")
# a proxy takes no request with more than some 8 kB of headers
MAX_AGENTS_OF_A_DEVICE = 16
COOKIE_PREFIX = "device-"
DEVICE_SALT = "trays.sign_in.device"
# the path by which the log of who got in tells an unlocking from a sign-in
UNLOCKED = "unlocked"


class SignInLimits(AxesDatabaseHandler):
    """The limits above, asked before a password is looked at (AXES_HANDLER)."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        return seconds_to_wait(request, credentials) > 0

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        held = getattr(request, "axes_locked_out", False)
        super().user_login_failed(sender, credentials, request, **kwargs)
        if request is not None:
            log_failure("held" if held else "failed", request, get_client_username(request, credentials) or "")


def log_failure(outcome: str, request: HttpRequest, name: str, detail: str = "") -> None:
    """One line in a form that stays, and one in the audit log. Nothing that was typed can look like a part of it."""
    shown = re.sub(r"[^\w.@+-]", "?", name)[:150]
    log.warning("sign-in %s: address=%s name=%s", outcome, client_address(request), shown)
    agent = Agent.objects.filter(username=name).first()
    # what is nobody's name may be a password that was typed in the wrong place
    words = [_("usuario %(name)s") % {"name": name} if agent else _("un usuario que no existe"), detail]
    # who is held tries on without end; who fails is held before long
    once = f"{client_block(request)}:{agent.pk if agent else ''}" if outcome == "held" else ""
    what = audit.What.HELD if outcome == "held" else audit.What.FAILED
    audit.note(what, None, request, about=agent, once=once, detail=", ".join(filter(None, words)))


def seconds_to_wait(request: HttpRequest, credentials: dict[str, Any] | None) -> float:
    """Seconds until this name may be tried from where it is tried now; 0: at once."""
    name, caller, now = get_client_username(request, credentials) or "", find_caller(request), timezone.now()
    recent = AccessAttempt.objects.filter(attempt_time__gt=now - WINDOW)
    failed, last = _sum_up(recent.filter(username=name, ip_address=caller))
    if failed >= settings.AXES_FAILURE_LIMIT and last:
        return (last + WINDOW - now).total_seconds()
    if _find_device(request) or _is_known(name, caller, now):
        return 0
    failed, last_of_address = _sum_up(recent.filter(ip_address=caller))
    if failed >= MAX_FAILURES_OF_AN_ADDRESS and last_of_address:
        return (last_of_address + WINDOW - now).total_seconds()
    failed, _last = _sum_up(recent.filter(username=name))
    if failed < MAX_FAILURES_OF_A_NAME:
        return 0
    delay = min(2.0 ** (failed - MAX_FAILURES_OF_A_NAME), MAX_DELAY_SECONDS)
    if last is None:
        _begin_to_wait(name, caller, now)
        return delay
    return max(0.0, (last - now).total_seconds() + delay)


def _sum_up(attempts: Any) -> tuple[int, datetime | None]:
    found = attempts.aggregate(failed=Sum("failures_since_start"), last=Max("attempt_time"))
    return found["failed"] or 0, found["last"]


def _begin_to_wait(name: str, caller: str | None, now: datetime) -> None:
    """Nobody else can use up the turn that comes of this wait: it is of this name at this address."""
    AccessAttempt.objects.update_or_create(
        username=name, ip_address=caller, user_agent="", defaults={"failures_since_start": 0, "attempt_time": now}
    )


def _is_known(name: str, caller: str | None, now: datetime) -> bool:
    signed_in = Q(ip_address=caller, attempt_time__gt=now - PLACE_IS_KNOWN_FOR) if caller else Q(pk=None)
    unlocked = Q(path_info=UNLOCKED, attempt_time__gt=now - WINDOW)
    return AccessLog.objects.filter(signed_in | unlocked, username=name).exists()


def is_held_somewhere() -> Exists:
    """Of each agent of a queryset: whether the first of these limits holds the name now, wherever that is."""
    recent = AccessAttempt.objects.filter(attempt_time__gt=timezone.now() - WINDOW)
    return Exists(recent.filter(username=OuterRef("username"), failures_since_start__gte=settings.AXES_FAILURE_LIMIT))


def unlock(agent: Agent) -> None:
    """Let the agent try again now, from anywhere, and the second step too."""
    unlock_password(agent)
    TwoSteps.objects.filter(agent=agent).update(failures=0, failed_since=None)


def unlock_password(agent: Agent) -> None:
    reset(username=agent.username)
    AccessLog.objects.create(username=agent.username, path_info=UNLOCKED)


def forget_old_records() -> None:
    """Delete what no limit asks for any more. Safe to run twice and at once."""
    AccessAttempt.objects.filter(attempt_time__lt=timezone.now() - WINDOW).delete()
    AccessLog.objects.filter(attempt_time__lt=timezone.now() - PLACE_IS_KNOWN_FOR).delete()


# --- browsers that have signed in before ---------------------------------------------------------


def find_name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str | None:
    """The name that somebody signs in with, as much of it as a name may have: what is typed has any length."""
    name = (credentials or {}).get("username") or request.POST.get("username")
    return name and str(name).replace("\0", "")[:MAX_NAME_CHARS]


def find_caller(request: HttpRequest) -> str | None:
    """Who is counted: the browser, where it has signed in by this name before, else the address."""
    return _find_device(request) or client_block(request) or None


def _find_device(request: HttpRequest) -> str | None:
    name = Agent.normalize_username(request.POST.get("username", "").strip())
    try:
        cookie = request.COOKIES.get(_cookie_name(name), "")
        owner, number = signing.loads(cookie, salt=DEVICE_SALT, max_age=DEVICE_IS_KNOWN_FOR)
    except signing.BadSignature:
        return None
    # bound to the name: of what one may make many by signing in oneself, none helps to guess another's
    return str(DEVICES[number]) if owner == name else None


def remember_device(request: HttpRequest, response: HttpResponse, agent: Agent) -> None:
    """After a sign-in: this browser is the agent's from now on. The oldest of many who share it are forgotten."""
    others = [name for name in request.COOKIES if name.startswith(COOKIE_PREFIX)]
    for name in others[: 1 - MAX_AGENTS_OF_A_DEVICE]:
        response.delete_cookie(name, path=reverse("login"), samesite="Lax")
    number = secrets.randbelow(DEVICES.num_addresses)
    response.set_cookie(
        _cookie_name(agent.username),
        signing.dumps([agent.username, number], salt=DEVICE_SALT),
        max_age=DEVICE_IS_KNOWN_FOR,
        path=reverse("login"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _cookie_name(name: str) -> str:
    return f"{COOKIE_PREFIX}{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:12]}"
