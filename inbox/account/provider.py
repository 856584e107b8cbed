"""Signing in at the company's own provider (OpenID Connect): the authorization code flow with PKCE, state and nonce.

What it says is believed only as it is signed, by a key that it shows, for us, now and for this very request.
"""

import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import urlencode

import httpx
from django.conf import settings
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
TIMEOUT_SECONDS = 8
LEEWAY_SECONDS = 60


class ProviderFailed(Exception):
    """It does not answer, or says what cannot be believed. The words are for the log: nothing secret is in them."""


def begin(redirect_uri: str) -> tuple[str, dict[str, str]]:
    """(the address to send the person to, what has to be known when they are back). Raises ProviderFailed."""
    known = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
    challenge = hashlib.sha256(known["verifier"].encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": settings.OIDC_CLIENT_ID,
        "redirect_uri": redirect_uri,
        "scope": settings.OIDC_SCOPES,
        "state": known["state"],
        "nonce": known["nonce"],
        "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    address = str(_discover()["authorization_endpoint"])
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}", known


def finish(code: str, redirect_uri: str, known: dict[str, str]) -> dict[str, Any]:
    """What the provider says of who came back. Raises ProviderFailed."""
    where = _discover()
    sent = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "client_id": settings.OIDC_CLIENT_ID,
        "client_secret": settings.OIDC_CLIENT_SECRET,
        "code_verifier": known["verifier"],
    }
    tokens = _ask("POST", where["token_endpoint"], data=sent)
    claims = _read_signed(str(tokens.get("id_token", "")), _ask("GET", where["jwks_uri"]), known["nonce"])
    if "userinfo_endpoint" in where and "access_token" in tokens:
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        more = _ask("GET", where["userinfo_endpoint"], headers=bearer)
        # else it is another person's (OpenID Connect Core, 5.3.2)
        if more.get("sub") == claims["sub"]:
            claims = more | claims
    return claims


def _discover() -> dict[str, Any]:
    found = _ask("GET", f"{settings.OIDC_ISSUER}/.well-known/openid-configuration")
    if str(found.get("issuer", "")).rstrip("/") != settings.OIDC_ISSUER:
        raise ProviderFailed("its configuration is another issuer's")
    if missing := {"authorization_endpoint", "token_endpoint", "jwks_uri"} - set(found):
        raise ProviderFailed(f"its configuration lacks {', '.join(sorted(missing))}")
    return found


def _ask(method: str, url: str, **more: Any) -> dict[str, Any]:
    try:
        answer = httpx.request(method, url, timeout=TIMEOUT_SECONDS, **more)
        answer.raise_for_status()
        said = answer.json()
    except httpx.HTTPStatusError as error:
        raise ProviderFailed(f"{method} answered {error.response.status_code}") from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise ProviderFailed(f"{method} failed: {type(error).__name__}") from None
    if not isinstance(said, dict):
        raise ProviderFailed(f"{method} answered what is no object")
    return said


def _read_signed(token: str, keys: dict[str, Any], nonce: str) -> dict[str, Any]:
    rules = jwt.JWTClaimsRegistry(
        leeway=LEEWAY_SECONDS,
        iss={"essential": True},
        sub={"essential": True},
        aud={"essential": True, "value": settings.OIDC_CLIENT_ID},
        exp={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        claims = jwt.decode(token, KeySet.import_key_set(keys), algorithms=list(ALGORITHMS)).claims  # type: ignore[arg-type]
        rules.validate(claims)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise ProviderFailed(f"its token is not to be believed: {type(error).__name__}") from None
    if str(claims["iss"]).rstrip("/") != settings.OIDC_ISSUER or not str(claims["sub"]):
        raise ProviderFailed("its token is another issuer's")
    if claims.get("azp", settings.OIDC_CLIENT_ID) != settings.OIDC_CLIENT_ID:
        raise ProviderFailed("its token is for somebody else")
    return dict(claims)
