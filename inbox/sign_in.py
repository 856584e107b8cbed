"""Who is not signed in (any more) goes to the sign-in, and from there back to the page, with what was typed."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseRedirect

from inbox.actions import keeps_words, shows_form
from inbox.addresses import asking_page
from inbox.kept_words import keep_words


class SignInMiddleware(LoginRequiredMiddleware):
    """Django's, but what comes after the sign-in is a page, never an action nor a fragment of a page."""

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> HttpResponseRedirect:
        if request.method == "POST" and keeps_words(view_func):
            keep_words(request)
        return redirect_to_login(_page_after(request, view_func))


def _page_after(request: HttpRequest, view_func: Callable[..., Any]) -> str:
    """The address to go on with: one that GET shows as a page."""
    is_fragment = bool(request.headers.get("HX-Request"))
    if shows_form(view_func) and request.method == "POST":
        return request.path
    if request.method == "POST" or is_fragment:
        return asking_page(request) or request.path
    return request.get_full_path()
