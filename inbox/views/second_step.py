"""The second step of a sign-in: the number of the app, or setting the app up where one has to."""

import math

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from inbox.account import entering
from inbox.account.app_picture import setup_context
from trays import audit, sign_in, two_steps
from trays.audit import What


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def ask_code(request: HttpRequest) -> HttpResponse:
    who = entering.find_waiting(request)
    if who is None:
        return redirect("login")
    if request.method != "POST":
        return render(request, "registration/code.html", {"who": who})
    checked = two_steps.check_code(who.agent, request.POST.get("code", ""))
    if checked.is_right:
        return entering.let_in(request, who)
    outcome = "held" if checked.seconds_to_wait else "failed"
    sign_in.log_failure(outcome, request, who.agent.username, _("con la contraseña, sin el código"))
    context = {"who": who, "error": _say_wrong(checked)}
    response = render(request, "registration/code.html", context, status=429 if checked.seconds_to_wait else 422)
    if checked.seconds_to_wait:
        response["Retry-After"] = str(math.ceil(checked.seconds_to_wait))
    return response


def _say_wrong(checked: two_steps.Checked) -> str:
    if not checked.seconds_to_wait:
        return _("Ese código no va, o ya se usó. Escribí el que muestra ahora la aplicación.")
    minutes = math.ceil(checked.seconds_to_wait / 60)
    words = ngettext(
        "Demasiados códigos que no van. Esperá %(n)s minuto, o pedile a tu supervisor que te deje entrar de nuevo.",
        "Demasiados códigos que no van. Esperá %(n)s minutos, o pedile a tu supervisor que te deje entrar de nuevo.",
        minutes,
    )
    return words % {"n": minutes}


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """For who has shown the password, and needs two steps and has one. With the codes they are in."""
    who = entering.find_waiting(request)
    if who is None or two_steps.is_on(who.agent):
        return redirect("login")
    secret = entering.secret_of(request)
    context = {"who": who, **setup_context(who.agent, secret)}
    if request.method != "POST":
        return render(request, "registration/two_steps.html", context)
    codes = two_steps.turn_on(who.agent, secret, request.POST.get("code", ""))
    if codes is None:
        return render(request, "registration/two_steps.html", context | {"wrong": True}, status=422)
    audit.note(What.STEPS_ON, who.agent, request)
    response = HttpResponse()
    entering.begin_session(request, response, who)
    shown = render(request, "registration/two_steps_done.html", {"codes": codes, "next": who.next})
    shown.cookies.update(response.cookies)
    return shown
