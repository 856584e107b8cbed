"""The status of lines: what each last said, what waits to leave, what is wrong, what to do about it. Figures only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chats.tray_counts import MAX_COUNTED
from common.durations import format_duration
from common.sealing import HasSecrets
from live import throttle
from origins.models import Origin

# longer than a message normally waits for the worker
SLOW = timedelta(minutes=2)
# a line that wrote before and has said nothing for so long
QUIET = timedelta(hours=24)
# bodies with refused parts are shown for so long
BROKEN_FOR = timedelta(hours=24)
# what the network told of a line is shown for so long
NOTICED_FOR = timedelta(days=7)
# these say nothing of what became of a message
NO_RECEIPTS = ("telegram",)


class Level(StrEnum):
    """How a line is, the worst last."""

    OFF = "off"
    GOOD = "good"
    LOOK = "look"
    BAD = "bad"


# a level in a word
LABELS = {
    Level.OFF: gettext_lazy("Desactivada"),
    Level.GOOD: gettext_lazy("Bien"),
    Level.LOOK: gettext_lazy("Para mirar"),
    Level.BAD: gettext_lazy("Con problemas"),
}


@dataclass(frozen=True)
class Note:
    """What is to be said of a line: what happened, and what to do."""

    level: Level
    words: str
    advice: str = ""


def secrets_note(thing: HasSecrets) -> Note | None:
    """Of what has secrets that nobody can read any more."""
    if not thing.unreadable_secrets:
        return None
    return Note(
        Level.BAD,
        _("Sus secretos se guardaron con otra SECRET_KEY y no se pueden leer: nada entra ni sale."),
        _("Poné la SECRET_KEY de entonces (o en SECRET_KEY_FALLBACKS), o cargá los secretos de nuevo."),
    )


@dataclass(frozen=True)
class LineStatus:
    """A line's figures. Counts stop at MAX_COUNTED.

    `unsent` wait to leave, since `unsent_since`; `unfinished` bodies were not made sense of yet, since
    `unfinished_since`; `broken` bodies of the last day have refused parts.
    """

    origin: Origin
    unsent: int
    unsent_since: datetime | None
    unfinished: int
    unfinished_since: datetime | None
    broken: int
    # calls without a right signature, of a day at most; nothing of them is kept
    unsigned: int
    now: datetime

    @property
    def notes(self) -> list[Note]:
        if not self.origin.is_active:
            return [Note(Level.OFF, _("Desactivada: lo que llega queda guardado, sin procesar."))]
        return [note for note in (*self._going_out(), *self._coming_in()) if note]

    @property
    def level(self) -> Level:
        if not self.origin.is_active:
            return Level.OFF
        return max((note.level for note in self.notes), key=list(Level).index, default=Level.GOOD)

    @property
    def has_receipts(self) -> bool:
        return self.origin.kind not in NO_RECEIPTS and not self.origin.tells_nobody

    @property
    def label(self) -> str:
        """The level in a word."""
        return str(LABELS[self.level])

    def _going_out(self) -> tuple[Note | None, ...]:
        return secrets_note(self.origin), self._trouble_note(), self._slow_note()

    def _trouble_note(self) -> Note | None:
        origin = self.origin
        if not origin.trouble:
            return None
        since = origin.trouble_at and _(" Desde hace %(time)s.") % {
            "time": format_duration(self.now - origin.trouble_at)
        }
        return Note(
            Level.BAD,
            origin.trouble.rstrip(".") + "." + (since or ""),
            _("Nada se pierde: lo que falta enviar espera. Corregilo en la línea y usá Probar conexión."),
        )

    def _slow_note(self) -> Note | None:
        if not self.unsent_since or self.now - self.unsent_since < SLOW:
            return None
        shown = f"{MAX_COUNTED - 1}+" if self.unsent >= MAX_COUNTED else self.unsent
        words = ngettext(
            "%(n)s mensaje espera para salir, desde hace %(time)s.",
            "%(n)s mensajes esperan para salir, el más viejo desde hace %(time)s.",
            self.unsent,
        ) % {"n": shown, "time": format_duration(self.now - self.unsent_since)}
        if self.origin.trouble:
            return Note(Level.BAD, words)
        held = self.origin.held_until
        if held and held > self.now:
            at = timezone.localtime(held).strftime("%H:%M")
            return Note(
                Level.LOOK, words, _("La red pidió esperar hasta las %(time)s; después salen solos.") % {"time": at}
            )
        return Note(Level.LOOK, words, _("Si no baja, mirá que el worker esté en marcha y que la red responda."))

    def _coming_in(self) -> tuple[Note | None, ...]:
        return (
            self._silence_note(),
            self._unfinished_note(),
            self._refused_note(),
            self._notice_note(),
            self._unsigned_note(),
        )

    def _notice_note(self) -> Note | None:
        origin = self.origin
        if not origin.notice or not origin.notice_at or self.now - origin.notice_at > NOTICED_FOR:
            return None
        return Note(Level.LOOK, f"{origin.notice.rstrip('.')}.")

    def _unsigned_note(self) -> Note | None:
        if not self.unsigned:
            return None
        words = ngettext(
            "%(n)s llamada sin firma válida en el último día: no se guardó.",
            "%(n)s llamadas sin firma válida en el último día: no se guardaron.",
            self.unsigned,
        ) % {"n": self.unsigned}
        advice = _("Si la línea no recibe, el secreto de acá no es el de la red.")
        return Note(Level.LOOK, words, advice)

    def _silence_note(self) -> Note | None:
        origin = self.origin
        if origin.kind == Origin.Kind.WEB:
            return None
        if origin.heard_at is None:
            return Note(
                Level.LOOK,
                _("Todavía no llegó nada."),
                _("Revisá que la dirección esté pegada del otro lado y escribile a la línea para probar."),
            )
        if self.now - origin.heard_at < QUIET:
            return None
        advice = _("Si deberían estar escribiendo, revisá la suscripción del otro lado.")
        if origin.kind in (Origin.Kind.MESSENGER, Origin.Kind.INSTAGRAM):
            advice = _("Meta corta la suscripción tras una hora sin respuesta: revisala y volvé a suscribir la página.")
        words = _("No llega nada desde hace %(time)s.") % {"time": format_duration(self.now - origin.heard_at)}
        return Note(Level.LOOK, words, advice)

    def _unfinished_note(self) -> Note | None:
        if not self.unfinished_since or self.now - self.unfinished_since < SLOW:
            return None
        words = ngettext(
            "%(n)s recibido sin procesar, desde hace %(time)s.",
            "%(n)s recibidos sin procesar, el más viejo desde hace %(time)s.",
            self.unfinished,
        ) % {"n": self.unfinished, "time": format_duration(self.now - self.unfinished_since)}
        return Note(Level.LOOK, words, _("Se procesan solos. Si no baja, mirá que el worker esté en marcha."))

    def _refused_note(self) -> Note | None:
        if not self.broken:
            return None
        words = ngettext(
            "%(n)s recibido que no se entendió en las últimas 24 h.",
            "%(n)s recibidos que no se entendieron en las últimas 24 h.",
            self.broken,
        ) % {"n": f"{MAX_COUNTED - 1}+" if self.broken >= MAX_COUNTED else self.broken}
        return Note(Level.LOOK, words, _("El motivo de cada uno está en Admin, Recibidos."))


# each part reads an index and stops at the most that is counted
_FIGURES = """
SELECT o.id, unsent.n, unsent.since, coalesce(unfinished.n, 0), unfinished.since, broken.n
FROM unnest(%(pks)s::bigint[]) AS o(id)
CROSS JOIN LATERAL (
    SELECT count(*) AS n, min(created_at) AS since FROM (
        SELECT created_at FROM chats_message
        WHERE origin_id = o.id AND status IN ('queued', 'sending') ORDER BY id LIMIT %(most)s
    ) AS head
) AS unsent
CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM (
        SELECT 1 FROM origins_body
        WHERE origin_id = o.id AND state = 'broken' AND received_at > %(since)s LIMIT %(most)s
    ) AS head
) AS broken
LEFT JOIN (
    SELECT origin_id, count(*) AS n, min(received_at) AS since FROM (
        SELECT origin_id, received_at FROM origins_body
        WHERE state = 'received' ORDER BY received_at LIMIT %(most)s
    ) AS head GROUP BY origin_id
) AS unfinished ON unfinished.origin_id = o.id
"""


def list_line_statuses(origins: list[Origin] | None = None, *, now: datetime | None = None) -> list[LineStatus]:
    """The health of these lines, or of all by name; one query for the figures however many there are."""
    now = now or timezone.now()
    found = list(Origin.objects.order_by("-is_active", "name", "id")) if origins is None else origins
    asked: dict[str, Any] = {"pks": [origin.pk for origin in found], "most": MAX_COUNTED, "since": now - BROKEN_FOR}
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, asked)
        figures = {row[0]: row[1:] for row in cursor.fetchall()}
    unsigned = throttle.read_counts([f"unsigned:{origin.key}" for origin in found])
    return [_make_line(origin, figures[origin.pk], calls, now) for origin, calls in zip(found, unsigned, strict=True)]


def _make_line(origin: Origin, figures: tuple[Any, ...], unsigned: int, now: datetime) -> LineStatus:
    unsent, unsent_since, unfinished, unfinished_since, broken = figures
    return LineStatus(origin, unsent, unsent_since, unfinished, unfinished_since, broken, unsigned, now)
