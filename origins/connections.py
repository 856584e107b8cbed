"""Accounts of persons that a line answers for (Telegram Business): who, and whether it may answer now."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from common.errors import OriginError
from origins import health
from origins.facts import AccountNews, Connected
from origins.models import Connection, Origin


@transaction.atomic
def note_connected(origin: Origin, fact: Connected) -> None:
    """What the network says of a connection; what is older than what is known changes nothing."""
    at = min(fact.at or timezone.now(), timezone.now())
    row, is_new = Connection.objects.select_for_update().get_or_create(
        origin=origin, ref=fact.ref, defaults={"changed_at": at}
    )
    if not is_new and row.changed_at > at:
        return
    row.owner, row.may_answer, row.is_on, row.changed_at = fact.owner[:200], fact.may_answer, fact.is_on, at
    row.save()
    health.note_account_news(origin, AccountNews(_describe(row)))


def _describe(row: Connection) -> str:
    owner = {"owner": row.owner or row.ref}
    if not row.is_on:
        return _("La cuenta Business de %(owner)s se desconectó del bot: no se puede responder por ella") % owner
    if not row.may_answer:
        return _("La cuenta Business de %(owner)s no deja responder al bot: solo se leen sus mensajes") % owner
    return _("La cuenta Business de %(owner)s está conectada al bot") % owner


def check_may_answer(origin: Origin, ref: str) -> None:
    """Raises OriginError in words where it is known that the account does not let us. Unknown ones are tried."""
    row = Connection.objects.filter(origin=origin, ref=ref).first()
    if row and not (row.is_on and row.may_answer):
        raise OriginError(_describe(row) + ". " + _("Pedile al dueño que lo permita en Telegram."))
