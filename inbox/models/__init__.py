"""What belongs to an agent's desk."""

from inbox.models.contact_csv import ContactCsv, ContactCsvError
from inbox.models.draft import Draft, DraftQuerySet
from inbox.models.login import Login
from inbox.models.personal_data import DataCopy, Erasure
from inbox.models.push import PushKey, PushSubscription
from inbox.models.quick_reply import QuickReply, QuickReplyFile, QuickReplyQuerySet, QuickReplyUse
from inbox.models.saved_view import SavedView, SavedViewQuerySet
from inbox.models.settings import AgentSettings

__all__ = [
    "AgentSettings",
    "ContactCsv",
    "ContactCsvError",
    "DataCopy",
    "Draft",
    "DraftQuerySet",
    "Erasure",
    "Login",
    "PushKey",
    "PushSubscription",
    "QuickReply",
    "QuickReplyFile",
    "QuickReplyQuerySet",
    "QuickReplyUse",
    "SavedView",
    "SavedViewQuerySet",
]
