"""Home, sign-in, sign-out, the agent's password and presence."""

from typing import Any

from django.contrib.auth import logout
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from chats import publish
from inbox.consumers import login_name
from trays.models import Agent
from trays.requests import AgentRequest, agent_of


@login_not_required
@require_GET
def redirect_home(request: HttpRequest) -> HttpResponse:
    """To the trays; with no agent yet to the set-up page, which asks for its token."""
    if not request.user.is_authenticated and not Agent.objects.exists():
        return redirect("setup")
    return redirect("inbox")


class LoginView(auth.LoginView):
    """The session lasts two weeks where asked for, else as long as the browser is open."""

    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        if not self.request.POST.get("remember"):
            self.request.session.set_expiry(0)
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


class PasswordView(auth.PasswordChangeView):
    """A new password ends the other sessions of the agent, and their sockets."""

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        publish.rights_changed(agent_of(self.request))
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    if request.session.session_key:
        publish.logged_out(login_name(request.session.session_key))
    logout(request)
    return redirect("login")


@require_POST
def set_presence(request: AgentRequest) -> HttpResponse:
    """Disponible or Ausente."""
    available = request.POST.get("available") == "1"
    Agent.objects.filter(pk=request.user.pk).update(is_available=available, available_since=timezone.now())
    return redirect(_referring_path(request), permanent=False)


def _referring_path(request: HttpRequest) -> str:
    from urllib.parse import urlsplit

    from django.utils.http import url_has_allowed_host_and_scheme

    came_from = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(came_from, {request.get_host()}, request.is_secure()):
        return "/" + urlsplit(came_from).path.lstrip("/")
    return "/"
