"""Origins, one line of ours each, and the raw bodies of their webhooks."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.prepared import Prepared
from common.sealing import HasSecrets, SealedField
from origins.capabilities import CAPABILITIES, Capabilities


def new_key() -> str:
    return secrets.token_urlsafe(12).replace("-", "a").replace("_", "b").lower()


def new_secret() -> str:
    return secrets.token_urlsafe(32)


class Origin(HasSecrets):
    """One line of ours: a web chat, a generic HTTP line, a WhatsApp number, a Telegram bot, a page, an account."""

    class Kind(models.TextChoices):
        WEB = "web", _("Chat web")
        HTTP = "http", _("HTTP")
        WHATSAPP = "whatsapp", _("WhatsApp")
        TELEGRAM = "telegram", _("Telegram")
        MESSENGER = "messenger", _("Messenger")
        INSTAGRAM = "instagram", _("Instagram")

    NETWORKS = ("whatsapp", "telegram", "messenger", "instagram")
    META = ("whatsapp", "messenger", "instagram")

    class Asks(models.TextChoices):
        TRAYS = "trays", _("Lo que diga cada bandeja")
        ALWAYS = "always", _("Siempre")
        NEVER = "never", _("Nunca")

    kind = models.CharField(_("tipo"), max_length=12, choices=Kind.choices)
    name = models.CharField(_("nombre"), max_length=60)
    key = models.SlugField(_("clave"), max_length=40, unique=True, default=new_key)
    # HTTP: signs both ways; Meta: the app's secret; Telegram: the secret token of its webhook
    secret = SealedField(_("secreto"), default=new_secret)
    # while it is being changed: what is signed with it is still taken
    previous_secret = SealedField(_("secreto anterior"), blank=True, default="")
    access_token = SealedField(_("token de acceso"), blank=True, default="")
    verify_token = SealedField(_("Verify token"), blank=True, default="")
    # the line at the network: phone_number_id, page, Instagram account, the bot's number
    line_id = models.CharField(_("id de la línea"), max_length=100, blank=True)
    # the app at Meta that the secret is of: with it the webhook is subscribed by API
    app_id = models.CharField(_("id de la app"), max_length=25, blank=True, default="", db_default="")
    # what the line belongs to: WhatsApp Business account; the bot's user name
    account_id = models.CharField(_("id de la cuenta"), max_length=100, blank=True)
    api_url = models.URLField(
        _("dirección de la red"),
        blank=True,
        max_length=300,
        help_text=_("Vacía: la de la red. Otra, para probar con el simulador."),
    )
    human_agent = models.BooleanField(
        _("permiso HUMAN_AGENT"),
        default=False,
        help_text=_("Meta aprobó que las personas respondan hasta 7 días después del último mensaje del cliente."),
    )
    is_active = models.BooleanField(_("activo"), default=True)
    session_hours = models.PositiveSmallIntegerField(
        _("horas de sesión"),
        default=24,
        help_text=_("Sin mensajes del cliente por este tiempo, el chat expira."),
    )
    asks_score = models.CharField(
        _("preguntar cómo lo atendieron"),
        max_length=6,
        choices=Asks.choices,
        default=Asks.TRAYS,
        db_default=Asks.TRAYS,
        help_text=_("Al cliente, después de que un agente cerró su chat."),
    )
    opt_out_words = models.CharField(
        _("palabras de baja"),
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text=_(
            "Quien escribe solo una de ellas no recibe más difusiones. Con comas; vacío: las de la instalación."
        ),
    )
    callback_url = models.URLField(
        _("dirección de salida"),
        blank=True,
        max_length=500,
        help_text=_("Línea HTTP: adonde enviamos las respuestas. Sin ella, nadie las espera."),
    )
    allowed_sites = models.TextField(
        _("sitios permitidos"),
        blank=True,
        help_text=_("Chat web: un sitio por renglón, como https://www.ejemplo.com. Vacío: cualquiera."),
    )
    title = models.CharField(_("título del chat web"), max_length=60, blank=True)
    color = models.CharField(_("color del chat web"), max_length=7, default="#0b6480")
    created_at = models.DateTimeField(_("creado"), default=timezone.now, editable=False)
    # health: what is wrong, until when its queue waits for that, and when it last spoke to us (to the minute)
    trouble = models.CharField(_("problema"), max_length=300, blank=True, editable=False)
    trouble_at = models.DateTimeField(null=True, editable=False)
    # it takes messages and says only later that it does not deliver them
    trouble_by_receipt = models.BooleanField(default=False, editable=False)
    held_until = models.DateTimeField(null=True, editable=False)
    # the last thing that supervisors should know of it, and that holds nothing up
    notice = models.CharField(_("aviso"), max_length=300, blank=True, editable=False)
    notice_at = models.DateTimeField(null=True, editable=False)
    heard_at = models.DateTimeField(_("último mensaje"), null=True, editable=False)
    receipt_at = models.DateTimeField(_("último acuse"), null=True, editable=False)
    templates_at = models.DateTimeField(_("plantillas sincronizadas"), null=True, editable=False)

    class Meta:
        verbose_name = _("línea")
        verbose_name_plural = _("líneas")
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(name="session_lasts_an_hour_at_least", condition=Q(session_hours__gte=1)),
            models.CheckConstraint(name="line_asks_is_known", condition=Q(asks_score__in=("trays", "always", "never"))),
        )
        indexes = (models.Index("kind", "line_id", name="origins_by_line", condition=~Q(line_id="")),)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def of_key(cls, key: str) -> "Origin | None":
        """The origin that a webhook names: every message that comes in asks this."""
        return _OF_KEY.find_one(key)

    @property
    def stop_words(self) -> list[str]:
        """With which its customers end broadcasts: its own, else the installation's."""
        own = [word.strip() for word in self.opt_out_words.split(",") if word.strip()]
        return own or settings.OPT_OUT_WORDS

    @property
    def session(self) -> timedelta:
        return timedelta(hours=self.session_hours)

    @property
    def can(self) -> Capabilities:
        return CAPABILITIES[self.kind]

    @property
    def has_window(self) -> bool:
        """A free text goes out only within 24 h of the customer's last message."""
        return self.can.window

    @property
    def tells_nobody(self) -> bool:
        """Nobody waits for an answer outside: what we send is sent when it is stored."""
        return self.kind == self.Kind.WEB or (self.kind == self.Kind.HTTP and not self.callback_url)


_OF_KEY = Prepared(lambda key: Origin.objects.exclude(kind="web").filter(key=key).order_by())


class Connection(models.Model):
    """A person's own account that a line may answer for (Telegram Business), as the network last told."""

    origin = models.ForeignKey(Origin, models.CASCADE, related_name="connections")
    ref = models.CharField(max_length=100)
    owner = models.CharField(_("dueño"), max_length=200, blank=True)
    may_answer = models.BooleanField(default=False)
    is_on = models.BooleanField(default=False)
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("cuenta conectada")
        verbose_name_plural = _("cuentas conectadas")
        constraints = (models.UniqueConstraint(name="a_connection_is_kept_once", fields=("origin", "ref")),)

    def __str__(self) -> str:
        return self.owner or self.ref


class PublicAddress(models.Model):
    """Where others find this installation, as it was set on a page (public_address.py): one row, or none."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    url = models.CharField(_("dirección pública"), max_length=200)
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("dirección pública")
        verbose_name_plural = _("direcciones públicas")
        constraints = (
            models.CheckConstraint(name="there_is_one_public_address", condition=Q(id=1)),
            models.CheckConstraint(name="public_address_is_https", condition=Q(url__startswith="https://")),
        )

    def __str__(self) -> str:
        return self.url


class LineCheck(models.Model):
    """What was last found out about how a line is connected: shown beside its steps until it is found out anew."""

    origin = models.OneToOneField(Origin, models.CASCADE, primary_key=True, related_name="check_made")
    # [{about, state, words, advice}]: gateway/status/line_steps.py
    findings = models.JSONField(default=list)
    checked_at = models.DateTimeField(null=True)
    # somebody is at it until then
    claimed_until = models.DateTimeField(null=True)
    # the network called our address, with its token, and was answered
    verified_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("prueba de conexión")
        verbose_name_plural = _("pruebas de conexión")

    def __str__(self) -> str:
        return f"{self.origin}"


class Body(models.Model):
    """What came in, byte for byte, before anyone made sense of it. The same bytes are kept once. In partitions by
    month (common/partitions.py)."""

    class State(models.TextChoices):
        RECEIVED = "received", _("Recibido")
        PROCESSED = "processed", _("Procesado")
        DUPLICATE = "duplicate", _("Repetido")
        BROKEN = "broken", _("No se entendió")

    # the index bodies_of_an_origin begins with it
    origin = models.ForeignKey(Origin, models.PROTECT, related_name="bodies", verbose_name=_("línea"), db_index=False)
    raw = models.BinaryField(_("contenido"))
    digest = models.BinaryField(_("huella"), max_length=32)
    received_at = models.DateTimeField(_("recibido"), default=timezone.now)
    state = models.CharField(_("estado"), max_length=10, choices=State.choices, default=State.RECEIVED)
    reason = models.TextField(_("motivo"), blank=True)
    # the same bytes came so many times more; so many times somebody began to make sense of them
    repeats = models.PositiveIntegerField(_("repeticiones"), default=0, db_default=0)
    attempts = models.PositiveSmallIntegerField(_("intentos"), default=0, db_default=0)
    # a worker has it until then
    claimed_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("recibido")
        verbose_name_plural = _("recibidos")
        constraints = (
            # within a partition; who writes one looks into the others (common/partitions.py)
            models.UniqueConstraint(name="a_body_is_kept_once", fields=("origin", "digest")),
            models.CheckConstraint(
                name="body_state_is_known", condition=Q(state__in=("received", "processed", "duplicate", "broken"))
            ),
        )
        indexes = (
            models.Index(name="bodies_nobody_finished", fields=("received_at",), condition=Q(state="received")),
            models.Index(name="bodies_by_time", fields=("received_at",)),
            models.Index("origin", "id", name="bodies_of_an_origin"),
            models.Index(name="bodies_that_are_broken", fields=("origin", "received_at"), condition=Q(state="broken")),
        )

    def __str__(self) -> str:
        return f"n.º {self.pk}"


class SharedUpload(models.Model):
    """A file that many messages of a line show, at its network: the id that all of them name it by.

    Without an id somebody uploads it, and has it until `valid_until` (origins/whatsapp/shared_uploads.py).
    """

    origin = models.ForeignKey(Origin, models.CASCADE, related_name="+", db_index=False)
    # where it is stored here
    key = models.CharField(max_length=300)
    remote_id = models.CharField(max_length=200, blank=True)
    valid_until = models.DateTimeField()

    class Meta:
        verbose_name = _("archivo compartido")
        verbose_name_plural = _("archivos compartidos")
        constraints = (models.UniqueConstraint(name="a_shared_file_is_kept_once", fields=("origin", "key")),)
        indexes = (models.Index("valid_until", name="shared_uploads_by_end"),)

    def __str__(self) -> str:
        return f"{self.origin_id} {self.key}"
