"""Standard Webhooks: the headers by which who is called knows that it was us (standardwebhooks.com)."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"


def new_secret() -> str:
    """A fresh one of 192 bits, as receivers' libraries take it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(24)).decode()


def key_of(secret: str) -> bytes:
    """`whsec_` and base64 is unpacked; any other text signs as it stands."""
    if secret.startswith(PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except (binascii.Error, ValueError):
            pass
    return secret.encode()


def sign_body(secret: str, uuid: str, at: int, body: bytes) -> str:
    """`v1,` and the signature of "id.timestamp.body"; `at` in seconds since 1970."""
    signed = f"{uuid}.{at}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key_of(secret), signed, hashlib.sha256).digest()).decode()


def sign_headers(given: Iterable[str], uuid: str, at: int, body: bytes) -> dict[str, str]:
    """webhook-id, webhook-timestamp and webhook-signature: one for each secret, while an old one still counts."""
    found = {"webhook-id": uuid, "webhook-timestamp": str(at)}
    signatures = [sign_body(secret, uuid, at, body) for secret in given if secret]
    return found | ({"webhook-signature": " ".join(signatures)} if signatures else {})
