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
PROBE_PAUSE = timedelta(minutes=5)
# "heard" is kept to the minute: written with every body, one row would hold up all of them
NOTE_PAUSE = timedelta(minutes=1)
# seconds of a hold that supervisors see
SHOWN_FROM_SECONDS = 10


def note_body_came(origin: Origin) -> None:
    """A body came."""
    _note_time(origin, "heard_at")


def note_receipt_came(origin: Origin) -> None:
    """A receipt came."""
    _note_time(origin, "receipt_at")


def _note_time(origin: Origin, field: str) -> None:
    now, last = timezone.now(), getattr(origin, field)
    if last and last > now - NOTE_PAUSE:
        return
    setattr(origin, field, now)
    stale = Q(**{field: None}) | Q(**{f"{field}__lt": now - NOTE_PAUSE})
    Origin.objects.filter(stale, pk=origin.pk).update(**{field: now})


def report_trouble(origin_pk: int, words: str, *, by_receipt: bool = False) -> None:
    """Token, account or payment: what waits on this line waits on, and supervisors see why.

    `by_receipt`: the network takes messages and says only later that it does not deliver them.
    """
    now = timezone.now()
    said = {"trouble": words[:300], "held_until": now + PROBE_PAUSE, "trouble_by_receipt": by_receipt}
    if not Origin.objects.filter(pk=origin_pk, trouble="").update(**said, trouble_at=now):
        Origin.objects.filter(pk=origin_pk).update(**said)
        return
    log.warning("origin %s is in trouble: its queue waits", origin_pk)


def may_probe(origin: Origin, now: datetime) -> bool:
    """Of all that waits on a line in trouble one message tries, and no other for a while."""
    waited = Q(held_until=None) | Q(held_until__lte=now)
    return bool(Origin.objects.filter(waited, pk=origin.pk).update(held_until=now + PROBE_PAUSE))


def hold_line(origin: Origin, seconds: float) -> None:
    """The network asked the whole line to wait; what is longer than a moment is shown to supervisors."""
    pace.hold_line(origin, seconds)
    if seconds >= SHOWN_FROM_SECONDS:
        until = timezone.now() + timedelta(seconds=seconds)
        Origin.objects.filter(Q(held_until=None) | Q(held_until__lt=until), pk=origin.pk).update(held_until=until)


def note_message_taken(origin: Origin) -> None:
    """The network took a message: unless it does so only to say later that it was not delivered."""
    if origin.trouble and not origin.trouble_by_receipt:
        clear_trouble(origin)


def clear_trouble(origin: Origin) -> None:
    """Something went through."""
    if origin.trouble:
        origin.trouble, origin.trouble_at, origin.held_until = "", None, None
        Origin.objects.filter(pk=origin.pk).update(trouble="", trouble_at=None, held_until=None)


def report_unknown_line(origin: Origin, line: str) -> None:
    """The network speaks of a line that nobody set up: supervisors see it where this one's health is."""
    log.warning("origin %s got a message for the unknown line %s", origin.pk, line[:60])
    words = _("Llegaron mensajes para la línea %(line)s, que no está dada de alta") % {"line": line[:60]}
    _show_notice(origin, words)


def report_switched_off(origin: Origin) -> None:
    """Something came for a line that is switched off."""
    _show_notice(origin, _("Llegan mensajes y la línea está apagada: quedan guardados"))


def lines_of_account(origin: Origin) -> list[Origin]:
    """The lines of ours in its account; who has the secret of one line has no say in others."""
    if not origin.account_id:
        return [origin]
    lines = Origin.objects.filter(kind=origin.kind, account_id=origin.account_id).order_by("id")
    return [one for one in lines if one.secret == origin.secret] or [origin]


def note_account_news(origin: Origin, fact: AccountNews) -> None:
    """What the network says of the account: a trouble, its end, or something to know."""
    if fact.is_trouble:
        report_trouble(origin.pk, fact.words)
    elif fact.clears:
        clear_trouble(Origin.objects.get(pk=origin.pk))
    else:
        _show_notice(origin, fact.words)


def _show_notice(origin: Origin, words: str) -> None:
    """Something for supervisors to know; it holds nothing up."""
    Origin.objects.filter(pk=origin.pk).exclude(notice=words[:300]).update(notice=words[:300], notice_at=timezone.now())
