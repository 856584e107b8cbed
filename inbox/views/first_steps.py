"""First steps: the card that a new owner sees beside the trays, until it is done or put away."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from gateway.status.first_steps import FirstSteps, read_first_steps
from inbox.actions import action
from inbox.models import AgentSettings
from trays.requests import AgentRequest


def first_steps_of(request: AgentRequest) -> FirstSteps | None:
    """Administrators' only: nobody else could do them."""
    if not request.user.is_superuser or AgentSettings.of(request.user).hides_first_steps:
        return None
    return read_first_steps(request)


@require_GET
def show_card(request: AgentRequest) -> HttpResponse:
    """The card again, as far as it is by now (`?en=admin`: as it stands there)."""
    if not request.user.is_superuser:
        raise Http404
    shown = {"first_steps": read_first_steps(request), "nav": request.GET.get("en", "")}
    return render(request, "inbox/_first_steps_card.html", shown)


@action(lambda request: "/bandejas/")
def hide(request: AgentRequest) -> HttpResponse:
    AgentSettings.objects.update_or_create(agent=request.user, defaults={"hides_first_steps": True})
    return redirect("inbox")
