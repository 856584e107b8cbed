"""The answer while the database does not answer, or the clock here is wrong: 503 in words, as it was asked for."""

import logging

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from common.clocks import watched

log = logging.getLogger(__name__)

# what Django raises where no answer came, or one that ends the statement
OUTAGES = (OperationalError, InterfaceError)
RETRY_AFTER_SECONDS = 5


def answer_outage(request: HttpRequest, error: Exception) -> HttpResponse:
    """With nothing of the database in it."""
    log.error("the database does not answer: %s", error)
    return _answer_later(request, _("El servicio no responde. Probá de nuevo en un momento"))


def is_clock_wrong(request: HttpRequest) -> bool:
    """Whether what would be written now were dated by a clock that is far from the database's: a customer's message
    would expire as it comes, and be seen by nobody."""
    return request.method not in ("GET", "HEAD") and watched.are_apart()


def answer_wrong_clock(request: HttpRequest) -> HttpResponse:
    log.error("nothing is written here: the clock and that of the database are %.0f s apart", watched.apart)
    return _answer_later(request, _("El reloj del servidor está mal. Probá de nuevo en un momento"))


def _answer_later(request: HttpRequest, words: str) -> HttpResponse:
    """Nothing to swap (HTMX), JSON (machines and the web chat), a page that stands alone."""
    answer: HttpResponse
    if request.path.startswith("/api/"):
        problem = {"type": "about:blank", "title": "The service does not answer", "status": 503, "words": words}
        answer = JsonResponse(problem, status=503, content_type="application/problem+json")
    elif request.path.startswith("/webhooks/") or (request.path.startswith("/w/") and request.path.count("/") > 3):
        answer = JsonResponse({"reason": words}, status=503)
    elif getattr(request, "htmx", False):
        # what is shown stays; the toast of a failed action comes from its script
        answer = HttpResponse(status=503, headers={"HX-Reswap": "none"})
    else:
        answer = HttpResponse(render_to_string("503.html", {"words": words}), status=503)
    answer["Retry-After"] = str(RETRY_AFTER_SECONDS)
    answer["Cache-Control"] = "no-store"
    return answer
