"""Chats: one ongoing conversation a contact."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models import PLACE_FITS, Contact, State, StateChange
from contacts.place import visible_q
from origins.models import Origin
from trays.models import Agent, Tray
from wittybots.models import Bot

# of a chat that is snoozed without a time, until its customer writes: no clock gets there
UNTIL_ANSWER = datetime(9999, 1, 1, tzinfo=UTC)


class ChatQuerySet(models.QuerySet["Chat"]):
    def visible_to(self, agent: Agent) -> Self:
        return self.filter(visible_q(agent), erased_at=None)

    def waiting(self) -> Self:
        """In a tray where someone waits: all but Conversaciones Cerradas."""
        return self.filter(state=State.BANDEJA).exclude(tray__kind=Tray.Kind.CLOSED)

    def longest_first(self) -> Self:
        return self.order_by("waiting_since", "id")

    def held_by(self, agent: Agent) -> Self:
        return self.filter(state=State.AGENTE, agent=agent)

    def snoozed(self) -> Self:
        """Held and set aside by its agent for a while (chats/messages/snoozing.py); the others are not forgotten."""
        return self.filter(snoozed_until__isnull=False)

    def with_people(self, *, known: Collection[str] = ()) -> Self:
        """What a row, a pane or a move needs to say who and where; `known`: what of it the caller has at hand.

        Lines, trays and agents are few for many chats: each is read once, apart. In one statement PostgreSQL takes
        longer to plan ten joins than to do all the rest.
        """
        trays = Tray.objects.select_related("owner")
        wanted: dict[str, Any] = {name: name for name in ("origin", "agent", "preview_agent")}
        wanted |= {name: models.Prefetch(name, trays) for name in ("tray", "taken_from")}
        prefetched = (what for name, what in wanted.items() if name not in known)
        return self.select_related("contact", "change__actor").prefetch_related(*prefetched)


class Chat(models.Model):
    """The one ongoing conversation with a contact. Its place is changed in moves.py only."""

    State = State

    contact = models.OneToOneField(Contact, models.PROTECT, related_name="chat", verbose_name=_("contacto"))
    origin = models.ForeignKey(Origin, models.PROTECT, related_name="+", verbose_name=_("línea"))
    # blank: nowhere yet, until the first move of the transaction that makes it
    state = models.CharField(_("estado"), max_length=8, choices=State.choices, blank=True)
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
    # the first thing that the customer said and nobody has answered; none where nothing is unread
    asked_at = models.DateTimeField(_("sin responder desde"), null=True)
    # when a person last answered
    answered_at = models.DateTimeField(_("contestado"), null=True)
    # set aside by its agent until then (or UNTIL_ANSWER), and not after the customer writes; every move ends it
    snoozed_until = models.DateTimeField(_("pospuesto hasta"), null=True)
    # when its agent was last reminded of a wait (chats/forgotten.py)
    reminded_at = models.DateTimeField(null=True)
    # the last words of the customer or an agent; of the bot, or a choice from a menu, where there are no others
    preview = models.CharField(_("último mensaje"), max_length=140, blank=True)
    preview_kind = models.CharField(max_length=12, blank=True)
    preview_author = models.CharField(max_length=8, blank=True, default="", db_default="")
    # without a constraint: none is checked at every message
    preview_agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )
    preview_at = models.DateTimeField(null=True)
    last_message_at = models.DateTimeField(null=True)
    # its contact is: kept here because what comes in is planned over the chat's row, which is the one that is locked
    is_blocked = models.BooleanField(_("bloqueado"), default=False, db_default=False)
    # since when nothing is left of it but its states (chats/erasing.py); no move leads on
    erased_at = models.DateTimeField(null=True, editable=False)
    # whom its notes name and who has not had it since: until the agent takes it or writes a note in it, and no longer
    # than what is talked about (chats/steps.py)
    mentioned_ids = ArrayField(models.BigIntegerField(), default=list, db_default=[], editable=False)
    # the last question how it was, and until when an answer to it counts (none: answered, or never asked). Kept here,
    # since what comes in is planned over this row (chats/messages/surveys.py)
    survey = models.ForeignKey(
        "chats.Survey",
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        editable=False,
    )
    survey_until = models.DateTimeField(null=True, editable=False)
    # the bot's memory and what it found out
    bot_memory = models.JSONField(default=dict)
    bot_path = ArrayField(models.CharField(max_length=60), default=list)
    attributes = models.JSONField(default=dict)
    # who attends it in BOT, and attended it last elsewhere
    bot = models.ForeignKey(Bot, models.SET_NULL, null=True, related_name="+", db_index=False, verbose_name=_("bot"))
    # until when an external bot has to answer
    bot_due_at = models.DateTimeField(null=True)
    bot_summary = models.TextField(_("resumen del bot"), blank=True, default="", db_default="")
    tags = ArrayField(models.CharField(max_length=40), default=list, db_default=[], verbose_name=_("etiquetas"))

    # its place in a list of another order than the usual, and since when it waits in that; of a row that is pushed none
    row_key: int | str = ""
    row_since: datetime | None = None

    objects = ChatQuerySet.as_manager()

    class Meta:
        verbose_name = _("chat")
        verbose_name_plural = _("chats")
        constraints = (
            models.CheckConstraint(
                name="chat_place_fits_its_state",
                condition=PLACE_FITS | Q(state="", tray__isnull=True, agent__isnull=True, change__isnull=True),
            ),
            models.CheckConstraint(
                name="only_a_held_chat_is_snoozed",
                condition=Q(snoozed_until__isnull=True) | Q(state="AGENTE", agent__isnull=False),
            ),
            models.CheckConstraint(name="chat_state_is_known", condition=Q(state__in=["", *State.values])),
            models.CheckConstraint(
                name="an_erased_chat_is_nowhere", condition=Q(erased_at__isnull=True) | Q(state="EXPIRADO", preview="")
            ),
        )
        indexes = (
            models.Index("tray", "waiting_since", "id", name="chats_of_a_tray", condition=Q(state="BANDEJA")),
            # what trays are filtered and sorted by
            models.Index(
                "tray", "asked_at", "id", name="chats_that_ask", condition=Q(state="BANDEJA", asked_at__isnull=False)
            ),
            models.Index("tray", "session_expires_at", name="chats_that_end", condition=Q(state="BANDEJA")),
            models.Index("tray", "origin", "waiting_since", name="chats_of_a_line", condition=Q(state="BANDEJA")),
            models.Index(
                "tray",
                "waiting_since",
                "id",
                name="chats_that_mention",
                condition=Q(state="BANDEJA") & ~Q(mentioned_ids=[]),
            ),
            models.Index("agent", "waiting_since", name="chats_of_an_agent", condition=Q(state="AGENTE")),
            # who waits for an agent, by the tray that it was taken from
            models.Index(
                F("taken_from"),
                Greatest("asked_at", "waiting_since"),
                name="chats_unanswered",
                condition=Q(state="AGENTE", asked_at__isnull=False),
            ),
            models.Index("session_expires_at", name="chats_by_expiry", condition=~Q(state="EXPIRADO")),
            models.Index("snoozed_until", name="chats_snoozed", condition=Q(snoozed_until__isnull=False)),
            models.Index("bot", "id", name="chats_of_a_bot", condition=Q(bot__isnull=False)),
            models.Index("bot_due_at", name="chats_that_a_bot_owes", condition=Q(state="BOT")),
        )

    ANSWERED_FROM = 10**17
    SNOOZED_FROM = 3 * 10**17

    def __str__(self) -> str:
        return f"{self.contact} · {self.state}"

    @property
    def window_is_shut(self) -> bool:
        """The origin said that its window is closed, and the customer has not written since."""
        heard = self.last_customer_at
        return self.window_shut_at is not None and (heard is None or self.window_shut_at > heard)

    @property
    def customers_preview(self) -> str:
        """What lists say of it, where those are the customer's words."""
        return self.preview if self.preview_author == "customer" else ""

    @property
    def is_snoozed(self) -> bool:
        """Whether its agent has set it aside: it waits for nobody meanwhile."""
        return self.snoozed_until is not None

    @property
    def is_snoozed_for_answer(self) -> bool:
        """Whether it has no time at which it comes back by itself."""
        return self.snoozed_until == UNTIL_ANSWER

    @property
    def asks_for_answer(self) -> bool:
        """Whether the customer waits for its agent's answer now."""
        return self.unread > 0 and not self.is_snoozed

    @property
    def sort_key(self) -> int:
        """Its place in a list, as an unsigned integer: who waits longest first, what was closed last first."""
        at = int(self.waiting_since.timestamp() * 1_000_000)
        return 10**17 - at if self.tray and self.tray.kind == Tray.Kind.CLOSED else at

    @property
    def answer_key(self) -> int:
        """Its place among those that its agent holds, as an unsigned integer: those that wait for an answer below
        ANSWERED_FROM, the others above it, the snoozed ones above SNOOZED_FROM."""
        if self.snoozed_until:
            return self.SNOOZED_FROM + int(self.snoozed_until.timestamp() * 1_000_000)
        if self.unread:
            return int((self.asked_at or self.waiting_since).timestamp() * 1_000_000)
        return self.ANSWERED_FROM + 10**17 - int((self.answered_at or self.waiting_since).timestamp() * 1_000_000)
