"""What the variables of quick replies stand for in a chat; the browser fills them in (static/inbox/quick-fill.js)."""

from django.utils.translation import gettext as _

from chats.models import Chat
from common.names import show_name
from inbox.templatetags.facts import pairs
from trays.models import Agent

MAX_VALUE_CHARS = 300


def values_of(chat: Chat, agent: Agent) -> dict[str, str]:
    """{name: value} of the variables that are known here; what is not known is asked for."""
    name = show_name(chat.contact.name)
    tray = chat.taken_from
    known = {
        # what a bot found out never hides what the product itself knows
        **{show_name(key): value[:MAX_VALUE_CHARS] for key, value in pairs(chat.attributes)},
        _("nombre"): name.split(" ")[0],
        _("nombre completo"): name,
        _("mi nombre"): agent.short_name,
        _("bandeja"): str(tray) if tray else "",
    }
    return {key: value for key, value in known.items() if key and value}
