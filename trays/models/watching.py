"""How a tray watches over those who wait: reminders, chats that come back, and chats that are assigned."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

# after that its session is over
MAX_WAIT_MINUTES = 24 * 60


class Watching(models.Model):
    """What a shared tray does by itself; all of it is off by default."""

    class Assigning(models.TextChoices):
        OFF = "off", _("No: cada agente toma los suyos")
        TURNS = "turns", _("Por turno")
        LEAST = "least", _("A quien tiene menos chats")

    # of chats that were taken from it, and whose customer waits for an answer (chats/forgotten.py)
    remind_after = models.PositiveSmallIntegerField(
        _("recordar a los (minutos)"),
        null=True,
        blank=True,
        validators=(MinValueValidator(1), MaxValueValidator(MAX_WAIT_MINUTES)),
        help_text=_("Avisa al agente si el cliente espera su respuesta tanto tiempo. Vacío: no avisa."),
    )
    return_after = models.PositiveSmallIntegerField(
        _("devolver a los (minutos)"),
        null=True,
        blank=True,
        validators=(MinValueValidator(1), MaxValueValidator(MAX_WAIT_MINUTES)),
        help_text=_(
            "Si después del aviso sigue sin respuesta, el chat vuelve a esta bandeja sin perder su espera. "
            "Cuenta en el horario de atención. Vacío: no vuelve solo."
        ),
    )
    assigning = models.CharField(
        _("asignar chats"),
        max_length=8,
        choices=Assigning.choices,
        default=Assigning.OFF,
        db_default=Assigning.OFF,
        help_text=_(
            "Por sí sola, a quien tiene acceso, está disponible y no llegó a su máximo. Primero, quien espera hace más."
        ),
    )

    class Meta:
        abstract = True

    @property
    def assigns(self) -> bool:
        """Whether its chats are given to agents who are there, without anybody taking them."""
        return self.assigning != self.Assigning.OFF


CONSTRAINTS = (
    models.CheckConstraint(
        name="tray_reminds_within_a_day",
        condition=Q(remind_after__isnull=True) | Q(remind_after__gte=1, remind_after__lte=MAX_WAIT_MINUTES),
    ),
    models.CheckConstraint(
        name="tray_returns_after_it_has_reminded",
        condition=Q(return_after__isnull=True)
        | Q(return_after__gt=F("remind_after"), remind_after__isnull=False, return_after__lte=MAX_WAIT_MINUTES),
        violation_error_message=_("El chat vuelve después de un aviso: poné más minutos que para recordar."),
    ),
    models.CheckConstraint(name="tray_assigning_is_known", condition=Q(assigning__in=("off", "turns", "least"))),
    models.CheckConstraint(
        name="only_shared_trays_watch_and_assign",
        condition=Q(kind__in=("general", "custom"))
        | Q(remind_after__isnull=True, return_after__isnull=True, assigning="off"),
    ),
)
