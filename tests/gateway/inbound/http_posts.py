"""Bodies that an HTTP origin posts, signed and not."""

import json
from datetime import timedelta

from django.utils import timezone

from gateway.inbound import body_processing
from origins.models import Body


def one(**fields):
    return {"messages": [{"id": "m-1", "from": "cust-17", "text": "Hola", **fields}]}


GOOD = json.dumps(one()).encode()


def finish_after(seconds):
    """What the sweep of kept bodies does so much later."""
    Body.objects.update(received_at=timezone.now() - timedelta(seconds=seconds))
    left = list(body_processing.find_unfinished(timezone.now() - timedelta(seconds=60)))
    for body in left:
        body_processing.take_up(body)
    return len(left)
