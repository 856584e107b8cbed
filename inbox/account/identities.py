"""Who of us somebody is whom the provider vouches for: by its own name of them, and the first time by a mail address
that it has verified. An address that it has not lets nobody in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from chats import access, publish
from chats.errors import Rejected, Rejection
from trays.models import Agent, Identity, hire

MAX_SUBJECT_CHARS = 255
MAX_NAMES_TRIED = 50


def find_agent(claims: Mapping[str, Any]) -> Agent:
    """The agent, with the role that the claims give. Raises Rejected, in words."""
    try:
        with transaction.atomic():
            agent = _find(claims)
            _give_role(agent, claims)
    except IntegrityError:
        # the same person at the same instant in two browsers: the other has made it
        with transaction.atomic():
            agent = _find(claims)
            _give_role(agent, claims)
    return agent


@dataclass(frozen=True)
class OwnIdentity:
    """Whom an agent is elsewhere. `name`: of the provider."""

    pk: int
    name: str
    since: datetime


def list_own(agent: Agent) -> list[OwnIdentity]:
    found = Identity.objects.filter(agent=agent).order_by("since", "pk")
    return [OwnIdentity(one.pk, _name_provider(one.issuer), one.since) for one in found]


def unlink(agent: Agent, pk: int) -> str:
    """Whoever is called so there does not come in as this agent any more, until they are found by their mail anew.
    The provider's name; "" where there is nothing of the kind. Raises Rejected where no other way in is left."""
    if not agent.has_usable_password():
        raise Rejected(Rejection.FORBIDDEN, _("Es tu única entrada: pedí primero un enlace para elegir una contraseña"))
    found = Identity.objects.filter(agent=agent, pk=pk).first()
    if found is None or not Identity.objects.filter(pk=found.pk).delete()[0]:
        return ""
    return _name_provider(found.issuer)


def _name_provider(issuer: str) -> str:
    """As its button calls it; one of before by its address."""
    return settings.OIDC_NAME if issuer == settings.OIDC_ISSUER else urlsplit(issuer).hostname or issuer


def _find(claims: Mapping[str, Any]) -> Agent:
    subject = str(claims["sub"])[:MAX_SUBJECT_CHARS]
    known = Identity.objects.filter(issuer=settings.OIDC_ISSUER, subject=subject).select_related("agent").first()
    agent = known.agent if known else _find_by_mail(claims)
    if not agent.is_active:
        raise Rejected(Rejection.FORBIDDEN, _("Tu cuenta está desactivada. Pedile a tu supervisor que la active."))
    if known is None:
        if Identity.objects.filter(agent=agent, issuer=settings.OIDC_ISSUER).exists():
            # the address was given to somebody else there; ours is still who it was
            raise Rejected(Rejection.FORBIDDEN, _("Ese mail ya es de otra cuenta. Avisale a quien administra."))
        Identity.objects.create(agent=agent, issuer=settings.OIDC_ISSUER, subject=subject)
    return agent


def _find_by_mail(claims: Mapping[str, Any]) -> Agent:
    mail = str(claims.get("email") or "")
    # `true` and nothing that looks like it
    if not mail or claims.get("email_verified") is not True:
        words = _("%(name)s no confirma tu mail, y sin eso no sabemos quién sos.") % {"name": settings.OIDC_NAME}
        raise Rejected(Rejection.FORBIDDEN, words)
    agent = next((one for one in Agent.objects.filter(email__iexact=mail) if _is_same_mail(one.email, mail)), None)
    if agent is None and not settings.OIDC_CREATES:
        words = _("Nadie te sumó todavía con el mail %(mail)s. Pedíselo a tu supervisor.") % {"mail": mail}
        raise Rejected(Rejection.FORBIDDEN, words)
    return agent or _hire(mail, claims)


def _is_same_mail(ours: str, theirs: str) -> bool:
    """But for the size of a-z: for the database `ı` and `i` are one letter in capitals, and two people's addresses."""
    return ours.encode().lower() == theirs.encode().lower()


def _hire(mail: str, claims: Mapping[str, Any]) -> Agent:
    names = {"first_name": "given_name", "last_name": "family_name"}
    fields = {ours: str(claims.get(theirs) or "")[:150] for ours, theirs in names.items()}
    fields["first_name"] = fields["first_name"] or str(claims.get("name") or "")[:150]
    agent = hire(username=_free_name(mail), email=mail, **fields)
    access.announce_agent(agent)
    return agent


def _free_name(mail: str) -> str:
    """What stands before the @, or that with a number."""
    wanted = mail.partition("@")[0][:140]
    tried = (wanted if number == 1 else f"{wanted}{number}" for number in range(1, MAX_NAMES_TRIED))
    return next((name for name in tried if not Agent.objects.filter(username__iexact=name).exists()), mail[:150])


def _give_role(agent: Agent, claims: Mapping[str, Any]) -> None:
    """By a claim, if one is named: each sign-in anew. Administrators are named here, and are left alone."""
    if not settings.OIDC_ROLE_CLAIM or agent.is_superuser:
        return
    said = _read_claim(claims, settings.OIDC_ROLE_CLAIM)
    values = {str(one) for one in said} if isinstance(said, list) else {str(said)}
    role = Agent.Role.SUPERVISOR if values & set(settings.OIDC_SUPERVISORS) else Agent.Role.AGENT
    if agent.role != role:
        agent.role = role
        agent.save(update_fields=("role",))
        publish.rights_changed(agent)


def _read_claim(claims: Mapping[str, Any], name: str) -> Any:
    """`groups`, or one inside of others: `realm_access.roles`."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
