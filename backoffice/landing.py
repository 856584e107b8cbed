"""The admin's first page: what asks for a look now, the four cards with the next step of each, the last changes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.last_changes import list_last_changes
from backoffice.sections import count_things
from chats import tray_counts
from common.durations import format_duration
from gateway.alarms import watch
from gateway.alarms.checks import find_here, find_troubles
from gateway.alarms.facts import Trouble
from gateway.status import lines as line_status
from gateway.status.lines import Level, LineStatus
from trays.models import Agent, Tray
from trays.presence import count_available
from wittybots.models import Bot, MenuVersion

MAX_WARNINGS, MAX_KINDS = 20, 6


@dataclass(frozen=True)
class Step:
    words: str
    label: str
    url: str


@dataclass(frozen=True)
class Card:
    """`kinds`: the networks of its lines."""

    title: str
    icon: str
    url: str
    fact: str
    more: str = ""
    step: Step | None = None
    kinds: tuple[str, ...] = ()


def read_landing() -> dict[str, Any]:
    """What templates/admin/index.html shows; figures of all trays and lines, words of none."""
    now, numbers = timezone.now(), count_things()
    lines = line_status.list_line_statuses(now=now)
    return {
        "is_landing": True,
        "now": now,
        "warnings": read_warnings(now, lines),
        "cards": [_team_card(numbers), _trays_card(numbers, now), _lines_card(lines), _bot_card()],
        "changes": list_last_changes(),
    }


def read_warnings(now: datetime, lines: list[LineStatus] | None = None) -> list[Trouble]:
    """The very list of which alarms are told, as of now; of other machines, what they have found of themselves."""
    found = [*find_here(now, now), *find_troubles(now, lines).troubles]
    names = {trouble.name for trouble in found}
    elsewhere = [row for row in watch.standing() if row.name.startswith(("disk:", "clock:")) and row.name not in names]
    return [*found, *(Trouble(row.name, row.words, row.advice) for row in elsewhere)][:MAX_WARNINGS]


def _team_card(numbers: dict[str, int]) -> Card:
    people, here = numbers["trays.Agent"], count_available().everyone
    fact = ngettext("%(n)s persona", "%(n)s personas", people) % {"n": people}
    here_words = ngettext("%(n)s disponible ahora", "%(n)s disponibles ahora", here) % {"n": here}
    never = Agent.objects.filter(is_active=True, last_login=None, entry_link__isnull=False).order_by("date_joined")
    step = None
    if waited := never.first():
        url = reverse("admin:trays_agent_change", args=[waited.pk])
        step = Step(_("%(name)s todavía no entró.") % {"name": waited}, _("Ver su enlace"), url)
    elif people == 1:
        step = Step(_("Todavía no hay nadie más que vos."), _("Sumar a alguien"), reverse("admin:trays_agent_add"))
    return Card(_("Equipo"), "users", reverse("admin:trays_agent_changelist"), f"{fact}, {here_words}", step=step)


def _trays_card(numbers: dict[str, int], now: datetime) -> Card:
    in_use = Tray.objects.in_use().exclude(kind=Tray.Kind.CLOSED).in_order().select_related("owner")
    waiting = [queue for queue in tray_counts.read_queues(in_use) if queue.number]
    total = sum(queue.number for queue in waiting)
    used = numbers["trays.Tray"]
    fact = ngettext("%(n)s en uso", "%(n)s en uso", used) % {"n": used}
    waits = ngettext("%(n)s chat espera", "%(n)s chats esperan", total) % {"n": total}
    more = ""
    if since := [(queue.since, queue) for queue in waiting if queue.since]:
        longest, tray = min(since, key=lambda one: one[0])
        words = _("La espera más larga: %(time)s, en %(tray)s.")
        more = words % {"time": format_duration(now - longest), "tray": tray}
    created = Tray.objects.in_use().filter(kind=Tray.Kind.CUSTOM).in_order()
    step = None
    if open_always := created.filter(openings=None).first():
        url = reverse("admin:trays_tray_change", args=[open_always.pk])
        step = Step(
            _("%(tray)s no tiene horario: está siempre abierta.") % {"tray": open_always}, _("Poner horario"), url
        )
    elif not created.exists():
        step = Step(_("Por ahora todo llega a General."), _("Crear una bandeja"), reverse("admin:trays_tray_add"))
    return Card(_("Bandejas"), "inbox", reverse("admin:trays_tray_changelist"), f"{fact}, {waits}", more, step)


def _lines_card(lines: list[LineStatus]) -> Card:
    active = [line for line in lines if line.level != Level.OFF]
    well = sum(line.level != Level.BAD for line in active)
    fact = ngettext("%(n)s línea", "%(n)s líneas", len(active)) % {"n": len(active)}
    fact += ", " + ngettext("%(n)s anda bien", "%(n)s andan bien", well) % {"n": well}
    kinds = tuple(dict.fromkeys(line.origin.kind for line in active))[:MAX_KINDS]
    step = None
    if not {"whatsapp", "instagram", "messenger", "telegram"} & set(kinds):
        words = _("Todavía no hay WhatsApp ni otra red conectada.")
        step = Step(words, _("Conectar una"), reverse("admin:origins_origin_add"))
    elif silent := next(
        (line.origin for line in active if not line.origin.heard_at and line.origin.kind != "web"), None
    ):
        words = _("A %(line)s todavía no llegó nada.") % {"line": silent}
        step = Step(words, _("Terminar de conectarla"), reverse("admin:origins_origin_change", args=[silent.pk]))
    return Card(_("Líneas"), "plug", reverse("admin:origins_origin_changelist"), fact, step=step, kinds=kinds)


def _bot_card() -> Card:
    url = reverse("admin:wittybots_bot_changelist")
    bot = Bot.objects.filter(is_active=True).order_by("pk").first()
    if bot is None:
        step = Step(_("Sin bot, los chats van directo a las personas."), _("Crear un bot"), f"{url}add/")
        return Card(_("Bot"), "robot", url, _("Ningún bot activo"), step=step)
    if bot.is_external:
        return Card(_("Bot"), "robot", url, str(bot), bot.get_kind_display())
    menu = reverse("admin:wittybots_bot_menu", args=[bot.pk])
    versions = {one.state: one for one in bot.versions.exclude(state=MenuVersion.State.RETIRED)}
    published = versions.get(MenuVersion.State.PUBLISHED)
    fact, step = _("%(bot)s, sin menú publicado") % {"bot": bot}, Step(_("Falta publicar el menú."), _("Armarlo"), menu)
    if published:
        fact = _("%(bot)s, versión %(n)s publicada") % {"bot": bot, "n": published.number}
        step = Step(_("Así saluda y ofrece las bandejas."), _("Ver el menú"), menu)
        if MenuVersion.State.DRAFT in versions:
            step = Step(_("Hay cambios del menú sin publicar."), _("Ver cambios"), menu)
    return Card(_("Bot"), "robot", url, fact, step=step)
