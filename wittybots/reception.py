"""Who receives an origin's chats, and the menu that its bot offers."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from origins.models import Origin
from trays.models import Tray
from wittybots.menu import Choice, Menu
from wittybots.models import Bot, Reception


def reception_of(origin_id: int) -> Reception:
    """Its reception; one without bot and tray where nobody made any."""
    found = Reception.objects.select_related("bot", "tray").filter(origin=origin_id).first()
    return found or Reception(origin_id=origin_id)


def attends(reception: Reception) -> bool:
    return reception.bot is not None and reception.bot.is_active


def menu_of(bot: Bot) -> Menu:
    """The bot's menu. Without options of its own: the trays that exist, General last."""
    options = bot.options.values_list("id", "label", "keywords", "reply", "tray")
    return menu_from(bot.greeting, bot.misfit, bot.farewell, bot.fallback_tray_id, list(options))


def menu_from(
    greeting: str, misfit: str, farewell: str, fallback_tray_id: int | None, options: Sequence[Sequence[Any]]
) -> Menu:
    """The same from rows of (id, label, keywords, reply, tray id)."""
    choices = tuple(
        Choice(str(pk), label, tuple(word.strip() for word in keywords.split(",") if word.strip()), reply, tray_id)
        for pk, label, keywords, reply, tray_id in options
    )
    return Menu(greeting, misfit, farewell, choices or default_choices(), fallback_tray_id)


def default_choices() -> tuple[Choice, ...]:
    trays = Tray.objects.in_use().filter(kind__in=(Tray.Kind.CUSTOM, Tray.Kind.GENERAL)).order_by("position", "name")
    created = [tray for tray in trays if tray.kind == Tray.Kind.CUSTOM]
    general = [tray for tray in trays if tray.kind == Tray.Kind.GENERAL]
    return tuple(
        Choice(
            f"tray-{tray.pk}",
            tray.name[:40] if tray.kind == Tray.Kind.CUSTOM else _("Otra consulta"),
            (),
            _("Te paso con %(tray)s. Contame qué necesitás así ganamos tiempo.") % {"tray": tray.name}
            if tray.kind == Tray.Kind.CUSTOM
            else _("Te paso con una persona del equipo. Contame qué necesitás así ganamos tiempo."),
            tray.pk,
        )
        for tray in created + general
    )


def receive_with_default_bot(origin: Origin) -> Reception:
    """Give a new origin the installation's bot (made if there is none)."""
    bot = Bot.objects.filter(is_active=True).order_by("id").first() or Bot.objects.create()
    return Reception.objects.get_or_create(origin=origin, defaults={"bot": bot})[0]
