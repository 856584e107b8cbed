"""A sweeper in a process of its own: expires what is due when told. A child of bench.expire."""

import time
from datetime import datetime

from bench.stage import answer, orders


def main() -> None:
    import django

    django.setup()
    from chats import expiry

    # connected, and everything imported, before the first order
    expiry.expire(now=datetime.fromisoformat("2000-01-01T00:00:00+00:00"))
    answer(ready=True)
    for order in orders():
        began = time.monotonic()
        count = expiry.expire(now=datetime.fromisoformat(order["now"]))
        answer(count=count, began=began, ended=time.monotonic())


if __name__ == "__main__":
    main()
