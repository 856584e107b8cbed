"""What belongs to an agent's desk."""

from inbox.models.draft import Draft, DraftQuerySet
from inbox.models.push import PushKey, PushSubscription
from inbox.models.quick_reply import QuickReply, QuickReplyFile, QuickReplyQuerySet, QuickReplyUse
from inbox.models.settings import AgentSettings

__all__ = [
    "AgentSettings",
    "Draft",
    "DraftQuerySet",
    "PushKey",
    "PushSubscription",
    "QuickReply",
    "QuickReplyFile",
    "QuickReplyQuerySet",
    "QuickReplyUse",
]
