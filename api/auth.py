"""Authentication: the bearer of a token, its scopes, and how often it may ask."""

import logging

from django.conf import settings
from django.http import HttpRequest
from ninja.security.http import HttpAuthBase

from api.problems import Problem, ask_for_token
from common.client_address import client_address, client_block
from live import throttle
from wittybots import tokens
from wittybots.models import Bot, Token

# its lines are read by fail2ban: docs/operate.md
log = logging.getLogger(__name__)

WINDOW_SECONDS = 60
# of one address
MAX_FAILURES_PER_MINUTE = 30


class Bearer(HttpAuthBase):
    """`Authorization: Bearer <token>`, for operations that need this scope ('': any valid token)."""

    openapi_scheme = "bearer"

    def __init__(self, scope: str = "") -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Token | None:
        kind, _space, raw = request.headers.get("Authorization", "").partition(" ")
        return admit_token(request, raw.strip(), self.scope) if kind.lower() == "bearer" and raw.strip() else None


def admit_token(request: HttpRequest, raw: str, scope: str) -> Token:
    """The token of this text. Raises Problem 401, 403 or 429. For any header that a token comes in."""
    token = tokens.find_token(raw)
    if token is None:
        log.warning("token refused: address=%s", client_address(request))
        if throttle.is_over_limit(
            f"api-failures:{client_block(request)}", most=MAX_FAILURES_PER_MINUTE, seconds=WINDOW_SECONDS
        ):
            headers = {"Retry-After": str(WINDOW_SECONDS)}
            raise Problem("too-many-requests", "Too many wrong tokens from this address", headers=headers)
        raise ask_for_token("The token is unknown or revoked", "invalid_token")
    _count_request(request, token)
    tokens.note_use(token)
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


def _count_request(request: HttpRequest, token: Token) -> None:
    """One more of its minute; the numbers go out with the answer. Raises Problem 429 over the limit."""
    most, window = settings.API_RATE, throttle.count_in_window(f"api:{token.pk}", WINDOW_SECONDS)
    request.api_rate = {  # type: ignore[attr-defined]
        "RateLimit-Limit": str(most),
        "RateLimit-Remaining": str(max(0, most - window.count)),
        "RateLimit-Reset": str(window.seconds_left),
    }
    if window.count > most:
        detail = f"At most {most} requests a minute; come again in {window.seconds_left} s"
        raise Problem("too-many-requests", detail, headers={"Retry-After": str(window.seconds_left)})
