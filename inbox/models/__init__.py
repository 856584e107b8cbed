"""What belongs to an agent's desk."""

from inbox.models.quick_reply import QuickReply, QuickReplyQuerySet, QuickReplyUse
from inbox.models.settings import AgentSettings

__all__ = ["AgentSettings", "QuickReply", "QuickReplyQuerySet", "QuickReplyUse"]
