"""What acts: a POST does it, a GET on its address (typed, or after the sign-in) leads to the page it belongs to."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from chats.models import Chat
from inbox.addresses import place_url
from trays.requests import AgentRequest

View = Callable[..., HttpResponse]
Page = Callable[..., str]

_get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def action(page: Page) -> Callable[[View], View]:
    """POST calls the view; GET goes to `page(request, **arguments)`, which may raise Http404."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: AgentRequest, *args: Any, **named: Any) -> HttpResponse:
            if request.method == "POST":
                return view(request, *args, **named)
            return HttpResponseRedirect(page(request, *args, **named))

        return _get_or_post(answer)

    return decorate


def chat_page(request: AgentRequest, pk: int) -> str:
    """Where the chat is now."""
    return place_url(get_object_or_404(Chat, pk=pk), request.user)


def chat_action(page: Page = chat_page) -> Callable[[View], View]:
    """An action on a chat: no such chat is 404; what is typed with it is kept where it is not carried out."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: AgentRequest, pk: int, **more: Any) -> HttpResponse:
            try:
                return view(request, pk, **more)
            except Chat.DoesNotExist as error:
                raise Http404 from error

        return _mark(action(page)(answer), shows_form=page is not chat_page)

    return decorate


def form_page(view: View) -> View:
    """A form that is a page of its own: GET shows it, POST does it."""
    return _mark(_get_or_post(view), shows_form=True)


def _mark(view: View, *, shows_form: bool) -> View:
    view.keeps_words, view.shows_form = True, shows_form  # type: ignore[attr-defined]
    return view


def keeps_words(view: View | None) -> bool:
    """Whether what is typed into this form is kept where the form is not carried out; a password never is."""
    return getattr(view, "keeps_words", False)


def shows_form(view: View | None) -> bool:
    """Whether GET on this action's address leads to its form."""
    return getattr(view, "shows_form", False)
