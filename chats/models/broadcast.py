"""Broadcasts: one template to many contacts of a line, and what became of it for each."""

import uuid
from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chats.models.message import Message
from chats.models.template import Template
from contacts.models import Contact
from contacts.place import visible_q
from origins.models import Origin
from trays.models import Agent

MAX_NAME_CHARS = 80
# after its end most of what becomes of it has become known
MOVES_FOR = timedelta(hours=1)


class BroadcastQuerySet(models.QuerySet["Broadcast"]):
    def visible_to(self, agent: Agent) -> Self:
        """Supervisors know all of them; whom they name is asked of each recipient."""
        return self if agent.is_active and agent.is_supervisor else self.none()


class Broadcast(models.Model):
    """Written in chats/messages/broadcasts/ only. Its numbers are kept by whatever changes its recipients."""

    class State(models.TextChoices):
        FILLING = "filling", _("Armando la lista")
        DRAFT = "draft", _("Borrador")
        SCHEDULED = "scheduled", _("Programada")
        RUNNING = "running", _("Enviando")
        PAUSED = "paused", _("En pausa")
        DONE = "done", _("Terminada")
        STOPPED = "stopped", _("Detenida")
        FAILED = "failed", _("No se pudo armar")

    name = models.CharField(_("nombre"), max_length=MAX_NAME_CHARS)
    origin = models.ForeignKey(Origin, models.PROTECT, related_name="+", verbose_name=_("línea"))
    template = models.ForeignKey(Template, models.SET_NULL, null=True, related_name="+", verbose_name=_("plantilla"))
    # stays when the template goes
    template_name = models.CharField(max_length=512)
    # what each variable is filled with: words, in which {nombre} and columns of the file stand for the contact's own
    variables = models.JSONField(default=dict)
    # {tags: [..], seen: "30" | "-30" | ""}; of a file nothing
    audience = models.JSONField(default=dict)
    # the numbers, until the list is made
    file = models.FileField(upload_to="difusiones/", max_length=300, blank=True)
    # of a template whose header is a picture, a video or a document; its messages show it from here
    header_file = models.FileField(upload_to="difusiones/", max_length=300, blank=True, default="", db_default="")
    # {name, size, mime, width, height, traits}; None without one
    header_facts = models.JSONField(null=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("autor"))
    created_at = models.DateTimeField(_("creada"), default=timezone.now)
    state = models.CharField(_("estado"), max_length=10, choices=State.choices, default=State.FILLING)
    # why it paused itself or could not be made, in words
    reason = models.CharField(_("motivo"), max_length=300, blank=True)
    # the last contact, or the last line of the file, that the list has got to
    filled_to = models.BigIntegerField(default=0)
    start_at = models.DateTimeField(_("empieza"), null=True)
    started_at = models.DateTimeField(_("empezó"), null=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(_("terminó"), null=True)
    # a person went on after it had paused itself for its failures: it does not again
    ignores_failures = models.BooleanField(default=False)
    pending = models.PositiveIntegerField(default=0)
    queued = models.PositiveIntegerField(default=0)
    sent = models.PositiveIntegerField(default=0)
    delivered = models.PositiveIntegerField(default=0)
    read = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    answered = models.PositiveIntegerField(default=0)
    opted_out = models.PositiveIntegerField(default=0)
    # {why: how many}, with those of the file whom nobody knows
    left_out = models.JSONField(default=dict)

    objects = BroadcastQuerySet.as_manager()

    class Meta:
        verbose_name = _("difusión")
        verbose_name_plural = _("difusiones")
        constraints = (
            models.CheckConstraint(
                name="a_broadcast_s_header_is_a_file", condition=Q(header_file="") ^ Q(header_facts__isnull=False)
            ),
            models.CheckConstraint(
                name="broadcast_state_is_known",
                condition=Q(
                    state__in=("filling", "draft", "scheduled", "running", "paused", "done", "stopped", "failed")
                ),
            ),
            models.CheckConstraint(
                name="a_scheduled_broadcast_has_its_hour", condition=~Q(state="scheduled") | Q(start_at__isnull=False)
            ),
            models.CheckConstraint(
                name="a_broadcast_under_way_was_started",
                condition=~Q(state__in=("running", "paused", "done"))
                | Q(started_at__isnull=False, started_by__isnull=False),
            ),
        )
        indexes = (
            # what the sweep looks at
            models.Index(
                "id", name="broadcasts_to_tend", condition=Q(state__in=("filling", "scheduled", "running", "paused"))
            ),
            models.Index("ended_at", name="broadcasts_by_end", condition=Q(ended_at__isnull=False)),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def recipients_count(self) -> int:
        """Who gets it or got it."""
        return self.pending + self.begun

    @property
    def begun(self) -> int:
        return self.queued + self.sent + self.delivered + self.read + self.failed

    @property
    def taken(self) -> int:
        """Whose message the network took."""
        return self.sent + self.reached

    @property
    def reached(self) -> int:
        return self.delivered + self.read

    @property
    def left_out_count(self) -> int:
        return sum(self.left_out.values())

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def is_moving(self) -> bool:
        """Whether something of it changes by itself, so that a page is worth asking for again."""
        is_fresh = self.ended_at is not None and self.ended_at > timezone.now() - MOVES_FOR
        return is_fresh or self.state in (self.State.FILLING, self.State.SCHEDULED, self.State.RUNNING)


class RecipientQuerySet(models.QuerySet["Recipient"]):
    def visible_to(self, agent: Agent) -> Self:
        """Those whose chat this agent may see: the others are counted, and not named."""
        return self.filter(visible_q(agent, "contact__"), contact__erased_at=None)


class Recipient(models.Model):
    """One contact of a broadcast: whether it gets it, and what became of it."""

    class Status(models.TextChoices):
        LEFT_OUT = "left_out", _("Queda afuera")
        PENDING = "pending", _("Falta enviar")
        QUEUED = "queued", _("Saliendo")
        SENT = "sent", _("Enviado")
        DELIVERED = "delivered", _("Entregado")
        READ = "read", _("Leído")
        FAILED = "failed", _("Falló")

    # the message is made under it: whoever sends, and however often, it is made once
    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    broadcast = models.ForeignKey(Broadcast, models.CASCADE, related_name="recipients", db_index=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="+")
    # of the file's line, by column; gone once it is sent
    columns = models.JSONField(default=dict)
    status = models.CharField(_("estado"), max_length=9, choices=Status.choices, default=Status.PENDING)
    # of who is left out: which (LEFT_OUT_WORDS); of a failure: the words of the network
    reason = models.CharField(_("motivo"), max_length=300, blank=True)
    message = models.OneToOneField(Message, models.SET_NULL, null=True, related_name="+")
    sent_at = models.DateTimeField(_("enviado"), null=True)
    answered_at = models.DateTimeField(_("contestó"), null=True)
    opted_out_at = models.DateTimeField(_("pidió la baja"), null=True)

    objects = RecipientQuerySet.as_manager()

    class Meta:
        verbose_name = _("destinatario")
        verbose_name_plural = _("destinatarios")
        constraints = (
            models.UniqueConstraint(name="a_contact_gets_a_broadcast_once", fields=("broadcast", "contact")),
            models.CheckConstraint(
                name="recipient_status_is_known",
                condition=Q(status__in=("left_out", "pending", "queued", "sent", "delivered", "read", "failed")),
            ),
            models.CheckConstraint(
                name="who_is_left_out_got_nothing",
                condition=~Q(status__in=("left_out", "pending")) | Q(message__isnull=True, sent_at__isnull=True),
            ),
        )
        indexes = (
            models.Index("broadcast", "status", "id", name="recipients_by_status"),
            models.Index("broadcast", "id", name="recipients_in_order"),
        )

    def __str__(self) -> str:
        return f"{self.broadcast_id} {self.contact_id} {self.status}"
