"""What others did to an agent's account: told on the next whole page, and listed in Acceso y seguridad."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trays import audit
from trays.audit_words import say_change, say_what
from trays.models import Agent, AuditEntry
from trays.requests import AgentRequest

MAX_TOLD, MAX_LISTED = 3, 20


@dataclass(frozen=True)
class OwnNotice:
    at: datetime
    who: str
    what: str
    change: str


def tell_news(request: AgentRequest) -> None:
    """As messages of the page that is about to be shown, whole or asked for again (static/inbox/refresh.js). Asks the
    database only where there is something."""
    if request.user.untold_since is None or (request.htmx and "Witty-Refresh" not in request.headers):
        return
    found = audit.take_notices(request.user)
    for one in found[:MAX_TOLD]:
        words = " · ".join(filter(None, (say_what(one), say_change(one))))
        messages.info(request, _("%(who)s: %(what)s") % {"who": one.agent or "", "what": words})
    if (left := len(found) - MAX_TOLD) > 0:
        words = ngettext("Y %(n)s cambio más", "Y %(n)s cambios más", left) % {"n": left}
        messages.info(request, words)


def list_done_to(agent: Agent) -> list[OwnNotice]:
    """By others, the newest first."""
    found = AuditEntry.objects.filter(about=agent, kind=AuditEntry.Kind.CHANGE).exclude(agent=agent)
    return [
        OwnNotice(one.at, str(one.agent or ""), say_what(one), say_change(one))
        for one in found.select_related("agent", "about").order_by("-at", "-id")[:MAX_LISTED]
    ]
