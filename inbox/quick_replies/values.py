"""What the variables of quick replies stand for in a chat; the browser fills them in (static/inbox/quick-fill.js)."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from chats.models import Chat
from common.names import show_name
from contacts.models import AttributeValue
from contacts.values import say_value
from inbox.templatetags.facts import pairs
from trays.models import Agent

MAX_VALUE_CHARS = 300
MAX_VALUES = 100


def values_of_all(chats: Sequence[Chat], agent: Agent) -> list[dict[str, str]]:
    """For each {name: value} of the variables that are known there; what is not known is asked for."""
    kept: dict[int, dict[str, str]] = {chat.contact_id: {} for chat in chats}
    known = AttributeValue.objects.filter(contact__in=kept, definition__archived_at=None)
    for one in known.select_related("definition")[: MAX_VALUES * len(kept)]:
        said = say_value(one.definition, one.value)
        # by either of its names
        kept[one.contact_id] |= {one.definition.key.replace("-", " "): said, one.definition.label: said}
    return [_values_of(chat, agent, kept[chat.contact_id]) for chat in chats]


def values_of(chat: Chat, agent: Agent) -> dict[str, str]:
    return values_of_all([chat], agent)[0]


def _values_of(chat: Chat, agent: Agent, kept: dict[str, str]) -> dict[str, str]:
    name = show_name(chat.contact.name)
    tray = chat.taken_from
    known = {
        # what a bot found out never hides what the product itself knows
        **{show_name(key): value[:MAX_VALUE_CHARS] for key, value in pairs(chat.attributes)},
        # nor what agents wrote on the card
        **kept,
        _("nombre"): name.split(" ")[0],
        _("nombre completo"): name,
        _("mi nombre"): agent.short_name,
        _("bandeja"): str(tray) if tray else "",
    }
    return {key: value for key, value in known.items() if key and value}
