"""Looks at what is not one's own, for the audit log: a chat that one does not attend, its files, a card.

A look is noted once an hour, and asks nothing where the chat is the agent's own (contacts/place.py).
"""

from collections.abc import Iterable

from chats.models import Chat
from contacts.models import Contact
from contacts.place import Place, is_attended_by
from trays import audit
from trays.audit import What
from trays.models import AuditEntry
from trays.requests import AgentRequest


def note_looks(request: AgentRequest, chats: Iterable[Chat], what: str = What.CHAT) -> None:
    """That these chats are shown to the agent, or their files."""
    foreign = [one for one in chats if not is_attended_by(request.user.pk, Place.of(one))]
    if foreign:
        audit.note_many([_build_look(request, what, one, one.contact_id) for one in foreign])


def note_card(request: AgentRequest, contact: Contact) -> None:
    """That this card is shown to the agent; `contact` with its state."""
    current = contact.current
    if current is not None and not is_attended_by(request.user.pk, Place.of(current)):
        audit.note_many([_build_look(request, What.CARD, current, contact.pk)])


def _build_look(request: AgentRequest, what: str, placed: object, contact: int) -> AuditEntry:
    holder = placed.agent if placed.state == Chat.State.AGENTE else None  # type: ignore[attr-defined]
    return audit.build_entry(what, request.user, request, about=holder, contact=contact, once=str(contact))
