"""Where an agent is signed in: noted as it is used, listed, and ended by the agent. An ended session is over at once,
also on open sockets; the browsers that were told of news in it are told no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from chats import publish
from chats.errors import Rejected, Rejection
from common.client_address import client_address
from common.lease import prune_rows
from inbox.account.devices import Device, read_device
from inbox.consumers import login_name
from inbox.models import Login, PushSubscription
from inbox.models.login import MAX_DEVICE_CHARS
from live import throttle
from trays.models import Agent
from trays.requests import AgentRequest, agent_of

NOTED_EVERY_SECONDS = 300
MAX_LISTED = 50
PRUNED_AT_ONCE = 1_000
# a row may be there before its session is saved
PRUNED_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class OpenLogin:
    pk: int
    device: Device
    address: str
    used_at: datetime
    is_this: bool


def note_login(request: HttpRequest) -> None:
    """That the session is in use, from where and with what: at most every five minutes. Without Redis it is not
    noted."""
    key = request.session.session_key
    if not key or throttle.count_in_window(f"login-noted:{login_name(key)}", NOTED_EVERY_SECONDS).count != 1:
        return
    named = request.headers.get("User-Agent", "").replace("\x00", "")[:MAX_DEVICE_CHARS]
    row = Login(agent=agent_of(request), session_key=key, device=named, address=client_address(request))
    Login.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["session_key"],
        update_fields=["agent", "device", "address", "used_at"],
    )


def list_open(request: AgentRequest) -> list[OpenLogin]:
    """Those that stand, this one first, then the last used."""
    rows = list(Login.objects.filter(agent=request.user).order_by("-used_at", "-id")[:MAX_LISTED])
    standing = _find_standing(request.user, [one.session_key for one in rows])
    this = request.session.session_key
    found = [
        OpenLogin(one.pk, read_device(one.device), one.address, one.used_at, one.session_key == this)
        for one in rows
        if one.session_key in standing
    ]
    return sorted(found, key=lambda one: not one.is_this)


def _find_standing(agent: Agent, keys: Sequence[str]) -> set[str]:
    """The same rule as inbox/logins.py, for many."""
    wanted = agent.get_session_auth_hash()
    sessions = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    carried = {one.session_key: one.get_decoded().get(HASH_SESSION_KEY) or "" for one in sessions}
    return {key for key, value in carried.items() if constant_time_compare(value, wanted)}


def end_login(request: AgentRequest, pk: int) -> None:
    """End one of the agent's own. One that is not there any more is over already."""
    row = Login.objects.filter(agent=request.user, pk=pk).first()
    if row is None:
        return
    if row.session_key == request.session.session_key:
        raise Rejected(Rejection.INVALID, _("Esta es la sesión que estás usando. Para cerrarla, usá Salir"))
    _end([row])


@transaction.atomic
def end_others(request: AgentRequest) -> None:
    """End all but this one, also those that were never noted."""
    agent = Agent.objects.select_for_update().get(pk=request.user.pk)
    Agent.objects.filter(pk=agent.pk).update(sessions_ended=F("sessions_ended") + 1)
    agent.refresh_from_db(fields=["sessions_ended"])
    # in the same transaction: a request of this session that comes between the two would end it
    request.session[HASH_SESSION_KEY] = agent.get_session_auth_hash()
    request.session.save()
    _end(list(Login.objects.filter(agent=agent).exclude(session_key=request.session.session_key)))
    PushSubscription.objects.filter(agent=agent).exclude(session_key=request.session.session_key).delete()
    publish.rights_changed(agent)


@transaction.atomic
def _end(rows: Sequence[Login]) -> None:
    keys = [one.session_key for one in rows]
    Session.objects.filter(session_key__in=keys).delete()
    PushSubscription.objects.filter(session_key__in=keys).delete()
    Login.objects.filter(session_key__in=keys).delete()
    for key in keys:
        publish.logged_out(login_name(key))


def forget_login(key: str) -> None:
    """Its agent has signed out."""
    Login.objects.filter(session_key=key).delete()
    PushSubscription.objects.filter(session_key=key).delete()


def prune_logins() -> int:
    """Delete those whose session is over. Safe to run twice and at once."""
    now = timezone.now()
    alive = Session.objects.filter(expire_date__gt=now).values("session_key")
    old = Login.objects.filter(used_at__lt=now - PRUNED_AFTER).exclude(session_key__in=alive)
    return prune_rows(old.order_by("id"), PRUNED_AT_ONCE)
