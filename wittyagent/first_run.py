"""The first start: a page, guarded by a one-time token, that makes the administrator."""

import hmac
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import BaseUserCreationForm
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from inbox.account import entering
from origins import public_address
from origins.models import Origin
from trays import sign_in
from trays.models import Agent, hire
from wittybots.reception import receive_with_default_bot


def _token_file() -> Path:
    return Path(settings.WITTY_DATA) / "setup_token"


def setup_url() -> str | None:
    """The set-up page's address with its token, made once; None once any agent exists."""
    if Agent.objects.exists():
        _token_file().unlink(missing_ok=True)
        return None
    path = _token_file()
    if not path.exists():
        path.touch(0o600)
        path.write_text(secrets.token_urlsafe(24))
    return f"{public_address.public_url()}{reverse('setup')}?token={path.read_text()}"


class AdministratorForm(BaseUserCreationForm):
    class Meta:
        model = Agent
        fields = ("username", "first_name", "last_name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["first_name"].required = True


@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def show_setup(request: HttpRequest) -> HttpResponse:
    """Make the administrator, who is a supervisor too, and a first web chat. 404 once any agent exists."""
    if Agent.objects.exists():
        raise Http404
    given = request.GET.get("token", "") or request.POST.get("token", "")
    try:
        kept = _token_file().read_text()
    except OSError:
        kept = ""
    if not kept or not hmac.compare_digest(kept.encode(), given.encode("utf-8", "replace")):
        if given:
            sign_in.log_failure("failed", request, "setup")
        return render(request, "wittyagent/setup.html", {"no_token": True}, status=403)
    form = AdministratorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        agent = _make_administrator(form)
        _token_file().unlink(missing_ok=True)
        return entering.go_on(request, agent, reverse("inbox"), stays=True)
    return render(request, "wittyagent/setup.html", {"form": form, "token": given}, status=422 if form.errors else 200)


@transaction.atomic
def _make_administrator(form: AdministratorForm) -> Agent:
    with connection.cursor() as cursor:
        # two at once make one administrator
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('wittyagent.first_run'))")
    if Agent.objects.exists():
        raise Http404
    agent = hire(
        username=form.cleaned_data["username"],
        password=form.cleaned_data["password1"],
        first_name=form.cleaned_data["first_name"],
        last_name=form.cleaned_data["last_name"],
        role=Agent.Role.SUPERVISOR,
        is_superuser=True,
    )
    receive_with_default_bot(Origin.objects.create(kind=Origin.Kind.WEB, name=_("Chat web")))
    return agent
