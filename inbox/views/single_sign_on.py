"""Signing in at the company's own provider: to it, and back."""

import logging

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from chats.errors import Rejected, Rejection
from common.client_address import client_block
from common.sealing import seal_text, unseal_text
from inbox.account import entering, identities, provider
from live import throttle
from origins import public_address
from trays import sign_in

log = logging.getLogger(__name__)

KEPT_IN = "single_sign_on"
# each asks the provider; a whole team that begins its day comes from one address
MAX_TRIES, TRIES_SECONDS = 60, 300


@login_not_required
@never_cache
@require_GET
def leave(request: HttpRequest) -> HttpResponse:
    _refuse_without_provider()
    _hold_many(request)
    try:
        url, known = provider.begin(_address_of_return(request))
    except provider.ProviderFailed as error:
        return _say_it_failed(request, error)
    wanted = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    # sealed, as sessions are kept in the database
    known["verifier"] = seal_text(known["verifier"])
    request.session[KEPT_IN] = known | {"next": wanted if is_ours else reverse("inbox")}
    return redirect(url)


@login_not_required
@never_cache
@require_GET
def come_back(request: HttpRequest) -> HttpResponse:
    """What the provider asked for at its own sign-in, a second step too, is not asked for again."""
    _refuse_without_provider()
    # not held: each return is of one that was let go
    known = request.session.pop(KEPT_IN, None)
    if not known or not constant_time_compare(known["state"], request.GET.get("state", "")):
        return _refuse(request, _("La vuelta no es de este navegador o tardó demasiado. Probá otra vez."))
    if request.GET.get("error") or not request.GET.get("code"):
        return _refuse(request, _("%(name)s no te dejó entrar.") % {"name": settings.OIDC_NAME})
    known["verifier"] = unseal_text(known["verifier"])
    try:
        claims = provider.finish(request.GET["code"], _address_of_return(request), known)
        agent = identities.find_agent(claims)
    except provider.ProviderFailed as error:
        return _say_it_failed(request, error)
    except Rejected as refusal:
        sign_in.log_failure("failed", request, "single-sign-on", settings.OIDC_NAME)
        return _refuse(request, refusal.message)
    return entering.let_in(request, entering.Waiting(agent, stays=True, next=known["next"]))


def _refuse_without_provider() -> None:
    if not settings.OIDC_ISSUER:
        raise Http404


def _hold_many(request: HttpRequest) -> None:
    if throttle.is_over_limit(f"single-sign-on:{client_block(request)}", most=MAX_TRIES, seconds=TRIES_SECONDS):
        raise Rejected(Rejection.TOO_MANY, _("Demasiados intentos seguidos. Esperá 5 minutos"))


def _address_of_return(request: HttpRequest) -> str:
    return public_address.url_for(request, reverse("login_sso_back"))


def _say_it_failed(request: HttpRequest, error: provider.ProviderFailed) -> HttpResponse:
    log.warning("single sign-on: %s", error)
    words = _("%(name)s no contestó como se esperaba. Probá en un rato, o entrá con tu contraseña.")
    return _refuse(request, words % {"name": settings.OIDC_NAME}, status=502)


def _refuse(request: HttpRequest, words: str, status: int = 403) -> HttpResponse:
    return render(request, "registration/sso_refused.html", {"words": words}, status=status)
