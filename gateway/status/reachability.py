"""Whether our public address leads to us: it is asked as anybody outside would, for an answer that only we can give."""

import re
import secrets
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from common.errors import OriginError
from common.guarded_http import send_request
from origins.facts import Finding

SALT = "witty.reached"
# of all of it, with the look-up of the name
SECONDS = 5.0
MAX_ANSWER_BYTES = 2000
_ASKED = re.compile(r"[A-Za-z0-9_-]{20,60}")


@login_not_required
@require_GET
def answer_reached(request: HttpRequest, asked: str) -> HttpResponse:
    """What was asked, signed: no other installation can, and nobody learns anything from it."""
    if not _ASKED.fullmatch(asked):
        raise Http404
    return HttpResponse(_sign(asked), content_type="text/plain; charset=utf-8")


def _sign(asked: str) -> str:
    return signing.Signer(salt=SALT).signature(asked)


def check_address(url: str) -> Finding:
    """Asks ourselves at this address, once. What cannot be found out from here is said so, and is no failure."""
    asked, host = secrets.token_urlsafe(24), urlsplit(url).hostname or ""
    try:
        answer = send_request("GET", url + reverse("reached", args=[asked]), most=MAX_ANSWER_BYTES, within=SECONDS)
    except OriginError as error:
        words = _("No se pudo comprobar desde acá la dirección pública: %(why)s.") % {"why": str(error).rstrip(".")}
        advice = _(
            "Puede que %(host)s todavía no lleve a este servidor (un nombre nuevo tarda hasta 1 h), o que esta red no "
            "deje que un servidor se llame a sí mismo: entonces la red de afuera llega igual, y lo dice el paso que "
            "sigue."
        ) % {"host": host}
        return Finding(words, False, advice, about="address", is_passing=True, is_todo=True)
    if answer.status_code == 200 and answer.text.strip() == _sign(asked):
        words = _("La dirección pública responde: %(host)s lleva a esta instalación.") % {"host": host}
        return Finding(words, True, about="address")
    words = _("%(host)s responde, pero no es esta instalación (HTTP %(status)s).") % {
        "host": host,
        "status": answer.status_code,
    }
    advice = _("Revisá que el proxy o el túnel lleve a este servidor, con todo lo que empieza con /webhooks/.")
    return Finding(words, False, advice, about="address")
