"""Who asks, by the token in the request; how often he may."""

import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.security.http import HttpAuthBase
from redis import RedisError

from api.problems import Problem, unauthorized
from live import throttle
from live.feed import feed
from wittybots import tokens
from wittybots.models import Bot, Token

WINDOW = 60  # seconds
MOST_FAILURES = 30  # of one address, a minute


class Bearer(HttpAuthBase):
    """`Authorization: Bearer <token>`, for operations that need this scope ('': any valid token)."""

    openapi_scheme = "bearer"

    def __init__(self, scope: str = "") -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Token | None:
        kind, _space, raw = request.headers.get("Authorization", "").partition(" ")
        return enter(request, raw.strip(), self.scope) if kind.lower() == "bearer" and raw.strip() else None


def enter(request: HttpRequest, raw: str, scope: str) -> Token:
    """The token of this text. Raises Problem 401, 403 or 429. For any header that a token comes in."""
    token = tokens.find(raw)
    if token is None:
        if throttle.often(f"api-failures:{throttle.caller(request)}", most=MOST_FAILURES, seconds=WINDOW):
            headers = {"Retry-After": str(WINDOW)}
            raise Problem("too-many-requests", "Too many wrong tokens from this address", headers=headers)
        raise unauthorized("The token is unknown or revoked", "invalid_token")
    _count(request, token)
    tokens.used(token)
    if scope and scope not in token.scopes:
        challenge = f'Bearer realm="api", error="insufficient_scope", scope="{scope}"'
        raise Problem("forbidden", f"The token lacks the scope {scope}", headers={"WWW-Authenticate": challenge})
    if scope == Token.Scope.CONVERSATIONS and token.bot is None:
        raise Problem("forbidden", "Conversations are a bot's; this token is an integration's")
    return token


def token_of(request: HttpRequest) -> Token:
    """Who was let in."""
    token: Token = request.auth  # type: ignore[attr-defined]
    return token


def bot_of(request: HttpRequest) -> Bot:
    """Whose token it is, in operations of the scope `conversations`."""
    bot = token_of(request).bot
    if bot is None:
        raise Problem("forbidden", "Conversations are a bot's; this token is an integration's")
    return bot


def _count(request: HttpRequest, token: Token) -> None:
    """One more of this minute; the numbers go out with the answer. Raises Problem 429 over the limit."""
    most, now = settings.API_RATE, time.time()
    reset = WINDOW - int(now) % WINDOW
    asked = _asked(f"limit:api:{token.pk}:{int(now) // WINDOW}")
    request.api_rate = {  # type: ignore[attr-defined]
        "RateLimit-Limit": str(most),
        "RateLimit-Remaining": str(max(0, most - asked)),
        "RateLimit-Reset": str(reset),
    }
    if asked > most:
        detail = f"At most {most} requests a minute; come again in {reset} s"
        raise Problem("too-many-requests", detail, headers={"Retry-After": str(reset)})


def _asked(key: str) -> int:
    """Count one more. Without Redis nobody is held."""
    try:
        with feed().redis.pipeline() as pipe:
            pipe.incr(key)
            pipe.expire(key, 2 * WINDOW, nx=True)
            found: list[Any] = pipe.execute()
            return int(found[0])
    except RedisError:
        return 0
