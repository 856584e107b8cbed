"""One's own second step, in Mis ajustes: set up, new codes, taken off. Who sits at another's open page needs the
password for each."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from chats.errors import Rejected, Rejection
from inbox.account import entering, open_logins
from inbox.account.app_picture import setup_context
from inbox.account.old_password import is_password
from inbox.pages import begin_agent_page
from inbox.rejections import redirect_with_notice
from live.pages import render_page
from trays import audit, two_steps
from trays.audit import What
from trays.requests import AgentRequest


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def show_two_steps(request: AgentRequest) -> HttpResponse:
    if request.method != "POST":
        return _show(request)
    if not is_password(request, request.POST.get("password", "")):
        return _show(request, status=422, wrong_password=True)
    what = request.POST.get("do")
    if what == "codes" and two_steps.is_on(request.user):
        return _show(request, codes=two_steps.renew_codes(request.user))
    if what == "off":
        return _turn_off(request)
    codes = two_steps.turn_on(request.user, entering.secret_of(request), request.POST.get("code", ""))
    if codes is None:
        return _show(request, status=422, wrong=True)
    audit.note(What.STEPS_ON, request.user, request)
    request.session.pop(entering.SECRET, None)
    # who came in with the password alone comes in anew
    open_logins.end_others(request)
    return _show(request, codes=codes)


def _turn_off(request: AgentRequest) -> HttpResponse:
    if request.user.needs_two_steps:
        raise Rejected(Rejection.FORBIDDEN, _("En esta instalación tenés que ingresar en dos pasos"))
    if two_steps.turn_off(request.user):
        audit.note(What.STEPS_OFF, request.user, request)
    return redirect_with_notice(request, reverse("own_access"), _("Ingresás solo con la contraseña"))


def _show(request: AgentRequest, status: int = 200, **more: Any) -> HttpResponse:
    is_on = two_steps.is_on(request.user)
    context = begin_agent_page(request) | {"is_on": is_on, **more}
    if is_on:
        context["codes_left"] = two_steps.count_codes(request.user)
    else:
        context |= setup_context(request.user, entering.secret_of(request))
    response = render_page(request, "inbox/own_two_steps.html", context)
    response.status_code = status
    return response
