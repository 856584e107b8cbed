"""How an agent is there, and the log of it, in words for supervisors."""

from django.db.models import Model
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from trays.models import Agent, Presence, PresenceChange
from trays.presence import presence_of

MAX_SHOWN = 20


def describe_presence(agent: Agent) -> str:
    """'Ausente desde 15:05: Almuerzo'. `agent` as a list shows it, or any other."""
    how = getattr(agent, "how", None) or _read_presence(agent)
    words = Presence(how).label
    if how != Presence.AWAY:
        return str(words)
    since = date_format(timezone.localtime(agent.available_since), "SHORT_DATETIME_FORMAT")
    said = _("%(presence)s desde %(since)s") % {"presence": words, "since": since}
    return f"{said}: {agent.away_reason}" if agent.away_reason else said


def _read_presence(agent: Model) -> str:
    return str(Agent.objects.annotate(how=presence_of()).values_list("how", flat=True).get(pk=agent.pk))


def render_log(agent: Agent) -> SafeString | str:
    """The last changes, the newest first."""
    rows = PresenceChange.objects.filter(agent=agent).order_by("-id")[:MAX_SHOWN]
    lines = format_html_join("", "<li>{}</li>", ((_describe_change(row),) for row in rows))
    return format_html("<ul>{}</ul>", lines) if lines else "–"


def _describe_change(row: PresenceChange) -> str:
    at = date_format(timezone.localtime(row.at), "SHORT_DATETIME_FORMAT")
    said = f"{at}: {row.get_was_display()} → {row.get_became_display()}"
    return f"{said} ({row.reason})" if row.reason else said
