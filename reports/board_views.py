"""Supervisión: the live board, and what a supervisor does from it with the chats that agents hold."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from chats import publish
from live.pages import begin_page, render_page
from reports import handing
from reports.asked import read_asked
from reports.board import read_figures
from trays.own_notices import tell_news
from trays.requests import AgentRequest


def check_supervisor(request: AgentRequest) -> None:
    if not request.user.is_supervisor:
        raise PermissionDenied(_("Supervisión es para supervisores."))


def begin_supervision(request: AgentRequest) -> dict[str, object]:
    """The context of its screens. Raises PermissionDenied for who is no supervisor."""
    check_supervisor(request)
    return begin_screen(request)


def begin_screen(request: AgentRequest) -> dict[str, object]:
    """The same, for who may be here."""
    tell_news(request)
    return begin_page(request, publish.agent_groups(request.user)) | {"nav": "supervision"}


@require_GET
def supervision(request: AgentRequest) -> HttpResponse:
    """Refreshed by asking for itself again, with what is open and chosen in it."""
    return _show_board(request, {})


@require_http_methods(["GET", "HEAD", "POST"])
def move_held(request: AgentRequest) -> HttpResponse:
    """`what`: give_back, send to `tray`, undo; of each `chat` ("chat-agent") and of all that the agents `de` hold."""
    if request.method != "POST":
        return redirect("supervision")
    check_supervisor(request)
    what, chosen = request.POST.get("what", ""), handing.read_chosen(request.POST)
    title, results = handing.hand_on(request.user, chosen, what, request.POST.get("tray", ""))
    done = sum(one.is_done for one in results)
    moved = {"results": results, "results_title": title, "done": done, "may_undo": done and what != "undo"}
    return _show_board(request, moved)


def _show_board(request: AgentRequest, moved: dict[str, object]) -> HttpResponse:
    context = begin_supervision(request) | {"tab": "live"}
    asked = read_asked(request.POST if request.method == "POST" else request.GET)
    figures = vars(read_figures(request.user, asked))
    return render_page(request, "reports/supervision.html", context | figures | moved)
