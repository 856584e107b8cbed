"""Coming in by a link: the person that it is for chooses a password, and is signed in."""

from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import SetPasswordForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from chats import jobs
from chats.errors import Rejected, Rejection
from common.client_address import client_block
from common.sealing import seal_text, unseal_text
from inbox.account import entering
from live import throttle
from trays import audit, entry_links
from trays.audit import What

# sealed, as sessions are kept in the database
KEPT_IN = "entry_link"
MAX_NAME_CHARS = 254
# of one address
MAX_ASKED, ASKED_SECONDS = 10, 3600


@login_not_required
@never_cache
@require_safe
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


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def ask_for_link(request: HttpRequest) -> HttpResponse:
    """For who has forgotten the password. The answer is the same whether there is such a person or not."""
    if not settings.SENDS_MAIL:
        raise Http404
    if request.method != "POST":
        return render(request, "registration/forgotten.html")
    if throttle.is_over_limit(f"own-link:{client_block(request)}", most=MAX_ASKED, seconds=ASKED_SECONDS):
        raise Rejected(Rejection.TOO_MANY, _("Demasiados pedidos seguidos. Esperá una hora"))
    entry_links.make_own_link(request.POST.get("who", "").replace("\x00", "").strip()[:MAX_NAME_CHARS])
    # also for nobody: how long the answer takes is to tell no more than its words
    jobs.mail_entry_links()
    return render(request, "registration/forgotten.html", {"asked": True})


def _let_in(request: HttpRequest, token: str, form: Any) -> HttpResponse:
    agent = entering.choose_password(token, form.cleaned_data["new_password1"])
    if agent is None:
        return _say_it_is_over(request)
    audit.note(What.PASSWORD, agent, request, detail=_("con un enlace"))
    # whoever was signed in here before, and what their session holds
    logout(request)
    return entering.go_on(request, agent, reverse("inbox"), stays=False)


def _say_it_is_over(request: HttpRequest) -> HttpResponse:
    return render(request, "registration/enter_over.html", status=410)
