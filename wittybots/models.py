"""The chatbot side: bots, their menus, and who receives an origin's chats."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from origins.models import Origin
from trays.models import Tray


class Bot(models.Model):
    """A bot with a menu. Without options of its own it offers the trays that there are."""

    name = models.CharField(_("nombre"), max_length=60, default="WittyBots")
    greeting = models.TextField(_("saludo"), max_length=1000, default=_("¡Hola! Soy el asistente. ¿En qué te ayudo?"))
    misfit = models.TextField(
        _("cuando no entiende"), max_length=1000, default=_("No te entendí. Elegí una de estas opciones:")
    )
    farewell = models.TextField(
        _("cuando pasa el chat por no entender"),
        max_length=1000,
        default=_("Te paso con una persona del equipo."),
    )
    fallback_tray = models.ForeignKey(
        Tray,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to={"kind__in": ("general", "custom"), "archived_at": None},
        verbose_name=_("bandeja si no entiende"),
        help_text=_("Después de dos respuestas que no encajan. Vacía: General."),
    )
    is_active = models.BooleanField(_("activo"), default=True)

    class Meta:
        verbose_name = _("bot")
        verbose_name_plural = _("bots")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Option(models.Model):
    """One choice of a bot's menu: says something, hands the chat to a tray, or both."""

    bot = models.ForeignKey(Bot, models.CASCADE, related_name="options", verbose_name=_("bot"))
    position = models.PositiveSmallIntegerField(_("orden"), default=1)
    label = models.CharField(_("texto del botón"), max_length=40)
    keywords = models.CharField(
        _("palabras"),
        max_length=300,
        blank=True,
        help_text=_("Separadas por comas. No importan tildes ni mayúsculas."),
    )
    reply = models.TextField(_("respuesta"), max_length=1000, blank=True)
    tray = models.ForeignKey(
        Tray,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to={"kind__in": ("general", "custom"), "archived_at": None},
        verbose_name=_("pasar a la bandeja"),
    )

    class Meta:
        verbose_name = _("opción")
        verbose_name_plural = _("opciones")
        ordering = ("position", "id")
        constraints = (models.UniqueConstraint(name="an_option_stands_once", fields=("bot", "label")),)

    def __str__(self) -> str:
        return self.label


class Reception(models.Model):
    """Who receives an origin's chats: a bot, or directly a tray (General if none)."""

    origin = models.OneToOneField(Origin, models.CASCADE, related_name="reception", verbose_name=_("origen"))
    bot = models.ForeignKey(Bot, models.SET_NULL, null=True, blank=True, verbose_name=_("bot"))
    tray = models.ForeignKey(
        Tray,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to={"kind__in": ("general", "custom"), "archived_at": None},
        verbose_name=_("bandeja propia"),
        help_text=_("Adonde van los chats si no hay bot o si el bot falla. Vacía: General."),
    )

    class Meta:
        verbose_name = _("recepción")
        verbose_name_plural = _("recepciones")

    def __str__(self) -> str:
        return str(self.origin)
