"""Coming in by a link: the person that it is for chooses a password, and is signed in."""

from typing import Any

from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from common.sealing import seal_text, unseal_text
from inbox.account import entering
from trays import entry_links

# sealed, as sessions are kept in the database
KEPT_IN = "entry_link"


@login_not_required
@never_cache
@require_GET
def take_link(request: HttpRequest, token: str) -> HttpResponse:
    """Out of the address, which is logged and stays in the browser's history. It is not used up by who looks at it,
    as mail servers do."""
    if entry_links.find_link(token) is None:
        return _say_it_is_over(request)
    request.session[KEPT_IN] = seal_text(token)
    return redirect("enter")


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """The password is chosen here, and nobody else knows it."""
    token = unseal_text(request.session.get(KEPT_IN, ""))
    link = entry_links.find_link(token) if token else None
    if link is None:
        return _say_it_is_over(request)
    form = SetPasswordForm(link.agent, request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _let_in(request, token, form)
    context = {"form": form, "agent": link.agent, "is_new": not link.agent.has_usable_password()}
    return render(request, "registration/enter.html", context, status=422 if form.errors else 200)


def _let_in(request: HttpRequest, token: str, form: Any) -> HttpResponse:
    agent = entering.choose_password(token, form.cleaned_data["new_password1"])
    if agent is None:
        return _say_it_is_over(request)
    # whoever was signed in here before, and what their session holds
    logout(request)
    return entering.go_on(request, agent, reverse("inbox"), stays=False)


def _say_it_is_over(request: HttpRequest) -> HttpResponse:
    return render(request, "registration/enter_over.html", status=410)
