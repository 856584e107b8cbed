"""Home, sign-in, sign-out, the agent's password and presence."""

import math
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from chats import jobs, publish
from chats.errors import Rejected, Rejection
from common.names import show_name
from inbox.account import entering, old_password, open_logins
from inbox.actions import action
from inbox.addresses import asking_page
from inbox.consumers import login_name
from trays import audit, entry_links, presence, sign_in
from trays.audit import What
from trays.models import MAX_REASON_CHARS, Agent
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

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        ways = {"provider": settings.OIDC_ISSUER and settings.OIDC_NAME, "sends_mail": settings.SENDS_MAIL}
        return super().get_context_data(**ways, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        stays = bool(self.request.POST.get("remember"))
        return entering.go_on(self.request, form.get_user(), self.get_success_url(), stays=stays)

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


def answer_held_sign_in(request: HttpRequest, _answer: HttpResponse, credentials: dict[str, Any]) -> HttpResponse:
    """For AXES_LOCKOUT_CALLABLE: 429, and when to come again."""
    seconds = math.ceil(sign_in.seconds_to_wait(request, credentials)) or 1
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    context = {"seconds": seconds, "minutes": math.ceil(seconds / 60), "next": wanted}
    response = render(request, "registration/lockout.html", context, status=429)
    response["Retry-After"] = str(seconds)
    return response


class PasswordView(auth.PasswordChangeView):
    """A new password ends the other sessions of the agent, and their sockets."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # who sits at another's open page must not guess the old one here
        old_password.count_try(agent_of(request))
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        # whoever changes it because somebody else may come in wants that link ended as well
        entry_links.revoke_link(agent_of(self.request))
        audit.note(What.PASSWORD, agent_of(self.request), self.request)
        publish.rights_changed(agent_of(self.request))
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


@action(lambda _request: reverse("home"))
def sign_out(request: HttpRequest) -> HttpResponse:
    if request.session.session_key:
        publish.logged_out(login_name(request.session.session_key))
        open_logins.forget_login(request.session.session_key)
    logout(request)
    return redirect("login")


@action(lambda _request: reverse("home"))
def set_presence(request: AgentRequest) -> HttpResponse:
    """Disponible, or Ausente and why: one of the reasons that are offered, or own words."""
    reason = show_name(request.POST.get("own") or request.POST.get("reason") or "")
    if len(reason) > MAX_REASON_CHARS:
        raise Rejected(Rejection.INVALID, _("El motivo tiene hasta %(n)s caracteres.") % {"n": MAX_REASON_CHARS})
    available = request.POST.get("available")
    if available not in ("0", "1"):
        raise Rejected(Rejection.INVALID, _("Elegí entre Disponible y Ausente."))
    is_available = available == "1"
    if presence.set_presence(request.user, is_available=is_available, reason=reason):
        publish.agent_changed(request.user)
        if is_available:
            jobs.assign_chats()
    return redirect(asking_page(request) or "/")
