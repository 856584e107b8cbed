"""Acceso y seguridad: where an agent is signed in, and ending it; whom they are at the company's provider."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django_htmx.http import trigger_client_event

from inbox.account import identities, open_logins
from inbox.actions import action
from inbox.pages import begin_agent_page
from inbox.rejections import redirect_with_notice
from live.pages import render_page
from trays import audit, two_steps
from trays.audit import What
from trays.own_notices import list_done_to
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


@action(lambda _request, pk: reverse("own_access"))
def unlink_identity(request: AgentRequest, pk: int) -> HttpResponse:
    name = identities.unlink(request.user, pk)
    if name:
        audit.note(What.UNLINKED, request.user, request, thing=name)
    return _answer_done(request, _("Desvinculada") if name else _("Ya no estaba vinculada"))


def _show_page(request: AgentRequest, url: str = "") -> HttpResponse:
    context = begin_agent_page(request) | {
        "logins": open_logins.list_open(request),
        "done_to_me": list_done_to(request.user),
        "identities": identities.list_own(request.user),
        "two_steps": two_steps.find_setup(request.user),
    }
    return render_page(request, "inbox/own_access.html", context, url=url)


def _answer_done(request: AgentRequest, words: str) -> HttpResponse:
    url = reverse("own_access")
    if not request.htmx:
        return redirect_with_notice(request, url, words)
    return trigger_client_event(_show_page(request, url), "toast", {"level": "success", "title": words, "text": ""})
