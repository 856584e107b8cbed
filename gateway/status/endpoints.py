"""The status of bots and integrations: whether they answer, and what to do where not. Figures only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chats.tray_counts import MAX_COUNTED
from common.durations import format_duration
from gateway.status.lines import LABELS, SLOW, Level, Note, secrets_note
from wittybots.models import Bot, Endpoint, Reception, Token


@dataclass(frozen=True)
class EndpointStatus:
    """An external bot (`bot`, and where it is called), a menu (only `bot`) or an integration (only `endpoint`).

    `waiting` events are still to be sent to it, the oldest since `waiting_since`; counts stop at MAX_COUNTED.
    """

    bot: Bot | None
    endpoint: Endpoint | None
    is_used: bool
    has_token: bool
    waiting: int
    waiting_since: datetime | None
    now: datetime

    @property
    def name(self) -> str:
        return str(self.bot or self.endpoint)

    @property
    def kind(self) -> str:
        return self.bot.get_kind_display() if self.bot else _("Integración")

    @property
    def level(self) -> Level:
        return max((note.level for note in self.notes), key=list(Level).index, default=Level.GOOD)

    @property
    def label(self) -> str:
        """The level in a word."""
        return _("Desactivado") if self.level == Level.OFF else str(LABELS[self.level])

    @property
    def notes(self) -> list[Note]:
        """What is to be said of it, the worst first."""
        endpoint = self.endpoint
        if endpoint is not None and endpoint.switched_off_at and not endpoint.is_active:
            return [self._switched_off(endpoint, endpoint.switched_off_at)]
        if self.bot is not None and not self.bot.is_active:
            return [Note(Level.OFF, _("Desactivado: los chats van directo a las personas."))]
        if endpoint is not None and not endpoint.is_active:
            return [Note(Level.OFF, _("Desactivado: no se le avisa nada."))]
        if endpoint is None:
            return [note for note in (self._cut_off(), self._unused_note()) if note]
        notes = (
            secrets_note(endpoint), self._trouble_note(endpoint), self._slow_note(), self._silence_note(endpoint),
        )  # fmt: skip
        return [note for note in notes if note]

    def _switched_off(self, endpoint: Endpoint, at: datetime) -> Note:
        words = _("Se apagó solo hace %(time)s, tras un día de fallas.") % {"time": format_duration(self.now - at)}
        if endpoint.trouble:
            words = f"{words} {endpoint.trouble.rstrip('.')}."
        if self.bot:
            return Note(
                Level.BAD, words, _("Sus chats van a las personas. Corregilo en el bot y usá Encender de nuevo.")
            )
        return Note(Level.BAD, words, _("No se le avisa nada. Corregilo en el webhook y usá Encender de nuevo."))

    def _trouble_note(self, endpoint: Endpoint) -> Note | None:
        if not (endpoint.trouble or endpoint.failing_since):
            return None
        words = (endpoint.trouble or _("No responde")).rstrip(".") + "."
        if endpoint.failing_since:
            words += _(" Desde hace %(time)s.") % {"time": format_duration(self.now - endpoint.failing_since)}
        if self.bot:
            return Note(
                Level.BAD,
                words,
                _("El chat que no atiende pasa a la bandeja de su línea o a General. Usá Probar conexión en el bot."),
            )
        return Note(Level.BAD, words, _("Los avisos que no tomó quedan en su registro. Usá Probar conexión."))

    def _slow_note(self) -> Note | None:
        if not self.waiting_since or self.now - self.waiting_since < SLOW:
            return None
        words = ngettext(
            "%(n)s aviso espera, desde hace %(time)s.",
            "%(n)s avisos esperan, el más viejo desde hace %(time)s.",
            self.waiting,
        ) % {
            "n": f"{MAX_COUNTED - 1}+" if self.waiting >= MAX_COUNTED else self.waiting,
            "time": format_duration(self.now - self.waiting_since),
        }
        return Note(Level.LOOK, words, _("Si no baja, mirá que el worker esté en marcha y que el bot responda."))

    def _silence_note(self, endpoint: Endpoint) -> Note | None:
        if endpoint.heard_at:
            return None
        return Note(Level.LOOK, _("Todavía no respondió nunca."), _("Usá Probar conexión."))

    def _cut_off(self) -> Note | None:
        if self.has_token or (self.bot is not None and not self.bot.is_external):
            return None
        level = Level.BAD if self.is_used else Level.LOOK
        return Note(level, _("No está conectado: falta su dirección."), _("Completala en Admin, Bots."))

    def _unused_note(self) -> Note | None:
        if self.is_used:
            return None
        return Note(Level.LOOK, _("Ninguna línea lo usa."), _("Se elige en la línea, en Recepción."))


# reads the index of what is to be sent, and stops at the most that is counted
_FIGURES = """
SELECT e.id, waiting.n, waiting.since
FROM unnest(%(pks)s::bigint[]) AS e(id)
CROSS JOIN LATERAL (
    SELECT count(*) AS n, min(created_at) AS since FROM (
        SELECT created_at FROM wittybots_event
        WHERE endpoint_id = e.id AND state IN ('queued', 'sending') LIMIT %(most)s
    ) AS head
) AS waiting
"""


def list_statuses(*, now: datetime | None = None) -> list[EndpointStatus]:
    """All external bots, menus that a line uses, and integrations, by name; three queries however many there are."""
    bots = _list_bots().exclude(kind=Bot.Kind.MENU, is_used=False)
    rest = Endpoint.objects.filter(bot=None, removed_at=None).order_by("name", "id")
    return build_statuses([*bots, *rest], now=now)


def read_status(thing: Bot | Endpoint, *, now: datetime | None = None) -> EndpointStatus:
    """One of them, as the database has it now."""
    if isinstance(thing, Bot):
        return build_statuses([list_external_bots().get(pk=thing.pk)], now=now)[0]
    return build_statuses([Endpoint.objects.get(pk=thing.pk)], now=now)[0]


def list_external_bots() -> Any:
    return _list_bots().exclude(kind=Bot.Kind.MENU)


def _list_bots() -> Any:
    return (
        Bot.objects.select_related("endpoint")
        .annotate(
            is_used=Exists(Reception.objects.filter(bot=OuterRef("pk"))),
            has_token=Exists(Token.objects.filter(bot=OuterRef("pk"), revoked_at=None)),
        )
        .order_by("name", "id")
    )


def build_statuses(things: Sequence[Any], *, now: datetime | None = None) -> list[EndpointStatus]:
    """The doors of bots (as `list_external_bots` reads them) and endpoints."""
    now = now or timezone.now()
    found = [(thing, thing if isinstance(thing, Endpoint) else getattr(thing, "endpoint", None)) for thing in things]
    with connection.cursor() as cursor:
        pks = [endpoint.pk for _thing, endpoint in found if endpoint]
        cursor.execute(_FIGURES, {"pks": pks, "most": MAX_COUNTED})
        figures = {row[0]: row[1:] for row in cursor.fetchall()}
    doors = []
    for thing, endpoint in found:
        bot = thing if isinstance(thing, Bot) else None
        waiting, since = figures.get(endpoint.pk, (0, None)) if endpoint else (0, None)
        is_used, has_token = (thing.is_used, thing.has_token) if bot else (True, True)
        doors.append(EndpointStatus(bot, endpoint, is_used, has_token, waiting, since, now))
    return doors
