"""Mis vistas: saved from a tray's list, renamed and deleted in Mis ajustes."""

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django_htmx.http import trigger_client_event

from inbox import saved_views
from inbox.actions import action
from inbox.addresses import asking_page
from inbox.pages import begin_agent_page
from inbox.rejections import redirect_with_notice
from inbox.views.trays import show_chats_of
from live.pages import render_page
from trays.models import Tray
from trays.requests import AgentRequest

MAX_LISTED = 200


@action(lambda _request, pk: reverse("tray", args=[pk]))
def save_view(request: AgentRequest, pk: int) -> HttpResponse:
    """The list as it stands (`consulta`), under a name (`nombre`); `compartir`: for all of the tray."""
    tray = get_object_or_404(Tray.objects.open_to(request.user).in_use(), pk=pk)
    given = request.POST
    query = given.get("consulta", "") or f"?{urlsplit(asking_page(request)).query}"
    is_shared = given.get("compartir") == "1"
    view = saved_views.save_view(request.user, tray, given.get("nombre", ""), query, is_shared=is_shared)
    words = _("Vista guardada")
    if not request.htmx:
        return redirect_with_notice(request, reverse("tray", args=[pk]) + view.query, words)
    return _tell(show_chats_of(request, pk), words)


@require_GET
def list_views(request: AgentRequest) -> HttpResponse:
    """Those that one may change."""
    return _show_page(request)


@action(lambda _request, pk: reverse("saved_views"))
def rename_view(request: AgentRequest, pk: int) -> HttpResponse:
    view = get_object_or_404(saved_views.changeable_by(request.user), pk=pk)
    saved_views.rename_view(view, request.POST.get("nombre", ""))
    return _answer_done(request, _("Vista guardada"))


@action(lambda _request, pk: reverse("saved_views"))
def delete_view(request: AgentRequest, pk: int) -> HttpResponse:
    get_object_or_404(saved_views.changeable_by(request.user), pk=pk).delete()
    return _answer_done(request, _("Vista borrada"))


def _show_page(request: AgentRequest, url: str = "") -> HttpResponse:
    context: dict[str, Any] = begin_agent_page(request)
    views = saved_views.changeable_by(request.user).select_related("tray__owner", "owner").order_by("name", "id")
    return render_page(request, "inbox/saved_views.html", context | {"views": views[:MAX_LISTED]}, url=url)


def _answer_done(request: AgentRequest, words: str) -> HttpResponse:
    url = reverse("saved_views")
    return _tell(_show_page(request, url), words) if request.htmx else redirect_with_notice(request, url, words)


def _tell(response: HttpResponse, words: str) -> HttpResponse:
    return trigger_client_event(response, "toast", {"level": "success", "title": words, "text": ""})
