"""The work: one chat a contact, its messages, their files, and the templates that reopen it."""

from chats.models.broadcast import Broadcast, BroadcastQuerySet, Recipient, RecipientQuerySet
from chats.models.chat import Chat, ChatQuerySet
from chats.models.menu_step import MenuStep
from chats.models.message import Attachment, Message
from chats.models.notice import Mention, Reminder
from chats.models.outcome import MessageCharge, MessageFailure
from chats.models.parked_fact import ParkedFact
from chats.models.retention import RetentionProgress
from chats.models.scheduled import ScheduledMessage, ScheduledMessageQuerySet
from chats.models.survey import Survey, SurveyQuerySet
from chats.models.template import Template, TemplateQuerySet
from chats.models.upload_budget import UploadBudget
from chats.models.workspace import Workspace

__all__ = [
    "Attachment",
    "Broadcast",
    "BroadcastQuerySet",
    "Chat",
    "ChatQuerySet",
    "Mention",
    "MenuStep",
    "Message",
    "MessageCharge",
    "MessageFailure",
    "ParkedFact",
    "Recipient",
    "RecipientQuerySet",
    "Reminder",
    "RetentionProgress",
    "ScheduledMessage",
    "ScheduledMessageQuerySet",
    "Survey",
    "SurveyQuerySet",
    "Template",
    "TemplateQuerySet",
    "UploadBudget",
    "Workspace",
]
