"""Coming in: by a password, by a link that lets a person choose one, and in a second step where there is one.

Nobody is signed in before the last step: what is known until then waits in the session of who is not."""

from dataclasses import dataclass

from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from chats import publish
from common.sealing import seal_text, unseal_text
from inbox.account.devices import read_device
from trays import audit, entry_links, sign_in, two_steps
from trays.audit import What
from trays.models import Agent

BACKEND = "django.contrib.auth.backends.ModelBackend"
WAITING, SECRET = "entering", "two_steps_secret"
# from the password to the second step
WAITS_SECONDS = 15 * 60


@transaction.atomic
def choose_password(token: str, password: str) -> Agent | None:
    """The agent of this link has this password, and no session of before. None: the link is over."""
    agent = entry_links.use_link(token, password)
    if agent is not None:
        # not the second step: who makes links again and again would guess at it without end
        sign_in.unlock_password(agent)
        publish.rights_changed(agent)
    return agent


@dataclass(frozen=True)
class Waiting:
    """Who has shown the password, and where they want to go."""

    agent: Agent
    stays: bool
    next: str


def go_on(request: HttpRequest, agent: Agent, next_url: str, *, stays: bool) -> HttpResponse:
    """Who has shown the password is let in, or asked for the second step."""
    page = "login_code" if two_steps.is_on(agent) else "login_two_steps" if agent.needs_two_steps else ""
    if not page:
        return let_in(request, Waiting(agent, stays, next_url))
    request.session.cycle_key()
    request.session[WAITING] = {
        "agent": agent.pk,
        "hash": agent.get_session_auth_hash(),
        "at": timezone.now().timestamp(),
        "stays": stays,
        "next": next_url,
    }
    return redirect(page)


def find_waiting(request: HttpRequest) -> Waiting | None:
    """Who waits here for the second step; None once it has taken too long, or the password is another."""
    kept = request.session.get(WAITING)
    if not isinstance(kept, dict) or kept["at"] + WAITS_SECONDS < timezone.now().timestamp():
        return None
    agent = Agent.objects.filter(pk=kept["agent"], is_active=True).first()
    if agent is None or not constant_time_compare(agent.get_session_auth_hash(), kept["hash"]):
        return None
    return Waiting(agent, kept["stays"], kept["next"])


def let_in(request: HttpRequest, who: Waiting) -> HttpResponse:
    """Signed in, and sent to where they wanted to go; `stays`: also when the browser is closed."""
    response = redirect(who.next)
    begin_session(request, response, who)
    return response


def begin_session(request: HttpRequest, response: HttpResponse, who: Waiting) -> None:
    request.session.pop(WAITING, None)
    request.session.pop(SECRET, None)
    login(request, who.agent, backend=BACKEND)
    sign_in.remember_device(request, response, who.agent)
    audit.note(What.SIGNED_IN, who.agent, request, detail=read_device(request.headers.get("User-Agent", "")).name)
    if not who.stays:
        request.session.set_expiry(0)


def secret_of(request: HttpRequest) -> str:
    """The secret that a person is shown, until a number proves that their app has it."""
    secret = unseal_text(request.session.get(SECRET, ""))
    if not secret:
        secret = two_steps.make_secret()
        # sealed, as sessions are kept in the database
        request.session[SECRET] = seal_text(secret)
    return secret
