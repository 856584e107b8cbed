"""What a new owner sets up: a line, trays, what the bot says, a team, the chat on the own site. Told by the data."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.models import Contact
from origins import public_address
from origins.models import Origin
from trays.models import Agent, Tray
from wittybots.models import Bot, MenuVersion

MAX_NAMES = 3
# how a network's line is connected, in the order in which one is offered
NETWORKS = (Origin.Kind.WHATSAPP, Origin.Kind.INSTAGRAM, Origin.Kind.MESSENGER, Origin.Kind.TELEGRAM)


@dataclass(frozen=True)
class FirstStep:
    """`said`: how far it is, beside its title; `url`: where it is done; `snippet`: what is to be copied."""

    title: str
    is_done: bool
    said: str = ""
    text: str = ""
    url: str = ""
    label: str = ""
    snippet: str = ""


@dataclass(frozen=True)
class FirstSteps:
    steps: list[FirstStep]

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)

    @property
    def current(self) -> FirstStep | None:
        """The first one that is not done."""
        return next((step for step in self.steps if not step.is_done), None)


def read_first_steps(request: HttpRequest) -> FirstSteps | None:
    """A few reads of small tables; None once all is done."""
    found = FirstSteps([_line_step(), _trays_step(), _bot_step(), _team_step(), _site_step(request)])
    return found if found.current else None


def _line_step() -> FirstStep:
    lines = list(Origin.objects.filter(is_active=True, kind__in=NETWORKS).order_by("pk")[:20])
    heard = next((line for line in lines if line.heard_at), None)
    title = _("Conectá una línea")
    if heard:
        return FirstStep(title, True, str(heard))
    if lines:
        words = _("A %(line)s todavía no llegó nada: seguí sus pasos y escribile para probarla.") % {"line": lines[0]}
        url = reverse("admin:origins_origin_change", args=[lines[0].pk])
        return FirstStep(title, False, text=words, url=url, label=_("Seguir con %(line)s") % {"line": lines[0]})
    words = _("Por donde te escriben: WhatsApp, Instagram, Messenger o Telegram. El chat de tu sitio ya está.")
    return FirstStep(title, False, text=words, url=reverse("admin:origins_origin_add"), label=_("Conectar una línea"))


def _trays_step() -> FirstStep:
    made = Tray.objects.in_use().filter(kind=Tray.Kind.CUSTOM).in_order()
    names = [tray.name for tray in made[: MAX_NAMES + 1]]
    title = _("Creá las bandejas")
    if names:
        return FirstStep(title, True, ", ".join(names[:MAX_NAMES]) + ("…" if len(names) > MAX_NAMES else ""))
    words = _("Una por cada equipo que atiende: Ventas, Soporte. Por ahora todo llega a General.")
    return FirstStep(title, False, text=words, url=reverse("admin:trays_tray_add"), label=_("Crear una bandeja"))


def _bot_step() -> FirstStep:
    """The menu that comes with the product was published by nobody."""
    title = _("Elegí qué dice el bot")
    published = MenuVersion.objects.filter(state=MenuVersion.State.PUBLISHED, bot__is_active=True)
    if version := published.exclude(saved_by=None).select_related("bot").first():
        return FirstStep(title, True, _("Menú publicado, versión %(n)s") % {"n": version.number})
    bot = Bot.objects.filter(is_active=True).order_by("pk").first()
    if bot and bot.is_external:
        return FirstStep(title, True, str(bot))
    words = _("Saluda, ofrece opciones y pasa el chat a la bandeja que corresponde.")
    url = reverse("admin:wittybots_bot_menu", args=[bot.pk]) if bot else reverse("admin:wittybots_bot_add")
    return FirstStep(title, False, text=words, url=url, label=_("Armar el menú") if bot else _("Crear un bot"))


def _team_step() -> FirstStep:
    others = Agent.objects.filter(is_active=True).count() - 1
    title = _("Sumá a tu equipo")
    if others > 0:
        return FirstStep(title, True, ngettext("%(n)s persona más", "%(n)s personas más", others) % {"n": others})
    words = _("Cada quien entra con un enlace propio y elige su contraseña.")
    return FirstStep(title, False, _("Nadie todavía"), words, reverse("admin:trays_agent_add"), _("Invitar a alguien"))


def _site_step(request: HttpRequest) -> FirstStep:
    title = _("Poné el chat en tu sitio web")
    lines = list(Origin.objects.filter(is_active=True, kind=Origin.Kind.WEB).order_by("pk")[:20])
    for line in lines:
        if Contact.objects.filter(origin=line).exists():
            return FirstStep(title, True, str(line))
    if not lines:
        words = _("Primero hace falta una línea de chat web.")
        return FirstStep(title, False, text=words, url=reverse("admin:origins_origin_add"), label=_("Crearla"))
    page = reverse("widget_script", args=[lines[0].key])
    address = public_address.url_for(request, page)
    words = _("Pegá esta línea antes de </body>, en todas las páginas. Se tilda con la primera persona que escriba.")
    return FirstStep(title, False, text=words, snippet=f'<script src="{address}" async></script>')
