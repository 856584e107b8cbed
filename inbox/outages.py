"""The answer while the database does not answer: 503 in words, as it was asked for, with nothing of the database."""

import logging

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

log = logging.getLogger(__name__)

# what Django raises where no answer came, or one that ends the statement
OUTAGES = (OperationalError, InterfaceError)
RETRY_AFTER_SECONDS = 5


def answer_outage(request: HttpRequest, error: Exception) -> HttpResponse:
    """Nothing to swap (HTMX), JSON (the web chat), a page that stands alone."""
    log.error("the database does not answer: %s", error)
    words = _("El servicio no responde. Probá de nuevo en un momento")
    answer: HttpResponse
    if request.path.startswith("/w/") and request.path.count("/") > 3:
        answer = JsonResponse({"reason": words}, status=503)
    elif getattr(request, "htmx", False):
        # what is shown stays; the toast of a failed action comes from its script
        answer = HttpResponse(status=503, headers={"HX-Reswap": "none"})
    else:
        answer = HttpResponse(render_to_string("503.html", {"words": words}), status=503)
    answer["Retry-After"] = str(RETRY_AFTER_SECONDS)
    answer["Cache-Control"] = "no-store"
    return answer
