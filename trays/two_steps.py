"""Signing in in two steps: numbers of an app (TOTP, RFC 6238, by pyotp) and codes for who has lost it.

A number lets in once, in whatever process: the row that knows the last one is locked while it is compared. Who types
wrong ones is held for a while, wherever they are: whoever comes so far has the password.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

import pyotp
from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from trays.models import Agent, RecoveryCode, TwoSteps

STEP_SECONDS = 30
# one before and one after: telephones' clocks differ
TOLERANCE = 1
MAX_FAILURES, WINDOW = 10, timedelta(minutes=15)
CODES, CODE_CHARS = 8, 10
# no letters and numbers that look alike
ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
CODE_SALT = "trays.two_steps.code"


@dataclass(frozen=True)
class Checked:
    """Whether the code lets in; if not for now, for how many seconds nothing does."""

    is_right: bool
    seconds_to_wait: float = 0


def is_on(agent: Agent) -> bool:
    return TwoSteps.objects.filter(agent=agent).exists()


def make_secret() -> str:
    return pyotp.random_base32()


def address_for_app(agent: Agent, secret: str, site: str) -> str:
    """What an app reads out of the picture; `site`: the host by which people know us, if there is one."""
    issuer = f"WittyAgent {site}".strip()
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=agent.username, issuer_name=issuer)


@transaction.atomic
def turn_on(agent: Agent, secret: str, number: str) -> list[str] | None:
    """The codes for emergencies, which are not told again. None: the number is not of this secret, or it is on."""
    Agent.objects.select_for_update(no_key=True).get(pk=agent.pk)
    step = _find_step(secret, _plain(number), after=0)
    if step is None or is_on(agent):
        return None
    TwoSteps.objects.create(agent=agent, secret=secret, since=timezone.now(), last_step=step)
    return renew_codes(agent)


@transaction.atomic
def renew_codes(agent: Agent) -> list[str]:
    """New codes; those of before let nobody in any more."""
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(CODE_CHARS)) for _ in range(CODES)]
    RecoveryCode.objects.filter(agent=agent).delete()
    RecoveryCode.objects.bulk_create([RecoveryCode(agent=agent, digest=_digests_of(code)[0]) for code in codes])
    return [f"{code[: CODE_CHARS // 2]}-{code[CODE_CHARS // 2 :]}" for code in codes]


def find_setup(agent: Agent) -> TwoSteps | None:
    """With `codes_left`, the number of codes that have not been used; None where it is off."""
    left = Count("agent__recovery_codes", filter=Q(agent__recovery_codes__used_at=None))
    return TwoSteps.objects.filter(agent=agent).annotate(codes_left=left).first()


def count_codes(agent: Agent) -> int:
    """How many have not been used."""
    return RecoveryCode.objects.filter(agent=agent, used_at=None).count()


@transaction.atomic
def turn_off(agent: Agent) -> bool:
    """Whether it was on."""
    RecoveryCode.objects.filter(agent=agent).delete()
    return bool(TwoSteps.objects.filter(agent=agent).delete()[0])


@transaction.atomic
def check_code(agent: Agent, typed: str) -> Checked:
    """A number of the app, or one of the codes: each is right once."""
    row = TwoSteps.objects.select_for_update().filter(agent=agent).first()
    if row is None:
        return Checked(False)
    now = timezone.now()
    if row.failed_since is not None and row.failed_since + WINDOW <= now:
        row.failures, row.failed_since = 0, None
    if row.failures >= MAX_FAILURES and row.failed_since is not None:
        return Checked(False, (row.failed_since + WINDOW - now).total_seconds())
    code = _plain(typed)
    step = _find_step(row.secret, code, after=row.last_step)
    if step is None and not _use_code(agent, code):
        row.failures, row.failed_since = row.failures + 1, row.failed_since or now
        row.save(update_fields=("failures", "failed_since"))
        return Checked(False)
    row.last_step, row.failures, row.failed_since = step or row.last_step, 0, None
    row.save(update_fields=("last_step", "failures", "failed_since"))
    return Checked(True)


def _plain(typed: str) -> str:
    """Without what people put between letters."""
    return "".join(char for char in typed.upper() if char.isascii() and char.isalnum())[:CODE_CHARS]


def _find_step(secret: str, number: str, after: int) -> int | None:
    """The step whose number this is, if none since has been used."""
    if not secret:
        return None  # sealed with another SECRET_KEY
    now = int(timezone.now().timestamp()) // STEP_SECONDS
    app = pyotp.TOTP(secret, interval=STEP_SECONDS)
    near = range(max(now - TOLERANCE, after + 1), now + TOLERANCE + 1)
    return next((step for step in near if hmac.compare_digest(app.generate_otp(step), number)), None)


def _use_code(agent: Agent, code: str) -> bool:
    """Compared and set in one statement: of two at once one is let in."""
    unused = RecoveryCode.objects.filter(agent=agent, digest__in=_digests_of(code), used_at=None)
    return bool(unused.update(used_at=timezone.now()))


def _digests_of(code: str) -> list[str]:
    """By the key of now, which writes it, and by those of before."""
    keys = [None, *settings.SECRET_KEY_FALLBACKS]
    return [salted_hmac(CODE_SALT, code, secret=key, algorithm="sha256").hexdigest() for key in keys]
