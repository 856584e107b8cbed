"""Messages, and their files."""

import uuid
from typing import Self

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex, GinIndex, OpClass
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chats.models.chat import Chat
from contacts.models import StateChange
from contacts.place import visible_q
from origins.models import Origin
from trays.models import Agent, Tray
from wittybots.models import Bot


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, agent: Agent) -> Self:
        """Those of chats that this agent may see."""
        return self.filter(visible_q(agent, "chat__"), chat__erased_at=None)

    def with_chats(self) -> Self:
        """What a row needs to say whose it is, where its chat is and what comes with it; few things are read apart, as
        in Chat.objects.with_people."""
        trays = models.Prefetch("chat__tray", Tray.objects.select_related("owner"))
        return self.select_related("chat__contact").prefetch_related(
            "chat__origin", "chat__agent", trays, "agent", "attachments"
        )


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
        """In order: it only ever moves forward (chats/messages/receipts.py)."""

        QUEUED = "queued", _("En cola")
        SENDING = "sending", _("Enviando")
        UNCONFIRMED = "unconfirmed", _("Sin confirmar")
        SENT = "sent", _("Enviado")
        # stands while nothing later than sent is known
        FAILED = "failed", _("Falló")
        DELIVERED = "delivered", _("Entregado")
        READ = "read", _("Leído")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # each is the beginning of an index below
    chat = models.ForeignKey(Chat, models.PROTECT, related_name="messages", db_index=False, verbose_name=_("chat"))
    origin = models.ForeignKey(Origin, models.PROTECT, related_name="+", db_index=False)
    direction = models.CharField(_("sentido"), max_length=4, choices=Direction.choices)
    author = models.CharField(_("autor"), max_length=8, choices=Author.choices)
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    # the bot that said it, or to which it was said: what that bot may still read when the chat is elsewhere
    # without a constraint: nobody reads all messages when a bot is deleted
    bot = models.ForeignKey(Bot, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False)
    kind = models.CharField(_("tipo"), max_length=12, choices=Kind.choices, default=Kind.TEXT)
    text = models.TextField(_("texto"), blank=True)
    # choices offered, place, contact card, template and variables, … (chats/serializers.py says what of it others get)
    payload = models.JSONField(default=dict)
    change = models.OneToOneField(
        StateChange, models.PROTECT, null=True, related_name="line", verbose_name=_("movimiento")
    )
    external_id = models.CharField(_("id en la red"), max_length=200, null=True)  # noqa: DJ001 - NULL is not unique
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

    objects = MessageQuerySet.as_manager()

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
            models.Index("chat", F("id").desc(), name="messages_noted", condition=Q(direction="note", author="agent")),
            models.Index("chat", "id", name="messages_to_send", condition=Q(status__in=("queued", "sending"))),
            models.Index("origin", "id", name="messages_unsent", condition=Q(status__in=("queued", "sending"))),
            models.Index("media_due_at", name="media_to_fetch", condition=Q(media_due_at__isnull=False)),
            # what a watermark says is delivered or read
            models.Index(
                "chat", "sent_at", name="messages_on_their_way", condition=Q(status__in=("sent", "delivered"))
            ),
            # what reports count by the hour
            models.Index("created_at", name="messages_of_agents", condition=Q(author="agent", direction="out")),
            # the messages of an hour, which stand nearly in the order of time; its class bears a few that came late
            BrinIndex(
                OpClass("created_at", name="timestamptz_minmax_multi_ops"), name="messages_by_time", pages_per_range=32
            ),
            # what people look for; the words are made by the index alone, and a writer knows nothing of them
            GinIndex(
                Func(Func("text", function="text_words"), function="array_to_tsvector"),
                name="messages_by_words",
                condition=~Q(text=""),
            ),
            # any part of a number or a code, however it is written
            GinIndex(
                OpClass(Func("text", function="text_digits"), name="gin_trgm_ops"),
                name="messages_by_digits",
                condition=Q(text__regex="[0-9]{3}"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.direction} {self.kind} {self.pk}"

    @property
    def sort_key(self) -> int:
        """Its place in the thread, as an unsigned integer: time, then id."""
        return int(self.created_at.timestamp() * 1_000_000) * 10**12 + self.pk % 10**12

    @property
    def shown_text(self) -> str:
        """Its text as lists and notices show it."""
        return gettext("Mensaje retirado") if self.withdrawn_at else " ".join(self.text.split())[:140]

    @property
    def files(self) -> "list[Attachment]":
        """Its files; none is looked for where the kind says that there is none."""
        return [] if self.kind in ("text", "choice", "template", "move") else list(self.attachments.all())


class Attachment(models.Model):
    """A file of a message; without one yet while it waits for its message (an hour at most)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="attachments")
    # the beginning of an index below
    chat = models.ForeignKey(Chat, models.PROTECT, null=True, related_name="+", db_index=False)
    # who sent it before there was a message: a visitor's address value on this origin
    origin = models.ForeignKey(Origin, models.PROTECT, null=True, related_name="+")
    visitor = models.CharField(max_length=200, blank=True)
    file = models.FileField(_("archivo"), upload_to="%Y/%m/%d/", max_length=300)
    name = models.CharField(_("nombre"), max_length=200)
    mime = models.CharField(_("tipo"), max_length=100)
    size = models.PositiveBigIntegerField(_("tamaño"))
    # what the type leaves open, comma-separated: codecs, `stereo`, `moving` (chats/attachments/found_type.py)
    traits = models.CharField(max_length=100, blank=True, default="", db_default="")
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    # a small picture of it, made by the worker
    thumb = models.FileField(upload_to="%Y/%m/%d/", max_length=300, blank=True)
    # `file` is another's (a quick reply's): it is shown and sent from there, and its bytes are not ours to delete
    is_borrowed = models.BooleanField(default=False, db_default=False)
    is_voice = models.BooleanField(default=False)
    # of a sound: how loud it is along its way, a digit for each bar (0 to z; '' not known yet, NO_PEAKS: cannot be
    # read), and how long; by the worker
    peaks = models.CharField(max_length=64, blank=True, default="", db_default="")
    seconds = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("archivo")
        verbose_name_plural = _("archivos")
        indexes = (
            models.Index("created_at", name="files_without_message", condition=Q(message__isnull=True)),
            models.Index("chat", F("id").desc(), name="files_of_chat"),
            models.Index("file", name="borrowed_files", condition=Q(is_borrowed=True)),
            models.Index("id", name="sounds_to_measure", condition=Q(peaks="", mime__startswith="audio/")),
            GinIndex(
                Func(Func("name", function="text_words"), function="array_to_tsvector"),
                name="files_by_words",
                condition=Q(message__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def trait_names(self) -> frozenset[str]:
        return frozenset(filter(None, self.traits.split(",")))

    @property
    def is_picture(self) -> bool:
        return self.width is not None
