"""The chatbot side: bots and who receives an origin's chats, menus in versions, and the doors to external bots."""

import uuid
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.sealing import HasSecrets, SealedField
from origins.models import Origin
from trays.models import Tray

# what an endpoint may be told
EVENTS = (
    "conversation_created",
    "message_created",
    "message_updated",
    "conversation_opened",
    "conversation_returned",
    "conversation_closed",
    "conversation_expired",
)


def most_events() -> list[str]:
    """All but receipts and corrections, which few bots need."""
    return [event for event in EVENTS if event != "message_updated"]


class Bot(models.Model):
    """Who attends first: the embedded menu, or an external bot that its endpoint and its tokens connect."""

    class Kind(models.TextChoices):
        MENU = "menu", _("Menú (incluido)")
        WEBHOOK = "webhook", _("Webhook y API")
        RASA = "rasa", _("Rasa (REST)")
        TYPEBOT = "typebot", _("Typebot")
        BOTPRESS = "botpress", _("Botpress")
        CHATWOOT = "chatwoot", _("Bot hecho para Chatwoot")

    name = models.CharField(_("nombre"), max_length=60, default="WittyBots")
    kind = models.CharField(_("conector"), max_length=10, choices=Kind.choices, default=Kind.MENU)
    farewell = models.TextField(
        _("cuando pasa el chat a una persona"),
        max_length=1000,
        default=_("Te paso con una persona del equipo."),
        help_text=_("También se le dice al cliente, una vez, cuando el bot no responde."),
    )
    most_per_minute = models.PositiveSmallIntegerField(
        _("mensajes por minuto en un chat"),
        default=30,
        help_text=_("Si el bot manda más, o más de 10 seguidos, el chat pasa a General."),
    )
    is_active = models.BooleanField(_("activo"), default=True)

    class Meta:
        verbose_name = _("bot")
        verbose_name_plural = _("bots")
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                name="bot_kind_is_known",
                condition=Q(kind__in=("menu", "webhook", "rasa", "typebot", "botpress", "chatwoot")),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_external(self) -> bool:
        return self.kind != self.Kind.MENU


class MenuVersion(models.Model):
    """One version of a menu bot's tree (wittybots/menu/tree.py). What is published is never changed, only replaced."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Borrador")
        PUBLISHED = "published", _("Publicada")
        RETIRED = "retired", _("Anterior")

    bot = models.ForeignKey(Bot, models.CASCADE, related_name="versions", verbose_name=_("bot"))
    number = models.PositiveIntegerField(_("versión"))
    state = models.CharField(_("estado"), max_length=10, choices=State.choices, default=State.DRAFT)
    tree = models.JSONField(_("menú"))
    saved_at = models.DateTimeField(_("guardada"), default=timezone.now)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("por")
    )
    published_at = models.DateTimeField(_("publicada"), null=True)

    class Meta:
        verbose_name = _("versión del menú")
        verbose_name_plural = _("versiones del menú")
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(name="a_version_has_its_number", fields=("bot", "number")),
            models.UniqueConstraint(name="one_draft_a_bot", fields=("bot",), condition=Q(state="draft")),
            models.UniqueConstraint(name="one_published_a_bot", fields=("bot",), condition=Q(state="published")),
        )

    def __str__(self) -> str:
        return f"{self.bot} v{self.number}"


class Reception(models.Model):
    """Who receives an origin's chats: a bot, or directly a tray (General if none)."""

    origin = models.OneToOneField(Origin, models.CASCADE, related_name="reception", verbose_name=_("línea"))
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


class Endpoint(HasSecrets):
    """Where what happens is told: an external bot, or an integration that only listens (no bot)."""

    bot = models.OneToOneField(
        Bot, models.CASCADE, null=True, blank=True, related_name="endpoint", verbose_name=_("bot")
    )
    name = models.CharField(_("nombre"), max_length=60)
    url = models.CharField(_("dirección"), max_length=500)
    # Standard Webhooks: what signs; the previous one signs as well until it is forgotten
    secret = SealedField(_("secreto de la firma"), blank=True, default="")
    previous_secret = SealedField(blank=True, default="", editable=False)
    # what the other side asks of us (Rasa, Typebot, Botpress)
    access_token = SealedField(_("token de acceso"), blank=True, default="")
    # its bot's public id there (Typebot, Botpress)
    remote_id = models.CharField(_("id del bot allá"), max_length=200, blank=True)
    events = ArrayField(models.CharField(max_length=30), default=most_events, verbose_name=_("eventos"))
    is_active = models.BooleanField(_("activo"), default=True)
    failing_since = models.DateTimeField(_("falla desde"), null=True, editable=False)
    trouble = models.CharField(_("problema"), max_length=300, blank=True, editable=False)
    switched_off_at = models.DateTimeField(_("apagado por fallas"), null=True, editable=False)
    heard_at = models.DateTimeField(_("respondió bien"), null=True, editable=False)
    # from here on it is shown and told nowhere, until the clock deletes it and its log
    removed_at = models.DateTimeField(_("borrado"), null=True, editable=False)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class TokenQuerySet(models.QuerySet["Token"]):
    def valid(self) -> Self:
        return self.filter(revoked_at=None).filter(Q(bot=None) | Q(bot__is_active=True))


class Token(models.Model):
    """What a bot or an integration brings to the API. Only its digest is kept."""

    class Scope(models.TextChoices):
        CONVERSATIONS = "conversations", _("Conversaciones de su bot")
        TRAYS = "trays", _("Bandejas")
        CONTACTS = "contacts", _("Contactos y sus estados")

    name = models.CharField(_("nombre"), max_length=60)
    bot = models.ForeignKey(
        Bot,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="tokens",
        verbose_name=_("bot"),
        help_text=_("Vacío: una integración, que no atiende chats."),
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    # its first characters, so that people can tell one from another
    hint = models.CharField(_("empieza con"), max_length=12, editable=False)
    scopes = ArrayField(models.CharField(max_length=20), default=list, verbose_name=_("permisos"))
    created_at = models.DateTimeField(_("creado"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False, verbose_name=_("por")
    )
    last_used_at = models.DateTimeField(_("último uso"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revocado"), null=True, editable=False)

    objects = TokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("clave de la API")
        verbose_name_plural = _("claves de la API")
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"


class Answered(models.Model):
    """What a request with an Idempotency-Key was answered, for a day."""

    token = models.ForeignKey(Token, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=200)
    # method, path and body: the same key for another request is refused
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("respuesta de la API")
        verbose_name_plural = _("respuestas de la API")
        constraints = (models.UniqueConstraint(name="a_key_is_answered_once", fields=("token", "key")),)
        indexes = (models.Index("created_at", name="answered_by_time"),)

    def __str__(self) -> str:
        return self.key


class Event(models.Model):
    """One thing that an endpoint is to be told: the queue of what goes out to bots, and its log.

    Chats and messages are named by id, as this room knows nothing of them. In partitions by month
    (common/partitions.py).
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("En cola")
        SENDING = "sending", _("Llamando")
        DONE = "done", _("Recibido")
        FAILED = "failed", _("Falló")
        DROPPED = "dropped", _("Ya no correspondía")

    # the webhook-id: the same for each try; unique within a partition, and by chance over all
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    endpoint = models.ForeignKey(
        Endpoint, models.CASCADE, related_name="told", db_index=False, verbose_name=_("webhook")
    )
    kind = models.CharField(_("evento"), max_length=30)
    chat_id = models.BigIntegerField(_("chat"), null=True)
    message_id = models.BigIntegerField(_("mensaje"), null=True)
    # the step of the chat's history at which it happened
    control_version = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(_("fecha"), default=timezone.now)
    state = models.CharField(_("estado"), max_length=8, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("intentos"), default=0)
    # when it is due; while it is being told, when that claim runs out
    next_try_at = models.DateTimeField(null=True)
    # a supervisor has sent it again: it gets one try, and nobody's chat is moved for it
    is_resent = models.BooleanField(_("enviado a mano"), default=False, db_default=False)
    status_code = models.PositiveSmallIntegerField(_("respuesta HTTP"), null=True)
    took_ms = models.PositiveIntegerField(_("tardó (ms)"), null=True)
    reason = models.CharField(_("motivo"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("aviso enviado")
        verbose_name_plural = _("avisos enviados")
        ordering = ("-id",)
        indexes = (
            models.Index(
                "endpoint", "chat_id", "id", name="events_to_tell", condition=Q(state__in=("queued", "sending"))
            ),
            models.Index("endpoint", F("id").desc(), name="events_of_an_endpoint"),
            models.Index("created_at", name="events_by_time"),
            models.Index(F("id").desc(), name="events_that_went_wrong", condition=Q(state__in=("failed", "dropped"))),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"

    @property
    def key(self) -> tuple[int, int | None]:
        """What is told in order: of one endpoint, of one chat or of none."""
        return self.endpoint_id, self.chat_id
