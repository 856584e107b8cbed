"""Probes for operators: whether the process lives, whether it can work, and its metrics."""

import hmac

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from prometheus_client.process_collector import ProcessCollector

from chats import tray_counts
from common.client_address import is_this_machine
from gateway.outbound import claims
from gateway.status.system import read_system
from origins.models import Body
from trays.models import Tray


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
    """For Prometheus: with the token, or from this machine where none is set."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.METRICS_TOKEN:
        allowed = hmac.compare_digest(settings.METRICS_TOKEN.encode(), token.encode("utf-8", "replace"))
    else:
        allowed = is_this_machine(request)
    if not allowed:
        return HttpResponse(status=403)
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    waiting = Gauge("witty_chats_waiting", "Chats that wait in a tray (to 1000)", ["tray"], registry=registry)
    trays = {tray.pk: tray for tray in Tray.objects.in_use().exclude(kind=Tray.Kind.PERSONAL)}
    for pk, (number, _since) in tray_counts.count_waiting(list(trays)).items():
        waiting.labels(tray=trays[pk].name).set(number)
    outbox = Gauge("witty_outbox_chats", "Chats with something due to send (to 500)", registry=registry)
    outbox.set(len(claims.find_due_chats(timezone.now())))
    left = Gauge("witty_bodies_left", "Kept bodies that nobody finished (to 1000)", registry=registry)
    left.set(Body.objects.filter(state="received")[:1000].count())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
