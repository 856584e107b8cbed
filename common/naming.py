"""Whether text or bytes name one of some ids: as it is, or as JSON writes it, and not as a part of a longer one."""

import json
import re
from collections.abc import Iterable


class Names:
    """Ids to be looked for."""

    def __init__(self, values: Iterable[str]) -> None:
        written = {way for value in values if value for way in (value, _in_json(value), _in_ascii_json(value))}
        # what a database looks for before anything is read
        self.parts = sorted(way.encode("utf-8", "replace") for way in written)
        either = b"|".join(re.escape(part) for part in self.parts)
        self._pattern = re.compile(rb"(?<![0-9A-Za-z])(?:" + either + rb")(?![0-9A-Za-z])") if written else None

    def stand_in(self, data: bytes | str) -> bool:
        given = data.encode("utf-8", "replace") if isinstance(data, str) else bytes(data)
        return self._pattern is not None and self._pattern.search(given) is not None


def _in_json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


def _in_ascii_json(value: str) -> str:
    return json.dumps(value)[1:-1]
