"""What customers said of how they were attended."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chats.models.chat import Chat
from chats.models.message import Message
from contacts.models import StateChange
from trays.models import Tray

MIN_SCORE, MAX_SCORE = 1, 5


class SurveyQuerySet(models.QuerySet["Survey"]):
    def answered(self) -> Self:
        return self.filter(score__isnull=False)


class Survey(models.Model):
    """The question after a close, and its answer. Written in chats/messages/surveys.py only."""

    chat = models.ForeignKey(Chat, models.CASCADE, related_name="surveys", db_index=False)
    # the close that it asks about: each is asked about once
    change = models.OneToOneField(StateChange, models.PROTECT, related_name="+")
    # the tray that the chat was taken from and the agent who had it; none: an agent had opened it by a template
    tray = models.ForeignKey(Tray, models.PROTECT, null=True, related_name="+", db_index=False)
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    asked_at = models.DateTimeField(_("preguntado"))
    score = models.PositiveSmallIntegerField(_("puntaje"), null=True)
    answered_at = models.DateTimeField(_("respondido"), null=True)
    # the customer's message; what it says goes with the chat's other words
    answer = models.OneToOneField(Message, models.SET_NULL, null=True, related_name="+")

    objects = SurveyQuerySet.as_manager()

    class Meta:
        verbose_name = _("pregunta de satisfacción")
        verbose_name_plural = _("preguntas de satisfacción")
        constraints = (
            models.CheckConstraint(
                name="survey_score_is_one_to_five",
                condition=Q(score__isnull=True) | Q(score__gte=MIN_SCORE, score__lte=MAX_SCORE),
            ),
            models.CheckConstraint(
                name="survey_is_answered_with_a_score",
                condition=Q(score__isnull=True, answered_at__isnull=True, answer__isnull=True)
                | Q(score__isnull=False, answered_at__isnull=False),
            ),
        )
        indexes = (
            models.Index("chat", F("id").desc(), name="surveys_of_a_chat"),
            models.Index("answered_at", name="surveys_by_answer", condition=Q(answered_at__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.chat_id} {self.score or '-'}"
