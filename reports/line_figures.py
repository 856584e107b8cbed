"""What went through lines, by the hour: messages in and out, failures by their reason, and what networks charge for."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from django.conf import settings
from django.db import connection

from reports.hourly import Kind
from reports.models import LineFigure
from reports.periods import Period

What = LineFigure.What

_COUNTED = """
SELECT line_id, what, kind, count(*) AS n FROM (
    SELECT origin_id AS line_id, CASE direction WHEN 'in' THEN 'in' ELSE author END AS what, '' AS kind
    FROM chats_message
    WHERE created_at >= %(begin)s AND created_at < %(end)s AND direction IN ('in', 'out')
      AND kind NOT IN ('reaction', 'edit', 'withdrawal')
    UNION ALL
    SELECT origin_id, 'failed', failure || ':' || code FROM chats_messagefailure
    WHERE at >= %(begin)s AND at < %(end)s
    UNION ALL
    SELECT origin_id, CASE WHEN is_billable THEN 'charged' ELSE 'free' END, category FROM chats_messagecharge
    WHERE at >= %(begin)s AND at < %(end)s
) event GROUP BY line_id, what, kind
"""
_NEW = "SELECT at FROM {table} WHERE id > %(low)s AND id <= %(high)s"
KIND = Kind(
    name="lines",
    table="reports_linefigure",
    keys=("line_id", "what", "kind"),
    counted=_COUNTED,
    news={
        "chats_message": "SELECT created_at AS at FROM chats_message WHERE id > %(low)s AND id <= %(high)s",
        "chats_messagefailure": _NEW.format(table="chats_messagefailure"),
        "chats_messagecharge": _NEW.format(table="chats_messagecharge"),
    },
)
_SUMS = """
SELECT line_id, what, kind, sum(n) FROM reports_linefigure WHERE hour >= %(begin)s AND hour < %(end)s
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


_DAYS = """
SELECT (hour AT TIME ZONE %(zone)s)::date, coalesce(sum(n) FILTER (WHERE what = 'in'), 0),
       coalesce(sum(n) FILTER (WHERE what IN ('agent', 'bot')), 0)
FROM reports_linefigure
WHERE hour >= %(begin)s AND hour < %(end)s AND (%(line)s::bigint IS NULL OR line_id = %(line)s) GROUP BY 1
"""


@dataclass
class LineSums:
    """Of a line, or of all. `failures`: by (failure, code); `charged`, `free`: by the network's category."""

    numbers: Counter[str] = field(default_factory=Counter)
    failures: Counter[tuple[str, str]] = field(default_factory=Counter)
    charged: Counter[str] = field(default_factory=Counter)
    free: Counter[str] = field(default_factory=Counter)

    def add(self, what: str, kind: str, n: int) -> None:
        self.numbers[what] += n
        if what == What.FAILED:
            failure, _colon, code = kind.partition(":")
            self.failures[failure, code] += n
        elif what == What.CHARGED:
            self.charged[kind] += n
        elif what == What.FREE:
            self.free[kind] += n

    def join(self, other: "LineSums") -> None:
        for name in ("numbers", "failures", "charged", "free"):
            getattr(self, name).update(getattr(other, name))

    @property
    def heard(self) -> int:
        return self.numbers[What.IN]

    @property
    def failed(self) -> int:
        return self.numbers[What.FAILED]

    @property
    def sent(self) -> int:
        return self.numbers[What.AGENT] + self.numbers[What.BOT]


def read_sums(period: Period) -> Mapping[int, LineSums]:
    """By line."""
    found: dict[int, LineSums] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, {"begin": period.begin, "end": period.end})
        for line, what, kind, n in cursor.fetchall():
            found.setdefault(line, LineSums()).add(what, kind, int(n))
    return found


def read_days(period: Period, line_id: int | None) -> dict[date, tuple[int, int]]:
    """How many came in and went out, by day; of all lines where none is named."""
    with connection.cursor() as cursor:
        asked = {"line": line_id, "begin": period.begin, "end": period.end, "zone": settings.TIME_ZONE}
        cursor.execute(_DAYS, asked)
        return {day: (int(heard), int(sent)) for day, heard, sent in cursor.fetchall()}
