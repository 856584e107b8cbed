"""The work: one chat a contact, its messages, their files, and the templates that reopen it."""

from chats.models.chat import Chat, ChatQuerySet
from chats.models.message import Attachment, Message
from chats.models.notice import Mention, Reminder
from chats.models.parked_fact import ParkedFact
from chats.models.scheduled import ScheduledMessage, ScheduledMessageQuerySet
from chats.models.template import Template, TemplateQuerySet
from chats.models.upload_budget import UploadBudget
from chats.models.workspace import Workspace

__all__ = [
    "Attachment",
    "Chat",
    "ChatQuerySet",
    "Mention",
    "Message",
    "ParkedFact",
    "Reminder",
    "ScheduledMessage",
    "ScheduledMessageQuerySet",
    "Template",
    "TemplateQuerySet",
    "UploadBudget",
    "Workspace",
]
