"""Whom we talk to: contacts, the addresses by which origins know them, and the history of their states."""

from functools import cached_property
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.folding import FoldedTextField, words_q
from common.names import show_name
from origins.models import Origin
from trays.models import Agent, Tray


class State(models.TextChoices):
    """Where a contact's chat is (domain.md)."""

    BOT = "BOT", _("BOT")
    BANDEJA = "BANDEJA", _("BANDEJA")
    AGENTE = "AGENTE", _("AGENTE")
    EXPIRADO = "EXPIRADO", _("EXPIRADO")


# BANDEJA has a tray and no agent, AGENTE an agent and no tray, BOT and EXPIRADO neither
PLACE_FITS = (
    Q(state="BANDEJA", tray__isnull=False, agent__isnull=True)
    | Q(state="AGENTE", tray__isnull=True, agent__isnull=False)
    | Q(state__in=("BOT", "EXPIRADO"), tray__isnull=True, agent__isnull=True)
)


class Cause(models.TextChoices):
    """What brought a chat to a place: the moves of chats/moves.py."""

    ARRIVED = "arrived", _("Escribió el cliente")
    HANDED_OVER = "handed_over", _("El bot lo pasó")
    TAKEN = "taken", _("Lo tomó")
    GIVEN_BACK = "given_back", _("Lo devolvió")
    SENT = "sent", _("Lo envió")
    CLOSED = "closed", _("Lo cerró")
    RELOCATED = "relocated", _("Se movió")
    EXPIRED = "expired", _("24 h sin mensajes del cliente")
    REOPENED = "reopened", _("Lo reabrió con una plantilla")
    UNDONE = "undone", _("Lo deshizo")
    FORGOTTEN = "forgotten", _("Volvió sin respuesta")
    ASSIGNED = "assigned", _("Se asignó")
    ADDED = "added", _("Se agregó el contacto")
    ERASED = "erased", _("Se borraron sus datos")


class ContactQuerySet(models.QuerySet["Contact"]):
    def visible_to(self, agent: Agent) -> Self:
        """Every active agent knows every contact and its card; of its chat only contacts/place.py speaks. Nobody knows
        whose data were erased."""
        return self.known() if agent.is_active else self.none()

    def known(self) -> Self:
        """All but those whose data were erased (contacts/erasing.py)."""
        return self.filter(erased_at=None)

    def with_states(self) -> Self:
        """What a row of the list says. Read apart: PostgreSQL takes longer to plan nine joins than to do the rest."""
        places = StateChange.objects.select_related("tray__owner", "agent")
        return self.prefetch_related("origin", models.Prefetch("current", places), models.Prefetch("previous", places))

    def called(self, typed: str) -> Self:
        """Those whose name and address hold each word that was typed."""
        return self.filter(words_q("searched", typed))


class Contact(models.Model):
    """A customer, known by an address on one origin."""

    origin = models.ForeignKey(Origin, models.PROTECT, related_name="contacts", db_index=False, verbose_name=_("línea"))
    name = models.CharField(_("nombre"), max_length=200, blank=True)
    current = models.OneToOneField(
        "StateChange",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("estado actual"),
    )
    previous = models.OneToOneField(
        "StateChange",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("estado previo"),
    )
    # where its chat is: what `current` says, kept here because lists filter by it and page by activity
    state = models.CharField(_("estado"), max_length=8, choices=State.choices, blank=True, editable=False)
    tray = models.ForeignKey(Tray, models.PROTECT, null=True, related_name="+", editable=False)
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False)
    active_at = models.DateTimeField(_("última actividad"), default=timezone.now)
    created_at = models.DateTimeField(_("contacto desde"), default=timezone.now, editable=False)
    # the address that people read: phone, user, visitor; kept here so that lists and search need no join
    shown_address = models.CharField(_("dirección"), max_length=200, blank=True)
    tags = models.ManyToManyField("contacts.Tag", through="contacts.ContactTag", related_name="+")
    # the same in the order in which they were given; kept here because every row shows them
    tag_ids = ArrayField(models.BigIntegerField(), default=list, db_default=[], editable=False)
    # since when nobody is told of what it writes; who and why is in `blocks`
    blocked_at = models.DateTimeField(_("bloqueado"), null=True, editable=False)
    # since when it wants no broadcasts (contacts/opting_out.py)
    opted_out_at = models.DateTimeField(_("sin difusiones desde"), null=True, editable=False)
    # since when nothing is left of it but its states: it is nobody any more, and shown nowhere
    erased_at = models.DateTimeField(_("datos borrados"), null=True, editable=False)
    # what people look for: both folded, and the address's digits alone, each word behind a blank
    searched = models.GeneratedField(
        expression=Func(F("name"), F("shown_address"), function="contact_searched_by"),
        output_field=FoldedTextField(),
        db_persist=True,
    )

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contacto")
        verbose_name_plural = _("contactos")
        constraints = (
            models.CheckConstraint(
                name="contact_place_fits_its_state",
                condition=PLACE_FITS | Q(state="", tray__isnull=True, agent__isnull=True),
            ),
            models.CheckConstraint(
                name="an_erased_contact_is_nobody",
                condition=Q(erased_at__isnull=True) | Q(name="", shown_address="", blocked_at__isnull=True),
            ),
        )
        indexes = (
            models.Index(F("active_at").desc(), F("id").desc(), name="contacts_by_activity"),
            models.Index("state", F("active_at").desc(), F("id").desc(), name="contacts_in_a_state"),
            models.Index(
                "tray",
                F("active_at").desc(),
                F("id").desc(),
                name="contacts_in_a_tray",
                condition=Q(tray__isnull=False),
            ),
            models.Index(
                "agent",
                F("active_at").desc(),
                F("id").desc(),
                name="contacts_with_an_agent",
                condition=Q(agent__isnull=False),
            ),
            models.Index("origin", F("active_at").desc(), F("id").desc(), name="contacts_of_an_origin"),
            models.Index(
                F("active_at").desc(),
                F("id").desc(),
                name="contacts_blocked",
                condition=Q(blocked_at__isnull=False),
            ),
            GinIndex(OpClass("searched", name="gin_trgm_ops"), name="contacts_by_words"),
        )

    def __str__(self) -> str:
        named = show_name(self.name) or show_name(self.shown_address)
        return named or (gettext("Contacto borrado") if self.erased_at else f"#{self.pk}")

    @cached_property
    def shown_tags(self) -> list[Any]:
        """Its tags that are in use. Lists read those of all their contacts at once (contacts/tags.py)."""
        known = {tag.pk: tag for tag in self.tags.in_use()} if self.tag_ids else {}
        return [known[pk] for pk in self.tag_ids if pk in known]


class Address(models.Model):
    """One id of a contact on its origin. One contact may have several; one id is of one contact."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="addresses", verbose_name=_("contacto"))
    origin = models.ForeignKey(Origin, models.PROTECT, related_name="+", db_index=False, verbose_name=_("línea"))
    kind = models.CharField(_("tipo"), max_length=20)
    value = models.CharField(_("valor"), max_length=200)
    revoked_at = models.DateTimeField(_("revocada"), null=True, blank=True)

    class Meta:
        verbose_name = _("dirección")
        verbose_name_plural = _("direcciones")
        constraints = (
            models.UniqueConstraint(name="an_address_is_of_one_contact", fields=("origin", "kind", "value")),
        )

    def __str__(self) -> str:
        return self.value


class StateChange(models.Model):
    """One step of a contact's way. Written by chats/moves.py only and never deleted; only its note may go, with the
    words of its chat."""

    contact = models.ForeignKey(
        Contact, models.PROTECT, related_name="changes", db_index=False, verbose_name=_("contacto")
    )
    state = models.CharField(_("estado"), max_length=8, choices=State.choices)
    tray = models.ForeignKey(Tray, models.PROTECT, null=True, related_name="+", verbose_name=_("bandeja"))
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("agente")
    )
    at = models.DateTimeField(_("desde"), default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("quién")
    )
    cause = models.CharField(_("causa"), max_length=12, choices=Cause.choices)
    from_tray = models.ForeignKey(Tray, models.PROTECT, null=True, related_name="+", verbose_name=_("de"))
    # typed by hand: as private as the chat's messages
    note = models.CharField(_("motivo"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("cambio de estado")
        verbose_name_plural = _("cambios de estado")
        constraints = (
            models.CheckConstraint(name="change_place_fits_its_state", condition=PLACE_FITS),
            models.CheckConstraint(name="change_cause_is_known", condition=Q(cause__in=Cause.values)),
        )
        indexes = (
            models.Index("contact", F("id").desc(), name="changes_of_a_contact"),
            # what reports count by the hour
            models.Index("at", name="changes_by_time"),
        )
