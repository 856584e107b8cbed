"""Numbers as people read them."""


def group_thousands(number: int) -> str:
    """1.284"""
    return f"{number:,}".replace(",", ".")


def one_decimal(number: float) -> str:
    """4,6"""
    return f"{number:.1f}".replace(".", ",")
