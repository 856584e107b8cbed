"""A menu tried before it is published: the real engine answers, and what it keeps in mind travels with the page."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.core import signing
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.menu.rejection import DraftRejected
from trays import hours
from trays.models import Tray
from wittybots.menu import engine, tree
from wittybots.menu.context import context_of as known_of

SALT = "menu-try"
MAX_SAID_CHARS = 1000
MAX_STATE_CHARS = 64 * 1024


def try_out(tried: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """One turn. `body`: text, payload, state (of the turn before; '' begins), outside (as if it were closed).

    Returns {texts, offer, path, attributes, hand_over, over, state}; `over`: what becomes of the chat, in words.
    """
    text, payload = _posted_text(body, "text", MAX_SAID_CHARS), _posted_text(body, "payload", 200)
    kept = _read_state(body.get("state"))
    clock = _Clock(timezone.now(), as_if_closed=body.get("outside") is True)
    # a supervisor who presses quickly is no loop
    known = replace(known_of(_("Marta"), kept["attributes"], clock.now), opens=clock.opens, minute=0)
    answer = engine.answer_message(tree.read(tried), kept["memory"], text, payload, known)
    attributes = {**kept["attributes"], **answer.attributes}
    state = {"memory": answer.memory, "attributes": attributes}
    return {
        "texts": list(answer.texts),
        "offer": [{"id": choice.id, "label": choice.label} for choice in answer.offer],
        "path": list(answer.path),
        "attributes": attributes,
        "hand_over": answer.hand_over,
        "over": clock.over(answer.tray_id) if answer.hand_over else [],
        "state": signing.dumps(state, salt=SALT, compress=True),
    }


def _posted_text(body: dict[str, Any], name: str, most: int) -> str:
    said = body.get(name, "")
    if not isinstance(said, str) or len(said) > most:
        raise DraftRejected(_("El mensaje no entra: son %(most)s caracteres a lo sumo.") % {"most": most}, 422)
    return said


def _read_state(state: Any) -> dict[str, Any]:
    """What the turn before left. Signed, as the engine trusts its memory."""
    if state in ("", None):
        return {"memory": {}, "attributes": {}}
    try:
        if not isinstance(state, str) or len(state) > MAX_STATE_CHARS:
            raise signing.BadSignature
        found: dict[str, Any] = signing.loads(state, salt=SALT)
    except signing.BadSignature:
        raise DraftRejected(_("Se perdió el hilo de la prueba. Apretá Empezar de nuevo."), 422) from None
    return found


class _Clock:
    """When trays open, now or as if they were closed."""

    def __init__(self, now: datetime, *, as_if_closed: bool) -> None:
        self.now, self.as_if_closed = now, as_if_closed

    def opens(self, tray_id: int | None) -> str:
        """'' while that tray (None: General) is open, else when it opens, in words."""
        tray = _destination(tray_id)
        at = _next_closed(tray, self.now) if self.as_if_closed else self.now
        return hours.words(tray, at) if at else ""

    def over(self, tray_id: int | None) -> list[str]:
        tray = _destination(tray_id)
        lines = [_("Pasa el chat a la bandeja %(tray)s.") % {"tray": tray}]
        if when := self.opens(tray_id):
            lines.append(_("Está fuera de horario: abre %(when)s. El chat espera en la bandeja.") % {"when": when})
        elif self.as_if_closed:
            lines.append(_("%(tray)s no tiene horario: está siempre abierta.") % {"tray": tray})
        return lines


def _destination(tray_id: int | None) -> Tray:
    """The tray to which the chat would really go: General if that one is not in use."""
    kinds = (Tray.Kind.GENERAL, Tray.Kind.CUSTOM)
    found = Tray.objects.in_use().filter(pk=tray_id, kind__in=kinds).first() if tray_id else None
    return found or Tray.objects.general()


def _next_closed(tray: Tray, now: datetime) -> datetime | None:
    """The next moment at which it is closed, within a week; None: it never is."""
    if not hours.is_open(tray, now):
        return now
    today = timezone.localtime(now).replace(second=0, microsecond=0)
    ends = []
    for opening in tray.openings.all():
        day = today + timedelta(days=(opening.weekday - today.weekday()) % 7)
        end = day.replace(hour=opening.closes.hour, minute=opening.closes.minute)
        if opening.closes.hour == opening.closes.minute == 0:
            end += timedelta(days=1)
        ends += [end, end + timedelta(days=7)]
    return next((end for end in sorted(ends) if end > now and not hours.is_open(tray, end)), None)
