"""The context of a menu bot's turn: name, attributes, office hours. Asked for only when it is needed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from trays import hours
from trays.models import Tray
from wittybots.menu.engine import Known
from wittybots.models import Bot


def context_of(name: str, attributes: Mapping[str, Any], now: datetime, bot: Bot | None = None) -> Known:
    """The customer's name and attributes, the office hours at `now`, and how much this bot may say in a minute."""

    def opens(tray_id: int | None) -> str:
        return hours.words(_tray_id_or_general(tray_id), now)

    def tray_name(tray_id: int | None) -> str:
        tray = Tray.objects.filter(pk=_tray_id_or_general(tray_id)).first()
        return tray.name if tray is not None and tray.kind == Tray.Kind.CUSTOM else ""

    pace = bot.most_per_minute if bot is not None else Known.most_per_minute
    return Known(name, attributes, opens, tray_name, int(now.timestamp() // 60), pace)


def _tray_id_or_general(tray_id: int | None) -> int:
    return tray_id if tray_id is not None else Tray.objects.general().pk
