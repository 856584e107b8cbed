"""Mails that take links to come in to their people. A link waits as a row until its mail has gone; several workers may
look at once, and each mail is one worker's for a minute."""

import logging
from datetime import datetime, timedelta
from smtplib import (
    SMTPConnectError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)
from urllib.parse import urlsplit

from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from common.lease import Lease
from origins import public_address
from trays.models import EntryLink

log = logging.getLogger(__name__)

# longer than a mail server may take (EMAIL_TIMEOUT bounds each of its answers)
CLAIMED_FOR = timedelta(seconds=120)
MAX_AT_ONCE = 100
LEASE = Lease(null_is_due=False, backoff=tuple(timedelta(minutes=n) for n in (1, 5, 15, 60)))


def mail_links(now: datetime | None = None) -> int:
    """Send what waits. Safe to run twice and at once. Returns how many mails went."""
    sent = 0
    due = LEASE.find_due(EntryLink.objects.usable(), now or timezone.now())
    for link in due.select_related("agent", "made_by").order_by("next_try_at")[:MAX_AT_ONCE]:
        if LEASE.claim_row(link, timezone.now() + CLAIMED_FOR):
            failed = _mail_link(link)
            sent += link.mailed_at is not None
            # the others wait for the next minute: each would hold this thread until the server's time is over
            if _is_away(failed):
                break
    return sent


def _mail_link(link: EntryLink) -> Exception | None:
    """What hindered it."""
    if not link.token:  # sealed with another SECRET_KEY
        LEASE.release_row(link, None, token="", mail_failure=_("el enlace ya no se puede leer"))
        return None
    try:
        _write_mail(link).send()
    except (SMTPException, OSError, ValueError) as error:
        # what the server says may name the address, and is nobody's business in a log
        log.warning("the mail of entry link %s did not go out: %s", link.pk, type(error).__name__)
        _note_failure(link, error)
        return error
    LEASE.release_row(link, None, token="", mailed_at=timezone.now(), mail_failure="")
    return None


def _is_away(error: Exception | None) -> bool:
    """Whether it is the server that does not answer, and not this mail that it does not take."""
    if isinstance(error, SMTPException):
        return isinstance(error, (SMTPConnectError, SMTPServerDisconnected))
    return isinstance(error, OSError)


def _note_failure(link: EntryLink, error: Exception) -> None:
    not_taken = _("el servidor de mail no lo tomó")
    delay = None if (is_final := _is_final(error)) else LEASE.delay_after(link.attempts)
    if delay is not None:
        words = _("%(why)s; se intenta otra vez") % {"why": not_taken}
        LEASE.release_row(link, timezone.now() + delay, mail_failure=words)
        return
    words = _("el servidor de mail no acepta esa dirección") if is_final else not_taken
    LEASE.release_row(link, None, token="", mail_failure=words)


def _is_final(error: Exception) -> bool:
    """Whether the server has said that it will never take it, or it cannot even be written."""
    if isinstance(error, ValueError):
        return True
    if isinstance(error, SMTPRecipientsRefused):
        return all(code >= 500 for code, _words in error.recipients.values())
    # of the sender it says so for all mails alike: that is mended here
    if isinstance(error, SMTPSenderRefused):
        return False
    return isinstance(error, SMTPResponseException) and 550 <= error.smtp_code <= 553


def _write_mail(link: EntryLink) -> EmailMessage:
    is_new = not link.agent.has_usable_password()
    subject = _("Te invitaron a WittyAgent") if is_new else _("Tu enlace para entrar a WittyAgent")
    # one id for all attempts: who takes it twice shows it once
    own_id = f"<entry-link.{link.pk}.{int(link.made_at.timestamp())}@{urlsplit(public_address.base_url()).hostname}>"
    return EmailMessage(
        subject, "\n\n".join(_write_body(link, is_new)), None, [link.mail_to], headers={"Message-ID": own_id}
    )


def _write_body(link: EntryLink, is_new: bool) -> list[str]:
    if is_new and link.made_by:
        why = _("%(by)s te sumó a WittyAgent, donde el equipo atiende los chats.") % {"by": link.made_by}
    elif is_new:
        why = _("Te sumaron a WittyAgent, donde el equipo atiende los chats.")
    else:
        why = _("Con este enlace volvés a entrar a WittyAgent y elegís una contraseña nueva.")
    ends = date_format(timezone.localtime(link.ends_at), "d/m/Y H:i")
    return [
        _("Hola, %(name)s:") % {"name": link.agent.short_name},
        why,
        _("Entrá y elegí tu contraseña:"),
        f"{public_address.base_url()}{reverse('enter_by_link', args=[link.token])}",
        _("Tu usuario es %(name)s. El enlace sirve una sola vez y vence el %(at)s.")
        % {"name": link.agent.username, "at": ends},
        _("Si no lo esperabas, no hagas nada: sin el enlace nadie entra."),
    ]
