"""Delivery receipts and watermarks: a status only ever moves forward, whatever order they come in."""

import logging
from datetime import datetime
from functools import partial

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import bot_events, jobs, locks, publish
from chats.messages import opting_out, outcomes, reverts
from chats.messages.rows import find_by_ref
from chats.models import Chat, Message
from common.errors import Failure, OriginError
from origins import health
from origins.facts import Receipt, Watermark
from origins.models import Origin

log = logging.getLogger(__name__)

ON_ITS_WAY = ("queued", "sending", "unconfirmed")
# over so many ticks at once the open panes ask again; of its last so many a bot is told one by one
MAX_SINGLE_CHANGES, MAX_TOLD_EVENTS = 20, 100
ORDER = [status.value for status in Message.Status]


@transaction.atomic
def apply_receipt(origin: Origin, receipt: Receipt) -> bool:
    """Move a message of ours forward, never back. False: unknown id."""
    if receipt.status not in ORDER:
        raise OriginError(_("Estado desconocido: %(status)s") % {"status": receipt.status[:40]})
    ours = Message.objects.filter(origin=origin, direction="out")
    if receipt.sender and origin.kind not in Origin.NETWORKS:
        # a visitor tells of their own chat only; a network may name the person by an id that we do not know
        ours = ours.filter(chat__contact__addresses__value=receipt.sender)
    message = find_by_ref(ours, receipt.ref).select_for_update(of=("self",)).first()
    by_ours = message is None and bool(receipt.ours)
    if by_ours:
        message = find_by_ref(ours, receipt.ours).select_for_update(of=("self",)).first()
    if message is None:
        return False
    if _is_of_before(message, receipt):
        return True
    if by_ours and (message.external_id is None or message.status in ON_ITS_WAY):
        keep_external_id(message, receipt.ref)
    at = min(receipt.at or timezone.now(), timezone.now())
    if receipt.charge is not None:
        outcomes.note_charge(message, receipt.charge, at)
    if ORDER.index(receipt.status) > ORDER.index(message.status):
        message.status, message.status_at = receipt.status, at
        message.reason = receipt.reason[:300] if receipt.status == "failed" else ""
        message.next_try_at = None
        message.sent_at = message.sent_at or at
        message.save(update_fields=("status", "status_at", "reason", "next_try_at", "sent_at"))
        if receipt.status == "failed":
            follow_failure(message, receipt.failure, receipt.reason, at, receipt.code)
        bot_events.record_message_update(message)
        publish.message_changed(message)
    health.note_receipt_came(origin)
    if receipt.status != "failed":
        health.clear_trouble(origin)
    return True


def _is_of_before(message: Message, receipt: Receipt) -> bool:
    """What became of an earlier attempt, told again: it says nothing of the one that is on its way."""
    if receipt.status not in ("sent", "failed"):
        return False
    if message.status == "sent":
        return bool(receipt.ours and message.external_id) and message.external_id != receipt.ref
    told = message.status_at if message.status in ON_ITS_WAY else None
    return bool(told and receipt.at and receipt.at <= told)


def keep_external_id(message: Message, given: str) -> None:
    """The id that the origin gave, unless it has given it before: what was sent is sent all the same."""
    if not given or message.external_id == given:
        return
    try:
        with transaction.atomic():
            Message.objects.filter(pk=message.pk).update(external_id=given)
        message.external_id = given
    except IntegrityError:
        if _was_echoed(message, given):
            keep_external_id(message, given)
        else:
            log.warning("message %s: the origin gave an id that another message has", message.pk)


def _was_echoed(message: Message, given: str) -> bool:
    """Its echo was quicker than the answer to our request, and not known as ours: it goes. False: it stays."""
    echoes = Message.objects.filter(
        origin=message.origin_id, chat=message.chat_id, external_id=given, payload__from_phone=True, attachments=None
    )
    if not echoes.exists():
        return False
    Message.objects.filter(pk__in=list(echoes.values_list("pk", flat=True))).delete()
    transaction.on_commit(partial(publish.window_changed, message.chat_id))
    return True


def follow_failure(message: Message, failure: Failure | None, reason: str, at: datetime, code: str = "") -> None:
    """What a failure says beyond its message: of the window, the account, the templates; and it is counted."""
    outcomes.note_failure(message, failure, code, at)
    if failure == Failure.WINDOW:
        # not in this transaction: it holds the message, and everybody else locks the chat first
        transaction.on_commit(partial(_close_window, message.chat_id, at))
    elif failure == Failure.ACCOUNT:
        health.report_trouble(message.origin_id, reason, by_receipt=True)
    elif failure == Failure.OPTED_OUT:
        transaction.on_commit(partial(opting_out.record_by_network, message.chat_id, at))
    elif failure == Failure.TEMPLATE:
        jobs.sync_templates(message.origin_id)
    if message.kind in reverts.SAFE_TO_REPEAT:
        transaction.on_commit(partial(reverts.revert_refused, message, reason))


def _close_window(chat_pk: int, at: datetime) -> None:
    with transaction.atomic():
        Chat.objects.filter(pk=chat_pk).update(window_shut_at=at)
        publish.window_changed(chat_pk)


@transaction.atomic
def apply_watermark(origin: Origin, mark: Watermark) -> int:
    """All that we sent to this person up to this time is delivered or read. Returns how many moved."""
    before = {"delivered": ("sent",), "read": ("sent", "delivered")}.get(mark.status)
    if before is None:
        raise OriginError(_("Estado desconocido: %(status)s") % {"status": mark.status[:40]})
    ours = Message.objects.filter(
        origin=origin, status__in=before, direction="out", sent_at__lte=mark.at,
        chat__contact__addresses__origin=origin, chat__contact__addresses__kind=mark.address_kind,
        chat__contact__addresses__value=mark.sender,
    )  # fmt: skip
    chat = ours.values_list("chat", flat=True).first()
    if chat is None:
        health.note_receipt_came(origin)
        return 0
    locks.lock_chat(chat)
    moved = list(ours.order_by("id").values_list("pk", flat=True))
    Message.objects.filter(pk__in=moved).update(status=mark.status, status_at=min(mark.at, timezone.now()), reason="")
    bots = Message.objects.filter(pk__in=moved, bot__isnull=False).order_by("-id")
    for message in reversed(bots[:MAX_TOLD_EVENTS]):
        bot_events.record_message_update(message)
    if len(moved) > MAX_SINGLE_CHANGES:
        publish.window_changed(chat)
    else:
        for message in Message.objects.filter(pk__in=moved).order_by("id"):
            publish.message_changed(message)
    health.note_receipt_came(origin)
    return len(moved)
