"""Links that let a person in once, to choose a password: made, looked up, used, revoked. Nobody types another's.

A token is shown where it was made and goes out by mail; what is kept of it tells nobody what it was. Two who use one at
once: the row's lock lets one in.
"""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from trays.models import Agent, EntryLink

TOKEN_BYTES = 32
OWN_LINK_EVERY = timedelta(minutes=10)


def _digest_of(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def may_make_link(actor: Agent, agent: Agent) -> bool:
    """An administrator for all; a supervisor for themselves and those who are neither one nor the other."""
    is_below = actor.is_supervisor and not (agent.is_superuser or agent.is_supervisor)
    return actor.is_superuser or actor == agent or is_below


def is_vouched_for(link: EntryLink) -> bool:
    """Whether who made it may still do so; the same is asked of many by EntryLinkQuerySet.usable."""
    maker = link.made_by
    return maker is None or (maker.is_active and may_make_link(maker, link.agent))


@transaction.atomic
def make_link(agent: Agent, by: Agent | None, *, mail_to: str = "") -> str:
    """The token of a new link; the one before is worth nothing any more. With `mail_to` it waits to be mailed there
    (chats.jobs.mail_entry_links wakes who does)."""
    token, now = secrets.token_urlsafe(TOKEN_BYTES), timezone.now()
    fields = {
        "digest": _digest_of(token), "made_by": by, "made_at": now, "used_at": None,
        "ends_at": now + timedelta(hours=settings.ENTRY_LINK_HOURS), "attempts": 0,
        "mail_to": mail_to, "token": token if mail_to else "", "mailed_at": None, "mail_failure": "",
        "next_try_at": now if mail_to else None,
    }  # fmt: skip
    EntryLink.objects.update_or_create(agent=agent, defaults=fields)
    return token


@transaction.atomic
def make_own_link(typed: str) -> bool:
    """For who has forgotten the password and types their user name or mail: a link that waits to be mailed to them.
    False: there is nobody to mail it to, or they have one. Nobody is to be told which."""
    named = Q(username__iexact=typed) | Q(email__iexact=typed)
    found = list(Agent.objects.select_for_update(no_key=True).filter(named, is_active=True).exclude(email="")[:2])
    # without a password of their own they come in by the company's sign-in, or have still to be invited
    if len(found) != 1 or not found[0].has_usable_password():
        return False
    (agent,) = found
    link = EntryLink.objects.usable().filter(agent=agent).first()
    # whoever asks in their name neither fills their mailbox nor ends the link that somebody gave them
    if link is not None and (link.made_by_id or link.made_at > timezone.now() - OWN_LINK_EVERY):
        return False
    make_link(agent, None, mail_to=agent.email)
    return True


def find_link(token: str) -> EntryLink | None:
    """The link of this token, if it still lets its agent in."""
    return EntryLink.objects.usable().select_related("agent").filter(digest=_digest_of(token)).first()


@transaction.atomic
def use_link(token: str, password: str) -> Agent | None:
    """Give its agent this password and end the link. None: it is over, or somebody was quicker."""
    found = EntryLink.objects.usable().filter(digest=_digest_of(token))
    link = found.select_for_update(of=("self",)).select_related("agent").first()
    if link is None:
        return None
    link.used_at, link.token, link.next_try_at = timezone.now(), "", None
    link.save(update_fields=("used_at", "token", "next_try_at"))
    link.agent.set_password(password)
    link.agent.save(update_fields=("password",))
    return link.agent


def revoke_mailed(agent: Agent) -> None:
    """Their mail address is another: what went to the old one, or is about to, lets nobody in."""
    EntryLink.objects.filter(agent=agent, used_at=None).exclude(mail_to="").delete()


def revoke_link(agent: Agent) -> bool:
    """Whether there was one that could still be used."""
    was_usable = EntryLink.objects.usable().filter(agent=agent).exists()
    EntryLink.objects.filter(agent=agent, used_at=None).delete()
    return was_usable
