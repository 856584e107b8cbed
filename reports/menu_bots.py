"""What menu bots resolved of the chats that ended with them, as the live board says it beside their health."""

from collections.abc import Iterable
from dataclasses import dataclass

from common.replica import fetch_from_replica
from gateway.status.endpoints import EndpointStatus
from reports.periods import Period

# of the lines that a bot receives now: the same figures as Informes has of them
_RESOLVED = """
SELECT reception.bot_id, coalesce(sum(figure.n) FILTER (WHERE figure.measure = 'bot_only'), 0), sum(figure.n)
FROM reports_hourfigure figure
JOIN wittybots_reception reception ON reception.origin_id = figure.ref
JOIN wittybots_bot bot ON bot.id = reception.bot_id AND bot.kind = 'menu'
WHERE figure.axis = 'line' AND figure.hour >= %(begin)s AND figure.hour < %(end)s
  AND figure.measure IN ('bot_only', 'handed_over')
GROUP BY 1
"""


@dataclass(frozen=True)
class Resolved:
    """`alone`: chats that ended with the bot; `ended`: these, and those that people got."""

    alone: int = 0
    ended: int = 0


def add_resolved(statuses: Iterable[EndpointStatus], period: Period) -> list[tuple[EndpointStatus, Resolved | None]]:
    """Each with what it resolved in the period where it is a menu; one query."""
    found = fetch_from_replica(_RESOLVED, {"begin": period.begin, "end": period.end})
    by_bot = {bot: Resolved(int(alone), int(ended)) for bot, alone, ended in found}
    return [
        (one, by_bot.get(one.bot.pk, Resolved()) if one.bot and not one.bot.is_external else None) for one in statuses
    ]
