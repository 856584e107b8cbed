"""The whole way of a body, beside which the shorter ways are held."""

from django.utils import timezone

from gateway.inbound import body_processing
from gateway.inbound import raw_bodies as bodies

NOW = timezone.now().replace(microsecond=0)


# --- one in one statement -------------------------------------------------------------------------


def whole_way(origin, raw):
    body, _new = bodies.keep_body(origin, raw)
    return body_processing.process_body(body).as_json()
