"""Making an agent: never without a personal tray."""

from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext as _

from trays.models import Agent, Tray


@transaction.atomic
def hire(*, username: str, password: str | None = None, **fields: Any) -> Agent:
    """Create an agent and the tray that is his alone. Raises IntegrityError if the name is taken."""
    agent = Agent(username=Agent.normalize_username(username), **fields)
    agent.password = make_password(password)
    agent.save(force_insert=True)
    give_personal_tray(agent)
    return agent


def give_personal_tray(agent: Agent) -> Tray:
    tray, _made = Tray.objects.get_or_create(
        owner=agent, kind=Tray.Kind.PERSONAL, defaults={"name": _("Personal"), "icon": "user"}
    )
    return tray
