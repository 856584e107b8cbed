"""Rejections answered as they were asked for: a toast, JSON or a page with the sentence."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from chats.errors import Rejected
from gateway.rejections import http_status
from inbox.account.open_logins import note_login
from inbox.actions import keeps_words
from inbox.addresses import remaining_page
from inbox.consumers import login_name
from inbox.kept_words import keep_words
from inbox.outages import OUTAGES, answer_outage, answer_wrong_clock, is_clock_wrong
from live.pages import HtmxRequest
from trays.requests import agent_of


class RejectionMiddleware:
    """Turns Rejected into a toast (HTMX), JSON (the web chat) or a page with the sentence (plain form)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HtmxRequest) -> HttpResponse:
        try:
            # read here, once: further in Django makes an error page of what goes wrong before a view is asked
            if request.user.is_authenticated:
                note_login(request)
            if is_clock_wrong(request):
                return answer_wrong_clock(request)
        except OUTAGES as error:
            return answer_outage(request, error)
        response = self.get_response(request)
        if response.status_code == 302 and request.htmx and response["Location"].startswith(reverse("login")):
            # followed by fetch, the sign-in page would land in the middle of another one
            return HttpResponseClientRedirect(response["Location"])
        if request.htmx and request.method not in ("GET", "HEAD") and "HX-Push-Url" not in response:
            # the address of an action is no page's: a form that HTMX sends would leave it in the address bar
            response["HX-Push-Url"] = "false"
        if request.user.is_authenticated and "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        if request.htmx and request.user.is_authenticated:
            # a page of a login before this one sees it, and loads itself anew
            response["Witty-Login"] = login_name(request.session.session_key or "")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return answer_exception(request, exception)


class EdgeRejectionMiddleware:
    """The same where there are neither pages nor HTMX."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            if is_clock_wrong(request):
                return answer_wrong_clock(request)
        except OUTAGES as error:
            return answer_outage(request, error)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return answer_exception(request, exception)


def answer_exception(request: HttpRequest, exception: Exception) -> HttpResponse | None:
    """The answer to what has words of its own; None for a surprise, which is an error that is seen."""
    if isinstance(exception, Rejected):
        return answer_rejection(request, exception)
    if isinstance(exception, OUTAGES):
        return answer_outage(request, exception)
    return None


def answer_rejection(request: HttpRequest, refusal: Rejected) -> HttpResponse:
    if request.path.startswith("/w/"):
        return JsonResponse({"reason": refusal.message}, status=http_status(refusal))
    if getattr(request, "htmx", False):
        toast = {"level": "error", "title": refusal.message, "text": ""}
        response = HttpResponse(status=http_status(refusal))
        if refusal.missed:
            response = render(
                request, "inbox/_missed.html", {"chat": refusal.chat, "missed": refusal.missed},
                status=response.status_code,
            )  # fmt: skip
        return trigger_client_event(response, "toast", toast)
    context: dict[str, Any] = {"refusal": refusal}
    if request.method == "POST" and request.user.is_authenticated:
        if request.resolver_match and keeps_words(request.resolver_match.func):
            keep_words(request)
        messages.error(request, refusal.message)
        context["page"] = remaining_page(request, agent_of(request))
    return render(request, "inbox/refused.html", context, status=http_status(refusal))


def refuse_old_page(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form of before the sign-in of now (CSRF): its page comes anew, which keeps its drafts."""
    if not request.user.is_authenticated:
        return render(request, "403_csrf.html", status=403)
    messages.error(request, _("La sesión cambió en otra pestaña. Envialo otra vez"))
    if getattr(request, "htmx", False):
        return HttpResponse(status=403, headers={"HX-Refresh": "true"})
    page = remaining_page(request, agent_of(request))
    return render(request, "403_csrf.html", {"page": page}, status=403)


def redirect_with_notice(request: HttpRequest, to: str, title: str, level: int = messages.SUCCESS) -> HttpResponse:
    """After a plain form: on to a page that says what happened."""
    messages.add_message(request, level, title)
    return HttpResponseRedirect(to, status=303)
