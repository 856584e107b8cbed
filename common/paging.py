"""Keys of pages: where a list went on, as "<ISO time>,<id>"."""

from datetime import UTC, datetime


def write_key(at: datetime, pk: int) -> str:
    return f"{at.isoformat()},{pk}"


def read_key(text: str) -> tuple[datetime, int] | None:
    """The place that a key names; None for whatever is not a key."""
    at, _, pk = text.partition(",")
    try:
        found = datetime.fromisoformat(at)
        # as UTC: Python knows offsets that PostgreSQL refuses
        return (found.astimezone(UTC), int(pk)) if found.tzinfo and 0 <= int(pk) < 2**63 else None
    except (ValueError, OverflowError):
        return None
