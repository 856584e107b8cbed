"""Where chats come from: one line of ours each, and the ledger of what came in raw."""

import secrets
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def new_key() -> str:
    return secrets.token_urlsafe(12).replace("-", "a").replace("_", "b").lower()


def new_secret() -> str:
    return secrets.token_urlsafe(32)


class Origin(models.Model):
    """One line of ours: a web chat, a generic HTTP line; later a WhatsApp number, a Telegram bot, …"""

    class Kind(models.TextChoices):
        WEB = "web", _("Chat web")
        HTTP = "http", _("HTTP")

    # the networks that let a free text out only within 24 h of the customer's last message
    WINDOWED = frozenset({"whatsapp", "messenger", "instagram"})

    kind = models.CharField(_("clase"), max_length=12, choices=Kind.choices)
    name = models.CharField(_("nombre"), max_length=60)
    key = models.SlugField(_("clave"), max_length=40, unique=True, default=new_key)
    secret = models.CharField(_("secreto"), max_length=200, default=new_secret)
    is_active = models.BooleanField(_("activo"), default=True)
    session_hours = models.PositiveSmallIntegerField(
        _("horas de sesión"),
        default=24,
        help_text=_("Sin mensajes del cliente por este tiempo, el chat expira."),
    )
    callback_url = models.URLField(
        _("dirección de salida"),
        blank=True,
        max_length=500,
        help_text=_("Origen HTTP: adonde enviamos las respuestas. Sin ella, nadie las espera."),
    )
    allowed_sites = models.TextField(
        _("sitios permitidos"),
        blank=True,
        help_text=_("Chat web: un sitio por renglón, como https://www.ejemplo.com. Vacío: cualquiera."),
    )
    title = models.CharField(_("título del chat web"), max_length=60, blank=True)
    color = models.CharField(_("color del chat web"), max_length=7, default="#0b6480")
    created_at = models.DateTimeField(_("creado"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("origen")
        verbose_name_plural = _("orígenes")
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(name="session_lasts_an_hour_at_least", condition=Q(session_hours__gte=1)),
        )

    def __str__(self) -> str:
        return self.name

    @classmethod
    def of_key(cls, key: str, kind: str) -> "Origin | None":
        """The origin that a webhook names. Plain SQL: every message that comes in asks this."""
        sql = "SELECT * FROM origins_origin WHERE key = %s AND kind = %s"
        return next(iter(cls.objects.raw(sql, [key, kind])), None)

    @property
    def session(self) -> timedelta:
        return timedelta(hours=self.session_hours)

    @property
    def has_window(self) -> bool:
        return self.kind in self.WINDOWED

    @property
    def tells_nobody(self) -> bool:
        """Nobody waits for an answer outside: what we send is sent when it is stored."""
        return self.kind == self.Kind.WEB or not self.callback_url


class Body(models.Model):
    """What came in, byte for byte, before anyone made sense of it. The same bytes are kept once."""

    class State(models.TextChoices):
        RECEIVED = "received", _("Recibido")
        PROCESSED = "processed", _("Procesado")
        BROKEN = "broken", _("Con partes rechazadas")

    origin = models.ForeignKey(Origin, models.PROTECT, related_name="bodies", verbose_name=_("origen"))
    raw = models.BinaryField(_("contenido"))
    digest = models.BinaryField(_("huella"), max_length=32)
    received_at = models.DateTimeField(_("recibido"), default=timezone.now)
    state = models.CharField(_("estado"), max_length=10, choices=State.choices, default=State.RECEIVED)
    reason = models.TextField(_("motivo"), blank=True)

    class Meta:
        verbose_name = _("cuerpo recibido")
        verbose_name_plural = _("cuerpos recibidos")
        constraints = (
            models.UniqueConstraint(name="a_body_is_kept_once", fields=("origin", "digest")),
            models.CheckConstraint(
                name="body_state_is_known", condition=Q(state__in=("received", "processed", "broken"))
            ),
        )
        indexes = (
            models.Index(name="bodies_nobody_finished", fields=("received_at",), condition=Q(state="received")),
            models.Index(name="bodies_by_time", fields=("received_at",)),
        )
