"""Probes for operators: whether the process lives, whether it can work, and its metrics."""

import hmac

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from common.client_address import client_address, is_this_machine
from gateway.status.metrics import Collector, may_ask
from gateway.status.system import read_system
from live.metrics import is_on

LOOPBACK = ("127.0.0.1", "::1")


@login_not_required
@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@require_GET
def readyz(request: HttpRequest) -> HttpResponse:
    """Database, Redis, migrations, workers and clock, what waits too long, secrets; names what is wrong."""
    status = read_system()
    answer = {"ready": not status.wrong, "wrong": status.wrong, "signs": status.signs, "oldest": status.oldest}
    return JsonResponse(answer, status=503 if status.wrong else 200)


@login_not_required
@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus: who brings METRICS_TOKEN, or asks from METRICS_FROM. Neither is set: there is no such page."""
    if not is_on():
        raise Http404
    if not _may_read_metrics(request):
        return HttpResponse(status=403)
    registry = CollectorRegistry()
    registry.register(Collector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_read_metrics(request: HttpRequest) -> bool:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    known = settings.METRICS_TOKEN.encode()
    if known and hmac.compare_digest(known, token.encode("utf-8", "replace")):
        return True
    caller = client_address(request)
    # behind a proxy that is not named everybody seems to be of this machine
    is_hidden = caller in LOOPBACK and not is_this_machine(request)
    return not is_hidden and may_ask(caller, settings.METRICS_FROM)
