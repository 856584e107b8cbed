"""Phone numbers as digits: the mobiles of three countries are written with a digit more or less, and are the same."""

import re

# before, the digit that may be there, behind: Argentina 54 9, Brazil 55 DD 9, Mexico 52 1
_TWO_FORMS = (
    re.compile(r"(54)(9?)([0-8]\d{9})", re.ASCII),
    re.compile(r"(55\d\d)(9?)(\d{8})", re.ASCII),
    re.compile(r"(52)(1?)(\d{10})", re.ASCII),
)
MEXICO, ARGENTINA = "52", "54"
# how the part behind begins in Brazil; fixed lines never had the nine
_MOBILES_OF_BRAZIL = "6789"


def _split(digits: str) -> tuple[str, str] | None:
    found = next((match for one in _TWO_FORMS if (match := one.fullmatch(digits))), None)
    return (found[1], found[3]) if found else None


def phone_forms(digits: str) -> list[str]:
    """The number as it may have been written down: in both forms where it has two."""
    if (parts := _split(digits)) is None:
        return [digits]
    before, behind = parts
    return [before + behind, before + ("1" if before == MEXICO else "9") + behind]


def canonical_form(digits: str) -> str:
    """The one of the two by which it is told that both are the same: 54 9, 55 DD 9, 52."""
    if (parts := _split(digits)) is None:
        return digits
    before, behind = parts
    if before == MEXICO:
        return before + behind
    return f"{before}9{behind}" if before == ARGENTINA or behind[0] in _MOBILES_OF_BRAZIL else digits
