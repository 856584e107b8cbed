"""Notices of alarms: one mail to administrators and one call of a webhook, of all that is to be told at once."""

import logging
from collections.abc import Sequence
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone
from django.utils.translation import gettext as _

from common.errors import OriginError
from common.guarded_http import send_request
from gateway.models import Alarm
from origins import public_address
from trays.models import Agent

log = logging.getLogger(__name__)

# Discord takes no more
MAX_WEBHOOK_CHARS = 1900
MAX_MAILED = 50
WEBHOOK_SECONDS = 10.0


def tell(standing: Sequence[Alarm], over: Sequence[Alarm]) -> bool:
    """Whether anybody was told: of what can tell, one that took it is enough."""
    text = write_text(standing, over)
    told = [_mail(_subject(standing, over), text), _call(standing, over, text)]
    return any(told)


def write_text(standing: Sequence[Alarm], over: Sequence[Alarm]) -> str:
    """What is wrong with what to do and since when, then what is over."""
    parts = []
    for row in standing:
        since = _("Desde %(time)s.") % {"time": _time_of(row)}
        parts.append(" ".join(part for part in (row.words, row.advice, since) if part))
    parts += [_("Se resolvió: %(words)s") % {"words": row.words} for row in over]
    return "\n\n".join([*parts, public_address.base_url()])


def _time_of(row: Alarm) -> str:
    return timezone.localtime(row.began_at).strftime("%d/%m/%Y %H:%M")


def _subject(standing: Sequence[Alarm], over: Sequence[Alarm]) -> str:
    first = (*standing, *over)[0].words
    words = first if standing else _("Se resolvió: %(words)s") % {"words": first}
    return " ".join(f"WittyAgent: {words}".split())[:150]


def find_mailed() -> list[str]:
    """ALARM_MAILS, or else the administrators."""
    if settings.ALARM_MAILS:
        return list(settings.ALARM_MAILS)
    admins = Agent.objects.filter(is_active=True, is_superuser=True).exclude(email="").order_by("pk")
    return list(admins.values_list("email", flat=True)[:MAX_MAILED])


def _mail(subject: str, text: str) -> bool:
    if not settings.SENDS_MAIL or not (mailed := find_mailed()):
        return False
    try:
        return bool(EmailMessage(subject, text, to=mailed).send())
    except (SMTPException, OSError, ValueError) as error:
        # what the server says may name the addresses
        log.warning("alarms: the mail did not go out: %s", type(error).__name__)
        return False


def _call(standing: Sequence[Alarm], over: Sequence[Alarm], text: str) -> bool:
    if not settings.ALARM_WEBHOOK_URL:
        return False
    short = text[:MAX_WEBHOOK_CHARS]
    said: dict[str, Any] = {
        # as Slack, Mattermost and Google Chat read it, and Discord
        "text": short,
        "content": short,
        "installation": public_address.base_url(),
        "alarms": [_as_json(row, "standing") for row in standing] + [_as_json(row, "over") for row in over],
    }
    try:
        status = send_request("POST", settings.ALARM_WEBHOOK_URL, within=WEBHOOK_SECONDS, json=said).status_code
    except OriginError as error:
        log.warning("alarms: the webhook was not told: %s", error.code)
        return False
    if status >= 300:
        log.warning("alarms: the webhook answered %s", status)
    return status < 300


def _as_json(row: Alarm, state: str) -> dict[str, str]:
    return {
        "name": row.name,
        "state": state,
        "words": row.words,
        "advice": row.advice,
        "since": row.began_at.isoformat(),
    }
