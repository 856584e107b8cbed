"""Acceso y seguridad: where an agent is signed in, and ending it."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django_htmx.http import trigger_client_event

from inbox.account import open_logins
from inbox.actions import action
from inbox.pages import begin_agent_page
from inbox.rejections import redirect_with_notice
from live.pages import render_page
from trays import two_steps
from trays.requests import AgentRequest


@require_GET
def show_access(request: AgentRequest) -> HttpResponse:
    """The password, and the open sessions."""
    return _show_page(request)


@action(lambda _request, pk: reverse("own_access"))
def end_login(request: AgentRequest, pk: int) -> HttpResponse:
    open_logins.end_login(request, pk)
    return _answer_done(request, _("Sesión cerrada"))


@action(lambda _request: reverse("own_access"))
def end_other_logins(request: AgentRequest) -> HttpResponse:
    open_logins.end_others(request)
    return _answer_done(request, _("Quedó abierta solo esta sesión"))


def _show_page(request: AgentRequest, url: str = "") -> HttpResponse:
    context = begin_agent_page(request) | {
        "logins": open_logins.list_open(request),
        "two_steps": two_steps.find_setup(request.user),
    }
    return render_page(request, "inbox/own_access.html", context, url=url)


def _answer_done(request: AgentRequest, words: str) -> HttpResponse:
    url = reverse("own_access")
    if not request.htmx:
        return redirect_with_notice(request, url, words)
    return trigger_client_event(_show_page(request, url), "toast", {"level": "success", "title": words, "text": ""})
