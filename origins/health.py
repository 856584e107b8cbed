"""The lines' own state: when they last spoke to us, and what is wrong with them. Their queue waits while it is."""

import logging
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from origins import pace
from origins.facts import AccountNews
from origins.models import Origin

log = logging.getLogger(__name__)

# how long a line in trouble waits until one message tries again
PROBE = timedelta(minutes=5)
# "heard" is kept to the minute: written with every body, one row would hold up all of them
MINUTE = timedelta(minutes=1)
# seconds of a hold that supervisors see
SHOWN = 10


def heard(origin: Origin) -> None:
    """A body came."""
    _note(origin, "heard_at")


def receipt_came(origin: Origin) -> None:
    """A receipt came."""
    _note(origin, "receipt_at")


def _note(origin: Origin, field: str) -> None:
    now, last = timezone.now(), getattr(origin, field)
    if last and last > now - MINUTE:
        return
    setattr(origin, field, now)
    stale = Q(**{field: None}) | Q(**{f"{field}__lt": now - MINUTE})
    Origin.objects.filter(stale, pk=origin.pk).update(**{field: now})


def trouble(origin_pk: int, words: str, *, by_receipt: bool = False) -> None:
    """Token, account or payment: what waits on this line waits on, and supervisors see why.

    `by_receipt`: the network takes messages and says only later that it does not deliver them.
    """
    now = timezone.now()
    said = {"trouble": words[:300], "held_until": now + PROBE, "trouble_by_receipt": by_receipt}
    if not Origin.objects.filter(pk=origin_pk, trouble="").update(**said, trouble_at=now):
        Origin.objects.filter(pk=origin_pk).update(**said)
        return
    log.warning("origin %s is in trouble: its queue waits", origin_pk)


def may_probe(origin: Origin, now: datetime) -> bool:
    """Of all that waits on a line in trouble one message tries, and no other for a while."""
    waited = Q(held_until=None) | Q(held_until__lte=now)
    return bool(Origin.objects.filter(waited, pk=origin.pk).update(held_until=now + PROBE))


def hold(origin: Origin, seconds: float) -> None:
    """The network asked the whole line to wait; what is longer than a moment is shown to supervisors."""
    pace.hold(origin, seconds)
    if seconds >= SHOWN:
        until = timezone.now() + timedelta(seconds=seconds)
        Origin.objects.filter(Q(held_until=None) | Q(held_until__lt=until), pk=origin.pk).update(held_until=until)


def taken(origin: Origin) -> None:
    """The network took a message: unless it does so only to say later that it was not delivered."""
    if origin.trouble and not origin.trouble_by_receipt:
        well_again(origin)


def well_again(origin: Origin) -> None:
    """Something went through."""
    if origin.trouble:
        origin.trouble, origin.trouble_at, origin.held_until = "", None, None
        Origin.objects.filter(pk=origin.pk).update(trouble="", trouble_at=None, held_until=None)


def unknown_line(origin: Origin, line: str) -> None:
    """The network speaks of a line that nobody set up: supervisors see it where this one's health is."""
    log.warning("origin %s got a message for the unknown line %s", origin.pk, line[:60])
    words = _("Llegaron mensajes para la línea %(line)s, que no está dada de alta") % {"line": line[:60]}
    _say(origin, words)


def switched_off(origin: Origin) -> None:
    """Something came for a line that is switched off."""
    _say(origin, _("Llegan mensajes y la línea está apagada: quedan guardados"))


def of_account(origin: Origin) -> list[Origin]:
    """The lines of ours in its account; who has the secret of one line has no say in others."""
    if not origin.account_id:
        return [origin]
    lines = Origin.objects.filter(kind=origin.kind, account_id=origin.account_id).order_by("id")
    return [one for one in lines if one.secret == origin.secret] or [origin]


def account_news(origin: Origin, fact: AccountNews) -> None:
    """What the network says of the account: a trouble, its end, or something to know."""
    if fact.is_trouble:
        trouble(origin.pk, fact.words)
    elif fact.clears:
        well_again(Origin.objects.get(pk=origin.pk))
    else:
        _say(origin, fact.words)


def _say(origin: Origin, words: str) -> None:
    """Something for supervisors to know; it holds nothing up."""
    Origin.objects.filter(pk=origin.pk).exclude(notice=words[:300]).update(notice=words[:300], notice_at=timezone.now())
