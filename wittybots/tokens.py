"""Tokens of the API: made, found, revoked; and what was answered under an Idempotency-Key, for a day."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from trays.models import Agent
from wittybots.models import Answered, Bot, Token

PREFIX = "wa_"
# characters of a token that people may see
SHOWN_CHARS = 8
# longer ones are nobody's
MAX_TOKEN_CHARS = 200
# the last use is written this often, not on each request
USED_EVERY = timedelta(minutes=1)


def issue_token(
    name: str,
    bot: Bot | None = None,
    scopes: Sequence[str] = tuple(Token.Scope.values),
    by: Agent | None = None,
    raw: str | None = None,
) -> tuple[Token, str]:
    """A new token, and its text, which is kept nowhere: show it once.

    Without a bot it is an integration's, which attends no chats. `raw` is a text that others know already (demo).
    """
    raw = raw or PREFIX + secrets.token_urlsafe(30)
    allowed = [scope for scope in scopes if bot is not None or scope != Token.Scope.CONVERSATIONS]
    token = Token.objects.create(
        name=name[:60], bot=bot, digest=digest_of(raw), hint=raw[:SHOWN_CHARS], scopes=allowed, created_by=by
    )
    return token, raw


def digest_of(raw: str) -> str:
    return hashlib.sha256(raw.encode("utf-8", "surrogatepass")).hexdigest()


def find_token(raw: str) -> Token | None:
    """The token of this text with its bot, in one query; None: unknown, revoked, or its bot is switched off."""
    if not 0 < len(raw) <= MAX_TOKEN_CHARS:
        return None
    return Token.objects.valid().select_related("bot").filter(digest=digest_of(raw)).first()


def revoke_token(token: Token) -> None:
    """From now on it opens nothing. The first time stands."""
    Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
    token.refresh_from_db(fields=("revoked_at",))


def note_use(token: Token) -> None:
    """Note that it was used, at most once a minute. The token is as `find` read it."""
    now = timezone.now()
    before = now - USED_EVERY
    if token.last_used_at is None or token.last_used_at < before:
        late = Q(last_used_at=None) | Q(last_used_at__lt=before)
        # of several requests at once one writes
        Token.objects.filter(late, pk=token.pk).update(last_used_at=now)
        token.last_used_at = now


def prune_answered(before: datetime) -> int:
    """Forget what was answered before then. Returns how many."""
    gone, _models = Answered.objects.filter(created_at__lt=before).delete()
    return gone
