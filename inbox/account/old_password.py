"""Whether whoever sits at an open page knows its agent's password: guessed there a few times, and no more."""

from django.utils.translation import gettext as _

from chats.errors import Rejected, Rejection
from live import throttle
from trays.models import Agent
from trays.requests import AgentRequest

MAX_TRIES, TRIES_SECONDS = 10, 15 * 60


def count_try(agent: Agent) -> None:
    """Raises Rejected once it were too many."""
    if throttle.is_over_limit(f"old-password:{agent.pk}", most=MAX_TRIES, seconds=TRIES_SECONDS):
        raise Rejected(Rejection.TOO_MANY, _("Demasiados intentos seguidos. Esperá 15 minutos"))


def is_password(request: AgentRequest, typed: str) -> bool:
    count_try(request.user)
    return request.user.check_password(typed)
