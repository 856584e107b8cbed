"""How far a network's line is connected: what its steps and the checks beside them say, told by the data.

A few reads of small tables; the calls are made in line_checks.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chats.models import Template
from contacts.models import Contact
from origins import public_address
from origins.models import LineCheck, Origin

HERE = ("127.0.0.1", "localhost", "::1")
# of which checks a step is made
PARTS = {
    "app": ("app",),
    "line": ("number", "account", "token"),
    "bot": ("number",),
    "address": ("address",),
    "webhook": ("webhook", "subscription"),
}
STEPS = {
    "whatsapp": ("app", "line", "address", "webhook", "message"),
    "messenger": ("app", "line", "address", "webhook", "message"),
    "instagram": ("app", "line", "address", "webhook", "message"),
    "telegram": ("bot", "address", "webhook", "message"),
}


@dataclass(frozen=True)
class Check:
    """One line of the list. `state`: good, bad (why, what to do), wait."""

    about: str
    state: str
    words: str
    advice: str = ""


@dataclass(frozen=True)
class StepState:
    """`said`: how far it is, beside its title."""

    key: str
    is_done: bool
    said: str


@dataclass(frozen=True)
class LineSteps:
    steps: list[StepState]
    checks: list[Check]
    checked_at: datetime | None

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)

    @property
    def current(self) -> StepState | None:
        """The first one that is not done."""
        return next((step for step in self.steps if not step.is_done), None)


def stands_here(origin: Origin) -> bool:
    """Whether the network is played on this machine: then it needs no public address."""
    return urlsplit(origin.api_url).hostname in HERE


# --- what the page shows -------------------------------------------------------------------------


def read_steps(origin: Origin) -> LineSteps:
    """A few reads of small tables, and no call."""
    kept = LineCheck.objects.filter(origin=origin).first() or LineCheck(origin=origin)
    found = [Check(**one) for one in kept.findings]
    heard = Contact.objects.filter(origin=origin).exists()
    checks = [*_in_order(origin, found, kept), _message_check(origin, heard)]
    steps = [StepState(key, *_read_step(key, origin, checks, heard)) for key in STEPS[origin.kind]]
    return LineSteps(steps, checks, kept.checked_at)


def _in_order(origin: Origin, found: list[Check], kept: LineCheck) -> Iterator[Check]:
    """What was found, with what is still missing in its place."""
    for about, waits in _list_expected(origin):
        these = [one for one in found if one.about == about]
        if about == "number":
            these = these or [Check(about, "wait", one.words, one.advice) for one in found if one.about == "missing"]
        if about == "templates" and (read := _templates_check(origin)):
            these = [read]
        if about == "address":
            these = [_address_check(origin, these, kept)]
        yield from these or [Check(about, "wait", *waits)]


def _list_expected(origin: Origin) -> Iterator[tuple[str, tuple[str, str]]]:
    """What is looked at, by kind, and what is said while nothing is known of it."""
    meta, whatsapp = origin.kind in Origin.META, origin.kind == Origin.Kind.WHATSAPP
    if meta:
        yield "app", (_("El App ID y el App secret"), _("Sin el App ID no se pueden comprobar ni suscribir solos."))
    if whatsapp:
        yield "token", (_("El token"), _("Se comprueba con el App ID."))
    yield "number", (_("El bot y su token") if not meta else _("La línea y su token"), _("Faltan datos."))
    if whatsapp:
        yield "account", (_("La cuenta"), _("Faltan datos."))
        yield "templates", (_("Las plantillas"), _("Se leen solas cuando el token sirve."))
    yield "address", ("", "")
    if meta:
        yield "subscription", (_("La cuenta avisa a la app"), _("Se pone en verde al suscribir."))
    yield "webhook", (_("La red verificó la dirección"), _("Se pone en verde al suscribir."))


def _templates_check(origin: Origin) -> Check | None:
    if not origin.templates_at:
        return None
    number = Template.objects.filter(origin=origin).exclude(remote_id="")[:1000].count()
    words = ngettext("%(n)s plantilla leída", "%(n)s plantillas leídas", number) % {"n": number}
    return Check("templates", "good", words)


def _address_check(origin: Origin, found: list[Check], kept: LineCheck) -> Check:
    if stands_here(origin):
        return Check("address", "good", _("El simulador está en esta máquina: no hace falta una dirección pública."))
    url = public_address.public_url()
    if not url.startswith("https://"):
        advice = _("Sin ella la red no puede llegar hasta acá.")
        return Check("address", "wait", _("Falta una dirección pública con https."), advice)
    if kept.verified_at and not any(one.state == "good" for one in found):
        words = _("Meta llamó a la dirección pública y llegó hasta acá.")
        return Check("address", "good", words)
    return found[0] if found else Check("address", "wait", _("La dirección pública"), _("Todavía no se comprobó."))


def _message_check(origin: Origin, heard: bool) -> Check:
    if heard and origin.heard_at:
        at = timezone.localtime(origin.heard_at).strftime("%d/%m %H:%M")
        return Check("message", "good", _("Llegan mensajes"), _("Lo último, el %(at)s.") % {"at": at})
    return Check("message", "wait", _("Llegó el primer mensaje"), _("Esperando."))


def _read_step(key: str, origin: Origin, checks: list[Check], heard: bool) -> tuple[bool, str]:
    """Whether it is done, and what stands beside its title."""
    these = [one for one in checks if one.about in PARTS.get(key, ()) or (key == "message" == one.about)]
    bad = next((one for one in these if one.state == "bad"), None)
    if bad:
        return False, bad.words
    is_done = bool(these) and all(one.state == "good" for one in these)
    if key == "app":
        # by hand the app's id is not needed
        return (is_done or bool(origin.secret)) and bool(origin.secret), _say_end(origin)
    if key == "line":
        # the token is looked into with the app's id alone
        is_done = all(one.state == "good" for one in these if one.about != "token" or origin.app_id)
    if key == "webhook" and not (origin.kind in Origin.META and origin.app_id):
        # subscribed by hand: that what is sent arrives says that it was
        is_done = is_done or heard
    good = [one.words for one in these if one.state == "good"]
    return is_done, good[0].rstrip(".") if good and is_done else ""


def _say_end(origin: Origin) -> str:
    return _("App secret guardado, termina en %(end)s") % {"end": origin.secret[-4:]} if origin.secret else ""
