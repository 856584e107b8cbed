"""The sections of the admin: its lists in the order of an owner's work, with how many there are of what is in use."""

from dataclasses import dataclass
from typing import Any, cast

from django.apps import apps
from django.contrib.admin import AdminSite
from django.db.models import Count, Model, QuerySet, Value
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Section:
    """`number`: how many are in use, where that is counted; `troubled`: of those, how many need a look."""

    label: str
    icon: str
    url: str
    is_current: bool
    number: int | None = None
    troubled: int = 0


# heading, and (label, icon, model) of its lists
GROUPS: tuple[tuple[Any, tuple[tuple[Any, str, str], ...]], ...] = (
    (_("Equipo"), ((_("Agentes"), "id", "trays.Agent"),)),
    (_("Bandejas"), ((_("Bandejas"), "inbox", "trays.Tray"), (_("Feriados"), "beach", "trays.Holiday"))),
    (
        _("Líneas"),
        (
            (_("Líneas"), "plug", "origins.Origin"),
            (_("Plantillas"), "template", "chats.Template"),
            (_("Recibidos"), "download", "origins.Body"),
        ),
    ),
    (_("Bot"), ((_("Bots y menú"), "robot", "wittybots.Bot"),)),
    (
        _("Contactos"),
        ((_("Etiquetas"), "tag", "contacts.Tag"), (_("Atributos"), "adjustments", "contacts.AttributeDefinition")),
    ),
    (
        _("Conexiones"),
        (
            (_("Webhooks"), "webhook", "wittybots.Endpoint"),
            (_("Avisos enviados"), "send", "wittybots.Event"),
            (_("Claves de la API"), "key", "wittybots.Token"),
        ),
    ),
)
TROUBLE = "trouble"


def list_sections(site: AdminSite, request: HttpRequest) -> list[tuple[str, list[Section]]]:
    """The groups that this person may see, by heading."""
    numbers = count_things()
    found = []
    for heading, lists in GROUPS:
        shown = [_make_section(request, numbers, *one) for one in lists if _may_see(site, request, one[2])]
        if shown:
            found.append((str(heading), shown))
    return found


def _may_see(site: AdminSite, request: HttpRequest, name: str) -> bool:
    return site.get_model_admin(apps.get_model(name)).has_view_permission(request)


def _make_section(request: HttpRequest, numbers: dict[str, int], label: Any, icon: str, name: str) -> Section:
    opts = apps.get_model(name)._meta
    url = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
    troubled = numbers.get(TROUBLE, 0) if name == "origins.Origin" else 0
    return Section(str(label), icon, url, request.path.startswith(url), numbers.get(name), troubled)


def count_things() -> dict[str, int]:
    """Of small tables only, in one query."""
    from origins.models import Origin
    from trays.models import Agent, Tray
    from wittybots.models import Bot, Endpoint, Token

    counted: dict[str, QuerySet[Any]] = {
        "trays.Agent": Agent.objects.filter(is_active=True),
        "trays.Tray": Tray.objects.in_use().exclude(kind=Tray.Kind.PERSONAL),
        "origins.Origin": Origin.objects.filter(is_active=True),
        TROUBLE: Origin.objects.filter(is_active=True).exclude(trouble=""),
        "wittybots.Bot": Bot.objects.filter(is_active=True),
        "wittybots.Endpoint": Endpoint.objects.filter(is_active=True, bot=None),
        "wittybots.Token": Token.objects.valid(),
    }
    first, *others = (_count(name, cast("QuerySet[Model]", things)) for name, things in counted.items())
    return dict(first.union(*others, all=True))


def _count(name: str, things: QuerySet[Any]) -> QuerySet[Any, Any]:
    return things.order_by().annotate(what=Value(name)).values("what").annotate(n=Count("pk")).values_list("what", "n")
