"""What becomes of messages of Messenger and Instagram: receipts, reactions, edits, and Meta's word on the line."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from common.errors import OriginError
from common.parsing import read_if_text, read_text, read_time
from origins.facts import AccountNews, Edit, Fact, Ignored, Reaction, Receipt, Watermark
from origins.meta.event_fields import MetaEvent, read_message_id
from origins.meta.message_parts import MAX_TEXT_CHARS

# the names of the reactions that come without their emoji
REACTIONS = {
    "love": "❤️", "like": "👍", "dislike": "👎", "smile": "😆", "wow": "😮", "sad": "😢", "angry": "😠",
}  # fmt: skip


def read_edit(event: MetaEvent, edit: dict[str, Any]) -> Iterator[Fact]:
    if event.is_ours:
        yield Ignored("an edit of the line's own")
        return
    text = read_text(edit.get("text"), MAX_TEXT_CHARS)
    yield Edit(event.person("sender"), read_message_id(edit), text, event.kind, event.at)


def read_reaction(event: MetaEvent, reaction: dict[str, Any]) -> Iterator[Fact]:
    if event.is_ours:
        yield Ignored("a reaction of the line's own")
        return
    action = reaction.get("action")
    if action not in ("react", "unreact"):
        raise OriginError("action: react or unreact")
    emoji = ""
    if action == "react":
        named = read_if_text(reaction.get("reaction"), 40)
        emoji = read_if_text(reaction.get("emoji"), 40) or REACTIONS.get(named, REACTIONS["like"])
    yield Reaction(event.person("sender"), read_message_id(reaction), emoji, event.kind, event.at)


def read_delivery(event: MetaEvent, delivery: dict[str, Any]) -> Iterator[Fact]:
    yield from _make_receipts(event, delivery, "delivered", delivery.get("mids"))


def read_seen(event: MetaEvent, seen: dict[str, Any]) -> Iterator[Fact]:
    """Messenger says up to when, Instagram says what."""
    if event.is_ours:
        yield Ignored("read by the line's own app")
        return
    yield from _make_receipts(event, seen, "read", None if seen.get("mid") is None else [seen["mid"]])


def _make_receipts(event: MetaEvent, told: dict[str, Any], status: str, mids: Any) -> Iterator[Fact]:
    sender, until = event.person("sender"), read_time(told.get("watermark"))
    at = event.at or until
    mids, trouble = mids if isinstance(mids, list) else [], None
    for mid in mids:
        try:
            yield Receipt(read_message_id({"mid": mid}), status, sender=sender, at=at)
        except OriginError as error:
            trouble = error
    if until is not None:
        yield Watermark(sender, status, until, event.kind)
    elif not mids:
        raise OriginError("watermark: missing")
    if trouble:
        raise trouble


def read_policy(event: MetaEvent, news: dict[str, Any]) -> Iterator[Fact]:
    action, reason = read_if_text(news.get("action"), 40).lower(), read_if_text(news.get("reason"), 200) or "-"
    if action == "block":
        yield AccountNews(_("Meta bloqueó la línea. Motivo: %(reason)s") % {"reason": reason}, is_trouble=True)
    elif action == "unblock":
        yield AccountNews(_("Meta levantó el bloqueo de la línea"), clears=True)
    else:
        yield AccountNews(_("Meta advierte sobre la línea. Motivo: %(reason)s") % {"reason": reason})
