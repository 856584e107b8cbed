"""The door: home, sign-in, sign-out, presence, and what operators ask."""

import hmac
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from prometheus_client.process_collector import ProcessCollector
from redis import RedisError

from chats import delivery, news
from chats.consumers import login_name
from live.feed import feed
from origins.models import Body
from trays.models import Agent, Tray


@login_not_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """To the trays; with no agent yet to the set-up page, which asks for its token."""
    if not request.user.is_authenticated and not Agent.objects.exists():
        return redirect("setup")
    return redirect("inbox")


class Login(auth.LoginView):
    """The session lasts two weeks where asked for, else as long as the browser is open."""

    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        if not self.request.POST.get("remember"):
            self.request.session.set_expiry(0)
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


class Password(auth.PasswordChangeView):
    """A new password ends the other sessions of the agent, and their sockets."""

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        news.rights_changed(self.request.user)
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    if request.session.session_key:
        news.logged_out(login_name(request.session.session_key))
    logout(request)
    return redirect("login")


@require_POST
def presence(request: HttpRequest) -> HttpResponse:
    """Disponible or Ausente."""
    available = request.POST.get("available") == "1"
    Agent.objects.filter(pk=request.user.pk).update(is_available=available, available_since=timezone.now())
    return redirect(_back(request), permanent=False)


def _back(request: HttpRequest) -> str:
    from urllib.parse import urlsplit

    from django.utils.http import url_has_allowed_host_and_scheme

    came_from = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(came_from, {request.get_host()}, request.is_secure()):
        return "/" + urlsplit(came_from).path.lstrip("/")
    return "/"


@login_not_required
@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@require_GET
def readyz(request: HttpRequest) -> HttpResponse:
    """Database, Redis and migrations; names what is wrong."""
    wrong = {}
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            wrong["migrations"] = "not all applied"
    except Error as error:
        wrong["database"] = type(error).__name__
    try:
        feed().redis.ping()
    except RedisError as error:
        wrong["redis"] = type(error).__name__
    return JsonResponse({"ready": not wrong, "wrong": wrong}, status=503 if wrong else 200)


@login_not_required
@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus: with the token, or from this machine where none is set."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.METRICS_TOKEN:
        allowed = hmac.compare_digest(settings.METRICS_TOKEN.encode(), token.encode("utf-8", "replace"))
    else:
        # behind a proxy everybody seems local: then a token is needed
        local = request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1")
        allowed = local and "X-Forwarded-For" not in request.headers
    if not allowed:
        return HttpResponse(status=403)
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    waiting = Gauge("witty_chats_waiting", "Chats that wait in a tray (to 1000)", ["tray"], registry=registry)
    trays = {tray.pk: tray for tray in Tray.objects.in_use().exclude(kind=Tray.Kind.PERSONAL)}
    for pk, (number, _since) in news.counts(list(trays)).items():
        waiting.labels(tray=trays[pk].name).set(number)
    outbox = Gauge("witty_outbox_chats", "Chats with something due to send (to 500)", registry=registry)
    outbox.set(len(delivery.due(timezone.now())))
    left = Gauge("witty_bodies_left", "Kept bodies that nobody finished (to 1000)", registry=registry)
    left.set(Body.objects.filter(state="received")[:1000].count())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
