"""What belongs to an agent's desk."""

from inbox.models.push import PushKey, PushSubscription
from inbox.models.quick_reply import QuickReply, QuickReplyFile, QuickReplyQuerySet, QuickReplyUse
from inbox.models.settings import AgentSettings

__all__ = [
    "AgentSettings",
    "PushKey",
    "PushSubscription",
    "QuickReply",
    "QuickReplyFile",
    "QuickReplyQuerySet",
    "QuickReplyUse",
]
