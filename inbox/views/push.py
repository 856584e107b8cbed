"""The browser that asks: told of news without a page from now on, no more, or once to see how it comes."""

from urllib.parse import urlsplit

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import jobs
from chats.errors import Rejected, Rejection
from common import web_push
from common.address_guard import check_without_lookup
from common.errors import OriginError
from inbox.actions import action
from inbox.models import PushSubscription
from inbox.models.push import MAX_ENDPOINT_CHARS
from inbox.notices import pushing
from live import throttle
from trays.requests import AgentRequest

# of one agent; beyond it the oldest is forgotten
MAX_BROWSERS = 10
MAX_TRIES, TRIES_SECONDS = 5, 60


def _settings_page(_request: AgentRequest) -> str:
    return reverse("settings")


@action(_settings_page)
def subscribe(request: AgentRequest) -> HttpResponse:
    """`endpoint`, `point`, `secret`: as the browser's PushManager gives them. A browser is one agent's at a time."""
    endpoint, point, secret = (request.POST.get(name, "") for name in ("endpoint", "point", "secret"))
    _check_endpoint(endpoint)
    try:
        web_push.check_receiver(point, secret)
    except ValueError as error:
        raise Rejected(Rejection.INVALID, _("El navegador no dio sus claves. Probá de nuevo")) from error
    values = {
        "agent": request.user,
        "point": point,
        "secret": secret,
        "session_key": request.session.session_key or "",
        "due_at": None,
    }
    is_known = PushSubscription.objects.filter(endpoint=endpoint, agent=request.user).exists()
    fresh = {} if is_known else {"told": {}, "made_at": timezone.now(), "sent_at": None}
    PushSubscription.objects.update_or_create(endpoint=endpoint, defaults=values | fresh)
    if not is_known:
        pushing.note_all_told(request.user.pk)
    browsers = PushSubscription.objects.filter(agent=request.user).order_by("-made_at", "-pk")
    PushSubscription.objects.filter(pk__in=list(browsers.values_list("pk", flat=True)[MAX_BROWSERS:])).delete()
    return HttpResponse(status=204)


def _check_endpoint(endpoint: str) -> None:
    try:
        if urlsplit(endpoint).scheme != "https" or len(endpoint) > MAX_ENDPOINT_CHARS:
            raise ValueError(endpoint)
        check_without_lookup(endpoint)
    except (ValueError, OriginError) as error:
        raise Rejected(Rejection.INVALID, _("La dirección que dio el navegador no sirve para los avisos")) from error


@action(_settings_page)
def unsubscribe(request: AgentRequest) -> HttpResponse:
    PushSubscription.objects.filter(endpoint=request.POST.get("endpoint", ""), agent=request.user).delete()
    return HttpResponse(status=204)


@action(_settings_page)
def try_push(request: AgentRequest) -> HttpResponse:
    """A worker sends it."""
    browser = PushSubscription.objects.filter(endpoint=request.POST.get("endpoint", ""), agent=request.user).first()
    if browser is None:
        raise Rejected(Rejection.NOT_FOUND, _("Este navegador no tiene el push activo. Activalo y probá de nuevo"))
    if throttle.is_over_limit(f"push-try:{request.user.pk}", most=MAX_TRIES, seconds=TRIES_SECONDS):
        raise Rejected(Rejection.TOO_MANY, _("Demasiadas pruebas seguidas. Esperá un minuto"))
    jobs.try_push(browser.pk)
    return HttpResponse(status=204)
