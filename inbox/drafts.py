"""Drafts, kept by compare and set: of two devices that write at once the later learns what the other wrote."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import publish
from chats.errors import Rejected, Rejection
from chats.messages.replies import MAX_REPLY_CHARS
from chats.messages.rows import clean_text
from common.lease import prune_rows
from inbox.models import Draft
from trays.models import Agent

# words that nobody has touched for so long are nobody's; an emptied draft has told every device by then
KEPT_FOR, EMPTY_KEPT_FOR = timedelta(days=60), timedelta(days=2)
PRUNED_AT_ONCE = 1000


@dataclass(frozen=True)
class Kept:
    """What stands now; `is_mine`: it is what was to be kept; `is_new`: it was not there before."""

    text: str
    is_note: bool
    version: int
    is_mine: bool
    is_new: bool = False


def keep_draft(agent: Agent, chat_pk: int, text: str, *, is_note: bool, version: int) -> Kept:
    """Keep these words, written over what stood as `version` (0: nothing). Raises Rejected where they are too long.

    Where another device was quicker nothing is written, and what it wrote is returned.
    """
    kept = _keep(agent, chat_pk, clean_text(text), is_note=is_note, version=version)
    if kept.is_new:
        publish.draft_kept(agent.pk, chat_pk, kept.text, is_note=kept.is_note, version=kept.version)
    return kept


def _keep(agent: Agent, chat_pk: int, text: str, *, is_note: bool, version: int) -> Kept:
    if len(text) > MAX_REPLY_CHARS:
        raise Rejected(Rejection.TOO_LARGE, _("El borrador pasa de %(most)s caracteres") % {"most": MAX_REPLY_CHARS})
    mine = Draft.objects.filter(agent=agent, chat=chat_pk)
    found = mine.first()
    if found and (found.text, found.is_note) == (text, is_note):
        return Kept(text, is_note, found.version, True)
    fresh = {"text": text, "is_note": is_note, "changed_at": timezone.now()}
    if mine.filter(version=version).update(**fresh, version=F("version") + 1):
        return Kept(text, is_note, version + 1, True, is_new=True)
    if not version and text:
        made, is_new = Draft.objects.get_or_create(agent=agent, chat_id=chat_pk, defaults=fresh)
        if is_new:
            return Kept(text, is_note, made.version, True, is_new=True)
    found = mine.first()
    if found is None:
        # pruned meanwhile, or never there
        return _keep(agent, chat_pk, text, is_note=is_note, version=0) if text else Kept("", False, 0, True)
    return Kept(found.text, found.is_note, found.version, False)


def clear_sent(agent: Agent, chat_pk: int, sent: str) -> None:
    """These words have left: so has the draft of them. What was written since stays."""
    found = Draft.objects.filter(agent=agent, chat=chat_pk).exclude(text="").first()
    # the last letters may not have been kept yet
    if found and sent.strip().startswith(found.text.strip()):
        left = {"text": "", "is_note": False, "changed_at": timezone.now()}
        if Draft.objects.filter(pk=found.pk, version=found.version).update(**left, version=F("version") + 1):
            publish.draft_kept(agent.pk, chat_pk, "", is_note=False, version=found.version + 1)


def prune_drafts() -> int:
    """Forget what nobody has touched for long."""
    now = timezone.now()
    old = Draft.objects.filter(changed_at__lt=now - KEPT_FOR).order_by("changed_at")
    empty = Draft.objects.filter(changed_at__lt=now - EMPTY_KEPT_FOR, text="").order_by("changed_at")
    return prune_rows(old, PRUNED_AT_ONCE) + prune_rows(empty, PRUNED_AT_ONCE)
