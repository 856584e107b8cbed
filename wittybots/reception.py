"""The reception of an origin: its bot and its tray."""

from origins.models import Origin
from wittybots.models import Bot, Reception


def reception_of(origin_id: int) -> Reception:
    """Its reception; one without bot and tray where nobody made any."""
    found = Reception.objects.select_related("bot__endpoint", "tray").filter(origin=origin_id).first()
    return found or Reception(origin_id=origin_id)


def is_attended(reception: Reception) -> bool:
    """Whether its bot can: it is switched on, and so is what reaches it, if anything does."""
    bot = reception.bot
    if bot is None or not bot.is_active:
        return False
    endpoint = getattr(bot, "endpoint", None) if bot.is_external else None
    return endpoint is None or endpoint.is_active


def receive_with_default_bot(origin: Origin) -> Reception:
    """Give a new origin the installation's bot (made if there is none)."""
    bot = Bot.objects.filter(is_active=True).order_by("id").first() or Bot.objects.create()
    return Reception.objects.get_or_create(origin=origin, defaults={"bot": bot})[0]
