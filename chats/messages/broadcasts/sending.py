"""A broadcast leaves: batches of messages into the outbox, never more at once than the line sends in a moment, so that
an agent's answer waits behind few of them. The outbox keeps the line's pace and the order of each chat.

A batch is one transaction that holds the broadcast and its chats: who gets a message, that message and the numbers are
written together or not at all. Two workers at once: the second one finds the broadcast held. A worker that is killed
has written nothing or the whole batch, and the message of a recipient has the recipient's own id.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import publish
from chats.errors import Rejected
from chats.locks import locked_chats
from chats.messages.broadcasts import headers
from chats.messages.broadcasts.filling import MISSING, reasons_against
from chats.messages.broadcasts.wording import say
from chats.messages.rows import SHOWN, first_status, show_latest
from chats.messages.templates import kept_template
from chats.models import Broadcast, Chat, Message, Recipient, Template

# in the outbox at once; of a line that names its pace what it sends in some seconds
MAX_IN_OUTBOX, SECONDS_AHEAD = 100, 4
# over so many failures, and of what has been begun at least one in three: something is wrong with the list
MIN_FAILURES, FAILED_ONE_IN = 10, 3
Status, State = Recipient.Status, Broadcast.State


def is_quiet(now: datetime) -> bool:
    """Whether it is an hour at which nobody wants a broadcast (BROADCAST_HOURS, of the installation's clock)."""
    first, last = settings.BROADCAST_HOURS
    return not first <= timezone.localtime(now).hour < last


def send_next(broadcast_pk: int, now: datetime) -> int:
    """The next batch of a running one, if there is room for it. Returns how many messages were made."""
    if is_quiet(now):
        return 0
    with transaction.atomic():
        broadcast = _hold_running(broadcast_pk)
        if broadcast is None:
            return 0
        if why := _why_pause(broadcast, now):
            broadcast.state, broadcast.reason = State.PAUSED, why[:300]
            broadcast.save(update_fields=("state", "reason"))
            return 0
        if not broadcast.pending:
            broadcast.state, broadcast.ended_at = State.DONE, now
            broadcast.save(update_fields=("state", "ended_at"))
            return 0
        return _send_batch(broadcast, broadcast.template, now) if broadcast.template else 0


def _hold_running(broadcast_pk: int) -> Broadcast | None:
    running = Broadcast.objects.filter(pk=broadcast_pk, state=State.RUNNING)
    held = running.select_for_update(of=("self",), skip_locked=True)
    return held.select_related("template", "origin").first()


def _why_pause(broadcast: Broadcast, now: datetime) -> str:
    """In words; '' where it goes on."""
    origin = broadcast.origin
    if not origin.is_active:
        return _("La línea está apagada")
    if origin.trouble:
        return _("La línea tiene un problema: %(words)s") % {"words": origin.trouble}
    if broadcast.template is None or not Template.objects.usable_on(origin).filter(pk=broadcast.template.pk).exists():
        return _("La plantilla ya no se puede usar")
    known = broadcast.begun - broadcast.queued
    if not broadcast.ignores_failures and broadcast.failed >= max(MIN_FAILURES, known / FAILED_ONE_IN):
        return _("Fallaron %(failed)s de los primeros %(n)s: revisá los motivos antes de seguir") % {
            "failed": broadcast.failed, "n": known,
        }  # fmt: skip
    return ""


def _send_batch(broadcast: Broadcast, template: Template, now: datetime) -> int:
    rate = broadcast.origin.can.line_rate
    most = min(MAX_IN_OUTBOX, int(rate * SECONDS_AHEAD) or 1) if rate else MAX_IN_OUTBOX
    waiting = Recipient.objects.filter(broadcast=broadcast, status=Status.PENDING)
    some = list(waiting.order_by("id")[: max(0, most - broadcast.queued)])
    if not some:
        return 0
    by_contact = {one.contact_id: one for one in some}
    # who waited for one chat would let all the others wait: a chat that somebody holds has its turn next time
    chats = locked_chats().select_for_update(of=("self",), no_key=True, skip_locked=True)
    made = []
    left_out: Counter[str] = Counter()
    held = list(chats.filter(contact__in=by_contact).order_by("pk"))
    against = reasons_against(held)
    for chat in held:
        recipient = by_contact[chat.contact_id]
        why = against[chat.contact_id]
        if (message := _make_message(broadcast, template, chat, recipient, why, now)) is None:
            left_out[recipient.reason] += 1
        else:
            made.append((chat, recipient, message))
    _write(broadcast, [one for one in some if one.status != Status.PENDING], made, left_out)
    return len(made)


def _make_message(
    broadcast: Broadcast, template: Template, chat: Chat, recipient: Recipient, why: str, now: datetime
) -> Message | None:
    """Not stored yet; None, and `why` in the recipient, where it gets none after all."""
    text, filled = "", dict[str, str]()
    if not why:
        try:
            text, filled = say(broadcast, template, chat.contact, recipient.columns)
        except Rejected:
            why = MISSING
    recipient.columns = {}
    if why:
        recipient.status, recipient.reason = Status.LEFT_OUT, why
        return None
    recipient.status, recipient.sent_at = Status.QUEUED, now
    return build_message(chat, template, text, filled, now, broadcast_pk=broadcast.pk, client_id=recipient.uuid)


def build_message(
    chat: Chat,
    template: Template,
    text: str,
    filled: dict[str, str],
    now: datetime,
    *,
    broadcast_pk: int,
    client_id: UUID | None = None,
) -> Message:
    """Not stored yet. What says it is nobody of the team: it opens no session, and counts as nobody's answer."""
    return Message(
        chat=chat, origin_id=chat.origin_id, direction="out", author="bot", kind="template", text=text,
        payload={"template": kept_template(template, filled), "broadcast": broadcast_pk},
        client_id=client_id, created_at=now, **first_status(chat, now),
    )  # fmt: skip


def _write(
    broadcast: Broadcast,
    changed: Sequence[Recipient],
    made: Sequence[tuple[Chat, Recipient, Message]],
    left_out: Counter[str],
) -> None:
    Message.objects.bulk_create([message for _chat, _recipient, message in made])
    headers.show_header(broadcast, [message for _chat, _recipient, message in made])
    for chat, recipient, message in made:
        recipient.message = message
        show_latest(chat, message)
    Chat.objects.bulk_update([chat for chat, *_rest in made], SHOWN)
    Recipient.objects.bulk_update(changed, ("status", "reason", "columns", "message", "sent_at"))
    broadcast.pending -= len(changed)
    broadcast.queued += len(made)
    broadcast.left_out = dict(Counter(broadcast.left_out) + left_out)
    broadcast.save(update_fields=("pending", "queued", "left_out"))
    for chat, _recipient, message in made:
        publish.message_stored(chat, message)
