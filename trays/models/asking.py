"""Whether the customers of a tray are asked how they were attended, and in which words."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

MAX_QUESTION_CHARS = 300


class Asking(models.Model):
    """What a shared tray asks after an agent has closed a chat of it (chats/messages/surveys.py); off by default."""

    asks_score = models.BooleanField(
        _("preguntar cómo lo atendieron"),
        default=False,
        db_default=False,
        help_text=_(
            "Un momento después de cerrar un chat que se tomó de acá, el cliente puntúa del 1 al 5. Su respuesta no "
            "reabre el chat. Cada línea puede decir otra cosa."
        ),
    )
    question = models.CharField(
        _("pregunta"),
        max_length=MAX_QUESTION_CHARS,
        blank=True,
        default="",
        db_default="",
        help_text=_("Con tus palabras. Vacía: “¿Cómo te atendimos?”."),
    )

    class Meta:
        abstract = True


CONSTRAINTS = (
    models.CheckConstraint(
        name="only_shared_trays_ask",
        condition=Q(kind__in=("general", "custom")) | Q(asks_score=False, question=""),
    ),
)
