"""The work: one chat a contact, its messages, their files, and the templates that reopen it."""

import uuid
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models import PLACE_FITS, Contact, State, StateChange
from contacts.place import visible_q
from origins.models import Origin
from trays.models import Agent, Tray
from wittybots.models import Bot


class ChatQuerySet(models.QuerySet["Chat"]):
    def visible_to(self, agent: Agent) -> Self:
        return self.filter(visible_q(agent))

    def waiting(self) -> Self:
        """In a tray where someone waits: all but Conversaciones Cerradas."""
        return self.filter(state=State.BANDEJA).exclude(tray__kind=Tray.Kind.CLOSED)

    def longest_first(self) -> Self:
        return self.order_by("waiting_since", "id")

    def held_by(self, agent: Agent) -> Self:
        return self.filter(state=State.AGENTE, agent=agent)

    def with_people(self) -> Self:
        """What a row, a pane or a move needs to say who and where, in one query."""
        return self.select_related(
            "contact__origin", "origin", "tray__owner", "agent", "taken_from__owner", "change__actor"
        )


class Chat(models.Model):
    """The one ongoing conversation with a contact. Its place is changed in moves.py only."""

    State = State

    contact = models.OneToOneField(Contact, models.PROTECT, related_name="chat", verbose_name=_("contacto"))
    origin = models.ForeignKey(Origin, models.PROTECT, related_name="+", verbose_name=_("origen"))
    state = models.CharField(_("estado"), max_length=8, choices=State.choices)
    tray = models.ForeignKey(Tray, models.PROTECT, null=True, related_name="chats", verbose_name=_("bandeja"))
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="chats", verbose_name=_("agente")
    )
    taken_from = models.ForeignKey(Tray, models.PROTECT, null=True, related_name="+", verbose_name=_("tomado de"))
    # the last step of the history: names the live group of those who look at it now
    change = models.OneToOneField(StateChange, models.PROTECT, related_name="+", null=True, editable=False)
    session_expires_at = models.DateTimeField(_("la sesión expira"))
    last_customer_at = models.DateTimeField(_("último mensaje del cliente"), null=True)
    last_template_at = models.DateTimeField(_("última plantilla"), null=True)
    # the origin said that its window is closed, whatever the clock says; until the customer writes again
    window_shut_at = models.DateTimeField(null=True)
    waiting_since = models.DateTimeField(_("en su lugar desde"), default=timezone.now)
    # kept for lists, in the transaction of each message
    unread = models.PositiveIntegerField(_("sin leer"), default=0)
    preview = models.CharField(_("último mensaje"), max_length=140, blank=True)
    preview_kind = models.CharField(max_length=12, blank=True)
    last_message_at = models.DateTimeField(null=True)
    # the bot's memory and what it found out
    bot_memory = models.JSONField(default=dict)
    bot_path = ArrayField(models.CharField(max_length=60), default=list)
    attributes = models.JSONField(default=dict)
    # who attends it in BOT, and attended it last elsewhere
    bot = models.ForeignKey(Bot, models.SET_NULL, null=True, related_name="+", db_index=False, verbose_name=_("bot"))
    # until when an outside bot has to answer
    bot_due_at = models.DateTimeField(null=True)
    bot_summary = models.TextField(_("resumen del bot"), blank=True, default="", db_default="")
    tags = ArrayField(models.CharField(max_length=40), default=list, db_default=[], verbose_name=_("etiquetas"))

    objects = ChatQuerySet.as_manager()

    class Meta:
        verbose_name = _("chat")
        verbose_name_plural = _("chats")
        constraints = (
            models.CheckConstraint(name="chat_place_fits_its_state", condition=PLACE_FITS),
            models.CheckConstraint(name="chat_state_is_known", condition=Q(state__in=State.values)),
        )
        indexes = (
            models.Index("tray", "waiting_since", "id", name="chats_of_a_tray", condition=Q(state="BANDEJA")),
            models.Index("agent", "waiting_since", name="chats_of_an_agent", condition=Q(state="AGENTE")),
            models.Index("session_expires_at", name="chats_by_expiry", condition=~Q(state="EXPIRADO")),
            models.Index("bot", "id", name="chats_of_a_bot", condition=Q(bot__isnull=False)),
            models.Index("bot_due_at", name="chats_that_a_bot_owes", condition=Q(state="BOT")),
        )

    def __str__(self) -> str:
        return f"{self.contact} · {self.state}"

    @property
    def window_is_shut(self) -> bool:
        """The origin said that its window is closed, and the customer has not written since."""
        heard = self.last_customer_at
        return self.window_shut_at is not None and (heard is None or self.window_shut_at > heard)

    @property
    def sort_key(self) -> int:
        """Its place in a list, as an unsigned integer: who waits longest first, what was closed last first."""
        at = int(self.waiting_since.timestamp() * 1_000_000)
        return 10**17 - at if self.tray and self.tray.kind == Tray.Kind.CLOSED else at


class Message(models.Model):
    """One thing said in a chat, or a line about a move (kind `move`)."""

    class Direction(models.TextChoices):
        IN = "in", _("Del cliente")
        OUT = "out", _("Al cliente")
        NOTE = "note", _("Nota interna")

    class Author(models.TextChoices):
        CUSTOMER = "customer", _("Cliente")
        BOT = "bot", _("Bot")
        AGENT = "agent", _("Agente")
        SYSTEM = "system", _("Sistema")

    class Kind(models.TextChoices):
        TEXT = "text", _("Texto")
        IMAGE = "image", _("Foto")
        AUDIO = "audio", _("Audio")
        VIDEO = "video", _("Video")
        DOCUMENT = "document", _("Documento")
        STICKER = "sticker", _("Sticker")
        LOCATION = "location", _("Ubicación")
        CONTACT = "contact", _("Contacto")
        CHOICE = "choice", _("Opción")
        TEMPLATE = "template", _("Plantilla")
        # what changes another message, on its way out; never shown as a message of its own
        REACTION = "reaction", _("Reacción")
        EDIT = "edit", _("Corrección")
        WITHDRAWAL = "withdrawal", _("Retiro")
        UNSUPPORTED = "unsupported", _("Mensaje no compatible")
        MOVE = "move", _("Movimiento")

    # on their way out they change another message, and are no line of their own
    COMMANDS = (Kind.REACTION, Kind.EDIT, Kind.WITHDRAWAL)

    class Status(models.TextChoices):
        """In order: it only ever moves forward (messaging.settle)."""

        QUEUED = "queued", _("En cola")
        SENDING = "sending", _("Enviando")
        UNCONFIRMED = "unconfirmed", _("Sin confirmar")
        SENT = "sent", _("Enviado")
        # stands while nothing later than sent is known
        FAILED = "failed", _("Falló")
        DELIVERED = "delivered", _("Entregado")
        READ = "read", _("Leído")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    chat = models.ForeignKey(Chat, models.PROTECT, related_name="messages", verbose_name=_("chat"))
    origin = models.ForeignKey(Origin, models.PROTECT, related_name="+")
    direction = models.CharField(_("sentido"), max_length=4, choices=Direction.choices)
    author = models.CharField(_("autor"), max_length=8, choices=Author.choices)
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    # the bot that said it, or to which it was said: what that bot may still read when the chat is elsewhere
    # without a constraint: nobody reads all messages when a bot is deleted
    bot = models.ForeignKey(Bot, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False)
    kind = models.CharField(_("clase"), max_length=12, choices=Kind.choices, default=Kind.TEXT)
    text = models.TextField(_("texto"), blank=True)
    # choices offered, place, contact card, template and variables, … (chats/payloads in docs/models.md)
    payload = models.JSONField(default=dict)
    change = models.OneToOneField(
        StateChange, models.PROTECT, null=True, related_name="line", verbose_name=_("movimiento")
    )
    external_id = models.CharField(_("id en el origen"), max_length=200, null=True)  # noqa: DJ001 - NULL is not unique
    client_id = models.UUIDField(null=True)
    reply_to = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    reaction = models.CharField(_("reacción"), max_length=40, blank=True)
    # ours to a message of the customer
    own_reaction = models.CharField(_("reacción propia"), max_length=40, blank=True, default="", db_default="")
    edited_at = models.DateTimeField(_("corregido"), null=True)
    withdrawn_at = models.DateTimeField(_("retirado"), null=True)
    status = models.CharField(_("estado"), max_length=12, choices=Status.choices, blank=True)
    # the time that the origin gives for it
    status_at = models.DateTimeField(null=True)
    reason = models.CharField(_("motivo de la falla"), max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    # when its media are to be fetched (again): chats/attachments/media.py
    media_due_at = models.DateTimeField(null=True)
    # the place in the conversation: the origin's time for what comes in, never later than now
    created_at = models.DateTimeField(_("fecha"), default=timezone.now)
    sent_at = models.DateTimeField(_("enviado"), null=True)

    class Meta:
        verbose_name = _("mensaje")
        verbose_name_plural = _("mensajes")
        constraints = (
            models.UniqueConstraint(name="an_origin_id_is_stored_once", fields=("origin", "external_id")),
            models.UniqueConstraint(name="a_form_is_sent_once", fields=("chat", "client_id")),
            models.CheckConstraint(
                name="direction_fits_author",
                condition=Q(direction="in", author="customer")
                | Q(direction="out", author__in=("bot", "agent"))
                | Q(direction="note", author__in=("agent", "system", "bot")),
            ),
            models.CheckConstraint(
                name="only_what_goes_out_has_a_status",
                condition=(Q(direction="out") & ~Q(status="")) | (~Q(direction="out") & Q(status="")),
            ),
            models.CheckConstraint(
                name="a_move_is_a_note", condition=~Q(kind="move") | Q(direction="note", change__isnull=False)
            ),
            models.CheckConstraint(
                name="message_kind_is_known",
                condition=Q(
                    kind__in=(
                        "text",
                        "image",
                        "audio",
                        "video",
                        "document",
                        "sticker",
                        "location",
                        "contact",
                        "choice",
                        "template",
                        "reaction",
                        "edit",
                        "withdrawal",
                        "unsupported",
                        "move",
                    )
                ),
            ),
        )
        indexes = (
            models.Index("chat", F("created_at").desc(), F("id").desc(), name="messages_in_order"),
            models.Index("chat", F("id").desc(), name="messages_heard", condition=Q(direction="in")),
            models.Index("chat", "id", name="messages_to_send", condition=Q(status__in=("queued", "sending"))),
            models.Index("origin", "id", name="messages_unsent", condition=Q(status__in=("queued", "sending"))),
            models.Index("media_due_at", name="media_to_fetch", condition=Q(media_due_at__isnull=False)),
            # what a watermark says is delivered or read
            models.Index(
                "chat", "sent_at", name="messages_on_their_way", condition=Q(status__in=("sent", "delivered"))
            ),
        )

    def __str__(self) -> str:
        return f"{self.direction} {self.kind} {self.pk}"

    @property
    def sort_key(self) -> int:
        """Its place in the thread, as an unsigned integer: time, then id."""
        return int(self.created_at.timestamp() * 1_000_000) * 10**12 + self.pk % 10**12

    @property
    def files(self) -> "list[Attachment]":
        """Its files; none is looked for where the kind says that there is none."""
        return [] if self.kind in ("text", "choice", "template", "move") else list(self.attachments.all())


class Attachment(models.Model):
    """A file of a message; without one yet while it waits for its message (a day at most)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="attachments")
    chat = models.ForeignKey(Chat, models.PROTECT, null=True, related_name="+")
    # who sent it before there was a message: a visitor's address value on this origin
    origin = models.ForeignKey(Origin, models.PROTECT, null=True, related_name="+")
    visitor = models.CharField(max_length=200, blank=True)
    file = models.FileField(_("archivo"), upload_to="%Y/%m/%d/", max_length=300)
    name = models.CharField(_("nombre"), max_length=200)
    mime = models.CharField(_("tipo"), max_length=100)
    size = models.PositiveBigIntegerField(_("tamaño"))
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    # a small picture of it, made by the worker
    thumb = models.FileField(upload_to="%Y/%m/%d/", max_length=300, blank=True)
    is_voice = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("archivo")
        verbose_name_plural = _("archivos")
        indexes = (models.Index("created_at", name="files_without_message", condition=Q(message__isnull=True)),)

    def __str__(self) -> str:
        return self.name

    @property
    def is_picture(self) -> bool:
        return self.width is not None


class TemplateQuerySet(models.QuerySet["Template"]):
    def usable_on(self, origin: Origin) -> Self:
        """What may be sent on a line now: its account's approved ones, or ours where the network has none."""
        ready = self.filter(is_active=True, status=Template.Status.APPROVED)
        if origin.can.remote_templates:
            return ready.filter(origin=origin).exclude(remote_id="")
        return ready.filter(Q(origin=origin) | Q(origin=None), remote_id="")


class Template(models.Model):
    """The pre-approved message that opens a new session. Variables are written {{nombre}} or {{1}}.

    With a `remote_id` it is a copy of what the network's account holds (gateway/template_sync.py); else it is ours.
    """

    class Category(models.TextChoices):
        UTILITY = "utility", _("Servicio")
        MARKETING = "marketing", _("Promoción")
        AUTHENTICATION = "authentication", _("Autenticación")

    class Status(models.TextChoices):
        APPROVED = "approved", _("Aprobada")
        PENDING = "pending", _("En revisión")
        REJECTED = "rejected", _("Rechazada")
        PAUSED = "paused", _("En pausa")
        DISABLED = "disabled", _("Desactivada")
        DELETED = "deleted", _("Borrada")

    name = models.CharField(_("nombre"), max_length=512)
    language = models.CharField(_("idioma"), max_length=12, default="es")
    category = models.CharField(_("categoría"), max_length=16, choices=Category.choices, default=Category.UTILITY)
    status = models.CharField(_("estado"), max_length=12, choices=Status.choices, default=Status.APPROVED)
    body = models.TextField(_("texto"), max_length=1024, help_text=_("Variables entre llaves dobles: {{nombre}}"))
    header = models.CharField(_("encabezado"), max_length=60, blank=True)
    footer = models.CharField(_("pie"), max_length=60, blank=True)
    parameter_format = models.CharField(
        max_length=12, choices=(("positional", "{{1}}"), ("named", "{{nombre}}")), default="named", editable=False
    )
    # as the network has them: {type: HEADER, format: IMAGE}, {type: BUTTONS, buttons: [{type, text, url}]}, …
    components = models.JSONField(default=list, editable=False)
    remote_id = models.CharField(_("id en la red"), max_length=100, blank=True, editable=False)
    quality = models.CharField(_("calidad"), max_length=20, blank=True, editable=False)
    reason = models.CharField(_("motivo del rechazo"), max_length=300, blank=True, editable=False)
    synced_at = models.DateTimeField(_("sincronizada"), null=True, editable=False)
    origin = models.ForeignKey(
        Origin,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="templates",
        verbose_name=_("origen"),
        help_text=_("Vacío: sirve para todos los orígenes que no tienen plantillas propias."),
    )
    is_active = models.BooleanField(_("activa"), default=True)

    objects = TemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("plantilla")
        verbose_name_plural = _("plantillas")
        ordering = ("name", "language")
        constraints = (
            models.UniqueConstraint(
                name="a_template_stands_once", fields=("origin", "name", "language"), nulls_distinct=False
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def header_format(self) -> str:
        """TEXT, IMAGE, VIDEO, DOCUMENT, LOCATION, or '' where it has no header."""
        found = next((one for one in self.components if one.get("type") == "HEADER"), None)
        return str(found.get("format", "TEXT")) if found else ("TEXT" if self.header else "")

    @property
    def buttons(self) -> list[dict[str, Any]]:
        found: dict[str, Any] = next((one for one in self.components if one.get("type") == "BUTTONS"), {})
        return [button for button in found.get("buttons", []) if isinstance(button, dict)]


class Early(models.Model):
    """What was said of a message that is not there yet: applied as soon as it is (chats/messages/parked.py)."""

    origin = models.ForeignKey(Origin, models.CASCADE, related_name="+")
    # the id that the origin gives the message
    ref = models.CharField(max_length=200)
    # which fact it is (origins/facts.py), and its fields
    fact = models.CharField(max_length=12)
    data = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("aviso temprano")
        verbose_name_plural = _("avisos tempranos")
        indexes = (
            models.Index("origin", "ref", name="early_by_message"),
            models.Index("created_at", name="early_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.fact} {self.ref}"


class Workspace(models.Model):
    """How an agent has the Chat tab laid out: 1, 2 or 4 panes and the chats in them."""

    PANES = (1, 2, 4)

    agent = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True)
    panes = models.PositiveSmallIntegerField(default=2)
    # chat ids, by pane; 0 is an empty one
    slots = ArrayField(models.BigIntegerField(), default=list)
    active = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("ambientes de trabajo")
        verbose_name_plural = _("ambientes de trabajo")
        constraints = (models.CheckConstraint(name="panes_are_1_2_or_4", condition=Q(panes__in=(1, 2, 4))),)

    def __str__(self) -> str:
        return f"{self.agent}"
